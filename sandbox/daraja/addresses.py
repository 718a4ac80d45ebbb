"""Which callback addresses Daraja accepts."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

BANNED_WORDS = ("mpesa", "m-pesa", "safaricom", "exe", "exec", "cmd", "sql", "query")
BANNED_HOSTS = ("ngrok", "mockbin", "requestbin")


def is_acceptable(url: object) -> bool:
    """Whether an address may be called back.

    HTTPS, save on this machine. The ban on words is written down for C2B only; callers are held
    to it everywhere, since nobody knows where else it applies.
    """
    if not isinstance(url, str) or re.search(r"\s", url):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    loopback = host == "localhost" or host == "::1" or host.startswith("127.")
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and loopback)):
        return False
    if parts.netloc != parts.netloc.lower() or any(word in host for word in BANNED_HOSTS):
        return False
    return not any(word in url.lower() for word in BANNED_WORDS)
