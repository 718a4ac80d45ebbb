"""What people do: write, press, share, block."""

from __future__ import annotations

import time
from typing import Any

from sandbox.replies import Invalid
from sandbox.telegram.errors import Refusal
from sandbox.telegram.keyboards import Button, buttons, is_inline
from sandbox.telegram.messages import Message
from sandbox.telegram.people import SUPERGROUPS_FROM, Chat, Json, Person, Status
from sandbox.telegram.queries import Query
from sandbox.telegram.telegram import Telegram
from sandbox.telegram.texts import Formatted, tidy

SAID_MAX = 4096

OTHERS: dict[str, Json] = {
    "sticker": {
        "sticker": {
            "file_id": "CAACAgQAAxkBAAEB",
            "file_unique_id": "AgADmQ",
            "type": "regular",
            "width": 512,
            "height": 512,
            "is_animated": False,
            "is_video": False,
            "emoji": "👍",
        }
    },
    "voice": {
        "voice": {
            "file_id": "AwACAgQAAxkBAAEC",
            "file_unique_id": "AgADmg",
            "duration": 3,
            "mime_type": "audio/ogg",
            "file_size": 9312,
        }
    },
    "location": {"location": {"latitude": -1.286389, "longitude": 36.817223}},
    "dice": {"dice": {"emoji": "🎲", "value": 4}},
    "video_note": {
        "video_note": {
            "file_id": "DQACAgQAAxkBAAED",
            "file_unique_id": "AgADmw",
            "length": 240,
            "duration": 5,
        }
    },
}
"""Things people send that a bot for texts has no use for."""


class Fingers:
    """Acts of people; each tells the bot what the bot would be told."""

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram

    # Writing

    def say(
        self,
        person: Person,
        chat: Chat,
        text: str,
        *,
        reply_to: int = 0,
        is_anonymous: bool = False,
        forwarded_from: Json | None = None,
    ) -> list[Message]:
        """Send words; long ones go out as several messages, as clients send them."""
        telegram = self._telegram
        parts = [text[at : at + SAID_MAX] for at in range(0, len(text), SAID_MAX)]
        sent = []
        for part in parts:
            try:
                words = tidy(Formatted(part))
            except Refusal:
                raise Invalid("text is empty.") from None
            with telegram.lock:
                self._enter(person, chat)
                message = telegram.write(
                    chat,
                    person,
                    text=words.text,
                    entities=words.entities,
                    reply_to=reply_to,
                    origin=forwarded_from,
                    is_anonymous=is_anonymous,
                )
                self._spend_keyboard(chat)
                telegram.tell("message", message)
                sent.append(message)
        return sent

    def send(self, person: Person, chat: Chat, **content: Any) -> Message:
        """Send anything else."""
        telegram = self._telegram
        with telegram.lock:
            self._enter(person, chat)
            message = telegram.write(chat, person, **content)
            telegram.tell("message", message)
            return message

    def share_contact(
        self, person: Person, chat: Chat, card: Json, *, origin: Json | None = None
    ) -> Message:
        """Send somebody's card, which takes the place of the button that asked for it."""
        with self._telegram.lock:
            self._spend_keyboard(chat)
            return self.send(person, chat, other={"contact": card}, origin=origin)

    def edit(self, person: Person, message: Message, text: str) -> Message:
        """Write something else than before."""
        telegram = self._telegram
        if message.sender is not person:
            raise Invalid("Only own messages can be edited.")
        with telegram.lock:
            message.put(tidy(Formatted(text)))
            message.edit_date = int(time.time())
            telegram.touch(message.chat, message)
            telegram.tell("edited_message", message)
            return message

    def clear(self, chat: Chat) -> None:
        """Delete the whole conversation, for both sides; nobody tells the bot."""
        for message in self._telegram.messages(chat.id):
            if not message.is_deleted:
                self._telegram.delete(message)
        chat.keyboard = None

    def _enter(self, person: Person, chat: Chat) -> None:
        """Writing begins a private chat, and takes a block away."""
        if person.is_deactivated:
            raise Invalid("That account is deleted.")
        if not chat.is_private:
            if chat.migrated_to:
                raise Invalid(f"That group is now {chat.migrated_to}.")
            if not chat.has(person.id):
                raise Invalid("That person is not in the group.")
            return
        person.has_met = chat.is_started = True
        if chat.status(self._telegram.bot.id) == "kicked":
            self.set_blocked(person, False)

    @staticmethod
    def _spend_keyboard(chat: Chat) -> None:
        if chat.keyboard and chat.keyboard.get("one_time_keyboard"):
            chat.keyboard = None

    # Pressing

    def press(self, person: Person, message: Message, data: str) -> Query:
        """Press a button under a message; also one that is there no more, as old clients do."""
        telegram = self._telegram
        with telegram.lock:
            chat = message.chat
            person.has_met = True
            query = telegram.queries.add(person, chat.id, message.id, data)
            hidden = telegram.faults.hit("telegram.message_inaccessible", person.phone)
            on: Json = {"message_id": message.id, "chat": chat.shown(), "date": 0}
            if not message.is_deleted and not hidden:
                on = telegram.shown(message)
            body = {
                "id": query.id,
                "from": person.user(),
                "message": on,
                "chat_instance": str(abs(chat.id) * 7919 + telegram.bot.id),
                "data": data,
            }
            telegram.updates.add("callback_query", body, f"user{person.id}", person.phone)
            return query

    def button(self, chat: Chat, message_id: int, label: str) -> tuple[Message | None, Button]:
        """The newest button with a label: under a message, else on the keyboard of the chat."""
        wanted = label.strip().casefold()
        for message in reversed(self._telegram.messages(chat.id)):
            if message.is_deleted or not is_inline(message.markup):
                continue
            if message_id and message.id != message_id:
                continue
            for button in buttons(message.markup):
                if button["text"].casefold() == wanted:
                    return message, button
        for button in buttons(chat.keyboard) if not message_id else ():
            if button["text"].casefold() == wanted:
                return None, button
        raise Invalid(f"There is no button {label!r}.")

    # Coming and going

    def set_blocked(self, person: Person, is_blocked: bool) -> None:
        """Stop or restart the bot in a private chat."""
        chat = self._telegram.chats[person.id]
        self.change_member(chat, self._telegram.bot, "kicked" if is_blocked else "member", person)

    def change_member(self, chat: Chat, who: Person, status: Status, by: Person) -> None:
        """Somebody's part in a chat changes, and the bot is told."""
        telegram = self._telegram
        with telegram.lock:
            known: Status = "member" if chat.is_private else "left"
            before = chat.members.get(who.id, known)
            if before == status:
                return
            was_in, old = chat.has(who.id), telegram.member(chat, who, before)
            chat.members[who.id] = status
            if chat.has(telegram.bot.id):
                telegram.introduce(chat)
            is_bot = who is telegram.bot
            now = int(time.time())
            body = {
                "chat": chat.shown(),
                "from": by.user(),
                "date": now,
                "old_chat_member": old,
                "new_chat_member": telegram.member(chat, who),
            }
            kind = "my_chat_member" if is_bot else "chat_member"
            if is_bot or chat.is_led_by(telegram.bot.id):
                telegram.updates.add(kind, body, f"my{chat.id}" if is_bot else f"user{who.id}")
            if not chat.is_private and was_in != chat.has(who.id):
                self._announce(chat, who, by)
            telegram.touch(chat)

    def _announce(self, chat: Chat, who: Person, by: Person) -> None:
        other: Json = {"left_chat_member": who.user()}
        if chat.has(who.id):
            other = {"new_chat_members": [who.user()]}
        notice = self._telegram.write(chat, by, other=other)
        self._telegram.tell("message", notice)

    def migrate(self, chat: Chat, by: Person, new_id: int) -> Chat:
        """A basic group becomes a supergroup: another id, and a notice in both."""
        telegram = self._telegram
        if chat.kind != "group" or chat.migrated_to:
            raise Invalid("Only a basic group can become a supergroup, and only once.")
        if new_id >= SUPERGROUPS_FROM or new_id in telegram.chats:
            raise Invalid("to is the id of no chat yet, below -1000000000000.")
        with telegram.lock:
            new = telegram.open_group(new_id, chat.title, dict(chat.members))
            chat.migrated_to = new_id
            ends = telegram.write(chat, by, other={"migrate_to_chat_id": new_id})
            telegram.tell("message", ends)
            begins = telegram.write(
                new, by, other={"migrate_from_chat_id": chat.id}, is_anonymous=True
            )
            telegram.tell("message", begins)
            return new


def card_of(person: Person, *, has_plus: bool) -> Json:
    """Somebody's contact, as their own client sends it."""
    phone = f"+{person.phone}" if has_plus else person.phone
    card = {"phone_number": phone, "first_name": person.first_name}
    if person.last_name:
        card["last_name"] = person.last_name
    return card | {"user_id": person.id}


def origin_of(person: Person | None, name: str = "") -> Json:
    """Whose message is passed on; a hidden person leaves only a name."""
    now = int(time.time())
    if person is not None:
        return {"type": "user", "sender_user": person.user(), "date": now}
    return {"type": "hidden_user", "sender_user_name": name or "Somebody", "date": now}
