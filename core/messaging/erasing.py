"""Taking somebody out of the texts to and from them: a pseudonym for the number, no words.

Everything here runs inside the caller's transaction and under the lock of the business's book, so
that no campaign is filled meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core import clock
from core.contacts.models import Suppression
from core.database import execute, is_postgres
from core.messaging import counts, suppression
from core.messaging.models import Charge, Inbound, Message, Report, Status, Submission
from core.messaging.reasons import REASON_LEFT
from core.messaging.settling import Settled, release

_AT_ONCE = 1000
_WAITING = (Status.SCHEDULED.value, Status.QUEUED.value)

_NAMED = "SELECT submission_id, provider_id FROM message WHERE tenant_id = %s AND msisdn = %s"
_TEXTS = """
    SELECT id, batch_id, account_id, status, segments, cost
    FROM message WHERE tenant_id = %s AND msisdn = %s ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Texts:
    """How many texts there were, and how many of them had not gone and were taken back."""

    found: int
    cancelled: int


def texts(tenant_id: int, msisdn: str, pseudonym: str, *, once: str, actor: str) -> Texts:
    """Blank all texts to a number, and take back those that wait, with their price.

    What is on its way goes; should it come back into the queue, it stops at the hand-over, because
    a pseudonym is nobody to hand a text to.
    """
    _what_gateways_said(tenant_id, msisdn)
    lock = " FOR UPDATE" if is_postgres() else ""
    rows = execute(_TEXTS + lock, (tenant_id, msisdn)).fetchall()
    waiting = [row for row in rows if row[3] in _WAITING]
    for part in _parts([row[0] for row in waiting]):
        Message.update(
            status=Status.CANCELLED.value,
            charge=Charge.RELEASED.value,
            final_at=clock.now(),
            due_at=None,
            reason=suppression.ERASED,
        ).where(Message.id.in_(part)).execute()
    for part in _parts([row[0] for row in rows]):
        Message.update(msisdn=pseudonym, body="", reason=REASON_LEFT).where(
            Message.id.in_(part)
        ).execute()
    counts.move(
        counts.Move(row[1], row[3], Status.CANCELLED.value, 1, row[4], row[5]) for row in waiting
    )
    release(
        [Settled(row[1], tenant_id, row[2], row[5]) for row in waiting],
        once=f"erase:{once}",
        subject=once,
        actor=actor,
    )
    return Texts(len(rows), len(waiting))


def _what_gateways_said(tenant_id: int, msisdn: str) -> None:
    """Take the number out of the gateway's answers and reports about these texts.

    Before the texts are locked: whoever works through answers or reports locks in this order, too.
    What comes later is looked after by whoever works through it.
    """
    rows = execute(_NAMED, (tenant_id, msisdn)).fetchall()
    for part in _parts(sorted({row[0] for row in rows if row[0]})):
        for each in Submission.select().where(Submission.id.in_(part)).order_by(Submission.id):
            if each.reply and msisdn in each.reply:
                Submission.update(reply=each.reply.replace(msisdn, "")).where(
                    Submission.id == each.id
                ).execute()
    for part in _parts(sorted({row[1] for row in rows if row[1]})):
        Report.update(msisdn=None, detail=None).where(Report.provider_id.in_(part)).execute()


def replies(tenant_id: int, msisdn: str, pseudonym: str) -> int:
    """Blank all that a number has sent to a business. Returns how many texts that were."""
    return int(
        Inbound.update(msisdn=pseudonym, body="")
        .where(Inbound.tenant_id == tenant_id, Inbound.msisdn == msisdn)
        .execute()
    )


def opt_outs(tenant_id: int, msisdn: str, pseudonym: str) -> int:
    """Keep a number's opt-outs under the pseudonym. Returns how many there were."""
    mine = (Suppression.tenant_id == tenant_id) & (Suppression.msisdn == msisdn)
    rows = list(Suppression.select().where(mine))
    for row in rows:
        Suppression.insert(
            tenant_id=tenant_id,
            msisdn=pseudonym,
            category=row.category,
            source=row.source,
            created_at=row.created_at,
        ).on_conflict_ignore().execute()
    Suppression.delete().where(mine).execute()
    return len(rows)


def _parts(values: Sequence[str]) -> list[Sequence[str]]:
    return [values[at : at + _AT_ONCE] for at in range(0, len(values), _AT_ONCE)]
