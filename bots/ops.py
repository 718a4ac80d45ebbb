"""The ops chat: where the operator's own people look after customers and money.

Who is allowed is settled here, by the person and never by the chat: that somebody can see a button
proves nothing. What they do then is in `bots.desk`.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from telegram import Bot, Update

from bots.desk import answering, commands, presses
from bots.desk.acts import Done
from bots.desk.hearing import Heard, Kind, hear
from bots.desk.pressed import Pressed
from bots.desk.replies import Reply, Voice
from core.database import recover
from core.errors import Refused
from core.notices import operators, posting
from core.notices.markup import e
from core.telegram import places

log = structlog.get_logger(__name__)

# Command and meaning, for the list that administrators of the ops chat see.
COMMANDS: Sequence[tuple[str, str]] = commands.listed()

NOT_LISTED = (
    "You may not act here, {name}: your Telegram id {id} is not among the admins. "
    "Whoever runs this installation can add it to telegram.admin_ids."
)
ANONYMOUS = (
    "I cannot tell who you are. Admins who stay anonymous cannot give commands: switch that off in "
    "your admin rights, or press the buttons, which always tell me who it was."
)


async def handle(update: Update, bot: Bot) -> None:
    """Take a message or a press in the ops chat. What it does not know it leaves alone.

    It works in a thread, because the database is asked, and speaks by the plain client.
    """
    await asyncio.to_thread(take, update.to_dict(), bot.username)


def take(update: Mapping[str, Any], bot_name: str = "") -> None:
    """Take an update as Telegram wrote it. Safe to repeat with the same update.

    The edge of the ops chat: what fails is told there, with a reference to the log.
    """
    recover()
    client, heard = posting.bot(), hear(update, bot_name)
    if client is None or heard is None or heard.chat_id != places.ops_chat_id():
        return
    voice = Voice(client, heard)
    try:
        _act(heard, voice)
    except Refused as refusal:
        _tell(voice, refusal.words())
    except Exception:
        reference = secrets.token_hex(4)
        log.exception("ops_failed", reference=reference, update_id=heard.update_id)
        _tell(voice, f"That did not work; nothing may have been done. Ref {reference}.")


def _act(heard: Heard, voice: Voice) -> None:
    if heard.kind is Kind.WORDS:
        if places.is_admin(heard.user_id) and not heard.is_anonymous:
            _say(voice, answering.answer(heard))
        return
    if heard.kind is Kind.COMMAND and heard.text.partition("_")[0] not in commands.COMMANDS:
        if heard.is_addressed:
            _tell(voice, "I do not know that. /help lists what I do.")
        return
    if heard.is_anonymous:
        _tell(voice, ANONYMOUS)
        return
    if not places.is_admin(heard.user_id):
        log.warning("ops_not_admin", user=heard.user_id)
        _tell(voice, NOT_LISTED.format(name=heard.name, id=heard.user_id))
        return
    operators.introduce(heard.user_id, heard.name)
    if heard.kind is Kind.PRESS:
        _follow(presses.press(heard), voice)
    else:
        _say(voice, commands.run(heard.text, heard))


def _follow(pressed: Pressed, voice: Voice) -> None:
    """Answer a press, and only then do what takes its time."""
    voice.answer(pressed.words, is_alert=pressed.is_alert)
    voice.redraw(*pressed.subjects)
    if pressed.rewrites is not None:
        voice.rewrite(pressed.rewrites)
    _say(voice, pressed.says if pressed.later is None else pressed.later())


def _say(voice: Voice, told: Reply | Done | None) -> None:
    if isinstance(told, Done):
        voice.say(Reply(told.text))
        voice.redraw(*told.subjects)
    elif told is not None:
        voice.say(told)


def _tell(voice: Voice, words: str) -> None:
    """Say plain words: over a press, or under a message."""
    if voice.is_answered:
        voice.say(Reply(e(words, 1000)))
    else:
        voice.answer(words, is_alert=True)
