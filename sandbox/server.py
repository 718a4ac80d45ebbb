"""A small threaded HTTP server that can also misbehave the way a sick provider does."""

from __future__ import annotations

import contextlib
import http.server
import select
import socket
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

IDLE_SECONDS = 120.0
"""How long a silent connection is kept: longer than any client keeps its own end."""

CONNECTIONS_MAX = 1000
"""One thread a connection, so that clients that hang never starve the others."""

BODY_MAX = 80 * 1024 * 1024
"""Above the 50 MB a bot may upload, so that Telegram itself refuses larger ones."""

HOLD = "sandbox.hold_seconds"
DROP = "sandbox.drop"
OUTAGE = "sandbox.outage"


class Refusal(Exception):
    """The request cannot be read; the connection ends after this status."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: Server  # type: ignore[assignment]  # the standard one wants its own server class

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: callback addresses carry secrets."""

    def handle_one_request(self) -> None:
        self.close_connection = True
        try:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                return
            # Reading the head has set this to what the client wishes.
            self.close_connection = True
            environ = self._environ(self._body())
        except Refusal as refusal:
            self.send_error(int(str(refusal)))
            return
        except (OSError, ValueError):
            return
        self._answer(environ)

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            raise Refusal("400") from None
        if not 0 <= length <= BODY_MAX:
            raise Refusal("413")
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionResetError
        return body

    def _chunks(self) -> bytes:
        body = bytearray()
        while size := int(self.rfile.readline(64).split(b";")[0], 16):
            if len(body) + size > BODY_MAX:
                raise Refusal("413")
            body += self.rfile.read(size)
            self.rfile.readline(8)
        while self.rfile.readline(65537).strip():
            pass
        return bytes(body)

    def _environ(self, body: bytes) -> Environ:
        path, _, query = self.path.partition("?")
        host, port = self.server.address
        environ: Environ = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": urllib.parse.unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": host,
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        if kind := self.headers.get("Content-Type"):
            environ["CONTENT_TYPE"] = kind
        for name, value in self.headers.items():
            key = "HTTP_" + name.upper().replace("-", "_")
            if key not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
                environ[key] = value
        return environ

    def _answer(self, environ: Environ) -> None:
        head: list[str] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> None:
            head.append(f"HTTP/1.1 {status}")
            head.extend(f"{name}: {value}" for name, value in headers)

        body = b"".join(self.server.application(environ, start_response))
        gone = self._hold(environ.get(HOLD, 0.0))
        if gone or environ.get(DROP):
            self.close_connection = True  # the caller sees the line go dead, not a long silence
            return
        keep = self.headers.get("Connection", "").lower() != "close" and not self.server.stopping
        keep = keep and self.request_version == "HTTP/1.1"
        head.append("Connection: keep-alive" if keep else "Connection: close")
        if not any(line.lower().startswith("content-length:") for line in head):
            head.append(f"Content-Length: {len(body)}")
        if self.command == "HEAD":
            body = b""
        try:
            self.connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1") + body)
        except OSError:
            return
        self.close_connection = not keep
        if seconds := environ.get(OUTAGE):
            self.server.refuse(seconds)

    def _hold(self, seconds: float) -> bool:
        """Wait, but no longer than the client does; say whether the client is gone."""
        if seconds <= 0:
            return False
        readable, _, _ = select.select([self.connection], [], [], seconds)
        try:
            return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True


class Server:
    """Serve a WSGI application, one thread a connection, in this process."""

    def __init__(self, application: Application, bind: str, port: int) -> None:
        self.application = application
        self.stopping = False
        self._refuse_until = 0.0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = self._bound(bind, port)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self._listener.listen(512)

    @staticmethod
    def _bound(bind: str, port: int) -> socket.socket:
        family = socket.AF_INET6 if ":" in bind else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((bind, port))
        listener.settimeout(0.2)
        return listener

    def serve(self) -> None:
        """Accept until told to stop."""
        while not self.stopping:
            if self._refuse_until > time.monotonic():
                self._outage()
            try:
                connection, address = self._listener.accept()
            except OSError:
                continue
            if len(self._open) >= CONNECTIONS_MAX:
                connection.close()
                continue
            with self._lock:
                self._open.add(connection)
            threading.Thread(target=self._converse, args=(connection, address), daemon=True).start()
        self._listener.close()

    def stop(self) -> None:
        """Accept no more; connections end with the process."""
        self.stopping = True

    def refuse(self, seconds: float) -> None:
        """Close the door for a while: every connection is cut, and new ones are refused."""
        self._refuse_until = time.monotonic() + seconds

    def _outage(self) -> None:
        self._listener.close()
        with self._lock:
            for connection in self._open:
                _hang_up(connection)
        # A bound socket that does not listen keeps the port ours while callers are refused.
        self._listener = self._bound(*self.address)
        while self._refuse_until > time.monotonic() and not self.stopping:
            time.sleep(0.02)
        self._listener.listen(512)

    def _converse(self, connection: socket.socket, address: Any) -> None:
        try:
            with contextlib.suppress(OSError):
                _Handler(connection, address, self)  # type: ignore[arg-type]
        finally:
            with self._lock:
                self._open.discard(connection)
            _hang_up(connection)
            connection.close()


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
