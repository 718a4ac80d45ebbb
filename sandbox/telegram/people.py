"""Who is on Telegram, and the chats they are in."""

from __future__ import annotations

import time
from typing import Any, Literal

import msgspec

Json = dict[str, Any]
Status = Literal["creator", "administrator", "member", "restricted", "left", "kicked"]

PRESENT = ("creator", "administrator", "member", "restricted")
ANONYMOUS: Json = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}
"""In whose name administrators write who hide themselves."""

SUPERGROUPS_FROM = -1_000_000_000_000
"""Ids of supergroups are below this; those of basic groups above."""

RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
)


class Person(msgspec.Struct):
    """Somebody with a Telegram account."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = ""
    phone: str = ""
    is_deactivated: bool = False
    is_bot: bool = False
    has_met: bool = False
    """Whether the bot knows them: it was written to, or shares a group with them."""

    @property
    def name(self) -> str:
        """As chat lists show it."""
        return f"{self.first_name} {self.last_name}".strip()

    def user(self) -> Json:
        """As the Bot API shows them."""
        shown: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        for field in ("last_name", "username", "language_code"):
            if value := getattr(self, field):
                shown[field] = value
        return shown


class Chat(msgspec.Struct):
    """A conversation and who takes part in it."""

    id: int
    kind: Literal["private", "group", "supergroup"]
    title: str
    person: Person | None = None
    is_started: bool = False
    """Private: the person has written to the bot, so that it may write back."""
    members: dict[int, Status] = {}
    pinned: list[int] = []
    migrated_to: int = 0
    typing_until: float = 0.0
    menu_button: Json = msgspec.field(default_factory=lambda: {"type": "commands"})
    keyboard: Json | None = None
    """The keys in place of the phone's own, until they are taken away."""
    version: int = 0

    @property
    def is_private(self) -> bool:
        """Whether it is with one person."""
        return self.kind == "private"

    def status(self, user_id: int) -> Status:
        """What somebody is in this chat."""
        return self.members.get(user_id, "left")

    def has(self, user_id: int) -> bool:
        """Whether somebody takes part."""
        return self.status(user_id) in PRESENT

    def is_led_by(self, user_id: int) -> bool:
        """Whether somebody administers it."""
        return self.status(user_id) in ("creator", "administrator")

    def is_typing(self) -> bool:
        """Whether the bot just said that it is busy; that lasts five seconds."""
        return time.monotonic() < self.typing_until

    def shown(self) -> Json:
        """As messages carry it."""
        if self.person is not None:
            user = self.person.user()
            kept = {name: user[name] for name in ("last_name", "username") if name in user}
            name = {"first_name": self.person.first_name}
            return {"id": self.id, "type": "private"} | name | kept
        shown = {"id": self.id, "type": self.kind, "title": self.title}
        return shown | ({"all_members_are_administrators": False} if self.kind == "group" else {})


def member(person: Person, status: Status, *, is_supergroup: bool = True) -> Json:
    """Somebody's part in a chat, as the Bot API shows it."""
    shown: Json = {"user": person.user(), "status": status}
    if status == "creator":
        return shown | {"is_anonymous": False}
    if status == "administrator":
        few = {"can_promote_members", "can_post_stories", "can_edit_stories", "can_delete_stories"}
        rights = {right: right not in few for right in RIGHTS}
        if is_supergroup:
            rights["can_manage_topics"] = False
        return shown | {"can_be_edited": False, "is_anonymous": False} | rights
    if status == "kicked":
        return shown | {"until_date": 0}
    return shown
