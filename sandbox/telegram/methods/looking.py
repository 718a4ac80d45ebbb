"""Who is who, which chat is which, and where a file is."""

from __future__ import annotations

from sandbox.telegram.errors import bad
from sandbox.telegram.fields import Fields
from sandbox.telegram.files import DOWNLOAD_MAX
from sandbox.telegram.people import PRESENT, Chat, Json, Person, Status
from sandbox.telegram.telegram import Telegram


def get_me(telegram: Telegram, _: Fields) -> object:
    """The bot itself."""
    return telegram.bot.user() | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def get_chat(telegram: Telegram, fields: Fields) -> object:
    """A chat with everything about it."""
    chat = telegram.reach(fields.text("chat_id"), "read")
    kinds = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription")
    gifts = dict.fromkeys((*kinds, "gifts_from_channels"), False)
    shown: Json = chat.shown() | {
        "accent_color_id": chat.id % 7 if chat.id > 0 else -chat.id % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": gifts,
    }
    if not chat.is_private:
        shown["permissions"] = {"can_send_messages": True, "can_invite_users": True}
    if chat.pinned:
        shown["pinned_message"] = telegram.message(chat, chat.pinned[-1], "message").for_bot()
    return shown


def get_chat_member(telegram: Telegram, fields: Fields) -> object:
    """Somebody's part in a chat."""
    chat = telegram.reach(fields.text("chat_id"), "read")
    number = fields.number("user_id")
    if number <= 0:
        raise bad("invalid user_id specified")
    person = telegram.people.get(number) if number != telegram.bot.id else telegram.bot
    known = person is not None and (person.has_met or chat.status(number) in PRESENT)
    if person is None or not (known or person is telegram.bot):
        raise bad("member not found" if chat.is_private else "user not found")
    return telegram.member(chat, person, _status(chat, person))


def _status(chat: Chat, person: Person) -> Status:
    return "member" if chat.is_private else chat.status(person.id)


def get_chat_administrators(telegram: Telegram, fields: Fields) -> object:
    """Who leads a group; other bots are left out."""
    chat = telegram.reach(fields.text("chat_id"), "read")
    if chat.is_private:
        raise bad("there are no administrators in the private chat")
    everyone = {person.id: person for person in (*telegram.people.values(), telegram.bot)}
    leaders = [user_id for user_id in chat.members if chat.is_led_by(user_id)]
    return [telegram.member(chat, everyone[one]) for one in leaders if one in everyone]


def get_chat_member_count(telegram: Telegram, fields: Fields) -> object:
    """How many take part."""
    chat = telegram.reach(fields.text("chat_id"), "read")
    return 2 if chat.is_private else sum(status in PRESENT for status in chat.members.values())


def leave_chat(telegram: Telegram, fields: Fields) -> object:
    """The bot goes."""
    chat = telegram.reach(fields.text("chat_id"), "read")
    if chat.is_private:
        raise bad("chat member status can't be changed in private chats")
    before = telegram.member(chat, telegram.bot)
    chat.members[telegram.bot.id] = "left"
    goes = {"left_chat_member": telegram.bot.user()}
    telegram.write(chat, telegram.bot, other=goes | {"left_chat_participant": telegram.bot.user()})
    changed = {
        "chat": chat.shown(),
        "from": telegram.bot.user(),
        "date": telegram.messages(chat.id)[-1].date,
        "old_chat_member": before,
        "new_chat_member": telegram.member(chat, telegram.bot),
    }
    telegram.updates.add("my_chat_member", changed, f"my{chat.id}")
    return True


def get_file(telegram: Telegram, fields: Fields) -> object:
    """Where a file can be downloaded."""
    given = fields.text("file_id")
    if not given:
        raise bad("file_id is not specified")
    kept = telegram.files.find(given)
    if kept is None:
        raise bad("invalid file_id" if len(given) > 30 else "wrong file_id specified")
    if kept.size > DOWNLOAD_MAX:
        raise bad("file is too big")
    if telegram.files.download(kept.path) is None:
        raise bad("wrong file_id or the file is temporarily unavailable")
    return {
        "file_id": kept.file_id,
        "file_unique_id": kept.unique_id,
        "file_size": kept.size,
        "file_path": kept.path,
    }


METHODS = {
    "getMe": get_me,
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_chat_administrators,
    "getChatMemberCount": get_chat_member_count,
    "leaveChat": leave_chat,
    "getFile": get_file,
}
