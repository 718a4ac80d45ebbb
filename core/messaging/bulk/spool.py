"""Texts that are priced and written, waiting in chunks to become rows of their own. A hot path.

What was estimated, what is held and what goes are these same bytes, so nothing can change between
the price and the text. A chunk leaves the spool in the transaction that makes its texts rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import NamedTuple

import msgspec

from core.database import changed, execute, execute_many, is_postgres, transaction
from core.messaging.models import Spool

# Larger transactions win little on SQLite, where everybody else waits for them.
_SIZE_SQLITE, _SIZE_POSTGRES = 300, 5000
# Between two of them: as long as the transaction of one.
BREATH_S = 0.008
_DROPPED_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Terms:
    """What all texts of a campaign share when they become rows. The batch is the campaign's id."""

    batch_id: str
    tenant_id: int
    account_id: int
    category: str
    sender: str
    schedule_at: datetime | None = None


# The words of one or more texts, whether they take UCS-2, and how many segments.
Written = tuple[str, bool, int]


class _Rows(msgspec.Struct, array_like=True):
    """What a blob holds: a number a text, and which of the written ones it gets."""

    msisdns: list[str]
    texts: list[Written]
    which: list[int]


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk, out of the spool. `price` and `cost` are KES/4."""

    number: int
    first: int
    segments: int
    cost: int
    price: int
    msisdns: list[str]
    texts: list[Written]
    which: list[int]


class Sums(NamedTuple):
    """What a whole spool holds; `cost` in KES/4."""

    messages: int
    segments: int
    cost: int


class SpoolDamaged(Exception):
    """A chunk does not hold what is written beside it: nothing of it may go."""


def size() -> int:
    """How many texts a chunk has at most."""
    return _SIZE_POSTGRES if is_postgres() else _SIZE_SQLITE


class Writer:
    """Collects texts in order and gives them out as rows of the spool, a chunk at a time."""

    def __init__(self, batch_id: str, price: int) -> None:
        """`price` is what a segment costs, in KES/4."""
        self._batch_id = batch_id
        self._price = price
        self._size = size()
        self._number = 0
        self._first = 0
        self._ready: list[tuple[object, ...]] = []
        self._begin()

    def _begin(self) -> None:
        self._msisdns: list[str] = []
        self._which: list[int] = []
        self._texts: list[Written] = []
        self._places: dict[str, int] = {}
        self._segments = 0

    def add(self, msisdn: str, body: str, is_unicode: bool, segments: int) -> None:
        """Take one text."""
        place = self._places.get(body)
        if place is None:
            place = self._places[body] = len(self._texts)
            self._texts.append((body, is_unicode, segments))
        self._msisdns.append(msisdn)
        self._which.append(place)
        self._segments += segments
        if len(self._which) == self._size:
            self._end()

    def _end(self) -> None:
        messages = len(self._which)
        rows = _encode(_Rows(self._msisdns, self._texts, self._which))
        self._ready.append(
            (
                *(self._batch_id, self._number, self._first, messages, self._segments),
                *(self._segments * self._price, rows),
            )
        )
        self._number += 1
        self._first += messages
        self._begin()

    def ready(self, *, last: bool = False) -> list[tuple[object, ...]]:
        """Give out the chunks that are full, and with `last` the one that is not."""
        if last and self._which:
            self._end()
        ready, self._ready = self._ready, []
        return ready


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Rows).decode

_STORE = """
    INSERT INTO spool (batch_id, number, first, messages, segments, cost, rows)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


def store(rows: Sequence[Sequence[object]]) -> None:
    """Store what a `Writer` gave, in the caller's transaction."""
    if rows:
        execute_many(_STORE, rows)


_DROP = """
    DELETE FROM spool WHERE batch_id = %s AND number IN (
        SELECT number FROM spool WHERE batch_id = %s ORDER BY number LIMIT %s)
"""


def drop_some(batch_id: str) -> bool:
    """Throw a few chunks away, in the caller's transaction. Returns False when none was left."""
    return bool(changed(execute(_DROP, (batch_id, batch_id, _DROPPED_AT_ONCE))))


def drop(batch_id: str) -> None:
    """Throw away what was priced and will not be sent; never what is held for."""
    while True:
        with transaction():
            if not drop_some(batch_id):
                return


_TAKE = """
    DELETE FROM spool WHERE batch_id = %s AND number = (
        SELECT number FROM spool WHERE batch_id = %s ORDER BY number LIMIT 1{lock})
    RETURNING number, first, messages, segments, cost, rows
"""


def take(batch_id: str) -> Chunk | None:
    """Take the next chunk out, in the caller's transaction; None when there is none left.

    Of two who ask at once each gets one of its own. Raises: SpoolDamaged.
    """
    # On PostgreSQL the second waits here for the first, and then finds the chunk behind it.
    statement = _TAKE.format(lock=" FOR UPDATE" if is_postgres() else "")
    row = execute(statement, (batch_id, batch_id)).fetchone()
    return None if row is None else _opened(batch_id, *row)


def _opened(
    batch_id: str, number: int, first: int, messages: int, segments: int, cost: int, rows: bytes
) -> Chunk:
    read = _decode(rows)
    counted = [segments for _, _, segments in read.texts]
    price = cost // segments if segments else 0
    if (
        not len(read.msisdns) == len(read.which) == messages
        or sum(counted[place] for place in read.which) != segments
        or price * segments != cost
    ):
        raise SpoolDamaged(f"chunk {number} of {batch_id}")
    return Chunk(number, first, segments, cost, price, read.msisdns, read.texts, read.which)


def is_empty(batch_id: str) -> bool:
    """Say whether nothing of a batch waits here."""
    return not Spool.select().where(Spool.batch_id == batch_id).exists()


_SUMS = """
    SELECT COALESCE(SUM(messages), 0), COALESCE(SUM(segments), 0), COALESCE(SUM(cost), 0)
    FROM spool WHERE batch_id = %s
"""


def sums(batch_id: str) -> Sums:
    """Add up what waits of a batch."""
    return Sums(*(int(each) for each in execute(_SUMS, (batch_id,)).fetchone()))


_COSTS = "SELECT number, messages, cost FROM spool WHERE batch_id = %s ORDER BY number"
_ROWS = "SELECT number, first, messages, segments, cost, rows FROM spool WHERE {where}"


def first_within(batch_id: str, available: int) -> int:
    """Return how many of the first texts cost no more than so much (KES/4) together."""
    fit, left = 0, available
    for number, messages, cost in execute(_COSTS, (batch_id,)).fetchall():
        if cost > left:
            chunk = _one(batch_id, number)
            costs = (chunk.texts[place][2] * chunk.price for place in chunk.which)
            return fit + sum(1 for sum_ in accumulate(costs) if sum_ <= left)
        fit += messages
        left -= cost
    return fit


def _one(batch_id: str, number: int) -> Chunk:
    statement = _ROWS.format(where="batch_id = %s AND number = %s")
    return _opened(batch_id, *execute(statement, (batch_id, number)).fetchone())


def look(batch_id: str, number: int) -> Chunk | None:
    """Look at a chunk and keep it where it is until the transaction ends; None when it has gone."""
    lock = " FOR UPDATE" if is_postgres() else ""
    statement = _ROWS.format(where="batch_id = %s AND number = %s")
    row = execute(statement + lock, (batch_id, number)).fetchone()
    return None if row is None else _opened(batch_id, *row)


def put_back(batch_id: str, chunk: Chunk) -> None:
    """Write other numbers and words into a chunk that was looked at; its sums stay."""
    rows = _encode(_Rows(chunk.msisdns, chunk.texts, chunk.which))
    execute(
        "UPDATE spool SET rows = %s WHERE batch_id = %s AND number = %s",
        (rows, batch_id, chunk.number),
    )


def texts(batch_id: str) -> Iterator[tuple[str, Written]]:
    """Go through what waits of a batch, in order: who gets which words."""
    for number, _, _ in execute(_COSTS, (batch_id,)).fetchall():
        chunk = _one(batch_id, number)
        for msisdn, place in zip(chunk.msisdns, chunk.which, strict=True):
            yield msisdn, chunk.texts[place]
