"""Cancelling what of a campaign has not left: its texts, and the money held for them."""

from __future__ import annotations

import time

from core import clock
from core.contacts import book
from core.database import execute, is_postgres, transaction
from core.messaging import counts
from core.messaging.bulk import spool
from core.messaging.bulk.spool import Terms
from core.messaging.bulk.storing import CANCELLED, store
from core.messaging.bulk.veiling import without_erased
from core.messaging.models import Lane, Status
from core.messaging.naming import message_range
from core.messaging.settling import Settled, release

# How long another's lock on the last texts is waited for before they are looked for again.
_PAUSE_S = 0.02


def take_back(terms: Terms, *, actor: str) -> int:
    """Cancel the next chunk of texts that have not left, and give their price back.

    Returns how many, 0 when nothing is left to take back; what is on its way to the gateway stays
    its own. Each chunk is one transaction, so a repetition after a kill goes on exactly. Call it
    when the gate is shut, and `breathe` in between.
    """
    return _from_spool(terms, actor) or _from_rows(terms, actor)


def _from_spool(terms: Terms, actor: str) -> int:
    """Store the next chunk as cancelled: whoever asks what became of a number shall find it."""
    with transaction():
        book.keep(terms.tenant_id)  # nobody is erased between the look and the storing
        chunk = spool.take(terms.batch_id)
        if chunk is None:
            return 0
        store(terms, without_erased(terms.tenant_id, chunk), CANCELLED)
        messages = len(chunk.which)
        counts.move(
            [
                counts.Move(
                    *(terms.batch_id, None, Status.CANCELLED),
                    *(messages, chunk.segments, chunk.cost),
                )
            ]
        )
        release(
            [Settled(terms.batch_id, terms.tenant_id, terms.account_id, chunk.cost)],
            once=f"cancel:{terms.batch_id}:{chunk.number}",
            subject=terms.batch_id,
            actor=actor,
        )
    return messages


# Each finds what waits through a partial index, however much of the campaign has gone.
_QUEUED = f"""
    SELECT id, status FROM message
    WHERE status = 'queued' AND lane = {Lane.BULK.value} AND tenant_id = %s
      AND account_id IN (SELECT id FROM gateway_account WHERE tenant_id IS NULL OR tenant_id = %s)
      AND id BETWEEN %s AND %s
    LIMIT %s
"""  # noqa: S608
_SCHEDULED = """
    SELECT id, status FROM message
    WHERE status = 'scheduled' AND id BETWEEN %s AND %s
    LIMIT %s
"""
_CANCEL = """
    UPDATE message SET status = 'cancelled', charge = 'released', final_at = %s, due_at = NULL
    WHERE id IN ({marks}) AND status = %s
    RETURNING id, account_id, segments, cost
"""


def _from_rows(terms: Terms, actor: str) -> int:
    while True:
        with transaction():
            for status in (Status.QUEUED, Status.SCHEDULED):
                if taken := _cancel(terms, status, actor):
                    return taken
        if not _waiting(terms, Status.QUEUED, 1) and not _waiting(terms, Status.SCHEDULED, 1):
            return 0
        time.sleep(_PAUSE_S)  # somebody holds the last ones: they go, or they stay with us


def _waiting(terms: Terms, status: Status, most: int, lock: str = "") -> list[str]:
    ends = message_range(terms.batch_id)
    if status is Status.QUEUED:
        rows = execute(_QUEUED + lock, (terms.tenant_id, terms.tenant_id, *ends, most)).fetchall()
    else:
        rows = execute(_SCHEDULED + lock, (*ends, most)).fetchall()
    return [row[0] for row in rows]


def _cancel(terms: Terms, status: Status, actor: str) -> int:
    # The claim and the clock may be moving the same texts: theirs are passed over, not waited for,
    # because two who lock many rows in different orders would wait for each other for ever.
    lock = " FOR UPDATE SKIP LOCKED" if is_postgres() else ""
    found = _waiting(terms, status, spool.size(), lock)
    if not found:
        return 0
    statement = _CANCEL.format(marks=", ".join(["%s"] * len(found)))
    rows = execute(statement, (clock.ms(), *found, status.value)).fetchall()
    segments, cost = sum(row[2] for row in rows), sum(row[3] for row in rows)
    counts.move([counts.Move(terms.batch_id, status, Status.CANCELLED, len(rows), segments, cost)])
    # A text is cancelled once, so its id names this cancelling.
    first = min(row[0] for row in rows)
    release(
        [Settled(terms.batch_id, terms.tenant_id, row[1], row[3]) for row in rows],
        once=f"cancel:{first}",
        subject=terms.batch_id,
        actor=actor,
    )
    return len(rows)
