"""A campaign's texts by status, counted as they move, so that nobody has to count a million rows.

The counts move in the transaction that moves the texts, so they are never apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from core.database import execute_many, transaction
from core.messaging.models import BatchCount

CAMPAIGN = "cmp_"


class Move(NamedTuple):
    """Texts of one batch that went from one status to another; None is before they were there.

    `cost` in KES/4.
    """

    batch_id: str
    before: str | None
    after: str | None
    messages: int
    segments: int
    cost: int


class Count(NamedTuple):
    """So many texts, their segments and their price in KES/4."""

    messages: int
    segments: int
    cost: int


_BUMP = """
    INSERT INTO batch_count (batch_id, status, messages, segments, cost)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (batch_id, status) DO UPDATE
    SET messages = batch_count.messages + excluded.messages,
        segments = batch_count.segments + excluded.segments,
        cost = batch_count.cost + excluded.cost
"""


def is_counted(batch_id: str) -> bool:
    """Say whether a batch is a campaign; other batches are small enough to be looked through."""
    return batch_id.startswith(CAMPAIGN)


def move(changes: Iterable[Move]) -> None:
    """Move texts between the counts of their campaigns; texts of other batches are passed over."""
    # Texts come by the thousand and move alike: they are added up before they are looked at.
    alike: dict[tuple[str, str | None, str | None], list[int]] = {}
    for batch_id, before, after, messages, segments, cost in changes:
        try:
            row = alike[batch_id, before, after]
        except KeyError:
            row = alike[batch_id, before, after] = [0, 0, 0]
        row[0] += messages
        row[1] += segments
        row[2] += cost
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for (batch_id, before, after), added in alike.items():
        if not is_counted(batch_id) or before == after:
            continue
        for status, sign in ((before, -1), (after, 1)):
            if status is not None:
                row = sums[batch_id, status]
                for at, each in enumerate(added):
                    row[at] += sign * each
    # One order for everybody, so that two batches never wait for each other in a circle.
    rows = [(*key, *row) for key, row in sorted(sums.items()) if any(row)]
    if rows:
        with transaction():
            execute_many(_BUMP, rows)


def of(batch_id: str) -> dict[str, Count]:
    """Return how many texts of a campaign stand in each status; none that have no text."""
    rows = BatchCount.select().where(BatchCount.batch_id == batch_id, BatchCount.messages != 0)
    return {row.status: Count(row.messages, row.segments, row.cost) for row in rows}
