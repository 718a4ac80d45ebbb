"""Calling the Bot API with little ado: plain posts over kept connections.

The library's own client spends milliseconds of processor time on a call, and an answer takes two
or three. This one knows just what such a call needs; uploads and downloads, which are rare, are
left to the other. What matters most is the same as in `core.gateways.http`: whoever calls must
learn whether a request that got no answer can have been read.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

__all__ = ["NeverLeft", "Wire"]

CONNECT_S = 5.0
READ_S = 10.0
ANSWER_BYTES_MAX = 16 * 1024 * 1024
CONNECTIONS = 64
# A server may close a kept connection at the very moment we write to it; so we leave before.
IDLE_S_MAX = 1.5

_Place = tuple[str, str, int]


class NeverLeft(NetworkError):
    """No connection: nobody can have read the request, and it may be made again."""


@dataclass(slots=True)
class _Line:
    """A kept connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used_at: float = 0.0

    @property
    def is_good(self) -> bool:
        is_fresh = time.monotonic() - self.used_at < IDLE_S_MAX
        return is_fresh and not self.reader.at_eof() and not self.writer.is_closing()


class Wire(BaseRequest):
    """Makes plain calls itself and hands everything else to `other`."""

    def __init__(self, other: BaseRequest) -> None:
        self._other = other
        self._idle: dict[_Place, list[_Line]] = {}
        self._room = asyncio.Semaphore(CONNECTIONS)
        self._tls = ssl.create_default_context()

    @property
    def read_timeout(self) -> float:
        """Seconds to wait for an answer when nothing else is said."""
        return READ_S

    async def initialize(self) -> None:
        """Connect nowhere yet."""
        await self._other.initialize()

    async def shutdown(self) -> None:
        """Close what is kept."""
        for lines in self._idle.values():
            for line in lines:
                line.writer.close()
        self._idle.clear()
        await self._other.shutdown()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Make a call once. Raises: NeverLeft, TimedOut, NetworkError."""
        if method != "POST" or (request_data is not None and request_data.contains_files):
            return await self._other.do_request(
                url,
                method,
                request_data,
                read_timeout,
                write_timeout,
                connect_timeout,
                pool_timeout,
            )
        given = isinstance(read_timeout, int | float)
        body = urlencode(request_data.json_parameters).encode() if request_data else b""
        async with self._room, self._line(urlsplit(url)) as line:
            return await _exchange(line, urlsplit(url), body, read_timeout if given else READ_S)

    @asynccontextmanager
    async def _line(self, where: SplitResult) -> AsyncIterator[_Line]:
        """A connection for one exchange; kept afterwards if that went well to its end."""
        place = where.scheme, where.hostname or "", where.port or _port(where.scheme)
        kept = self._idle.setdefault(place, [])
        line = None
        while kept and line is None:
            line = kept.pop()
            if not line.is_good:
                line.writer.close()
                line = None
        if line is None:
            line = await self._connect(place)
        try:
            yield line
        except BaseException:
            line.writer.close()
            raise
        line.used_at = time.monotonic()
        kept.append(line)

    async def _connect(self, place: _Place) -> _Line:
        scheme, host, port = place
        try:
            async with asyncio.timeout(CONNECT_S):
                tls = self._tls if scheme == "https" else None
                reader, writer = await asyncio.open_connection(
                    host, port, ssl=tls, limit=ANSWER_BYTES_MAX
                )
        except (OSError, TimeoutError) as error:  # a failed TLS handshake is one of them
            raise NeverLeft(f"No connection: {type(error).__name__}") from error
        return _Line(reader, writer)


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


async def _exchange(
    line: _Line, where: SplitResult, body: bytes, seconds: float
) -> tuple[int, bytes]:
    """Say something and read the whole answer."""
    head = (
        f"POST {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nAccept-Encoding: identity\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    try:
        async with asyncio.timeout(seconds):
            line.writer.write(head.encode("latin-1") + body)
            return await _answer(line)
    except TimeoutError as error:
        raise TimedOut from error
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
        # It may have been read all the same.
        raise NetworkError(f"No answer: {type(error).__name__}") from error


async def _answer(line: _Line) -> tuple[int, bytes]:
    """Read an answer. Raises: OSError, EOFError, ValueError (it is no HTTP, or too large)."""
    head = (await line.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *rest = head.split("\r\n")
    version, status, *_ = first.split(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError("no HTTP")
    fields = {
        name.lower(): value.strip().lower()
        for name, colon, value in (each.partition(":") for each in rest)
        if colon
    }
    if "chunked" in fields.get("transfer-encoding", ""):
        body = await _chunks(line.reader)
    elif "content-length" in fields:
        body = await _exactly(line.reader, int(fields["content-length"]))
    else:
        body = await line.reader.read(ANSWER_BYTES_MAX)
        line.writer.close()
    if fields.get("connection") == "close" or version == "HTTP/1.0":
        line.writer.close()
    return int(status), body


async def _exactly(reader: asyncio.StreamReader, length: int) -> bytes:
    if not 0 <= length <= ANSWER_BYTES_MAX:
        raise ValueError("too large")
    return await reader.readexactly(length)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while True:
        size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
        if size == 0:
            while (await reader.readuntil(b"\r\n")) != b"\r\n":
                pass
            return bytes(body)
        if len(body) + size > ANSWER_BYTES_MAX:
            raise ValueError("too large")
        body += await reader.readexactly(size)
        await reader.readexactly(2)
