"""The nightly seal: a hash of each day's journal, chained onto the day before.

Whoever changes a sealed line afterwards breaks every later link of the chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from core import clock
from core.database import execute, transaction
from core.ledger.models import Seal

# A transaction that started before midnight may still be writing a minute after.
SETTLE = timedelta(minutes=10)

_TRANSFERS = """
    SELECT id, phase, debit_id, credit_id, amount, kind, once, subject, actor, created_at
    FROM transfer WHERE created_at >= %s AND created_at < %s ORDER BY id
"""
_HOLDS = """
    SELECT id, account_id, amount, once, actor, created_at
    FROM hold WHERE created_at >= %s AND created_at < %s ORDER BY id
"""


def _bounds(day: int) -> tuple[int, int]:
    start = datetime(day // 10_000, day // 100 % 100, day % 100, tzinfo=clock.NAIROBI)
    return clock.to_ms(start), clock.to_ms(start + timedelta(days=1))


def _digest(day: int, previous: str) -> tuple[str, int, int]:
    """Hash one day's lines onto the previous digest."""
    hasher = hashlib.sha256(f"{previous}|{day}".encode())
    bounds = _bounds(day)
    counts = []
    for statement in (_TRANSFERS, _HOLDS):
        count = 0
        for row in execute(statement, bounds):
            # JSON, so that no text can pass for two fields and no word for nothing.
            hasher.update(msgspec.json.encode(list(row)))
            count += 1
        counts.append(count)
    return hasher.hexdigest(), counts[0], counts[1]


def _days_after(day: int, until: datetime) -> Iterator[int]:
    at = datetime(day // 10_000, day // 100 % 100, day % 100, tzinfo=clock.NAIROBI)
    while (at := at + timedelta(days=1)).date() < until.date():
        yield clock.day_number(at)


def seal_past_days() -> list[int]:
    """Seal every finished day that is not sealed yet, oldest first. Returns the days sealed."""
    settled = (clock.now() - SETTLE).astimezone(clock.NAIROBI)
    last = Seal.select().order_by(Seal.day.desc()).first()
    if last is None:
        first = execute(
            "SELECT MIN(at) FROM (SELECT MIN(created_at) AS at FROM transfer "
            "UNION ALL SELECT MIN(created_at) FROM hold) AS firsts"
        ).fetchone()[0]
        if first is None:
            return []
        day_before = clock.from_ms(first).astimezone(clock.NAIROBI) - timedelta(days=1)
        start, digest = clock.day_number(day_before), ""
    else:
        start, digest = last.day, last.digest
    sealed = []
    for day in _days_after(start, settled):
        with transaction():
            digest, transfers, holds = _digest(day, digest)
            Seal.create(
                day=day, transfers=transfers, holds=holds, digest=digest, sealed_at=clock.now()
            )
        sealed.append(day)
    return sealed


def broken_days() -> list[int]:
    """Return the sealed days whose journal no longer gives the digest it had."""
    broken, previous = [], ""
    for seal in Seal.select().order_by(Seal.day):
        if _digest(seal.day, previous)[0] != seal.digest:
            broken.append(seal.day)
        previous = seal.digest
    return broken
