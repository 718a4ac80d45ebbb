"""Telegram's Bot API by plain HTTP, for whoever sends outside the bot's own process.

Nothing here is repeated: a message has no key against repetition, so one whose answer was lost may
stand in the chat already. Source: core.telegram.org/bots/api (Bot API 10.0) and the code of
tdlib/telegram-bot-api, May 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO
from urllib.parse import quote

import msgspec
from urllib3 import encode_multipart_formdata

from core.gateways import http, reading
from core.gateways.http import NoReply, Reply
from core.gateways.outcome import Outcome

__all__ = [
    "CAPTION_MAX",
    "DOWNLOAD_BYTES_MAX",
    "TEXT_MAX",
    "UPLOAD_BYTES_MAX",
    "Answer",
    "Button",
    "Keyboard",
    "Telegram",
    "client",
]

TEXT_MAX = 4096
CAPTION_MAX = 1024
UPLOAD_TIMEOUT_S = 60.0
# What getFile hands over at most, and what we may send: fifty megabytes of the smaller kind, with
# room for the form around them.
DOWNLOAD_BYTES_MAX = 20 * 2**20
UPLOAD_BYTES_MAX = 50 * 10**6
# Answers that say: it already is as it should be.
_ALREADY = ("message is not modified", "message to delete not found")


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: it gives `data` back (64 bytes at most), or copies `copy`."""

    label: str
    data: str = ""
    style: str = ""  # "", "primary", "success" or "danger"
    copy: str = ""


Keyboard = Sequence[Sequence[Button]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one call.

    `is_dead` says that this chat takes nothing from us any more: blocked, deleted, thrown out.
    `moved_to` is the chat's new id: the call was refused and can be made there. `is_gone` says that
    the message to change is no longer there.
    """

    outcome: Outcome
    message_id: int | None = None
    why: str | None = None
    retry_after_s: float | None = None
    moved_to: int | None = None
    is_dead: bool = False
    is_gone: bool = False

    @property
    def is_accepted(self) -> bool:
        """It was done, or was so before."""
        return self.outcome is Outcome.ACCEPTED


class Telegram:
    """A client of one bot. `base_url` ends in `/bot`, as everywhere; the token follows it.

    Texts and captions are Telegram's HTML: whoever fills in values escapes them.

    Raises: ValueError (a base URL or a token that could never be sent).
    """

    def __init__(self, base_url: str, token: str, timeout_s: float = 10.0) -> None:
        if not re.match(r"https?://[^/]", base_url):
            raise ValueError("The base URL of Telegram starts with https://.")
        if not re.fullmatch(r"[A-Za-z0-9:_-]+", token):
            raise ValueError("A bot's token is made of letters, digits, and : _ -.")
        self._url = f"{base_url}{token}"
        self._token = token
        self._timeout_s = timeout_s

    def send_text(
        self,
        chat_id: int,
        text: str,
        *,
        buttons: Keyboard = (),
        is_silent: bool = False,
        is_protected: bool = False,
        reply_to: int | None = None,
        force_reply: bool = False,
    ) -> Answer:
        """Send a message. `is_protected` keeps it from being forwarded or saved."""
        body = _message(chat_id, buttons, is_silent, is_protected) | {
            "text": text,
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        }
        if reply_to is not None:
            body["reply_parameters"] = {
                "message_id": reply_to,
                "allow_sending_without_reply": True,
            }
        if force_reply:
            body["reply_markup"] = {"force_reply": True, "selective": True}
        return self._call("sendMessage", body)

    def edit_text(
        self, chat_id: int, message_id: int, text: str, *, buttons: Keyboard = ()
    ) -> Answer:
        """Change a message of ours; without buttons it loses those it had."""
        body = {
            "chat_id": chat_id,
            "message_id": message_id,
            "text": text,
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
            "reply_markup": _markup(buttons),
        }
        return self._call("editMessageText", body)

    def send_photo(
        self,
        chat_id: int,
        png: bytes,
        caption: str = "",
        *,
        buttons: Keyboard = (),
        is_silent: bool = False,
    ) -> Answer:
        """Send a picture; 10 MB at most."""
        body = _message(chat_id, buttons, is_silent) | {"caption": caption, "parse_mode": "HTML"}
        return self._upload("sendPhoto", body, "photo", ("picture.png", png, "image/png"))

    def send_document(
        self,
        chat_id: int,
        name: str,
        content: bytes | BinaryIO,
        caption: str = "",
        *,
        buttons: Keyboard = (),
        is_silent: bool = False,
    ) -> Answer:
        """Send a file, `UPLOAD_BYTES_MAX` at most; an open one is read piece by piece."""
        body = _message(chat_id, buttons, is_silent) | {"caption": caption, "parse_mode": "HTML"}
        kind = "application/octet-stream"
        if isinstance(content, bytes):
            return self._upload("sendDocument", body, "document", (name, content, kind))
        return self._upload("sendDocument", body, "document", (name, b"", kind), content)

    def delete(self, chat_id: int, message_id: int) -> Answer:
        """Take a message away: ours, or the other's in a private chat; 48 hours old at most."""
        return self._call("deleteMessage", {"chat_id": chat_id, "message_id": message_id})

    def answer_press(self, press_id: str, text: str = "", *, is_alert: bool = False) -> Answer:
        """End the waiting of whoever pressed a button, with 200 characters at most."""
        body = {"callback_query_id": press_id, "text": text[:200], "show_alert": is_alert}
        return self._call("answerCallbackQuery", body)

    def pin(self, chat_id: int, message_id: int) -> Answer:
        """Keep a message at the top of its chat, without ringing."""
        body = {"chat_id": chat_id, "message_id": message_id, "disable_notification": True}
        return self._call("pinChatMessage", body)

    def file(self, file_id: str, base_file_url: str) -> Iterator[bytes]:
        """Fetch a file that somebody sent, piece by piece. Asking for it again does no harm.

        Raises: NoReply, with REFUSED when it is gone or too large, BUSY or UNKNOWN when it may
        come another time.
        """
        reply = http.call(
            "POST",
            f"{self._url}/getFile",
            body=msgspec.json.encode({"file_id": file_id}),
            headers={"Content-Type": "application/json"},
            timeout_s=self._timeout_s,
        )
        said = reading.json(reply.body)
        if not isinstance(said, dict) or not said.get("ok"):
            is_refusal = isinstance(said, dict) and reply.status < 500 and reply.status != 429
            outcome = Outcome.REFUSED if is_refusal else Outcome.BUSY
            raise NoReply(outcome, f"HTTP {reply.status}")
        result = said.get("result")
        path = result.get("file_path") if isinstance(result, dict) else None
        if not isinstance(path, str) or not path:
            raise NoReply(Outcome.REFUSED, "no file_path")
        yield from http.download(
            f"{base_file_url}{self._token}/{quote(path)}",
            timeout_s=UPLOAD_TIMEOUT_S,
            most_bytes=DOWNLOAD_BYTES_MAX,
        )

    def _call(self, method: str, body: Mapping[str, Any]) -> Answer:
        raw = msgspec.json.encode({name: _sendable(value) for name, value in body.items()})
        return self._post(method, raw, "application/json", self._timeout_s)

    def _upload(
        self,
        method: str,
        body: Mapping[str, Any],
        field: str,
        file: tuple[str, bytes, str],
        content: BinaryIO | None = None,
    ) -> Answer:
        """Send a form with a file as its last field; `content` is put where its own would be."""
        form: dict[str, Any] = {
            name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
            for name, value in ((name, _sendable(value)) for name, value in body.items())
        }
        raw, content_type = encode_multipart_formdata(form | {field: file})
        if content is None:
            return self._post(method, raw, content_type, UPLOAD_TIMEOUT_S)
        end = f"\r\n--{content_type.partition('boundary=')[2]}--\r\n".encode()
        streamed = http.Streamed(raw.removesuffix(end), content, end)
        return self._post(method, streamed, content_type, UPLOAD_TIMEOUT_S)

    def _post(
        self, method: str, raw: bytes | http.Streamed, content_type: str, timeout_s: float
    ) -> Answer:
        try:
            reply = http.call(
                "POST",
                f"{self._url}/{method}",
                body=raw,
                headers={"Content-Type": content_type},
                timeout_s=timeout_s,
            )
        except NoReply as lost:
            return Answer(lost.outcome, why=lost.why)
        answer = _read(reply)
        return replace(answer, why=answer.why and reading.redacted(answer.why, (self._token,)))


def _message(
    chat_id: int, buttons: Keyboard, is_silent: bool, is_protected: bool = False
) -> dict[str, Any]:
    body: dict[str, Any] = {"chat_id": chat_id}
    if buttons:
        body["reply_markup"] = _markup(buttons)
    if is_silent:
        body["disable_notification"] = True
    if is_protected:
        body["protect_content"] = True
    return body


def _markup(buttons: Keyboard) -> dict[str, Any]:
    return {"inline_keyboard": [[_button(each) for each in row] for row in buttons]}


def _button(button: Button) -> dict[str, Any]:
    told: dict[str, Any] = {"text": button.label}
    if button.copy:
        told["copy_text"] = {"text": button.copy}
    else:
        told["callback_data"] = button.data
    if button.style:
        told["style"] = button.style
    return told


def _sendable(value: Any) -> Any:
    """A text that has a UTF-8: half a surrogate pair becomes the "?" a phone would show."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _read(reply: Reply) -> Answer:
    """What an answer says; one that is not Telegram's own leaves it open what became of the call.

    Telegram says in JSON why it did not do something, and then it has not done it, whatever the
    status. A page of HTML comes from something on the way.
    """
    said = reading.json(reply.body)
    if not isinstance(said, dict) or not isinstance(said.get("ok"), bool):
        if reply.status == 429:
            wait_s = reply.retry_after_s
            return Answer(Outcome.BUSY, why="HTTP 429", retry_after_s=wait_s)
        return Answer(Outcome.UNKNOWN, why=f"HTTP {reply.status}")
    if said["ok"]:
        result = said.get("result")
        found = result.get("message_id") if isinstance(result, dict) else None
        return Answer(Outcome.ACCEPTED, message_id=found if isinstance(found, int) else None)
    return _refusal(reply, said)


def _refusal(reply: Reply, said: dict[str, Any]) -> Answer:
    why = reading.text(said.get("description"), 300) or f"HTTP {reply.status}"
    known = why.casefold()
    code = said.get("error_code")
    code = code if isinstance(code, int) else reply.status
    more = said.get("parameters")
    more = more if isinstance(more, dict) else {}
    if any(words in known for words in _ALREADY):
        return Answer(Outcome.ACCEPTED, why=why)
    if code == 429:
        wait = more.get("retry_after")
        wait_s = float(wait) if isinstance(wait, int) else reply.retry_after_s
        return Answer(Outcome.BUSY, why=why, retry_after_s=wait_s)
    if code >= 500:
        return Answer(Outcome.BUSY, why=why)
    moved = more.get("migrate_to_chat_id")
    return Answer(
        Outcome.REFUSED,
        why=why,
        moved_to=moved if isinstance(moved, int) else None,
        is_dead=code == 403 or "chat not found" in known or "user not found" in known,
        is_gone="message to edit not found" in known or "message can't be edited" in known,
    )


def client(base_url: str, token: str) -> Telegram | None:
    """A client of the bot the settings name; None while the bot is off."""
    return Telegram(base_url, token) if token else None
