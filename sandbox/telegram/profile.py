"""What the bot says about itself: its name, and its commands by scope and language."""

from __future__ import annotations

import re
from typing import Any

from sandbox.telegram.errors import bad
from sandbox.telegram.people import Chat, Json, Person

COMMANDS_MAX = 100
COMMAND_MAX = 32
COMMAND_DESCRIPTION_MAX = 256
LENGTHS = {"name": 64, "description": 512, "short_description": 120}

Scope = tuple[str, int, int]

_PLAIN = ("default", "all_private_chats", "all_group_chats", "all_chat_administrators")
_CHAT = ("chat", "chat_administrators", "chat_member")


class Profile:
    """Commands and descriptions."""

    def __init__(self, name: str) -> None:
        self._commands: dict[tuple[Scope, str], list[Json]] = {}
        self._words: dict[tuple[str, str], str] = {("name", ""): name}

    def set_commands(self, scope: Scope, language: str, given: object) -> None:
        """Keep a list; an empty one hides the wider ones.

        Raises: Refusal.
        """
        if not isinstance(given, list):
            raise bad("Expected an Array of BotCommand")
        if len(given) > COMMANDS_MAX:
            raise bad("BOT_COMMANDS_TOO_MUCH")
        self._commands[scope, checked_language(language)] = [_command(one) for one in given]

    def commands(self, scope: Scope, language: str) -> list[Json]:
        """Exactly what was set."""
        return self._commands.get((scope, checked_language(language)), [])

    def delete_commands(self, scope: Scope, language: str) -> None:
        """Let wider lists show again."""
        self._commands.pop((scope, checked_language(language)), None)

    def commands_for(self, person: Person, chat: Chat) -> list[Json]:
        """What somebody sees in a chat: the narrowest list, in their language first."""
        for scope in _narrowest_first(person, chat):
            for language in (person.language_code[:2], ""):
                if (scope, language) in self._commands:
                    return self._commands[scope, language]
        return []

    def every(self) -> list[Json]:
        """All lists, to be looked at."""
        return [
            {"scope": scope[0], "chat_id": scope[1], "language": language, "commands": commands}
            for (scope, language), commands in self._commands.items()
        ]

    def set_words(self, kind: str, language: str, words: str) -> None:
        """Keep a name or description; without words the general one shows.

        Raises: Refusal.
        """
        if len(words) > LENGTHS[kind]:
            raise bad(f"bot {kind.replace('_', ' ')} is too long")
        key = kind, checked_language(language)
        if words:
            self._words[key] = words
        else:
            self._words.pop(key, None)

    def words(self, kind: str, language: str) -> str:
        """A name or description in a language."""
        general = self._words.get((kind, ""), "")
        return self._words.get((kind, checked_language(language)), general)


def checked_language(given: str) -> str:
    """A two-letter code, or nothing.

    Raises: Refusal.
    """
    if given and not re.fullmatch(r"[a-z]{2}", given, re.ASCII):
        raise bad("invalid language code specified")
    return given


def read_scope(given: Any) -> tuple[str, str, int]:
    """Kind, chat as given and user of a scope.

    Raises: Refusal.
    """
    why = "can't parse BotCommandScope: "
    if given is None:
        return "default", "", 0
    if not isinstance(given, dict):
        raise bad(f"{why}BotCommandScope must be an Object")
    kind = given.get("type")
    if kind is None:
        raise bad(f'{why}Can\'t find field "type"')
    if kind in _PLAIN:
        return kind, "", 0
    if kind not in _CHAT:
        raise bad(f"{why}Unsupported type specified")
    if not given.get("chat_id"):
        raise bad(f"{why}Empty chat_id specified")
    user_id = given.get("user_id", 0)
    if kind == "chat_member" and not (isinstance(user_id, int) and user_id > 0):
        raise bad(f"{why}Invalid user_id specified")
    return kind, str(given["chat_id"]), user_id if kind == "chat_member" else 0


def _command(given: Any) -> Json:
    why = "can't parse BotCommand: "
    if not isinstance(given, dict):
        raise bad(f"{why}expected an Object")
    for name in ("command", "description"):
        if not isinstance(given.get(name), str):
            raise bad(f'{why}Can\'t find field "{name}"')
    command = given["command"].strip().removeprefix("/")
    description = given["description"].strip()
    if not command:
        raise bad("command must be non-empty")
    if len(command) > COMMAND_MAX:
        raise bad(f"command length must not exceed {COMMAND_MAX}")
    if not description:
        raise bad("command description must be non-empty")
    if len(description) > COMMAND_DESCRIPTION_MAX:
        raise bad(f"command description length must not exceed {COMMAND_DESCRIPTION_MAX}")
    if not re.fullmatch(r"[a-z0-9_]+", command, re.ASCII):
        raise bad("BOT_COMMAND_INVALID")
    return {"command": command, "description": description}


def _narrowest_first(person: Person, chat: Chat) -> list[Scope]:
    if chat.is_private:
        return [("chat", chat.id, 0), ("all_private_chats", 0, 0), ("default", 0, 0)]
    scopes: list[Scope] = [("chat_member", chat.id, person.id)]
    leads = chat.is_led_by(person.id)
    if leads:
        scopes.append(("chat_administrators", chat.id, 0))
    scopes.append(("chat", chat.id, 0))
    if leads:
        scopes.append(("all_chat_administrators", 0, 0))
    return [*scopes, ("all_group_chats", 0, 0), ("default", 0, 0)]
