"""A Telegram of our own: keeps what it was told, and fails as a test wants."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

OPS = -1001000000001
# Decides what becomes of a call: None lets it through; "lose" does it and says nothing.
Fault = Callable[[str, dict[str, Any]], "dict[str, Any] | str | None"]


@dataclass
class Said:
    """A message as it stands in a chat."""

    message_id: int
    chat_id: int
    text: str
    buttons: list[dict[str, Any]] = field(default_factory=list)
    is_silent: bool = False
    has_picture: bool = False
    has_file: bool = False
    file: bytes = b""
    file_name: str = ""
    edits: int = 0
    forces_reply: bool = False

    @property
    def labels(self) -> list[str]:
        return [button["text"] for button in self.buttons]

    def data(self, label: str) -> str:
        """What the button of a label gives back."""
        return str(next(each["callback_data"] for each in self.buttons if each["text"] == label))


def no(code: int, description: str, **parameters: int) -> dict[str, Any]:
    """Telegram's way of refusing."""
    return {
        "ok": False,
        "error_code": code,
        "description": description,
        "parameters": parameters,
    }


class Room:
    """The chats of one bot."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.messages: list[Said] = []
        self.answers: list[dict[str, Any]] = []
        self.fault: Fault = lambda method, body: None
        self._numbers = itertools.count(100)
        self._lock = threading.Lock()

    def said(self, chat_id: int = OPS) -> list[Said]:
        """What stands in a chat."""
        return [each for each in self.messages if each.chat_id == chat_id]

    def last(self, chat_id: int = OPS) -> Said:
        return self.said(chat_id)[-1]

    def texts(self, chat_id: int = OPS) -> list[str]:
        return [each.text for each in self.said(chat_id)]

    def count(self, method: str) -> int:
        return sum(1 for called, _ in self.calls if called == method)

    def hear(self, method: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """Do a call; None when its answer gets lost."""
        with self._lock:
            self.calls.append((method, body))
            told = self.fault(method, body)
            if isinstance(told, dict):
                return told
            done = self._do(method, body)
            return None if told == "lose" else done

    def _do(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        if method in ("sendMessage", "sendPhoto", "sendDocument"):
            return self._send(method, body)
        if method == "editMessageText":
            return self._edit(body)
        if method == "answerCallbackQuery":
            self.answers.append(body)
        return {"ok": True, "result": True}

    def _send(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        markup = body.get("reply_markup", {})
        message = Said(
            next(self._numbers),
            int(body["chat_id"]),
            body.get("text", body.get("caption", "")),
            [button for row in markup.get("inline_keyboard", []) for button in row],
            bool(body.get("disable_notification")),
            method == "sendPhoto",
            has_file=method == "sendDocument",
            file=body.get("document", b""),
            file_name=body.get("document_name", ""),
            forces_reply=bool(markup.get("force_reply")),
        )
        self.messages.append(message)
        chat = {"id": message.chat_id}
        return {"ok": True, "result": {"message_id": message.message_id, "chat": chat}}

    def _edit(self, body: dict[str, Any]) -> dict[str, Any]:
        for message in self.messages:
            if (message.chat_id, message.message_id) == (body["chat_id"], body["message_id"]):
                message.text = body["text"]
                message.buttons = [
                    each for row in body["reply_markup"]["inline_keyboard"] for each in row
                ]
                message.edits += 1
                return {"ok": True, "result": {"message_id": message.message_id}}
        return no(400, "Bad Request: message to edit not found")


def _fields(handler: BaseHTTPRequestHandler, raw: bytes) -> dict[str, Any]:
    """Read a body: JSON, or the parts of a multipart one."""
    kind = handler.headers.get("Content-Type", "")
    if kind.startswith("application/json"):
        return dict(json.loads(raw))
    found: dict[str, Any] = {}
    for part in raw.split(b"--" + kind.partition("boundary=")[2].encode()):
        head, _, body = part.partition(b"\r\n\r\n")
        if b'name="' not in head:
            continue
        name = head.partition(b'name="')[2].partition(b'"')[0].decode()
        content = body.removesuffix(b"\r\n")
        if b"filename=" in head:
            found[name] = content
            found[f"{name}_name"] = head.partition(b'filename="')[2].partition(b'"')[0].decode()
        else:
            value = content.decode()
            found[name] = json.loads(value) if value[:1] in "{[tf" else value
    return found


@contextmanager
def serving() -> Iterator[tuple[Room, str]]:
    """A room, and the address it answers at."""
    room = Room()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = room.hear(self.path.rpartition("/")[2], _fields(self, raw))
            if answer is None:
                self.close_connection = True
                return
            content = json.dumps(answer).encode()
            self.send_response(200 if answer["ok"] else int(answer["error_code"]))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield room, f"http://127.0.0.1:{server.server_address[1]}/bot"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
