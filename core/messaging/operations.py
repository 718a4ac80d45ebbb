"""What the operator can see and do about sending as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core import clock, events, ids, phone
from core.database import execute, transaction
from core.ledger.accounts import Purse
from core.messaging import counts, reasons, usage
from core.messaging.dispatch import sweep
from core.messaging.errors import SubmissionNotFound
from core.messaging.models import (
    REHEARSAL_ACCOUNT,
    SHARED_ACCOUNT,
    Charge,
    GatewayAccount,
    Status,
    Submission,
    SubmissionState,
    Switch,
)
from core.messaging.settling import Settled, purse_of, settle, write_off
from core.messaging.usage import Tally
from core.tenants import audit

SENDING = "sending"


def pause_sending(reason: str, *, actor: str, channel: str = "api") -> bool:
    """Stop all hand-over, within a claim or so. Returns False when it was stopped already."""
    since = clock.ms()
    with transaction():
        row = execute(
            "INSERT INTO switch (name, since, actor, reason) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (name) DO NOTHING RETURNING 1",
            (SENDING, since, actor, reason[:300]),
        ).fetchone()
        if row is not None:
            audit.record(None, actor, channel, "sending.pause", after={"reason": reason})
            events.record("sending.paused", None, actor=actor, reason=reason, since=since)
    return row is not None


def resume_sending(*, actor: str, channel: str = "api", since_ms: int | None = None) -> bool:
    """Go on where it stopped. Returns False when nothing was stopped.

    With `since_ms` only the stop that began then is ended, and no later one.
    """
    with transaction():
        row = execute(
            "DELETE FROM switch WHERE name = %s AND since = COALESCE(%s, since) "
            "RETURNING reason, since",
            (SENDING, since_ms),
        ).fetchone()
        if row is not None:
            audit.record(None, actor, channel, "sending.resume", before={"reason": row[0]})
            events.record("sending.resumed", None, actor=actor, since=row[1])
    sweep.nudge()
    return row is not None


def sending_paused() -> Switch | None:
    """Return who stopped sending, when and why, if it is stopped."""
    return Switch.get_or_none(Switch.name == SENDING)


def accounts() -> list[GatewayAccount]:
    """List the gateway accounts with their state."""
    return list(GatewayAccount.select().order_by(GatewayAccount.id))


class Verdict(StrEnum):
    """What an admin found out about a submission in doubt."""

    SENT = "sent"
    NOT_SENT = "not_sent"


def in_doubt(limit: int = 100) -> list[Submission]:
    """List submissions that may or may not have gone, oldest first, while texts of theirs are open.

    A row of one can be in doubt even where the gateway answered, when its answer left it out. Test
    texts whose number asks for doubt are left out: they are many, and nobody waits for them.
    """
    rows = execute(
        "SELECT DISTINCT submission_id FROM message "
        "WHERE status = 'unknown' AND account_id <> %s ORDER BY submission_id LIMIT %s",
        (REHEARSAL_ACCOUNT, limit),
    ).fetchall()
    return list(
        Submission.select()
        .where(Submission.id.in_([row[0] for row in rows]))
        .order_by(Submission.id)
    )


@dataclass(frozen=True, slots=True)
class SettledDoubt:
    """How many texts an admin's verdict settled."""

    submission_id: str
    messages: int


_DECIDE = """
    UPDATE message SET status = %s, charge = %s, reason = %s, final_at = %s
    WHERE submission_id = %s AND status = 'unknown'
    RETURNING batch_id, tenant_id, account_id, cost, segments, sender, msisdn, submitted_at
"""


def settle_doubt(
    submission_id: str, verdict: Verdict, *, actor: str, channel: str = "api"
) -> SettledDoubt:
    """Take the price of a submission's texts in doubt, or give it back. Nothing is ever resent.

    Raises: SubmissionNotFound.
    """
    went = verdict is Verdict.SENT
    status = Status.SUBMITTED if went else Status.REJECTED
    charge = Charge.TAKEN if went else Charge.RELEASED
    now = clock.ms()
    with transaction():
        # In the order in which an answer takes these locks: request, texts, figures, money.
        Submission.update(state=SubmissionState.ANSWERED.value).where(
            Submission.id == submission_id, Submission.state == SubmissionState.UNKNOWN.value
        ).execute()
        rows = execute(
            _DECIDE,
            (
                status.value,
                charge.value,
                None if went else reasons.NOT_SENT,
                None if went else now,
                submission_id,
            ),
        ).fetchall()
        if not rows:
            raise SubmissionNotFound
        _recount(rows, status)
        texts = [Settled(*row[:4]) for row in rows]
        once = ids.new("fix")
        settle(
            texts if went else (),
            () if went else texts,
            once=once,
            subject=submission_id,
            actor=actor,
        )
        if went:
            ours = [row[4] for row in rows if row[2] == SHARED_ACCOUNT]
            write_off(sum(ours), once=once)
        audit.record(
            rows[0][1],
            actor,
            channel,
            "submission.settle",
            subject=submission_id,
            after={"verdict": verdict.value, "messages": len(rows)},
        )
    return SettledDoubt(submission_id, len(rows))


def _recount(rows: list[tuple[Any, ...]], status: Status) -> None:
    changes = []
    for _, tenant_id, account_id, cost, segments, sender, msisdn, submitted_at in rows:
        doubt = Tally(
            tenant_id,
            clock.day_number(clock.from_ms(submitted_at)),
            sender,
            phone.operator(msisdn),
            Status.UNKNOWN.value,
            purse_of(account_id) is Purse.PLAY,
        )
        changes.append((doubt, -1, -segments, -cost))
        changes.append((doubt._replace(status=status.value), 1, segments, cost))
    usage.bump(changes)
    counts.move(counts.Move(row[0], Status.UNKNOWN, status, 1, row[4], row[3]) for row in rows)
