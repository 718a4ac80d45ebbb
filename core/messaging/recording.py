"""Recording what a gateway answered: outcomes, money and figures in one transaction. A hot path.

`_mark` is set-based SQL in two dialects; `_mark_plainly` is the same in plain Peewee and states
what it means; a property test holds them equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from core import clock, events, phone
from core.cache import TTLCache
from core.database import execute, execute_many, is_postgres, opened, transaction
from core.gateways.outcome import Outcome
from core.gateways.rehearsal import Rehearsal
from core.gateways.sms import Answer, RowAnswer
from core.ledger import holds
from core.ledger.accounts import Purse
from core.messaging import counts, reasons, slots, usage
from core.messaging.claimed import Claimed
from core.messaging.claiming import Claim
from core.messaging.models import (
    REHEARSAL_ACCOUNT,
    SHARED_ACCOUNT,
    Charge,
    GatewayAccount,
    Message,
    Report,
    Status,
    Submission,
    SubmissionState,
)
from core.messaging.settling import Settled, purse_of, settle, write_off
from core.messaging.usage import Tally

LOST_ANSWER = reasons.ANSWER_LOST
REPLY_KEPT = 20_000
# The sender IDs whose refusal was told of lately.
_told: TTLCache[tuple[int, int, str], str] = TTLCache(seconds=60, size=1000)


class Mark(NamedTuple):
    """What one text becomes."""

    id: str
    status: str
    charge: str
    provider_id: str | None
    reason: str | None


_OUTCOMES = {
    Outcome.ACCEPTED: (Status.SUBMITTED.value, Charge.TAKEN.value),
    Outcome.REFUSED: (Status.REJECTED.value, Charge.RELEASED.value),
    Outcome.UNKNOWN: (Status.UNKNOWN.value, Charge.HELD.value),
}


def record(claim: Claim, answer: Answer) -> None:
    """Write down what became of a claim.

    It may come late: a submission that was given up as unknown is put right by the answer after
    all, because the texts' price is still held.
    """
    if _may_try_again(answer):
        _put_back(claim, answer)
        return
    rows = answer.rows if answer.outcome is Outcome.ACCEPTED else _all_alike(claim, answer)
    marks = [_as_mark(claim, text, row) for text, row in zip(claim.texts, rows, strict=True)]
    state = {
        Outcome.ACCEPTED: SubmissionState.ANSWERED,
        Outcome.REFUSED: SubmissionState.REFUSED,
        Outcome.UNKNOWN: SubmissionState.UNKNOWN,
    }[answer.outcome]
    with transaction():
        _close(claim, state, answer)
        standing = _standing(claim.submission_id)
        going = [mark for mark in marks if mark.id in standing]
        _mark(going)
        _settle(claim, going, standing)
        _tell_refused(claim, going, rows)
        if claim.account_id != SHARED_ACCOUNT:
            _rehearse(claim, rows)
    _watch_account(claim, answer)


def _may_try_again(answer: Answer) -> bool:
    """Say whether all texts were turned away, for no fault of theirs.

    In a call that took some of them a row is believed to be refused for its own sake, whatever it
    says: a text that is always refused must not come back for ever.
    """
    if answer.outcome is Outcome.ACCEPTED:
        return bool(answer.rows) and all(
            row.outcome is Outcome.REFUSED and row.blocked for row in answer.rows
        )
    return answer.outcome is Outcome.BUSY or (answer.outcome is Outcome.REFUSED and answer.blocked)


def _all_alike(claim: Claim, answer: Answer) -> Sequence[RowAnswer]:
    # How an answer was lost is for the operator, and stands in the request; not for the sender.
    why = None if answer.outcome is Outcome.UNKNOWN else answer.why
    return [RowAnswer(answer.outcome, code=answer.code, why=why)] * len(claim.texts)


def _as_mark(claim: Claim, text: Claimed, row: RowAnswer) -> Mark:
    status, charge = _OUTCOMES[row.outcome]
    if claim.account_id == REHEARSAL_ACCOUNT and row.why:
        reason: str | None = row.why  # made up, and says so
    elif row.outcome is Outcome.UNKNOWN:
        reason = reasons.ANSWER_LOST
    elif row.outcome is Outcome.REFUSED:
        reason = reasons.of_refusal(row.code, row.why)
    else:
        reason = None if row.provider_id else reasons.NO_PROVIDER_ID
    return Mark(text.id, status, charge, row.provider_id, reason)


def _tell_refused(claim: Claim, marks: Sequence[Mark], rows: Sequence[RowAnswer]) -> None:
    """Tell the operator of a sender ID that the gateway refuses: now and then, not at each text."""
    if all(mark.reason != reasons.SENDER_REFUSED for mark in marks):
        return
    key = (opened(), claim.account_id, claim.sender)
    if _told.get(key, lambda: claim.submission_id) == claim.submission_id:
        why = next((row.why for row in rows if row.outcome is Outcome.REFUSED), None)
        events.record(
            "sender_id.refused",
            claim.tenant_id,
            sender_id=claim.sender,
            account_id=claim.account_id,
            why=(why or "")[:200],
        )


def _put_back(claim: Claim, answer: Answer) -> None:
    """Nothing has left us: queue the texts again and leave the account alone for a while."""
    state = SubmissionState.BUSY if answer.outcome is Outcome.BUSY else SubmissionState.REFUSED
    with transaction():
        slots.lock(claim.account_id)  # as a claim does, before it comes to the texts
        _close(claim, state, answer)
        _queue_again(claim)
        _rest(claim, answer)


def let_go(claim: Claim) -> None:
    """Queue the texts of a claim again that was never posted: its time had run out."""
    answer = Answer(Outcome.BUSY, why="The worker came to it too late and posted nothing.")
    with transaction():
        _close(claim, SubmissionState.BUSY, answer)
        _queue_again(claim)


def _queue_again(claim: Claim) -> None:
    """Queue a claim's texts, those too that were given up as unknown meanwhile."""
    standing = _standing(claim.submission_id)
    execute(
        "UPDATE message SET status = 'queued', submission_id = NULL, submitted_at = NULL, "
        "reason = NULL WHERE submission_id = %s AND status IN ('submitting', 'unknown')",
        (claim.submission_id,),
    )
    usage.bump(_no_longer_in_doubt(claim, standing))
    back = [text for text in claim.texts if text.id in standing]
    _count(back, standing, dict.fromkeys(standing, Status.QUEUED.value))


def _count(texts: Sequence[Claimed], before: dict[str, int | None], after: dict[str, str]) -> None:
    """Move texts in the counts of their campaigns, out of doubt or off the way."""
    counts.move(
        counts.Move(
            text.batch_id,
            Status.SUBMITTING if before[text.id] is None else Status.UNKNOWN,
            after[text.id],
            1,
            text.segments,
            text.cost,
        )
        for text in texts
    )


def _close(claim: Claim, state: SubmissionState, answer: Answer) -> None:
    Submission.update(
        state=state.value,
        answered_at=clock.ms(),
        why=answer.why and answer.why[:300],
        reply=answer.raw[:REPLY_KEPT],
    ).where(Submission.id == claim.submission_id).execute()


def _watch_account(claim: Claim, answer: Answer) -> None:
    """Slow down when the account itself is in trouble, and forget trouble that is over."""
    if answer.outcome is Outcome.ACCEPTED and not _is_blocked(answer):
        slots.worked(claim.account_id)
        return
    with transaction():
        _rest(claim, answer)


def _is_blocked(answer: Answer) -> bool:
    return answer.blocked or any(row.blocked for row in answer.rows)


def _rest(claim: Claim, answer: Answer) -> None:
    """Leave the account alone for a while, and tell the operator of trouble that is new.

    The same words at every try, until one works, are one trouble.
    """
    blocked = next((row for row in answer.rows if row.blocked), None)
    why = ((blocked.why if blocked else answer.why) or answer.outcome.value)[:300]
    before = GatewayAccount.get_by_id(claim.account_id).paused_why
    is_new = slots.pause(claim.account_id, why, retry_after_s=answer.retry_after_s)
    if is_new and _is_blocked(answer) and before != why:
        events.record("gateway.blocked", None, account_id=claim.account_id, why=why)


def _settle(claim: Claim, marks: list[Mark], before: dict[str, int | None]) -> None:
    """Take and release the price of the texts that were changed, and count them."""
    texts = {text.id: text for text in claim.texts}
    is_test = purse_of(claim.account_id) is Purse.PLAY
    day = holds.today()
    taken, released, counted, segments = [], [], [], 0
    for mark in marks:
        text = texts[mark.id]
        part = Settled(text.batch_id, claim.tenant_id, claim.account_id, text.cost)
        if mark.charge == Charge.TAKEN.value:
            taken.append(part)
            segments += text.segments
        elif mark.charge == Charge.RELEASED.value:
            released.append(part)
        operator = phone.operator(text.msisdn)
        tally = Tally(claim.tenant_id, day, claim.sender, operator, mark.status, is_test)
        counted.append((tally, 1, text.segments, text.cost))
    usage.bump(counted + _no_longer_in_doubt(claim, before))
    changed = [texts[mark.id] for mark in marks]
    _count(changed, before, {mark.id: mark.status for mark in marks})
    settle(taken, released, once=claim.submission_id, subject=claim.submission_id)
    if claim.account_id == SHARED_ACCOUNT:
        write_off(segments, once=claim.submission_id)


_STANDING = """
    SELECT id, CASE WHEN status = 'unknown' THEN submitted_at END FROM message
    WHERE submission_id = %s AND status IN ('submitting', 'unknown') ORDER BY id
"""


def _standing(submission_id: str) -> dict[str, int | None]:
    """Read, and lock, which texts of a submission an answer may still change.

    Each with the moment (in ms) it was given up as unknown, if it was.
    """
    lock = " FOR UPDATE" if is_postgres() else ""
    return dict(execute(_STANDING + lock, (submission_id,)).fetchall())


def _no_longer_in_doubt(
    claim: Claim, before: dict[str, int | None]
) -> list[tuple[Tally, int, int, int]]:
    """Take texts that were given up as unknown from the figures of the day that happened."""
    is_test = purse_of(claim.account_id) is Purse.PLAY
    changes = []
    for text in claim.texts:
        given_up = before.get(text.id)
        if given_up is not None:
            day = clock.day_number(clock.from_ms(given_up))
            operator, doubt = phone.operator(text.msisdn), Status.UNKNOWN.value
            tally = Tally(claim.tenant_id, day, claim.sender, operator, doubt, is_test)
            changes.append((tally, -1, -text.segments, -text.cost))
    return changes


_MARK_POSTGRES = """
    UPDATE message SET status = r.status, charge = r.charge, provider_id = r.provider_id,
           reason = r.reason, submitted_at = %s,
           final_at = CASE WHEN r.status = 'rejected' THEN %s::int8 END
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
         AS r (id, status, charge, provider_id, reason)
    WHERE message.id = r.id
"""
_MARK_SQLITE = """
    UPDATE message SET status = %s, charge = %s, provider_id = %s, reason = %s,
           submitted_at = %s, final_at = %s
    WHERE id = %s
"""


def _mark(marks: list[Mark]) -> None:
    """Change the locked texts of one submission."""
    if not marks:
        return
    now = clock.ms()
    if is_postgres():
        columns = [list(column) for column in zip(*marks, strict=True)]
        execute(_MARK_POSTGRES, (now, now, *columns))
        return
    execute_many(
        _MARK_SQLITE,
        [
            (*mark[1:], now, now if mark.status == Status.REJECTED.value else None, mark.id)
            for mark in marks
        ],
    )


def _mark_plainly(marks: list[Mark]) -> None:
    """Do what `_mark` does, a text at a time."""
    for mark in marks:
        Message.update(
            status=mark.status,
            charge=mark.charge,
            provider_id=mark.provider_id,
            reason=mark.reason,
            submitted_at=clock.ms(),
            final_at=clock.ms() if mark.status == Status.REJECTED.value else None,
        ).where(Message.id == mark.id).execute()


def _rehearse(claim: Claim, rows: Sequence[RowAnswer]) -> None:
    """Let test texts be reported on, as the gateway would by and by."""
    if purse_of(claim.account_id) is not Purse.PLAY:
        return
    now = clock.ms()
    for report in Rehearsal().reports_for(rows):
        due = now + int(report.delay_s * 1000)
        Report.insert(
            account_id=claim.account_id,
            provider_id=report.provider_id,
            word=report.word,
            verdict="delivered" if report.word == "DELIVRD" else "undelivered",
            state="waiting",
            retry_at=due,
            received_at=due,
        ).execute()


def give_up(claim_id: str) -> int:
    """Call a submission unknown whose worker has died or whose answer never came.

    Nothing of it is ever sent again. Returns how many texts are in doubt.
    """
    with transaction():
        row = execute(
            "UPDATE submission SET state = 'unknown', answered_at = %s, why = %s "
            "WHERE id = %s AND state = 'posting' RETURNING 1",
            (clock.ms(), "The worker stopped before the answer was recorded.", claim_id),
        ).fetchone()
        if row is None:
            return 0
        rows = execute(
            "UPDATE message SET status = 'unknown', reason = %s, submitted_at = %s "
            "WHERE submission_id = %s AND status = 'submitting' "
            "RETURNING batch_id, tenant_id, sender, msisdn, account_id, segments, cost",
            (LOST_ANSWER, clock.ms(), claim_id),
        ).fetchall()
        day = holds.today()
        usage.bump(
            (
                Tally(
                    tenant_id,
                    day,
                    sender,
                    phone.operator(msisdn),
                    Status.UNKNOWN.value,
                    purse_of(account_id) is Purse.PLAY,
                ),
                1,
                segments,
                cost,
            )
            for _, tenant_id, sender, msisdn, account_id, segments, cost in rows
        )
        counts.move(
            counts.Move(row[0], Status.SUBMITTING, Status.UNKNOWN, 1, row[5], row[6])
            for row in rows
        )
        return len(rows)
