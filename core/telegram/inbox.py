"""Updates from Telegram: stored first, each handled once, whoever brought it and however often.

Telegram delivers at least once and keeps what is unconfirmed for a day. So an update is stored
before it is confirmed, and marked handled only after it has been acted on: a process killed in
between handles it again, and the conversation recognises what it had already done.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

import peewee
import structlog

from core import clock, secrets
from core.database import execute, grouped, transaction
from core.telegram.models import TelegramUpdate

log = structlog.get_logger(__name__)

# Telegram repeats an update for a day at most.
REMEMBERED = timedelta(hours=48)
TAKEN_MAX = 200

_STORE = """
    INSERT INTO telegram_update (update_id, body, received_at) VALUES {values}
    ON CONFLICT (update_id) DO NOTHING RETURNING update_id
"""
_MARK = "UPDATE telegram_update SET body = '', handled_at = %s WHERE update_id = %s"
_VIEW = """
    INSERT INTO telegram_view (chat_id, message_id, version, asks, is_kept, drawn_at)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (chat_id) DO UPDATE
    SET message_id = excluded.message_id, version = excluded.version, asks = excluded.asks,
        is_kept = excluded.is_kept, drawn_at = excluded.drawn_at
"""

# One question for both, because it is asked twice for every answer that people wait for.
_STANDING = """
    SELECT v.message_id, v.version, v.asks, v.is_kept, v.drawn_at,
           c.id, c.version, c.asked, c.shown
    FROM (SELECT 1 AS one) AS here
    LEFT JOIN telegram_view AS v ON v.chat_id = %s
    LEFT JOIN chat AS c ON c.channel = 'telegram' AND c.address = %s
"""


@dataclass(frozen=True, slots=True)
class At:
    """Where a conversation stands: its turn, the question, and the options in JSON."""

    id: str
    version: int
    asked: str
    shown: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """An update that nobody has handled yet."""

    update_id: int
    raw: str


@dataclass(frozen=True, slots=True)
class View:
    """What stands in a private chat now; see `TelegramView`."""

    message_id: int | None = None
    version: int = 0
    asks: str = ""
    is_kept: bool = False
    drawn_ms: int = 0


def store(updates: Sequence[tuple[int, str]]) -> set[int]:
    """Keep updates as they came. Returns the ids of those that were not known before."""
    if not updates:
        return set()
    now = clock.ms()
    told = dict(updates)
    values = ", ".join(["(%s, %s, %s)"] * len(told))
    given = [part for number, raw in told.items() for part in (number, secrets.seal(raw), now)]

    def insert() -> set[int]:
        return {row[0] for row in execute(_STORE.format(values=values), given).fetchall()}

    return grouped(insert)


def waiting(known: Collection[int] = (), limit: int = TAKEN_MAX) -> list[Waiting]:
    """List updates nobody has handled, the oldest first, without those in hand already."""
    rows = (
        TelegramUpdate.select(TelegramUpdate.update_id, TelegramUpdate.body)
        .where(TelegramUpdate.handled_at.is_null(), TelegramUpdate.update_id.not_in(list(known)))
        .order_by(TelegramUpdate.update_id)
        .limit(limit)
    )
    found = []
    for row in rows:
        try:
            found.append(Waiting(row.update_id, secrets.unseal(row.body)))
        except ValueError:
            log.exception("update_unreadable", update_id=row.update_id)
            handled(row.update_id)
    return found


def handled(update_id: int, chat_id: int | None = None, view: View | None = None) -> None:
    """Note that an update has been acted on, and with it what now stands in the chat."""

    def mark() -> None:
        execute(_MARK, (clock.ms(), update_id))
        if chat_id is not None and view is not None:
            execute(
                _VIEW,
                (
                    chat_id,
                    view.message_id,
                    view.version,
                    view.asks,
                    view.is_kept,
                    view.drawn_ms,
                ),
            )

    grouped(mark)


def view_of(chat_id: int) -> View:
    """Return what stands in a private chat; an empty view where nothing has been shown."""
    return standing(chat_id)[0]


def standing(chat_id: int) -> tuple[View, At | None]:
    """Return what stands in a private chat, and where its conversation stands, at one moment."""
    row = execute(_STANDING, (chat_id, str(chat_id))).fetchone()
    view = View() if row[1] is None else View(row[0], row[1], row[2], bool(row[3]), row[4])
    return view, None if row[5] is None else At(*row[5:])


def forget_old() -> int:
    """Drop updates that can no longer be repeated. Returns how many."""
    limit = clock.to_ms(clock.now() - REMEMBERED)
    with transaction():
        return int(
            TelegramUpdate.delete()
            .where(TelegramUpdate.received_at < limit, ~TelegramUpdate.handled_at.is_null())
            .execute()
        )


def oldest_waiting_s() -> float:
    """Say how long the oldest unhandled update has been waiting, in seconds; 0 when none is."""
    first = (
        TelegramUpdate.select(peewee.fn.MIN(TelegramUpdate.received_at))
        .where(TelegramUpdate.handled_at.is_null())
        .scalar()
    )
    return 0.0 if first is None else max(0.0, (clock.ms() - _ms(first)) / 1000)


def _ms(value: object) -> int:
    return value if isinstance(value, int) else clock.to_ms(value)  # type: ignore[arg-type]
