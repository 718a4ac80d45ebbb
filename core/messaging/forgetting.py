"""Letting go of what gateways said, once nobody will ask for it any more.

Answers to submissions hold numbers and lie about raw, so they stay a month: long enough to argue
with the gateway about a bill. Delivery reports are what became of a text and stay two years.
"""

from __future__ import annotations

from core import clock, ids
from core.database import breathe, changed, execute, transaction
from core.queue import job

DAY_MS = 24 * 3600 * 1000
REPLY_DAYS = 30
REPORT_DAYS = 730
AT_ONCE = 1000
# A reply is looked for this long after its time; a worker that stood still for longer than that
# leaves some lying about, which is better than reading every old submission each night.
REACH_DAYS = 60

_BLANK = """
    UPDATE submission SET reply = NULL WHERE id IN (
        SELECT id FROM submission WHERE id > %s AND id < %s AND reply IS NOT NULL
        ORDER BY id LIMIT %s)
    RETURNING id
"""
_DROP = """
    DELETE FROM report WHERE received_at < %s AND state IN ('applied', 'ignored') AND id IN (
        SELECT id FROM report ORDER BY id LIMIT %s)
"""


@job()
def forget_gateways_words() -> None:
    """Blank old answers and drop old delivery reports, some at a time."""
    after = ids.floor("sub", (REPLY_DAYS + REACH_DAYS) * DAY_MS)
    while found := _blank_some(after):
        after = found
        breathe()
    while _drop_some() == AT_ONCE:
        breathe()


def _blank_some(after: str) -> str | None:
    """Blank some answers behind an id. Returns the last id of a full batch: there may be more."""
    with transaction():
        rows = execute(_BLANK, (after, ids.floor("sub", REPLY_DAYS * DAY_MS), AT_ONCE)).fetchall()
    return max(row[0] for row in rows) if len(rows) == AT_ONCE else None


def _drop_some() -> int:
    with transaction():
        return changed(execute(_DROP, (clock.ms() - REPORT_DAYS * DAY_MS, AT_ONCE)))
