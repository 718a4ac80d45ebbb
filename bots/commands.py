"""The commands: what each begins, and the lists people see of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import structlog
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChatAdministrators,
)
from telegram.error import BadRequest, Forbidden, TelegramError

from bots import ops
from core import words
from core.settings import settings
from core.telegram import places

log = structlog.get_logger(__name__)

# Those that begin a flow of another or the same name.
FLOW_OF: Mapping[str, str] = {
    "balance": "balance",
    "topup": "topup",
    "send": "send",
    "contacts": "contacts",
    "campaigns": "campaigns",
    "templates": "templates",
    "import": "import",
    "inbox": "inbox",
    "senders": "senders",
    "approvals": "approvals",
    "reports": "reports",
    "keys": "keys",
    "team": "team",
    "language": "language",
    "help": "help",
    "settings": "account",
    "account": "account",
}
HOME = frozenset({"start", "menu"})
# Shown in this order; what is not painted here still answers in words.
LISTED: Sequence[tuple[str, str]] = (
    ("menu", "Everything you can do"),
    ("balance", "Balance and price"),
    ("topup", "Top up by M-PESA"),
    ("send", "Send SMS"),
    ("campaigns", "What goes to many, and how far it is"),
    ("inbox", "What people have answered"),
    ("templates", "Texts to use again"),
    ("contacts", "Contacts and groups"),
    ("reports", "What was sent and what became of it"),
    ("keys", "API keys"),
    ("team", "Your team"),
    ("language", "English / Kiswahili"),
    ("help", "Help"),
    ("paysupport", "Help with payments"),
    ("privacy", "What we keep of you"),
    ("cancel", "Stop and go to the menu"),
    ("start", "Begin"),
)


def listed(language: str) -> list[BotCommand]:
    """The commands of a private chat in a language."""
    shown = settings().telegram.topup_in_chat
    return [
        BotCommand(name, words.say(language, meaning))
        for name, meaning in LISTED
        if shown or name != "topup"
    ]


async def publish(bot: Bot) -> None:
    """Tell Telegram the lists, in every language and place; until it is there to be told."""
    private = BotCommandScopeAllPrivateChats()
    tasks: list[tuple[list[BotCommand], BotCommandScope | None, str]] = []
    for language in settings().app.languages:
        code = "" if language == "en" else language
        tasks += [(listed(language), None, code), (listed(language), private, code)]
    if chat_id := await asyncio.to_thread(places.ops_chat_id):
        commands = [BotCommand(name, meaning) for name, meaning in ops.COMMANDS]
        if commands:
            tasks.append((commands, BotCommandScopeChatAdministrators(chat_id), ""))
    for commands, scope, code in tasks:
        await _publish(bot, commands, scope, code)


async def _publish(
    bot: Bot, commands: list[BotCommand], scope: BotCommandScope | None, code: str
) -> None:
    for wait_s in (1, 5, 30, 120, 600):
        try:
            await bot.set_my_commands(commands, scope=scope, language_code=code or None)
        except (BadRequest, Forbidden) as refused:
            # The ops chat's list is refused until the bot has been made a member there.
            log.warning("commands_refused", scope=scope and scope.type, why=str(refused))
            return
        except TelegramError as lost:
            log.info("commands_not_published", why=str(lost))
        else:
            return
        await asyncio.sleep(wait_s)
