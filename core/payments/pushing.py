"""Sending prompts: each top-up's at most once, whatever dies in between.

Safaricom has no key against repetition: two identical requests are two prompts. So a push is
claimed and committed before it is sent, and one whose answer was lost, or whose sender died, is
*unknown* and never sent again; its callback or the paybill's confirmation will tell.
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import structlog

from core import clock
from core.database import transaction
from core.gateways.daraja import PushAnswer, Reason
from core.gateways.outcome import Outcome
from core.insisting import insist
from core.money import Money
from core.payments import addresses, provider, querying, rehearsing, transitions
from core.payments.alarms import Cause, raise_alarm
from core.payments.models import PushState, StkPush, TopUp
from core.queue import job
from core.tenants.models import Tenant

# Longer than a push can take, a refused token and its fresh fetch included.
LEASE = timedelta(seconds=150)
# How long a prompt may be on a phone when nobody says how it ended: it lives about a minute.
PROMPT_LIFE = timedelta(seconds=180)
# After this nobody is waiting for the prompt any more, and it would only startle.
GIVE_UP_AFTER = timedelta(minutes=5)
DESCRIPTION = "SMS top-up"
_SWEEP_MAX = 200

log = structlog.get_logger(__name__)


@job(priority=10)
def push(topup_id: str) -> None:
    """Send a top-up's prompt, unless somebody else has, or it is too late. Safe to run twice."""
    if not _claim(topup_id):
        return
    topup = TopUp.get_by_id(topup_id)
    if topup.is_test:
        rehearsing.play(topup)
        return
    # No transaction is open from here until the answer is there.
    answer = _ask(topup)
    if answer.outcome is Outcome.BUSY:
        # Not insisted on: put back twice, it could be taken from whoever is sending it by then.
        _record(topup, answer)
    else:
        insist(lambda: _record(topup, answer))


@job()
def sweep() -> None:
    """Find the pushes whose nudge was lost, and those whose sender died."""
    now = clock.now()
    due = (
        StkPush.select(StkPush.topup_id)
        .where(StkPush.state == PushState.NEW.value, StkPush.push_at <= now)
        .order_by(StkPush.push_at)
        .limit(_SWEEP_MAX)
    )
    for row in list(due):
        push.nudge(row.topup_id)
    died = StkPush.select().where(
        StkPush.state == PushState.SENDING.value, StkPush.lease_until < now
    )
    for row in list(died.limit(_SWEEP_MAX)):
        with transaction():
            _become_unknown(row.topup_id, "The process that was sending it ended.")


def _claim(topup_id: str) -> bool:
    now = clock.now()
    with transaction():
        won = (
            StkPush.update(
                state=PushState.SENDING.value,
                lease_until=now + LEASE,
                sent_at=now,
                open_until=now + PROMPT_LIFE,
            )
            .where(
                StkPush.topup_id == topup_id,
                StkPush.state == PushState.NEW.value,
                StkPush.push_at <= now,
                StkPush.created_at > now - GIVE_UP_AFTER,
            )
            .execute()
        )
        if not won:
            _give_up(topup_id)
    return bool(won)


def _give_up(topup_id: str) -> None:
    """Fail a push that has not left us in time; nothing happens to any other."""
    too_old = (
        StkPush.select(StkPush.topup_id)
        .where(
            StkPush.topup_id == topup_id,
            StkPush.state == PushState.NEW.value,
            StkPush.created_at <= clock.now() - GIVE_UP_AFTER,
        )
        .exists()
    )
    if too_old:
        transitions.fail(TopUp.get_by_id(topup_id), Reason.BUSY.value)


def _ask(topup: TopUp) -> PushAnswer:
    account = Tenant.get_by_id(topup.tenant_id).account_number
    token = StkPush.get_by_id(topup.id).token
    try:
        return provider.gateway().push(
            phone=topup.phone,
            amount_kes=Money(topup.amount).to_kes(),
            # The paybill's confirmation repeats this, and leads back to this very top-up.
            reference=f"{account}-{topup.code}",
            description=DESCRIPTION,
            callback_url=addresses.stk(token),
        )
    except ValueError as wrong:  # refused before anything was sent
        return PushAnswer(Outcome.REFUSED, reason=Reason.CONFIG, message=str(wrong), alarm=True)


def _record(topup: TopUp, answer: PushAnswer) -> None:
    log.info("push_answered", topup=topup.id, outcome=answer.outcome.value, reason=answer.reason)
    with transaction():
        match answer.outcome:
            case Outcome.ACCEPTED:
                _become_prompted(topup, answer)
            case Outcome.REFUSED:
                if transitions.fail(topup, (answer.reason or Reason.THEIR_ERROR).value):
                    _note_refusal(topup.id, answer.message)
            case Outcome.BUSY:
                _wait(topup, answer)
            case Outcome.UNKNOWN:
                _become_unknown(topup.id, answer.message)
        if answer.alarm:
            raise_alarm(
                Cause.PROVIDER,
                f"M-Pesa did not take a push: {answer.code or ''} {answer.message or ''}".strip(),
                tenant_id=topup.tenant_id,
                topup=topup.id,
                outcome=answer.outcome.value,
                reason=answer.reason,
            )


# The states in which the answer still decides. A callback may have ended the push already.
_OPEN_STATES = (PushState.SENDING.value, PushState.UNKNOWN.value)


def _become_prompted(topup: TopUp, answer: PushAnswer) -> None:
    _move(
        topup.id,
        state=PushState.PROMPTED.value,
        lease_until=0,
        query_at=clock.now() + timedelta(seconds=querying.SCHEDULE_S[0]),
    )
    known = StkPush.get_by_id(topup.id)
    mine = answer.checkout_request_id
    taken = known.checkout_request_id is None and (
        StkPush.select().where(StkPush.checkout_request_id == mine).exists()
    )
    if taken or known.checkout_request_id not in (None, mine):
        raise_alarm(
            Cause.OTHER_CHECKOUT,
            "M-Pesa's answer to a push has another CheckoutRequestID than its callback, "
            "or one that another push has.",
            tenant_id=topup.tenant_id,
            topup=topup.id,
        )
        return
    StkPush.update(checkout_request_id=mine, merchant_request_id=answer.merchant_request_id).where(
        StkPush.topup_id == topup.id,
        StkPush.checkout_request_id.is_null() | (StkPush.checkout_request_id == mine),
    ).execute()


def _wait(topup: TopUp, answer: PushAnswer) -> None:
    """Put back a push that never left us, to be sent a little later."""
    row = StkPush.get_by_id(topup.id)
    age_s = (clock.now() - row.created_at).total_seconds()
    delay_s = max(answer.retry_after_s or 0.0, min(2.0 + age_s / 2, 30.0))
    # Jitter, or all that were turned away together would come back together.
    delay_s *= random.uniform(1.0, 1.3)  # noqa: S311
    at = clock.now() + timedelta(seconds=delay_s)
    if at > row.created_at + GIVE_UP_AFTER:
        transitions.fail(topup, Reason.BUSY.value)
        return
    _move(
        topup.id,
        state=PushState.NEW.value,
        push_at=at,
        lease_until=0,
        sent_at=None,
        open_until=row.created_at + GIVE_UP_AFTER,
        why=(answer.message or "")[:300] or None,
    )


def _become_unknown(topup_id: str, why: str | None) -> None:
    row = StkPush.get_by_id(topup_id)
    _move(
        topup_id,
        state=PushState.UNKNOWN.value,
        lease_until=0,
        query_at=querying.next_look(row),
        why=(why or "")[:300] or None,
    )


def _note_refusal(topup_id: str, why: str | None) -> None:
    StkPush.update(state=PushState.REFUSED.value, why=(why or "")[:300] or None).where(
        StkPush.topup_id == topup_id
    ).execute()


def _move(topup_id: str, **values: Any) -> None:
    StkPush.update(**values).where(
        StkPush.topup_id == topup_id, StkPush.state.in_(_OPEN_STATES)
    ).execute()
