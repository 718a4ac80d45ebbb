"""Drawing cards anew when what they show has changed.

What a card says is drawn from the database each time, never kept. Editing says how it should be, so
it may be repeated; a card is drawn by one pen at a time, and of several changes the newest wins.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from core import clock
from core.database import transaction
from core.gateways.outcome import Outcome
from core.gateways.telegram import Telegram
from core.notices import cards, drawings, turns
from core.notices.models import OpsCard
from core.telegram import places

log = structlog.get_logger(__name__)

ROUND_S = 5.0
# Longer than an edit can take.
_LEASE = timedelta(seconds=30)
_BACKOFF_S = (2, 5, 15, 60, 300)
_TRIES_MAX = 20


def follow(bot: Telegram) -> None:
    """Draw anew the cards whose subjects have changed, as far as the chat's allowance goes."""
    ends = time.monotonic() + ROUND_S
    stale = OpsCard.select().where(OpsCard.shown < OpsCard.wanted, OpsCard.due_at <= clock.now())
    # All of them first: SQLite lets nobody write who still reads what others have changed since.
    for card in list(stale.order_by(OpsCard.due_at, OpsCard.id).limit(50)):
        if time.monotonic() > ends or not redraw(card, bot, turns.take):
            return


def redraw(card: OpsCard, bot: Telegram, turn: Callable[[], bool] = lambda: True) -> bool:
    """Draw one card anew. False when the chat's allowance is used up for now."""
    if not _claim(card):
        return True
    # Read before it is drawn: what changes from here on makes the card stale again.
    wanted = int(OpsCard.get_by_id(card.id).wanted)
    drawn = drawings.draw(card.subject)
    if drawn is None or drawn.look == card.look:
        _settle(card, shown=wanted)
        return True
    if not turn():
        _settle(card, due_at=clock.now() + timedelta(seconds=3))
        return False
    answer = bot.edit_text(card.chat_id, card.message_id, drawn.text, buttons=drawn.buttons)
    if answer.outcome is Outcome.ACCEPTED:
        _settle(card, shown=wanted, look=drawn.look)
    elif answer.outcome is Outcome.REFUSED:
        if answer.moved_to is not None:
            places.moved(card.chat_id, answer.moved_to)
        # Deleted, too old, or left behind in the group's old shape: nobody can change it any more.
        log.info("card_lost", subject=card.subject, why=answer.why)
        cards.forget(card)
    else:
        tries = min(card.tries, len(_BACKOFF_S) - 1)
        wait_s = max(answer.retry_after_s or 0, _BACKOFF_S[tries])
        turns.rest(answer)
        _settle(card, tries=card.tries + 1, due_at=clock.now() + timedelta(seconds=wait_s))
    return True


def redraw_all(subject: str, bot: Telegram) -> None:
    """Draw every card of a subject anew, now: somebody has just decided it in front of us."""
    cards.mark(subject)
    ours = OpsCard.select().where(OpsCard.subject == subject)
    for card in list(ours.order_by(OpsCard.id.desc())):
        redraw(card, bot)


def _claim(card: OpsCard) -> bool:
    """Take a card for drawing, so that two pens never cross and the older drawing never stays."""
    with transaction():
        return bool(
            OpsCard.update(due_at=clock.now() + _LEASE)
            .where(
                OpsCard.id == card.id,
                OpsCard.due_at == card.due_at,
                OpsCard.shown == card.shown,
            )
            .execute()
        )


def _settle(card: OpsCard, **values: object) -> None:
    values = {"due_at": 0, "tries": 0} | values
    if card.tries >= _TRIES_MAX:
        cards.forget(card)
        return
    with transaction():
        OpsCard.update(**values).where(OpsCard.id == card.id).execute()
