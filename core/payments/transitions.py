"""Every change of a top-up's state, each one conditional, so that events may come in any order.

Success wins over everything before it and is never undone; failure and expiry never change into
each other. All of these join the caller's transaction, and all lock the top-up before its push.
"""

from __future__ import annotations

from datetime import timedelta

from core import clock, events
from core.gateways.daraja import Charged, Reason, result
from core.money import Money
from core.payments.alarms import Cause, raise_alarm
from core.payments.models import PushState, StkPush, TopUp, TopUpStatus

CONFIRMING_ALARM_AFTER = timedelta(minutes=30)
# A failure that may yet turn out a success is asked about again, this long after the push.
WATCH_S = (300, 1200)

# A phone that is busy with another prompt or menu must be left alone for a while: a push in that
# time fails too, or makes the open one fail even with the right PIN.
_LOCKED = frozenset({"1001", Reason.PHONE_BUSY.value})
LOCK_WAIT = timedelta(seconds=60)

_OVER = (TopUpStatus.FAILED.value, TopUpStatus.EXPIRED.value)


def complete(topup: TopUp, receipt: str, amount: Money, *, counted: bool = True) -> bool:
    """Mark a top-up paid. False when it was already.

    `counted` is false for the one odd case that this receipt's money already counts under another
    top-up (see `crediting`).
    """
    done = (
        TopUp.update(
            status=TopUpStatus.COMPLETED.value,
            paid=amount.units if counted else None,
            receipt=receipt,
            result_code="0",
            ended_at=clock.now(),
        )
        .where(TopUp.id == topup.id, TopUp.status != TopUpStatus.COMPLETED.value)
        .execute()
    )
    if not done:
        return False
    _close_push(topup.id)
    is_late = topup.status in _OVER
    _record("topup.completed", topup, "completed", paid=amount, receipt=receipt, late=is_late)
    if topup.amount != amount.units:
        events.record(
            "payment.amount_differs",
            topup.tenant_id,
            topup=topup.id,
            receipt=receipt,
            asked=Money(topup.amount).text(),
            paid=amount.text(),
            currency="KES",
        )
    return True


def confirm(topup: TopUp) -> bool:
    """Note that M-Pesa says paid, without the receipt that could be credited."""
    done = (
        TopUp.update(status=TopUpStatus.CONFIRMING.value, result_code="0", ended_at=None)
        .where(TopUp.id == topup.id, TopUp.status.in_([TopUpStatus.PENDING.value, *_OVER]))
        .execute()
    )
    if not done:
        return False
    _close_push(topup.id, query_at=clock.now() + CONFIRMING_ALARM_AFTER)
    _record("topup.confirming", topup, "confirming")
    return True


def fail(topup: TopUp, code: str, *, even_confirming: bool = False) -> bool:
    """Mark a top-up failed with the provider's code or our own word for the reason.

    Only a callback may take back a `confirming`, which was the word of a mere query.
    """
    from_states = [TopUpStatus.PENDING.value]
    if even_confirming:
        from_states.append(TopUpStatus.CONFIRMING.value)
    done = (
        TopUp.update(status=TopUpStatus.FAILED.value, result_code=code[:30], ended_at=clock.now())
        .where(TopUp.id == topup.id, TopUp.status.in_(from_states))
        .execute()
    )
    if not done:
        return False
    _close_push(topup.id, query_at=_watch_at(topup, code))
    if code in _LOCKED:
        StkPush.update(is_open=True, open_until=clock.now() + LOCK_WAIT).where(
            StkPush.topup_id == topup.id
        ).execute()
    _record("topup.failed", topup, "failed", code=code)
    if result(code).alarm:
        raise_alarm(
            Cause.PROVIDER,
            f"A push ended with code {code}, which is about our account with M-Pesa.",
            tenant_id=topup.tenant_id,
            topup=topup.id,
        )
    return True


def expire(topup: TopUp) -> bool:
    """Give up waiting for news of a top-up; a payment that comes after all still counts."""
    done = (
        TopUp.update(status=TopUpStatus.EXPIRED.value, ended_at=clock.now())
        .where(TopUp.id == topup.id, TopUp.status == TopUpStatus.PENDING.value)
        .execute()
    )
    if not done:
        return False
    _close_push(topup.id)
    _record("topup.failed", topup, "expired")
    return True


def _close_push(topup_id: str, *, query_at: object = None) -> None:
    StkPush.update(
        state=PushState.ENDED.value, is_open=False, lease_until=0, query_at=query_at
    ).where(StkPush.topup_id == topup_id).execute()


def _watch_at(topup: TopUp, code: str) -> object:
    """When to ask again after a failure, if there is any chance that it was none."""
    if result(code).charged is Charged.NO:
        return None
    push = StkPush.get_or_none(StkPush.topup_id == topup.id)
    return watch_at(push) if push is not None else None


def watch_at(push: StkPush) -> object:
    """Return the next time to look at a failed push that may have been paid; None: no more."""
    if push.checkout_request_id is None or push.sent_at is None:
        return None
    times = (push.sent_at + timedelta(seconds=after_s) for after_s in WATCH_S)
    return next((time for time in times if time > clock.now()), None)


def _record(
    event: str,
    topup: TopUp,
    status: str,
    *,
    paid: Money | None = None,
    receipt: str | None = None,
    code: str | None = None,
    late: bool = False,
) -> None:
    events.record(
        event,
        topup.tenant_id,
        topup=topup.id,
        status=status,
        method=topup.method,
        phone=topup.phone,
        amount=Money(topup.amount).text(),
        paid=paid.text() if paid else None,
        currency="KES",
        receipt=receipt,
        code=code,
        late=late,
        actor=topup.actor,
        test=topup.is_test,
    )
