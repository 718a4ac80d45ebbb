"""Messages that show a secret, and their end: by a button, or by the clock."""

from __future__ import annotations

from datetime import timedelta

import structlog

from core import clock
from core.database import transaction
from core.gateways import telegram
from core.gateways.outcome import Outcome
from core.queue import Periodic, job
from core.settings import settings
from core.telegram import inbox
from core.telegram.models import TelegramSecret

log = structlog.get_logger(__name__)

# Long enough to copy a key at leisure, short enough not to lie about.
SHOWN = timedelta(minutes=10)
# Telegram lets nobody delete what is older than two days.
GIVEN_UP = timedelta(hours=47)


def remember(chat_id: int, message_id: int) -> None:
    """See to it that a message is deleted in a while, whatever becomes of the bot."""
    with transaction():
        TelegramSecret.insert(
            chat_id=chat_id, message_id=message_id, due_at=clock.now() + SHOWN
        ).on_conflict_ignore().execute()


def gone(chat_id: int, message_id: int) -> None:
    """Note that a message has been deleted."""
    with transaction():
        TelegramSecret.delete().where(
            TelegramSecret.chat_id == chat_id, TelegramSecret.message_id == message_id
        ).execute()


@job()
def delete_due() -> None:
    """Delete the messages whose time has come; what cannot be reached is tried again."""
    bot = telegram.client(settings().telegram.base_url, settings().telegram.token)
    if bot is None:
        return
    due = list(TelegramSecret.select().where(TelegramSecret.due_at <= clock.now()).limit(100))
    for row in due:
        answer = bot.delete(row.chat_id, row.message_id)
        is_old = row.due_at < clock.now() - GIVEN_UP
        if answer.outcome in (Outcome.ACCEPTED, Outcome.REFUSED) or is_old:
            gone(row.chat_id, row.message_id)
        else:
            log.info("secret_not_deleted", why=answer.why)


@job()
def forget_updates() -> None:
    """Drop updates that can no longer be repeated."""
    inbox.forget_old()


PERIODIC = (Periodic(delete_due, every_s=30), Periodic(forget_updates, every_s=3600))
