"""What somebody has done in the ops chat, taken out of an update as Telegram wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# The account under which admins write who hide behind the group's name.
ANONYMOUS_ID = 1_087_968_824
TEXT_MAX = 4096


class Kind(StrEnum):
    """What kind of thing it was."""

    COMMAND = "command"
    WORDS = "words"
    PRESS = "press"


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing done by somebody.

    `text` is a command's name, what was written, or a button's data; `rest` what follows the
    command. `message_id` is their own message, or for a press the one that carries the button.
    """

    update_id: int
    chat_id: int
    user_id: int
    name: str
    kind: Kind
    text: str
    rest: str = ""
    message_id: int = 0
    reply_to: int | None = None
    press_id: str = ""
    is_anonymous: bool = False
    is_addressed: bool = False

    @property
    def actor(self) -> str:
        """The name under which the audit trail knows them."""
        return f"telegram:{self.user_id}"

    @property
    def once(self) -> str:
        """A key for what this update sets off: it may be handled again after a kill."""
        return f"telegram:{self.update_id}"


def hear(update: Mapping[str, Any], bot_name: str = "") -> Heard | None:
    """Read an update; None when nobody did anything that concerns us."""
    if press := update.get("callback_query"):
        return _press(update["update_id"], press)
    message = update.get("message")
    if not message or not message.get("from"):
        return None
    return _message(update["update_id"], message, bot_name)


def _press(update_id: int, press: Mapping[str, Any]) -> Heard | None:
    message, user = press.get("message"), press["from"]
    if not message or not press.get("data"):
        return None
    return Heard(
        update_id,
        message["chat"]["id"],
        user["id"],
        _name(user),
        Kind.PRESS,
        press["data"],
        message_id=message["message_id"],
        press_id=press["id"],
    )


def _message(update_id: int, message: Mapping[str, Any], bot_name: str) -> Heard | None:
    text = str(message.get("text") or "")
    user = message["from"]
    if not text or (user.get("is_bot") and user["id"] != ANONYMOUS_ID):
        return None
    kind, rest, is_addressed = Kind.WORDS, "", False
    if text.startswith("/") and text[1:2].isalpha():
        # Only the first line break or blank ends a command: a reason may have lines of its own.
        head, *more = text[1:].split(maxsplit=1)
        text, _, whose = head.partition("@")
        if whose and bot_name and whose.lower() != bot_name.lower():
            return None  # meant for another bot
        kind, rest, is_addressed = Kind.COMMAND, "".join(more).strip(), bool(whose)
        text = text.lower()
    return Heard(
        update_id,
        message["chat"]["id"],
        user["id"],
        _name(user),
        kind,
        text[:TEXT_MAX],
        rest,
        message["message_id"],
        (message.get("reply_to_message") or {}).get("message_id"),
        # Whoever writes as the group, or as a channel, cannot be told from the others there.
        is_anonymous=user["id"] == ANONYMOUS_ID or "sender_chat" in message,
        is_addressed=is_addressed,
    )


def _name(user: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (user.get("first_name"), user.get("last_name")))) or "somebody"
