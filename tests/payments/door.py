"""Where the sandbox calls back: as the REST door does it, straight into the house."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from core import database
from core.payments import c2b, news


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        _, kind, *rest = self.path.removeprefix("/pay/in/").split("/")
        address = self.headers.get("X-Forwarded-For") or "127.0.0.1"
        answer: dict[str, str] = {"ResultCode": "0"}
        try:
            if kind == "stk":
                news.store("stk", rest[0], body, address)
            elif rest == ["confirm"]:
                news.store("c2b_confirm", None, body, address)
            else:
                answer = c2b.validate(body)
        finally:
            database.db.obj.close()
        said = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@contextmanager
def opened() -> Iterator[str]:
    """Open the door; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
