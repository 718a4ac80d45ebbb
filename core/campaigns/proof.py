"""Proving that money is held for campaigns that have started, and that each can be held back."""

from __future__ import annotations

from collections.abc import Iterator

from core.database import execute
from core.proof import Finding

_HELD = """
    SELECT c.id, c.status, c.started_at IS NOT NULL, h.id IS NOT NULL, c.cost, h.amount
    FROM campaign c LEFT JOIN hold h ON h.id = c.id
    WHERE (c.started_at IS NOT NULL) <> (h.id IS NOT NULL) OR c.cost <> h.amount
       OR (c.started_at IS NULL AND c.status IN ('scheduled', 'running', 'paused', 'cancelling',
                                                 'completed'))
    LIMIT 101
"""
_STRAYS = """
    SELECT h.id FROM hold h LEFT JOIN campaign c ON c.id = h.id
    WHERE h.id BETWEEN 'cmp_' AND 'cmp_zzzzzzzzzzzzzzzzzzzz' AND c.id IS NULL LIMIT 101
"""
_GATES = """
    SELECT c.id, c.status FROM campaign c LEFT JOIN gate g ON g.batch_id = c.id
    WHERE c.started_at IS NOT NULL AND g.batch_id IS NULL
      AND c.status IN ('preparing', 'scheduled', 'running', 'paused', 'cancelling') LIMIT 101
"""


def findings() -> Iterator[Finding]:
    """Check campaigns against holds and gates."""
    differences = [
        f"{row[0]} is {row[1]}, {'started' if row[2] else 'not started'}, costs {row[4]} and "
        f"{f'{row[5]} is held' if row[3] else 'nothing is held'} (KES/4)"
        for row in execute(_HELD)
    ]
    differences += [f"{row[0]} is held for no campaign" for row in execute(_STRAYS)]
    yield Finding.of(
        "campaigns: what each costs is held for those that have started, and no other", differences
    )
    yield Finding.of(
        "campaigns: each that is on its way can be held back",
        (f"{row[0]} is {row[1]} and has no gate" for row in execute(_GATES)),
    )
