"""A private chat, from an update to the screen that answers it."""

from __future__ import annotations

import asyncio
import html
from contextlib import suppress

import structlog
from telegram import Bot, CallbackQuery, Update
from telegram.error import Forbidden, TelegramError

from bots import drawing, sentences, showing
from bots.conversing import Turn, take
from bots.hearing import Heard, Kind, hear
from core import words
from core.database import recover
from core.telegram import inbox, places, vanishing
from core.telegram.inbox import View
from core.tenants import people

log = structlog.get_logger(__name__)

# An app cuts a long text into messages; what follows a full one this closely is the rest of it.
REST_WITHIN_MS = 3000


class Private:
    """All private chats. Keeps nothing that matters: the rest of a cut text is at most refused."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._cut_at: dict[int, int] = {}

    async def handle(self, update: Update) -> View | None:
        """Answer what somebody did; return what then stands in the chat, if that has changed."""
        if update.my_chat_member is not None:
            await self._blocked_or_back(update)
            return None
        heard = hear(update)
        if heard is None or self._is_rest(heard):
            return None
        answered = self._answer(update.callback_query)
        try:
            return await self._converse(heard)
        except Forbidden as gone:
            log.info("chat_gone", why=str(gone))
            await asyncio.to_thread(_mark, heard.chat_id, False)
            return None
        finally:
            await answered

    def _answer(self, press: CallbackQuery | None) -> asyncio.Task[None]:
        """Let the button stop spinning: sent before any work, waited for after it."""

        async def answer() -> None:
            if press is not None:
                with suppress(TelegramError):  # too old, or answered before: nobody is waiting
                    await press.answer()

        return asyncio.ensure_future(answer())

    async def _converse(self, heard: Heard) -> View | None:
        if heard.kind is Kind.PRESSED and heard.text == drawing.DELETE_DATA:
            await self._delete_secret(heard)
            return None
        turn = await asyncio.to_thread(take, heard)
        if turn.hides_message:
            # Before anything else: a secret stands in the chat until then.
            await showing.delete(self._bot, heard.chat_id, heard.message_id)
        if turn.passes_on and not await self._pass_on(heard, turn):
            return None
        if turn.aside:
            await showing.say_aside(self._bot, heard.chat_id, turn.aside)
        if turn.screen is None:
            return None
        return await showing.show(self._bot, heard.chat_id, turn)

    async def _delete_secret(self, heard: Heard) -> None:
        if await showing.delete(self._bot, heard.chat_id, heard.message_id):
            await asyncio.to_thread(_forget_secret, heard.chat_id, heard.message_id)

    async def _pass_on(self, heard: Heard, turn: Turn) -> bool:
        """Bring a question about a payment to the people who can look into it."""
        chat_id = await asyncio.to_thread(places.ops_chat_id)
        profile = turn.visit.profile
        who = f"{turn.visit.name or heard.name} · {turn.visit.msisdn or '-'}"
        if profile is not None:
            who += f" · {profile.name} (#{profile.tenant_id})"
        text = f"❓ <b>{html.escape(who)}</b>\n{html.escape(turn.passes_on[:3000])}"
        text += f"\n<i>{heard.update_id} · tg://user?id={heard.chat_id}</i>"
        try:
            await self._bot.send_message(chat_id, text, parse_mode="HTML")
        except TelegramError:
            log.exception("question_not_passed_on")
            trouble = turn.say(sentences.TROUBLE, reference=heard.update_id)
            await showing.say_aside(self._bot, heard.chat_id, trouble)
            return False
        return True

    def _is_rest(self, heard: Heard) -> bool:
        """Say whether this is the rest of a text that was too long; that has been told already."""
        cut_at = self._cut_at.pop(heard.chat_id, None)
        if heard.kind is not Kind.TYPED:
            return False
        is_rest = cut_at is not None and heard.said_ms - cut_at <= REST_WITHIN_MS
        if is_rest or heard.is_full:
            self._cut_at[heard.chat_id] = heard.said_ms
        return is_rest

    async def _blocked_or_back(self, update: Update) -> None:
        """Note that somebody has blocked us, or let us in again."""
        change = update.my_chat_member
        assert change is not None
        is_ok = change.new_chat_member.status not in ("kicked", "left")
        await asyncio.to_thread(_mark, change.from_user.id, is_ok)

    async def apologize(self, chat_id: int, language: str | None, reference: str) -> None:
        """Say that it was our fault; if even that fails, nothing more."""
        said = words.say(language or "en", sentences.TROUBLE, reference=reference)
        with suppress(TelegramError):
            await showing.say_aside(self._bot, chat_id, said)


def _mark(telegram_id: int, is_ok: bool) -> None:
    recover()
    people.set_telegram_ok(telegram_id, ok=is_ok)


def _forget_secret(chat_id: int, message_id: int) -> None:
    recover()
    vanishing.gone(chat_id, message_id)


def note_handled(update_id: int, chat_id: int | None, view: View | None) -> None:
    """Mark an update handled, with what stands in the chat."""
    recover()
    inbox.handled(update_id, chat_id, view)
