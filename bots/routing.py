"""Where an update goes: a person's own chat, the ops chat, or out."""

from __future__ import annotations

import asyncio
import secrets
import traceback
from collections.abc import Awaitable, Callable

import structlog
from telegram import Bot, Chat, ChatMemberUpdated, Message, Update
from telegram.constants import ChatType
from telegram.error import Forbidden, TelegramError

from bots import ops, sentences
from bots.private import Private, note_handled
from core import words
from core.database import recover
from core.telegram import places
from core.telegram.inbox import View

log = structlog.get_logger(__name__)

Ops = Callable[[Update, Bot], Awaitable[None]]
# What we ask Telegram for; it keeps to the list it was given last, so it is always given.
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
_IN = ("member", "administrator", "creator", "restricted")


class Router:
    """Takes every update to whoever answers it, and marks it handled whatever came of that."""

    def __init__(self, bot: Bot, handle_ops: Ops = ops.handle) -> None:
        self._bot = bot
        self._private = Private(bot)
        self._handle_ops = handle_ops

    async def handle(self, update: Update) -> None:
        """Answer one update. The edge: what fails here is told, and not tried again.

        The mark comes last. A process killed before it handles the update again, and then presses
        are known by their turn, answers by the turn that stands in the chat, and acts by their key.
        """
        view = None
        chat = update.effective_chat
        try:
            view = await self._route(update, chat)
        except Exception as error:
            await self._apologize(update, error)
        await asyncio.to_thread(note_handled, update.update_id, chat.id if chat else None, view)

    async def _route(self, update: Update, chat: Chat | None) -> View | None:
        if chat is None:
            return None
        if chat.type == ChatType.PRIVATE:
            return await self._private.handle(update)
        await self._in_a_group(update, chat)
        return None

    async def _in_a_group(self, update: Update, chat: Chat) -> None:
        message = update.message
        if message is not None and message.migrate_to_chat_id is not None:
            log.info("chat_moved", old=chat.id, new=message.migrate_to_chat_id)
            await asyncio.to_thread(_moved, chat.id, message.migrate_to_chat_id)
            return
        if message is not None and message.migrate_from_chat_id is not None:
            await asyncio.to_thread(_moved, message.migrate_from_chat_id, chat.id)
            return
        if chat.id == await asyncio.to_thread(_ops_chat_id):
            if update.my_chat_member is not None:
                log.warning("ops_chat_membership", now=update.my_chat_member.new_chat_member.status)
            else:
                await self._handle_ops(update, self._bot)
            return
        if _calls_for_an_answer(update.my_chat_member, message):
            await self._leave(update, chat)

    async def _leave(self, update: Update, chat: Chat) -> None:
        """Say one line and go: what is said in other people's groups is none of our business."""
        user = update.effective_user
        language = "sw" if user is not None and user.language_code == "sw" else "en"
        line = words.say(language, sentences.GROUP)
        if user is not None and places.is_admin(user.id):
            line += "\n" + words.say(language, sentences.GROUP_ID, chat_id=chat.id)
        try:
            if chat.type != ChatType.CHANNEL:
                await self._bot.send_message(chat.id, line)
            await self._bot.leave_chat(chat.id)
        except Forbidden:
            pass  # thrown out already
        except TelegramError as refused:
            log.info("not_left", why=str(refused))

    async def _apologize(self, update: Update, error: Exception) -> None:
        reference = secrets.token_hex(4)
        log.error(
            "bot_failed",
            reference=reference,
            update_id=update.update_id,
            exception="".join(traceback.format_exception(error)),
        )
        chat, user = update.effective_chat, update.effective_user
        if chat is not None and chat.type == ChatType.PRIVATE:
            language = user.language_code if user is not None else None
            language = "sw" if language and language.startswith("sw") else "en"
            await self._private.apologize(chat.id, language, reference)


def _calls_for_an_answer(change: ChatMemberUpdated | None, message: Message | None) -> bool:
    """Whether we have been put into a group, or are spoken to in one."""
    return change.new_chat_member.status in _IN if change is not None else message is not None


def _moved(old_id: int, new_id: int) -> None:
    recover()
    places.moved(old_id, new_id)


def _ops_chat_id() -> int:
    recover()
    return places.ops_chat_id()
