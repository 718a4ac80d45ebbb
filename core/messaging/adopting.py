"""Finding the text a stray report is about, when the gateway's id for it never reached us.

A lost answer leaves texts in doubt, and an accepted row may lack its id. A report about an id that
nobody knows, for the number of exactly one such text, settles it. The text of somebody who was
erased meanwhile is found under the pseudonym, which the number in the report gives again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from core import clock, phone
from core.contacts import pseudonyms
from core.database import execute
from core.errors import Refused

# A report may overtake the answer it belongs to; an answer is recorded within this time.
GRACE_MS = 5_000
# How far back a text in doubt may lie for a report to settle it: late finals take a day.
REACH_MS = 3 * 24 * 3600 * 1000


class Stray(Protocol):
    """A report that names a text we do not know."""

    @property
    def account_id(self) -> int: ...
    @property
    def provider_id(self) -> str: ...
    @property
    def msisdn(self) -> str | None: ...
    @property
    def detail(self) -> str | None: ...
    @property
    def received_at(self) -> int: ...


S = TypeVar("S", bound=Stray)

_IN_DOUBT = """
    SELECT m.id, m.body, m.tenant_id, m.cost, s.created_at FROM message m
    JOIN submission s ON s.id = m.submission_id
    WHERE m.provider_id IS NULL AND m.status IN ('unknown', 'submitted')
      AND m.msisdn IN ({names}) AND m.account_id = %s
      AND s.created_at BETWEEN %s AND %s
    ORDER BY m.id
"""
_IN_FLIGHT = """
    SELECT 1 FROM message
    WHERE submission_id IN (SELECT id FROM submission WHERE state = 'posting')
      AND account_id = %s AND msisdn IN ({names}) AND status = 'submitting'
    LIMIT 1
"""
# Pseudonyms begin with a letter, which comes behind all digits.
_WITH_ERASED = """
    SELECT DISTINCT tenant_id FROM message
    WHERE provider_id IS NULL AND status IN ('unknown', 'submitted') AND msisdn >= 'x'
    UNION
    SELECT DISTINCT tenant_id FROM message
    WHERE submission_id IN (SELECT id FROM submission WHERE state = 'posting')
      AND status = 'submitting' AND msisdn >= 'x'
"""


def adopt(strays: Sequence[S]) -> Iterator[tuple[S, str]]:
    """Pair stray reports with the texts in doubt they must be about."""
    taken: set[str] = set()
    named: set[tuple[int, str]] = set()
    if not strays:
        return
    now = clock.ms()
    tenants = [row[0] for row in execute(_WITH_ERASED).fetchall()]
    for stray in strays:
        name = stray.account_id, stray.provider_id
        if now - stray.received_at < GRACE_MS or name in named:
            continue
        message_id = _candidate(stray, taken, tenants)
        if message_id is not None:
            taken.add(message_id)
            named.add(name)
            yield stray, message_id


def _candidate(stray: Stray, taken: set[str], tenants: Sequence[int]) -> str | None:
    """Find the one text a report can be about; `tenants` have such texts under pseudonyms."""
    if stray.msisdn is None:
        return None
    try:
        msisdn = phone.parse(stray.msisdn)
    except Refused:
        return None
    names = [msisdn, *(name for each in tenants for name in pseudonyms.every(each, msisdn))]
    marks = ", ".join(["%s"] * len(names))
    if execute(_IN_FLIGHT.format(names=marks), (stray.account_id, *names)).fetchone():
        return None  # its own answer is still on the way
    since = stray.received_at - REACH_MS
    when = (stray.account_id, since, stray.received_at)
    rows = [
        row
        for row in execute(_IN_DOUBT.format(names=marks), (*names, *when)).fetchall()
        if row[0] not in taken
    ]
    # The report may quote the text, or begin it; then other texts are out of the question.
    quoted = [row for row in rows if stray.detail and row[1].startswith(stray.detail[:100])]
    rows = quoted or rows
    if len({(row[2], row[3]) for row in rows}) != 1:
        return None
    return str(rows[0][0])
