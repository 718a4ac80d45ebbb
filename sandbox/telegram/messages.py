"""Messages, as the bot sees them and as people do."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.telegram.files import Stored
from sandbox.telegram.keyboards import Markup, is_inline
from sandbox.telegram.people import ANONYMOUS, Chat, Json, Person
from sandbox.telegram.texts import Entity, Formatted


class Message(msgspec.Struct, kw_only=True):
    """One message in a chat; a deleted one stays, marked."""

    id: int
    chat: Chat
    sender: Person
    date: int
    at: str
    text: str = ""
    entities: list[Entity] = []
    photo: list[Stored] = []
    document: Stored | None = None
    is_spoiler: bool = False
    other: Json = {}
    """Anything else a message can be: a contact, a service message, a sticker."""
    markup: Markup | None = None
    reply_to: int = 0
    origin: Json | None = None
    is_protected: bool = False
    is_silent: bool = False
    is_anonymous: bool = False
    is_deleted: bool = False
    edit_date: int = 0
    edits: int = 0
    version: int = 0

    @property
    def has_media(self) -> bool:
        """Whether its text is a caption."""
        return bool(self.photo) or self.document is not None

    @property
    def is_text(self) -> bool:
        """Whether it is words and nothing else."""
        return not self.has_media and not self.other

    def content(self) -> tuple[Any, ...]:
        """What must differ for an edit to be one."""
        return self.text, self.entities, self.markup

    def put(self, given: Formatted) -> None:
        """Take other words."""
        self.text, self.entities = given.text, given.entities

    def for_bot(self, replied: Message | None = None) -> Json:
        """As the Bot API shows it."""
        shown: Json = {"message_id": self.id}
        if self.is_anonymous:
            shown |= {"from": ANONYMOUS, "sender_chat": self.chat.shown()}
        else:
            shown["from"] = self.sender.user()
        shown |= {"chat": self.chat.shown(), "date": self.date}
        if self.edit_date:
            shown["edit_date"] = self.edit_date
        if self.origin is not None:
            shown |= _forwarded(self.origin)
        if replied is not None:
            shown["reply_to_message"] = replied.for_bot()
        shown |= self._media() | self.other
        words = "caption" if self.has_media else "text"
        if self.text:
            shown[words] = self.text
        if self.entities:
            name = "caption_entities" if self.has_media else "entities"
            shown[name] = [_entity(entity) for entity in self.entities]
        if is_inline(self.markup):
            shown["reply_markup"] = self.markup
        if self.is_protected:
            shown["has_protected_content"] = True
        return shown

    def _media(self) -> Json:
        shown: Json = {}
        if self.photo:
            shown["photo"] = [size.shown() for size in self.photo]
            if self.is_spoiler:
                shown["has_media_spoiler"] = True
        if self.document is not None:
            shown["document"] = self.document.shown()
        return shown

    def for_person(self, me: int) -> Json:
        """As somebody looking at the chat sees it."""
        sender = "Group" if self.is_anonymous else self.sender.name
        shown: Json = {
            "message_id": self.id,
            "from": {"id": self.sender.id, "name": sender, "is_bot": self.sender.is_bot},
            "is_own": self.sender.id == me,
            "at": self.at,
            "text": self.text,
            "entities": self.entities,
            "edited": self.edit_date > 0,
            "protected": self.is_protected,
            "silent": self.is_silent,
            "keyboard": [[_button(one) for one in row] for row in self._rows()],
            "version": self.version,
        }
        if self.photo:
            last = self.photo[-1]
            sizes = {"width": last.width, "height": last.height}
            shown["photo"] = {"url": last.link, "spoiler": self.is_spoiler} | sizes
        if self.document is not None:
            kept = self.document
            facts = {"name": kept.name, "mime_type": kept.mime_type, "size": kept.size}
            shown["document"] = {"url": kept.link} | facts
        if self.reply_to:
            shown["reply_to"] = self.reply_to
        if self.origin is not None:
            shown["forwarded_from"] = _origin_name(self.origin)
        return shown | ({"other": self.other} if self.other else {})

    def _rows(self) -> list[list[Json]]:
        return (self.markup or {}).get("inline_keyboard") or []


def _forwarded(origin: Json) -> Json:
    shown: Json = {"forward_origin": origin, "forward_date": origin["date"]}
    if origin["type"] == "user":
        shown["forward_from"] = origin["sender_user"]
    else:
        shown["forward_sender_name"] = origin["sender_user_name"]
    return shown


def _origin_name(origin: Json) -> str:
    user = origin.get("sender_user")
    return str(user["first_name"] if user else origin["sender_user_name"])


def _entity(entity: Entity) -> Json:
    """Without our own remark, whom a mention is about."""
    return {name: value for name, value in entity.items() if name != "user_id"}


def _button(given: Json) -> Json:
    """A button as the page draws it."""
    shown = {"label": given["text"]}
    for theirs, ours in (("callback_data", "data"), ("url", "url"), ("style", "style")):
        if theirs in given:
            shown[ours] = given[theirs]
    if "copy_text" in given:
        shown["copy"] = given["copy_text"]["text"]
    if "web_app" in given:
        shown["url"] = given["web_app"]["url"]
    return shown
