"""Telegram as a whole: people, chats, messages, and one bot."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections import deque
from typing import Any, Literal

import msgspec

from sandbox.courier import Courier
from sandbox.faults import Faults
from sandbox.scheduler import Scheduler
from sandbox.telegram.errors import Refusal, bad, forbidden
from sandbox.telegram.files import Files
from sandbox.telegram.limits import Limits
from sandbox.telegram.messages import Message
from sandbox.telegram.people import PRESENT, SUPERGROUPS_FROM, Chat, Json, Person, Status, member
from sandbox.telegram.profile import Profile
from sandbox.telegram.queries import Queries
from sandbox.telegram.updates import Updates, first_number
from sandbox.telegram.webhook import Webhook
from sandbox.times import iso_now

MESSAGES_MAX = 2_000
"""Messages of one chat that are remembered."""

CALLS_MAX = 1_000

OPS_TITLE = "Tuma operations"

_SERVICE = {
    "new_chat_members",
    "left_chat_member",
    "migrate_to_chat_id",
    "migrate_from_chat_id",
    "pinned_message",
}

Reach = Literal["read", "edit", "write"]


class Account(msgspec.Struct, frozen=True):
    """What @BotFather and the operator set up."""

    token: str
    name: str
    ops_chat_id: int
    admin_ids: tuple[int, ...]

    @property
    def bot_id(self) -> int:
        """The number the token begins with."""
        head = self.token.partition(":")[0]
        return int(head) if head.isdecimal() else 1


class Made(msgspec.Struct):
    """One call of the bot, as it went."""

    method: str
    at: str
    chat_id: int
    error: str
    ms: int


class Telegram:
    """One life of it; what it holds is guarded by `lock`."""

    def __init__(
        self,
        account: Account,
        faults: Faults,
        scheduler: Scheduler,
        carriers: Scheduler,
        courier: Courier,
        before: Telegram | None = None,
    ) -> None:
        self.account = account
        self.faults = faults
        self.lock = threading.RLock()
        # One for each chat: a thousand watchers of others are not woken.
        self._news: dict[int, threading.Condition] = {}
        self.life = secrets.token_hex(4)
        self.is_over = False
        self.bot = Person(account.bot_id, account.name, username=_username(account), is_bot=True)
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self._messages: dict[int, dict[int, Message]] = {}
        # Numbers only grow: a bot that outlives a reset still knows the old ones.
        self.version: int = before.version if before else first_number(20)
        first_message = before.number_message() if before else first_number(1 / 3)
        self._message_ids = itertools.count(first_message)
        first_update = before.updates.next_id if before else first_number(20)
        self.updates: Updates = Updates(faults, scheduler, self.lock, first_update)
        self.webhook = Webhook(faults, carriers, courier, self.updates)
        self.files = Files()
        self.limits = Limits(faults)
        self.profile: Profile = before.profile if before else Profile(account.name)
        self.queries = Queries(faults, self.lock)
        self.calls: deque[Made] = deque(maxlen=CALLS_MAX)
        self.counts: dict[str, int] = {}
        if before:
            # A bot says these once, when it starts: they outlive a reset as they do our restarts.
            self.updates.allowed = before.updates.allowed
            self.webhook.set(before.webhook.setup)
        self._open_ops()

    def _open_ops(self) -> None:
        for place, admin in enumerate(self.account.admin_ids):
            self.meet(Person(admin, "Admin" if place == 0 else f"Admin {place + 1}"))
        if self.account.ops_chat_id:
            statuses: list[Status] = ["creator", "administrator"]
            members = {
                admin: statuses[place > 0] for place, admin in enumerate(self.account.admin_ids)
            }
            self.open_group(
                self.account.ops_chat_id, OPS_TITLE, members | {self.bot.id: "administrator"}
            )

    def number_message(self) -> int:
        """An id for a message; one that is not used is no harm."""
        return next(self._message_ids)

    def close(self) -> None:
        """This life is over: whoever waits for news of it need not."""
        with self.lock:
            self.is_over = True
            self.updates.close()
            self.webhook.stop()
            for news in self._news.values():
                news.notify_all()

    # People and chats

    def meet(self, person: Person) -> Person:
        """Add somebody, with a private chat that nobody has begun."""
        with self.lock:
            self.people[person.id] = person
            self.chats[person.id] = Chat(person.id, "private", person.name, person)
            self._messages[person.id] = {}
            return person

    def open_group(self, chat_id: int, title: str, members: dict[int, Status]) -> Chat:
        """Add a group; its id says of which kind it is."""
        with self.lock:
            kind: Literal["group", "supergroup"] = (
                "supergroup" if chat_id < SUPERGROUPS_FROM else "group"
            )
            chat = self.chats[chat_id] = Chat(chat_id, kind, title, members=dict(members))
            self._messages[chat_id] = {}
            if chat.has(self.bot.id):
                self.introduce(chat)
            return chat

    def introduce(self, chat: Chat) -> None:
        """The bot knows everybody it shares a group with."""
        for user_id, status in chat.members.items():
            if status in PRESENT and user_id in self.people:
                self.people[user_id].has_met = True

    def user(self, user_id: int) -> Person | None:
        """Somebody the bot knows, itself included."""
        if user_id == self.bot.id:
            return self.bot
        person = self.people.get(user_id)
        return person if person is not None and person.has_met else None

    def member(self, chat: Chat, person: Person, status: Status | None = None) -> Json:
        """Somebody's part in a chat."""
        known = status or chat.status(person.id)
        return member(person, known, is_supergroup=chat.kind == "supergroup")

    def phone_of(self, chat_id: int) -> str:
        """The number behind a private chat, for faults about one phone."""
        person = self.people.get(chat_id)
        return person.phone if person else ""

    def reach(self, given: str, how: Reach) -> Chat:
        """The chat a call names, if the bot may do that there.

        Raises: Refusal.
        """
        if not given:
            raise bad("chat_id is empty")
        chat = self._named(given)
        if chat.person is not None:
            self._reach_private(chat, chat.person, how)
        else:
            self._reach_group(chat, how)
        return chat

    def _named(self, given: str) -> Chat:
        try:
            chat = self.chats.get(int(given))
        except ValueError:
            chat = None
        if chat is None or (chat.person is not None and not chat.person.has_met):
            raise bad("chat not found")
        return chat

    def _reach_private(self, chat: Chat, person: Person, how: Reach) -> None:
        if how == "read":
            return
        if person.is_deactivated:
            raise forbidden("user is deactivated")
        if not chat.is_started:
            raise forbidden("bot can't initiate conversation with a user")
        if chat.status(self.bot.id) == "kicked":
            raise forbidden("bot was blocked by the user")

    def _reach_group(self, chat: Chat, how: Reach) -> None:
        if chat.migrated_to and how == "write":
            upgraded = "group chat was upgraded to a supergroup chat"
            raise Refusal(400, f"Bad Request: {upgraded}", migrate_to_chat_id=chat.migrated_to)
        if chat.migrated_to or (chat.kind == "group" and how == "read"):
            return
        if chat.status(self.bot.id) == "kicked":
            raise forbidden(f"bot was kicked from the {chat.kind} chat")
        if not chat.has(self.bot.id):
            raise forbidden(f"bot is not a member of the {chat.kind} chat")

    # Messages

    def touch(self, chat: Chat, message: Message | None = None) -> None:
        """Something that people see has changed."""
        self.version += 1
        chat.version = self.version
        if message is not None:
            message.version = self.version
        if news := self._news.get(chat.id):
            news.notify_all()

    def wait(self, chat: Chat, since: int, seconds: float) -> None:
        """Return when people see something in a chat that is newer than a version."""
        with self.lock:
            news = self._news.setdefault(chat.id, threading.Condition(self.lock))
            news.wait_for(lambda: chat.version > since or self.is_over, seconds)

    def write(self, chat: Chat, sender: Person, **content: Any) -> Message:
        """Put a message into a chat."""
        with self.lock:
            message = Message(
                id=self.number_message(),
                chat=chat,
                sender=sender,
                date=int(time.time()),
                at=iso_now(),
                **content,
            )
            kept = self._messages[chat.id]
            kept[message.id] = message
            if len(kept) > MESSAGES_MAX:
                del kept[next(iter(kept))]
            if sender is self.bot:
                self._show_keyboard(chat, message)
                chat.typing_until = 0.0
            self.touch(chat, message)
            return message

    @staticmethod
    def _show_keyboard(chat: Chat, message: Message) -> None:
        markup = message.markup or {}
        if "keyboard" in markup:
            chat.keyboard = markup
        elif "remove_keyboard" in markup:
            chat.keyboard = None

    def message(self, chat: Chat, message_id: int, what: str = "") -> Message:
        """A message that is still there; `what` names it in the refusal.

        Raises: Refusal.
        """
        message = self._messages[chat.id].get(message_id)
        if message is None or message.is_deleted:
            raise bad(f"{what} not found")
        return message

    def find(self, chat_id: int, message_id: int) -> Message | None:
        """A message, deleted or not."""
        return self._messages.get(chat_id, {}).get(message_id)

    def messages(self, chat_id: int) -> list[Message]:
        """All of a chat, oldest first, deleted ones included."""
        with self.lock:
            return list(self._messages.get(chat_id, {}).values())

    def delete(self, message: Message) -> None:
        """Take a message away for everyone."""
        with self.lock:
            message.is_deleted = True
            if message.id in message.chat.pinned:
                message.chat.pinned.remove(message.id)
            self.touch(message.chat, message)

    def shown(self, message: Message) -> Json:
        """As the bot sees a message, with what it replies to."""
        replied = self.find(message.chat.id, message.reply_to) if message.reply_to else None
        if replied is not None and replied.is_deleted:
            replied = None
        return message.for_bot(replied)

    def tell(self, kind: str, message: Message) -> None:
        """Let the bot know of a message, unless privacy mode keeps it away."""
        if self._is_private_to_group(message):
            return
        phone = message.sender.phone
        self.updates.add(kind, self.shown(message), f"chat{message.chat.id}", phone)

    def _is_private_to_group(self, message: Message) -> bool:
        """Privacy mode: in groups a plain member gets what is meant for bots, no more."""
        chat = message.chat
        if not chat.has(self.bot.id) and not chat.is_private:
            return True
        if chat.is_private or chat.is_led_by(self.bot.id) or _SERVICE & message.other.keys():
            return False
        replied = self.find(chat.id, message.reply_to)
        if replied is not None and replied.sender is self.bot:
            return False
        named = f"@{self.bot.username}".lower()
        return not (message.text.startswith("/") or named in message.text.lower())

    # The record

    def note(self, method: str, chat_id: int, error: str, ms: int) -> None:
        """A call was made."""
        with self.lock:
            self.counts[method] = self.counts.get(method, 0) + 1
            self.calls.append(Made(method, iso_now(), chat_id, error, ms))


def _username(account: Account) -> str:
    plain = "".join(char for char in account.name.lower() if char.isascii() and char.isalnum())
    return f"{plain or 'tuma'}_sandbox_bot"
