"""One careful way to call out: nothing is repeated, everything has a limit.

What matters to the callers is whether a request that got no answer may have been *read*. So a
failure while connecting (name, TCP, TLS) is BUSY, and any failure after that is UNKNOWN.
"""

from __future__ import annotations

import http.client
import io
import logging
import os
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, BinaryIO

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    EmptyPoolError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
)
from urllib3.response import HTTPResponse

from core import clock
from core.gateways.outcome import Outcome

__all__ = [
    "REPLY_BYTES_MAX",
    "NoReply",
    "Reply",
    "Streamed",
    "call",
    "classify",
    "close",
    "download",
    "session",
]

REPLY_BYTES_MAX = 1024 * 1024
PIECE_BYTES = 64 * 1024
CONNECT_S = 5.0
RETRY_AFTER_S_MAX = 3600.0

# A server may close a kept connection at the very moment we write to it, and then nobody knows
# whether it read us. The shortest keep-alive in common use is two seconds, so we leave before.
IDLE_S_MAX = 1.5

_NEVER_LEFT = (
    requests.ConnectTimeout,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    ConnectTimeoutError,
    EmptyPoolError,
    NewConnectionError,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply: its head and every byte of its body arrived in time."""

    status: int
    body: bytes
    retry_after_s: float | None = None

    @property
    def text(self) -> str:
        """The body as text; what is not UTF-8 is replaced, for one odd letter must not lose it."""
        return self.body.decode("utf-8-sig", "replace")


class NoReply(Exception):
    """There is no whole reply; `outcome` is BUSY or UNKNOWN, and `why` names the kind of failure.

    It never carries a URL: some providers want their secrets in the query.
    """

    def __init__(self, outcome: Outcome, why: str) -> None:
        super().__init__(f"{outcome}: {why}")
        self.outcome = outcome
        self.why = why


class Streamed:
    """A body that is never whole in memory: some bytes, a file, and some bytes behind it."""

    def __init__(self, head: bytes, file: BinaryIO, tail: bytes) -> None:
        self._head, self._file, self._tail = head, file, tail

    def __len__(self) -> int:
        return len(self._head) + self._file.seek(0, io.SEEK_END) + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        yield self._head
        while piece := self._file.read(PIECE_BYTES):
            yield piece
        yield self._tail


def call(
    method: str,
    url: str,
    *,
    timeout_s: float,
    query: Mapping[str, str] | None = None,
    body: bytes | Streamed | None = None,
    headers: Mapping[str, str] | None = None,
    basic: tuple[str, str] | None = None,
) -> Reply:
    """Call once and read the whole reply, whatever its status.

    `timeout_s` bounds the reply as a whole, head and body together; connecting has CONNECT_S of
    its own for each address of the host. Redirects are answers like any other. The query is
    percent-encoded here.

    Raises: NoReply.
    """
    try:
        with session().request(
            method,
            url,
            params=query,
            data=body,
            headers=headers,
            auth=HTTPBasicAuth(*basic) if basic else None,
            timeout=(CONNECT_S, timeout_s),
            allow_redirects=False,
            stream=True,
        ) as response:
            content = _bounded(response)
            if content is not None:
                retry_after_s = _retry_after_s(response.headers.get("Retry-After"))
                return Reply(response.status_code, content, retry_after_s)
        lost = NoReply(Outcome.UNKNOWN, "ReplyTooLarge")
    except (requests.RequestException, HTTPError, OSError) as error:
        lost = NoReply(classify(error), type(_cause(error)).__name__)
    # Raised out here, so that the error and the URL in its words are no context of ours.
    raise lost


def download(url: str, *, timeout_s: float, most_bytes: int) -> Iterator[bytes]:
    """Read a file piece by piece, so that none is ever whole in memory.

    Nothing is asked before the first piece is wanted. Raises: NoReply, also for any answer but 200
    and for a file that is larger than `most_bytes`.
    """
    got = 0
    try:
        with session().request(
            "GET", url, timeout=(CONNECT_S, timeout_s), allow_redirects=False, stream=True
        ) as response:
            if response.status_code != http.HTTPStatus.OK:
                raise NoReply(Outcome.REFUSED, f"HTTP {response.status_code}")
            for piece in response.iter_content(PIECE_BYTES):
                got += len(piece)
                if got > most_bytes:
                    raise NoReply(Outcome.REFUSED, "ReplyTooLarge")
                yield piece
        return
    except (requests.RequestException, HTTPError, OSError) as error:
        lost = NoReply(classify(error), type(_cause(error)).__name__)
    raise lost


def classify(error: BaseException) -> Outcome:
    """BUSY when the request cannot have been read by anyone, UNKNOWN in every other case.

    `requests.ConnectionError` alone says nothing: it stands for "connection refused" as well as
    for "reset after we sent". Only what it wraps tells them apart.
    """
    if isinstance(error, _NEVER_LEFT) or isinstance(_cause(error), _NEVER_LEFT):
        return Outcome.BUSY
    return Outcome.UNKNOWN


def _cause(error: BaseException) -> BaseException:
    """What urllib3 said, inside what requests made of it."""
    inner = error.args[0] if error.args else None
    if isinstance(inner, MaxRetryError) and inner.reason is not None:
        inner = inner.reason
    return inner if isinstance(inner, HTTPError) else error


def _bounded(response: requests.Response) -> bytes | None:
    """The body, or None when it is larger than any honest reply."""
    content = bytearray()
    for chunk in response.iter_content(16 * 1024):
        content += chunk
        if len(content) > REPLY_BYTES_MAX:
            return None
    return bytes(content)


def _retry_after_s(header: str | None) -> float | None:
    """Seconds to wait by a Retry-After header, which holds seconds or a date; at most an hour."""
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(float(text), RETRY_AFTER_S_MAX)
    try:
        until = parsedate_to_datetime(text)
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        wait_s = (until - clock.now()).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(wait_s, 0.0), RETRY_AFTER_S_MAX)


class _UntilDeadline(io.RawIOBase):
    """A socket's bytes, until a moment that does not move.

    A socket's own timeout starts anew with each byte, so a server that drips could hold us for
    days. This gives every read only what is left of the whole.
    """

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock
        self._until = time.monotonic() + (sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left_s = self._until - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("The reply took too long.")
        self._sock.settimeout(left_s)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """A reply whose head and body together must arrive within the socket's timeout."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_UntilDeadline(self.fp.detach(), sock))


class _Connection(HTTPConnection):
    response_class = _TimedResponse
    _used_at = 0.0

    def connect(self) -> None:
        """Connect, and say of any failure that nothing was sent.

        A TLS handshake that fails or hangs would otherwise look like an answer that never came.
        """
        try:
            super().connect()
        except (NewConnectionError, ConnectTimeoutError):
            raise
        except (OSError, ValueError, HTTPError) as error:
            raise NewConnectionError(self, f"No connection: {type(error).__name__}") from error

    @property
    def is_connected(self) -> bool:
        """Whether the pool may use this connection again; when not, it makes another."""
        return super().is_connected and time.monotonic() - self._used_at < IDLE_S_MAX

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3 does itself
        self._used_at = time.monotonic()
        return super().getresponse()


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class _NoQueries(logging.Filter):
    """Keeps what follows a "?" out of urllib3's own log lines: credentials travel there."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = re.sub(r"\?\S+", "?...", record.getMessage())
        record.args = None
        return True


logging.getLogger("urllib3.connectionpool").addFilter(_NoQueries())
logging.getLogger("urllib3.connection").addFilter(_NoQueries())

_here = threading.local()


def session() -> requests.Session:
    """This thread's session: one kept connection a host, no retries, cookies, proxies or netrc."""
    # A forked child must not write into its parent's sockets.
    if getattr(_here, "pid", None) != os.getpid():
        fresh = requests.Session()
        fresh.trust_env = False
        fresh.verify = True
        fresh.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Uncompressed, so that the limit on the reply is the limit on what we unpack.
        fresh.headers.update({"User-Agent": "tuma", "Accept-Encoding": "identity"})
        for scheme in ("http://", "https://"):
            fresh.mount(scheme, _Adapter(max_retries=0, pool_connections=8, pool_maxsize=1))
        _here.session, _here.pid = fresh, os.getpid()
    current: requests.Session = _here.session
    return current


def close() -> None:
    """Close this thread's connections; the next call opens new ones."""
    if getattr(_here, "pid", None) is not None:
        _here.session.close()
        _here.pid = None
