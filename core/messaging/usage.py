"""Counting texts as they go, so that nobody ever has to count them afterwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from core.database import execute_many, transaction


class Tally(NamedTuple):
    """One text's place in the figures. `day` is the Nairobi day of its hand-over."""

    tenant_id: int
    day: int
    sender: str
    operator: str
    status: str
    is_test: bool


_BUMP = """
    INSERT INTO usage
        (tenant_id, day, sender, operator, status, is_test, messages, segments, cost)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, day, sender, operator, status, is_test) DO UPDATE
    SET messages = usage.messages + excluded.messages,
        segments = usage.segments + excluded.segments,
        cost = usage.cost + excluded.cost
"""


def bump(changes: Iterable[tuple[Tally, int, int, int]]) -> None:
    """Add (texts, segments, KES/4) to each tally; a text that moves is taken from where it was."""
    sums: dict[Tally, list[int]] = defaultdict(lambda: [0, 0, 0])
    for tally, messages, segments, cost in changes:
        row = sums[tally]
        row[0] += messages
        row[1] += segments
        row[2] += cost
    # One order for everybody, so that two batches never wait for each other in a circle.
    rows = [(*tally, *row) for tally, row in sorted(sums.items()) if any(row)]
    with transaction():
        execute_many(_BUMP, rows)
