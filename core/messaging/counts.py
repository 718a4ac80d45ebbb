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
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for change in changes:
        if not is_counted(change.batch_id) or change.before == change.after:
            continue
        for status, sign in ((change.before, -1), (change.after, 1)):
            if status is not None:
                row = sums[change.batch_id, status]
                row[0] += sign * change.messages
                row[1] += sign * change.segments
                row[2] += sign * change.cost
    # One order for everybody, so that two batches never wait for each other in a circle.
    rows = [(*key, *row) for key, row in sorted(sums.items()) if any(row)]
    if rows:
        with transaction():
            execute_many(_BUMP, rows)


def of(batch_id: str) -> dict[str, Count]:
    """Return how many texts of a campaign stand in each status; none that have no text."""
    rows = BatchCount.select().where(BatchCount.batch_id == batch_id, BatchCount.messages != 0)
    return {row.status: Count(row.messages, row.segments, row.cost) for row in rows}
