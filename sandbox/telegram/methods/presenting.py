"""Commands, name, descriptions and the menu button."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.telegram.errors import bad
from sandbox.telegram.fields import Fields
from sandbox.telegram.people import Json
from sandbox.telegram.profile import Scope, read_scope
from sandbox.telegram.telegram import Telegram

Method = Callable[[Telegram, Fields], object]


def set_my_commands(telegram: Telegram, fields: Fields) -> object:
    """Keep a list of commands."""
    commands = fields.json("commands", "commands")
    scope = _scope(telegram, fields)
    telegram.profile.set_commands(scope, fields.text("language_code"), commands or [])
    _show_everywhere(telegram)
    return True


def get_my_commands(telegram: Telegram, fields: Fields) -> object:
    """Exactly the list of a scope and language."""
    return telegram.profile.commands(_scope(telegram, fields), fields.text("language_code"))


def delete_my_commands(telegram: Telegram, fields: Fields) -> object:
    """Forget a list."""
    telegram.profile.delete_commands(_scope(telegram, fields), fields.text("language_code"))
    _show_everywhere(telegram)
    return True


def _show_everywhere(telegram: Telegram) -> None:
    for chat in telegram.chats.values():
        telegram.touch(chat)


def _scope(telegram: Telegram, fields: Fields) -> Scope:
    """The scope a call names; its chat must be one the bot can see."""
    kind, given, user_id = read_scope(fields.json("scope", "BotCommandScope"))
    if not given:
        return kind, 0, 0
    chat = telegram.reach(given, "read")
    if chat.is_private and kind != "chat":
        raise bad(f"can't use scope {kind} in private chats")
    if user_id and telegram.user(user_id) is None:
        raise bad("user not found")
    return kind, chat.id, user_id


def set_chat_menu_button(telegram: Telegram, fields: Fields) -> object:
    """What the button beside the input does."""
    button = fields.json("menu_button", "menu button") or {"type": "default"}
    kind = button.get("type") if isinstance(button, dict) else None
    if kind is None:
        raise bad("can't parse menu button: MenuButton must be an Object")
    if kind not in ("default", "commands", "web_app"):
        raise bad("can't parse menu button: MenuButton has unsupported type")
    if kind == "web_app" and not str(button.get("web_app", {}).get("url")).startswith("https://"):
        raise bad("menu button Web App URL is invalid: Only HTTPS links are allowed")
    if fields.has("chat_id"):
        chat = telegram.reach(fields.text("chat_id"), "read")
        chat.menu_button = {"type": "commands"} if kind == "default" else button
        telegram.touch(chat)
    return True


def get_chat_menu_button(telegram: Telegram, fields: Fields) -> object:
    """What it does now."""
    if not fields.has("chat_id"):
        return {"type": "commands"}
    return telegram.reach(fields.text("chat_id"), "read").menu_button


def _setter(kind: str) -> Method:
    def set_words(telegram: Telegram, fields: Fields) -> object:
        telegram.profile.set_words(kind, fields.text("language_code"), fields.text(kind))
        return True

    return set_words


def _getter(kind: str) -> Method:
    def get_words(telegram: Telegram, fields: Fields) -> Json:
        return {kind: telegram.profile.words(kind, fields.text("language_code"))}

    return get_words


METHODS: dict[str, Method] = {
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setChatMenuButton": set_chat_menu_button,
    "getChatMenuButton": get_chat_menu_button,
    "setMyName": _setter("name"),
    "getMyName": _getter("name"),
    "setMyDescription": _setter("description"),
    "getMyDescription": _getter("description"),
    "setMyShortDescription": _setter("short_description"),
    "getMyShortDescription": _getter("short_description"),
}
