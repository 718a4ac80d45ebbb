"""Messages out."""

from __future__ import annotations

import time
from typing import Any

from sandbox.telegram.errors import bad
from sandbox.telegram.fields import CAPTION_MAX, TEXT_MAX, Fields
from sandbox.telegram.files import Stored
from sandbox.telegram.keyboards import read_markup
from sandbox.telegram.messages import Message
from sandbox.telegram.people import Chat
from sandbox.telegram.telegram import Telegram
from sandbox.telegram.texts import Entity, Formatted

ACTIONS = (
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "record_audio",
    "upload_audio",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
)
TYPING_SECONDS = 5.0


def send_message(telegram: Telegram, fields: Fields) -> object:
    """Words."""
    words = read_text(telegram, fields)
    chat, more = _addressed(telegram, fields)
    return _sent(telegram, chat, words, more)


def send_photo(telegram: Telegram, fields: Fields) -> object:
    """A picture, as a picture."""
    caption = read_caption(telegram, fields)
    chat, more = _addressed(telegram, fields)
    more["photo"] = _photo(telegram, fields)
    more["is_spoiler"] = fields.flag("has_spoiler")
    return _sent(telegram, chat, caption, more)


def send_document(telegram: Telegram, fields: Fields) -> object:
    """A file, as it is."""
    caption = read_caption(telegram, fields)
    chat, more = _addressed(telegram, fields)
    upload = fields.upload("document")
    if upload is not None:
        more["document"] = telegram.files.keep_document(upload.name, upload.raw)
    else:
        more["document"] = _known(telegram, fields, "document")
    return _sent(telegram, chat, caption, more)


def send_chat_action(telegram: Telegram, fields: Fields) -> object:
    """The bot is busy."""
    action = fields.text("action").lower()
    if action not in (*ACTIONS, "cancel"):
        raise bad("wrong parameter action in request")
    chat = telegram.reach(fields.text("chat_id"), "write")
    telegram.limits.count(chat)
    chat.typing_until = 0.0 if action == "cancel" else time.monotonic() + TYPING_SECONDS
    telegram.touch(chat)
    return True


def copy_message(telegram: Telegram, fields: Fields) -> object:
    """Somebody's message once more, as the bot's own."""
    source = telegram.reach(fields.text("from_chat_id"), "read")
    number = fields.number("message_id")
    original = telegram.message(source, number, "message to copy")
    if original.is_protected or original.other:
        raise bad("message can't be copied")
    chat, more = _addressed(telegram, fields)
    words = Formatted(original.text, original.entities)
    if original.has_media and fields.has("caption"):
        words = read_caption(telegram, fields)
    more |= {"photo": original.photo, "document": original.document}
    return {"message_id": _write(telegram, chat, words, more).id}


def read_text(telegram: Telegram, fields: Fields) -> Formatted:
    """The text of a message.

    Raises: Refusal.
    """
    if not fields.text("text"):
        raise bad("message text is empty")
    return _with_people(telegram, fields.words("text", "entities", TEXT_MAX, may_be_empty=False))


def read_caption(telegram: Telegram, fields: Fields) -> Formatted:
    """The words under a picture or file.

    Raises: Refusal.
    """
    words = fields.words("caption", "caption_entities", CAPTION_MAX, may_be_empty=True)
    return _with_people(telegram, words)


def _with_people(telegram: Telegram, words: Formatted) -> Formatted:
    """Mentions name only people the bot has met."""
    kept: list[Entity] = []
    for entity in words.entities:
        user = telegram.user(entity["user_id"]) if "user_id" in entity else None
        if "user_id" not in entity:
            kept.append(entity)
        elif user is not None:
            kept.append(entity | {"type": "text_mention", "user": user.user()})
    return Formatted(words.text, kept)


def _addressed(telegram: Telegram, fields: Fields) -> tuple[Chat, dict[str, Any]]:
    """Where a message goes, and what every kind of message can have."""
    chat = telegram.reach(fields.text("chat_id"), "write")
    if fields.number("message_thread_id"):
        raise bad("message thread not found")
    given = fields.json("reply_markup", "reply keyboard markup")
    markup = read_markup(given, is_private=chat.is_private)
    more: dict[str, Any] = {
        "markup": markup,
        "reply_to": _replied(telegram, fields, chat),
        "is_protected": fields.flag("protect_content"),
        "is_silent": fields.flag("disable_notification"),
    }
    telegram.limits.count(chat)
    return chat, more


def _replied(telegram: Telegram, fields: Fields, chat: Chat) -> int:
    given = fields.json("reply_parameters", "reply parameters")
    if given is not None and not isinstance(given, dict):
        raise bad("Object expected as reply parameters")
    if given:
        number = given.get("message_id")
        if not isinstance(number, int):
            raise bad('can\'t find field "message_id"')
        anyway = bool(given.get("allow_sending_without_reply"))
    else:
        number = fields.number("reply_to_message_id")
        anyway = fields.flag("allow_sending_without_reply")
    if not number:
        return 0
    found = telegram.find(chat.id, number)
    if found is not None and not found.is_deleted:
        return number
    if anyway:
        return 0
    raise bad("message to be replied not found")


def _photo(telegram: Telegram, fields: Fields) -> list[Stored]:
    upload = fields.upload("photo")
    if upload is not None:
        return telegram.files.keep_photo(upload.raw)
    return telegram.files.sizes_of(_known(telegram, fields, "photo"))


def _known(telegram: Telegram, fields: Fields, kind: str) -> Stored:
    """A file sent before, by its id; the sandbox fetches nothing from elsewhere."""
    given = fields.text(kind)
    if not given or given.startswith("attach://"):
        raise bad(f"there is no {kind} in the request")
    if given.startswith(("http://", "https://")):
        raise bad("failed to get HTTP URL content")
    kept = telegram.files.find(given)
    if kept is None:
        raise bad("wrong file identifier/HTTP URL specified")
    if kept.kind != kind:
        raise bad(f"can't use file of type {kept.kind.title()} as {kind.title()}")
    return kept


def _sent(telegram: Telegram, chat: Chat, words: Formatted, more: dict[str, Any]) -> object:
    return telegram.shown(_write(telegram, chat, words, more))


def _write(telegram: Telegram, chat: Chat, words: Formatted, more: dict[str, Any]) -> Message:
    return telegram.write(chat, telegram.bot, text=words.text, entities=words.entities, **more)


METHODS = {
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "sendChatAction": send_chat_action,
    "copyMessage": copy_message,
}
