"""Messages that move: a progress bar, a card that shows who has decided.

What one shows is drawn from the database each time. It is edited by one pen at a time and only when
it would look different, so any number of workers may follow, and a killed one loses nothing.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from html import escape
from types import MappingProxyType

import peewee
import structlog

from core import clock, ids
from core.campaigns.models import Campaign, CampaignStatus
from core.database import transaction
from core.gateways.outcome import Outcome
from core.gateways.telegram import Telegram
from core.notices import approvals, progress
from core.notices.looks import Look
from core.notices.models import LiveMessage

log = structlog.get_logger(__name__)

ROUND_S = 3.0
KEPT = timedelta(days=7)
# Longer than an edit can take.
_LEASE = timedelta(seconds=30)
_BACKOFF_S = (2, 5, 15, 60, 300)
_TRIES_MAX = 20
_AT_ONCE = 50
# A campaign that went back to a draft may stay one: looked at for an hour, and then only when
# something happens to it.
_DRAFT_AGAIN_S, _DRAFT_LOOKS = 180.0, 20
# A literal: neither database matches a partial index against a parameter.
_IS_GOING = peewee.SQL("NOT is_over")

# The kind of a subject, and what draws one from its key, for a business, in a language.
DRAWERS: Mapping[str, Callable[[str, int, str], Look | None]] = MappingProxyType(
    {
        "import": progress.draw_import,
        "campaign": progress.draw_campaign,
        "approval": approvals.draw,
    }
)


def draw(subject: str, tenant_id: int, language: str) -> Look | None:
    """Draw a subject as it stands; None when it is gone."""
    kind, _, key = subject.partition(":")
    return DRAWERS[kind](key, tenant_id, language)


def remember(subject: str, chat_id: int, message_id: int, *, tenant_id: int, language: str) -> None:
    """Follow a subject in a message from now on. It is looked at once more at once."""
    now = clock.now()
    with transaction():
        LiveMessage.insert(
            id=ids.new("liv"),
            chat_id=chat_id,
            message_id=message_id,
            subject=subject,
            tenant_id=tenant_id,
            language=language,
            next_at=now,
            created_at=now,
        ).on_conflict_ignore().execute()


def wake(subject: str) -> None:
    """Have the messages about a subject looked at soon: it has changed, in this transaction."""
    with transaction():
        LiveMessage.update(next_at=clock.now(), tries=0).where(
            LiveMessage.subject == subject, ~LiveMessage.is_over
        ).execute()


def leave(chat_id: int, tenant_id: int) -> None:
    """Leave the messages about a business in a chat as they are, in this transaction."""
    with transaction():
        LiveMessage.update(is_over=True).where(
            LiveMessage.chat_id == chat_id, LiveMessage.tenant_id == tenant_id
        ).execute()


def is_going(subject: str) -> bool:
    """Say whether some message about a subject is still to be brought up to date."""
    return bool(_about(subject).where(_IS_GOING).exists())


def has_shown(subject: str) -> bool:
    """Say whether some message shows how a subject has ended.

    One that could not be edited any more, because somebody deleted it, has not.
    """
    return bool(_about(subject).where(LiveMessage.is_over).exists())


def _about(subject: str) -> peewee.ModelSelect[LiveMessage]:
    return LiveMessage.select().where(LiveMessage.subject == subject)


def follow(bot: Telegram) -> None:
    """Bring messages up to date whose turn it is, for a few seconds at most."""
    ends = time.monotonic() + ROUND_S
    due = LiveMessage.select().where(_IS_GOING, LiveMessage.next_at <= clock.now())
    for message in list(due.order_by(LiveMessage.next_at).limit(_AT_ONCE)):
        if time.monotonic() > ends:
            return
        try:
            _redraw(message, bot)
        except Exception:
            # An edge: one that cannot be drawn must not keep the others from moving.
            log.exception("live_message_failed", subject=message.subject)
            _settle(message, _wait(message), tries=message.tries + 1)


def _redraw(message: LiveMessage, bot: Telegram) -> None:
    if not _claim(message):
        return
    look = draw(message.subject, message.tenant_id, message.language)
    if look is None:
        _end(message)
        return
    shown = _digest(look)
    if shown == message.shown:
        if _is_draft(message.subject):
            _rest(message)
        else:
            _settle(message, look.again_s, is_over=look.is_over)
        return
    words = escape(look.text, quote=False)
    answer = bot.edit_text(message.chat_id, message.message_id, words, buttons=look.buttons)
    if answer.outcome is Outcome.ACCEPTED:
        _settle(message, look.again_s, shown=shown, is_over=look.is_over)
    elif answer.outcome is Outcome.REFUSED:
        log.info("live_message_lost", subject=message.subject, why=answer.why)
        _lose(message)
    else:
        wait_s = max(answer.retry_after_s or 0, _wait(message))
        _settle(message, wait_s, tries=message.tries + 1)


def _digest(look: Look) -> str:
    buttons = "|".join(f"{each.label}>{each.data}" for row in look.buttons for each in row)
    return hashlib.sha256(f"{look.text}\n{buttons}".encode()).hexdigest()


def _wait(message: LiveMessage) -> float:
    return _BACKOFF_S[min(message.tries, len(_BACKOFF_S) - 1)]


def _claim(message: LiveMessage) -> bool:
    """Take a message for drawing, so that an older look never overwrites a newer one."""
    until = clock.now() + _LEASE
    with transaction():
        won = (
            LiveMessage.update(next_at=until)
            .where(
                LiveMessage.id == message.id,
                LiveMessage.next_at == message.next_at,
                ~LiveMessage.is_over,
            )
            .execute()
        )
    message.next_at = until
    return bool(won)


def _settle(message: LiveMessage, wait_s: float, **values: object) -> None:
    """Note what became of a look, unless its subject has changed meanwhile: then it is due again.

    Drawing what is shown already changes nothing, so that look is not missed.
    """
    if int(str(values.get("tries", 0))) > _TRIES_MAX:
        _lose(message)
        return
    values = {"tries": 0, "next_at": clock.now() + timedelta(seconds=wait_s)} | values
    with transaction():
        LiveMessage.update(**values).where(
            LiveMessage.id == message.id, LiveMessage.next_at == message.next_at
        ).execute()


def _is_draft(subject: str) -> bool:
    """Say whether a message follows a campaign that does not go, and may never."""
    kind, _, key = subject.partition(":")
    draft = Campaign.select().where(
        Campaign.id == key, Campaign.status == CampaignStatus.DRAFT.value
    )
    return kind == "campaign" and bool(draft.exists())


def _rest(message: LiveMessage) -> None:
    """Look at an unchanged draft again, but not for ever."""
    if message.tries < _DRAFT_LOOKS:
        _settle(message, _DRAFT_AGAIN_S, tries=message.tries + 1)
    elif message.created_at > clock.now() - KEPT:
        _settle(message, KEPT.total_seconds(), tries=message.tries)
    else:
        _end(message)


def _lose(message: LiveMessage) -> None:
    """Forget a message that shows what is no longer so, and cannot be edited."""
    with transaction():
        LiveMessage.delete().where(LiveMessage.id == message.id).execute()


def _end(message: LiveMessage) -> None:
    with transaction():
        LiveMessage.update(is_over=True).where(LiveMessage.id == message.id).execute()


def forget_old() -> int:
    """Drop messages that are long over. Returns how many."""
    with transaction():
        old = LiveMessage.created_at < clock.now() - KEPT
        return int(LiveMessage.delete().where(old, LiveMessage.is_over).execute())
