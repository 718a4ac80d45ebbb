"""The addresses that Safaricom will call."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

__all__ = ["check_callback_url"]

# Words that Safaricom refuses anywhere in an address, and services that it does not call.
_FORBIDDEN = (
    *("mpesa", "m-pesa", "safaricom", "exe", "cmd", "sql", "query"),  # "exe" covers "exec"
    *("ngrok", "mockbin", "requestbin"),
)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def check_callback_url(url: str) -> None:
    """Make sure that Safaricom will take and call an address of ours.

    Lower case throughout, HTTPS (plain HTTP on this machine only), no word of Safaricom's list
    anywhere: a random secret in it should be hex, for letters can spell "exe" by chance.

    Raises: ValueError, saying what is wrong without repeating the address, which holds a secret.
    """
    if not re.fullmatch(r"[a-z0-9:/._~%?=&\[\]-]{1,500}", url):
        raise ValueError("A callback URL is lower case, without spaces or placeholders.")
    if word := next((word for word in _FORBIDDEN if word in url), None):
        raise ValueError(f"A callback URL may not contain {word!r}.")
    parts = urlsplit(url)
    if not parts.hostname or "@" in parts.netloc:
        raise ValueError("A callback URL names a host.")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError("A callback URL starts with https://.")
