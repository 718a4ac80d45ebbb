"""One small question to a server of our own, without any library's retries or proxies."""

from __future__ import annotations

import http.client
import ssl
from urllib.parse import urlsplit


def get(url: str, timeout_s: float = 5.0) -> tuple[int, bytes]:
    """Ask for an address and return the status and the start of the answer.

    Raises: OSError (nobody listens, the name or the certificate is wrong, too slow).
    """
    parts = urlsplit(url)
    host, path = parts.hostname or "", parts.path or "/"
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(
            host, parts.port, timeout=timeout_s, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=timeout_s)
    try:
        connection.request("GET", path, headers={"User-Agent": "tuma"})
        answer = connection.getresponse()
        return answer.status, answer.read(4096)
    except http.client.HTTPException as error:
        raise OSError(f"the answer is not HTTP ({type(error).__name__})") from error
    finally:
        connection.close()
