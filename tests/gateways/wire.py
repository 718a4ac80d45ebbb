"""A real little HTTP server that misbehaves on request, for the gateways to call."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests import servers


@dataclass(frozen=True)
class Seen:
    """A request as it came over the wire."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    port: int  # the caller's: a new connection has a new one

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def fields(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.query).items()}


Move = Callable[["_Handler"], None]


def says(body: object = b"", status: int = 200, **headers: str) -> Move:
    """A whole reply; anything but bytes goes as JSON. `Retry_After="3"` becomes a header."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def move(handler: _Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    move.__name__ = f"{status} {content[:160]!r}"  # what pytest calls the case
    return move


def sends(raw: bytes) -> Move:
    """These bytes, head and all, and then the end of the connection."""

    def move(handler: _Handler) -> None:
        handler.wfile.write(raw)
        handler.close_connection = True

    move.__name__ = repr(raw[:60])
    return move


def drips(start: bytes) -> Move:
    """A start, and then a byte now and then, for ever."""

    def move(handler: _Handler) -> None:
        handler.close_connection = True
        try:
            handler.wfile.write(start)
            while not handler.server.closing.wait(0.05):
                handler.wfile.write(b"x")
        except OSError:
            pass

    return endless(move)


def endless(move: Move) -> Move:
    """Mark a move that does not end by itself."""
    move.is_endless = True  # type: ignore[attr-defined]
    return move


@endless
def hangs(handler: _Handler) -> None:
    """Reads the request and never answers."""
    handler.server.closing.wait(30)
    handler.close_connection = True


def drops(handler: _Handler) -> None:
    """Reads the request and closes the connection."""
    handler.close_connection = True


def resets(handler: _Handler) -> None:
    """Reads the request and resets the connection."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


HTML = says(b"<html><body>Request unsuccessful. Incapsula incident</body></html>")
HTML_503 = says(b"<html><body>Service Unavailable</body></html>", 503)
EMPTY = says(b"")
EMPTY_400 = says(b"", 400)
HALF_JSON = says(b'{"ErrorCode": 0, "Data": [{"Mess')
CUT_OFF = sends(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{}")
CUT_CHUNK = sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{}")
NO_HTTP = sends(b"220 smtp.example.com ready\r\n")
HUGE = says(b" " * (1024 * 1024 + 1))
DEEP = says(b"[" * 100_000)
LATIN_1 = says(b'"caf\xe9')


class _Server(ThreadingHTTPServer):
    closing: threading.Event
    wire: Wire

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left early is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        self.server.wire.seen.append(
            Seen(
                self.command,
                parts.path,
                parts.query,
                dict(self.headers.items()),
                self.rfile.read(length),
                self.client_address[1],
            )
        )
        self.server.wire.next_move()(self)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


class Wire:
    """The server: `will` sets its next moves, of which the last is repeated."""

    def __init__(self, server: _Server) -> None:
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.seen: list[Seen] = []
        self._moves: list[Move] = [EMPTY]
        server.wire = self

    @property
    def patience_s(self) -> float:
        """How long to wait for an answer: not for one that never comes, else long."""
        return 1.0 if any(hasattr(move, "is_endless") for move in self._moves) else 60.0

    def will(self, *moves: Move) -> Wire:
        self._moves = list(moves)
        return self

    def next_move(self) -> Move:
        return self._moves.pop(0) if len(self._moves) > 1 else self._moves[0]


@contextmanager
def serving() -> Iterator[Wire]:
    """A server on a free port of this machine."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.closing = threading.Event()
    wire = Wire(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield wire
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def nobody_url() -> str:
    """An address where nothing listens."""
    return f"http://127.0.0.1:{servers.free_port()}"
