"""Bringing a screen into a chat: edited in place where it can be, with what hangs on it."""

from __future__ import annotations

import asyncio
import html
import io

import structlog
from telegram import (
    Bot,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    KeyboardButton,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError

from bots import drawing, sentences
from bots.conversing import Turn
from bots.drawing import Drawn
from core import clock
from core.dialogue.screens import Asks, Screen
from core.notices import charts
from core.telegram import vanishing
from core.telegram.inbox import View

__all__ = ["delete", "say_aside", "show"]

log = structlog.get_logger(__name__)

_COPY_MAX = 256
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_HTML = "HTML"


async def show(bot: Bot, chat_id: int, turn: Turn) -> View:
    """Show a turn's screen; return what then stands in the chat."""
    screen = turn.screen
    assert screen is not None
    drawn = drawing.draw(screen, turn.mark, turn.say, turn.page)
    before = turn.before
    if before.asks == Asks.CONTACT and screen.asks is not Asks.CONTACT:
        await _take_keyboard_away(bot, chat_id, turn)
    message_id = await _put(bot, chat_id, turn.into, drawn)
    if before.message_id not in (None, message_id):
        await _strip(bot, chat_id, before.message_id)
    if screen.asks is Asks.CONTACT:
        await _offer_to_share(bot, chat_id, turn)
    has_more = await _hang_on(bot, chat_id, turn, screen)
    is_result = screen.ends and before.asks in (Asks.CONFIRM, Asks.PIN)
    return View(
        message_id=message_id if drawn.keyboard is not None else None,
        version=turn.version,
        asks=screen.asks.value,
        is_kept=has_more or is_result,
        drawn_ms=clock.ms(),
    )


async def say_aside(bot: Bot, chat_id: int, text: str) -> None:
    """Say something beside the screen, which stays as it is."""
    await bot.send_message(
        chat_id, html.escape(text, quote=False), parse_mode=_HTML, link_preview_options=_NO_PREVIEW
    )


async def delete(bot: Bot, chat_id: int, message_id: int) -> bool:
    """Take a message away; False when that could not be done."""
    try:
        await bot.delete_message(chat_id, message_id)
    except BadRequest as refused:
        log.info("not_deleted", why=str(refused))
        return "not found" in str(refused).lower()
    except (NetworkError, RetryAfter) as lost:
        log.warning("not_deleted", why=type(lost).__name__)
        return False
    return True


async def _put(bot: Bot, chat_id: int, into: int | None, drawn: Drawn) -> int | None:
    """Edit a message, or send one. None when nobody knows whether it arrived."""
    if into is not None and await _edit(bot, chat_id, into, drawn):
        return into
    try:
        sent = await bot.send_message(
            chat_id,
            drawn.text,
            parse_mode=_HTML,
            reply_markup=drawn.keyboard,
            link_preview_options=_NO_PREVIEW,
        )
    except BadRequest:
        raise
    except NetworkError as lost:  # it may stand there all the same: sent twice it would confuse
        log.warning("screen_lost", why=type(lost).__name__)
        return None
    return sent.message_id


async def _edit(bot: Bot, chat_id: int, message_id: int, drawn: Drawn) -> bool:
    try:
        await bot.edit_message_text(
            drawn.text,
            chat_id=chat_id,
            message_id=message_id,
            parse_mode=_HTML,
            reply_markup=drawn.keyboard,
            link_preview_options=_NO_PREVIEW,
        )
    except BadRequest as refused:
        return "not modified" in str(refused).lower()  # else it is gone: send it anew
    except NetworkError as lost:
        log.warning("edit_lost", why=type(lost).__name__)
    return True


async def _strip(bot: Bot, chat_id: int, message_id: int | None) -> None:
    """Take the buttons off a message that is no longer the screen."""
    try:
        await bot.edit_message_reply_markup(chat_id, message_id, reply_markup=None)
    except Forbidden:
        raise
    except TelegramError as refused:
        log.debug("not_stripped", why=str(refused))


async def _offer_to_share(bot: Bot, chat_id: int, turn: Turn) -> None:
    """Put the key that shares the person's own number where their letters were."""
    keyboard = ReplyKeyboardMarkup(
        [[KeyboardButton(turn.say(sentences.SHARE), request_contact=True)], [turn.say("Cancel")]],
        resize_keyboard=True,
    )
    # A message of its own: one with such a keyboard can never be edited.
    await bot.send_message(chat_id, turn.say(sentences.TAP_TO_SHARE), reply_markup=keyboard)


async def _take_keyboard_away(bot: Bot, chat_id: int, turn: Turn) -> None:
    """Give the person their letters back. Only a message can, and this one is not worth keeping."""
    text = turn.say(sentences.KEYBOARD_GONE)
    sent = await bot.send_message(chat_id, text, reply_markup=ReplyKeyboardRemove())
    await delete(bot, chat_id, sent.message_id)


async def _hang_on(bot: Bot, chat_id: int, turn: Turn, screen: Screen) -> bool:
    """Send what comes with a screen: a key first, for it is shown only now."""
    if screen.secret is not None:
        await _show_secret(bot, chat_id, turn, screen.secret)
    if screen.document is not None:
        file = InputFile(io.BytesIO(screen.document.content), filename=screen.document.name)
        await bot.send_document(chat_id, file)
    png = None
    if screen.picture is not None:
        png = await asyncio.to_thread(charts.draw, screen.picture, turn.say)
    if png is not None:
        await bot.send_photo(chat_id, InputFile(png, filename="chart.png"))
    return screen.secret is not None or screen.document is not None or png is not None


async def _show_secret(bot: Bot, chat_id: int, turn: Turn, secret: str) -> None:
    """Show a key behind a veil, in a message that neither can be passed on nor stays."""
    row = [
        InlineKeyboardButton(
            turn.say(sentences.DONE), callback_data=drawing.DELETE_DATA, style="success"
        )
    ]
    if len(secret) <= _COPY_MAX:
        copy = CopyTextButton(secret)
        row.insert(0, InlineKeyboardButton(turn.say(sentences.COPY), copy_text=copy))
    minutes = int(vanishing.SHOWN.total_seconds() // 60)
    words = (
        turn.say(sentences.YOUR_KEY),
        turn.say(sentences.KEY_GOES, minutes=minutes),
    )
    key = html.escape(secret, quote=False)
    text = f"{html.escape(words[0])}\n\n<tg-spoiler>{key}</tg-spoiler>\n\n{html.escape(words[1])}"
    try:
        sent = await bot.send_message(
            chat_id,
            text,
            parse_mode=_HTML,
            protect_content=True,
            reply_markup=InlineKeyboardMarkup([row]),
        )
    except NetworkError:
        log.exception("secret_lost")
        await say_aside(bot, chat_id, turn.say(sentences.KEY_LOST))
        return
    await asyncio.to_thread(vanishing.remember, chat_id, sent.message_id)
