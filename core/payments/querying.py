"""Asking what became of a push when no callback says so.

A query has no receipt and no amount, and one was seen to answer *failed* for a payment that
succeeded. So it can say "paid, receipt to come" or "failed, as far as we can see", and nothing
else: it never credits, and never overrides a success.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from core import clock, pace
from core.database import transaction
from core.gateways.daraja import QueryAnswer, State, result
from core.payments import provider, transitions
from core.payments.alarms import Cause, raise_alarm
from core.payments.models import StkPush, TopUp, TopUpStatus
from core.queue import job
from core.settings import settings

# Seconds after the push; then every QUARTER until a DAY has passed, and a last time after two.
SCHEDULE_S = (20, 40, 65, 95, 150, 300)
QUARTER = timedelta(minutes=15)
DAY = timedelta(hours=24)
TWO_DAYS = timedelta(hours=48)
# How long a claimed question is left alone: whoever claimed it may have died asking.
_CLAIM = timedelta(seconds=90)
_BUSY_WAIT_S = 30.0
_ROUND_MAX = 50

log = structlog.get_logger(__name__)


def next_look(push: StkPush) -> datetime | None:
    """Say when to look at an unfinished push next; None when it is time to give up.

    One without a CheckoutRequestID cannot be asked about: it only waits for news, an alarm after a
    day, and its end after two.
    """
    start: datetime = push.sent_at or push.created_at
    now = clock.now()
    if push.checkout_request_id is not None:
        for after_s in SCHEDULE_S:
            if (at := start + timedelta(seconds=after_s)) > now:
                return at
        if now + QUARTER < start + DAY:
            return now + QUARTER
    for end in (start + DAY, start + TWO_DAYS):
        if end > now:
            return end
    return None


@job()
def sweep() -> None:
    """Look at every push whose time has come, as far as the allowance of questions goes."""
    seen: list[str] = []
    for _ in range(_ROUND_MAX):
        push = _most_due(seen)
        if push is None:
            return
        seen.append(push.topup_id)
        topup = TopUp.get_by_id(push.topup_id)
        checkout_id = push.checkout_request_id
        if topup.status == TopUpStatus.CONFIRMING or checkout_id is None:
            _look_without_asking(push)
            continue
        if not _turn():
            return
        if _claim(push) and not _ask(push, checkout_id):
            return


def _most_due(seen: list[str]) -> StkPush | None:
    # Those asked about least come first: a hundred lost ones must not starve a fresh one.
    query = (
        StkPush.select()
        .where(StkPush.query_at <= clock.now())
        .order_by(StkPush.queries, StkPush.query_at)
    )
    if seen:
        query = query.where(StkPush.topup_id.not_in(seen))
    found: StkPush | None = query.first()
    return found


def _turn() -> bool:
    """Take a turn of the allowance that all workers share."""
    mpesa = settings().mpesa
    return pace.turn(
        f"mpesa-query:{mpesa.shortcode}", every_ms=60_000 // max(1, mpesa.query_per_minute)
    )


def _claim(push: StkPush) -> bool:
    """Take the question, so that no other worker asks it; `push` then carries our claim."""
    until = clock.now() + _CLAIM
    with transaction():
        won = (
            StkPush.update(queries=StkPush.queries + 1, query_at=until)
            .where(StkPush.topup_id == push.topup_id, StkPush.query_at == push.query_at)
            .execute()
        )
    push.query_at = until
    return bool(won)


def _ask(push: StkPush, checkout_id: str) -> bool:
    """Ask, and act on the answer. False when the provider wants to be left alone for now."""
    answer = provider.gateway().query(checkout_id)
    log.info("push_queried", topup=push.topup_id, state=answer.state.value, code=answer.result_code)
    with transaction():
        if answer.alarm:
            raise_alarm(
                Cause.PROVIDER,
                f"M-Pesa did not answer a query: {answer.result_code} {answer.result_text}",
                topup=push.topup_id,
            )
        _act_on(push, answer)
    return answer.state is not State.BUSY


def _act_on(push: StkPush, answer: QueryAnswer) -> None:
    topup = TopUp.get_by_id(push.topup_id)
    if answer.state is State.BUSY:
        wait_s = max(answer.retry_after_s or 0.0, _BUSY_WAIT_S)
        _look_again(push, clock.now() + timedelta(seconds=wait_s))
        return
    if answer.state is State.ENDED and answer.result_code is not None:
        code = answer.result_code
        if code == "0":
            transitions.confirm(topup)
            return
        if result(code).final and transitions.fail(topup, code):
            return
    if topup.status == TopUpStatus.FAILED:
        _look_again(push, transitions.watch_at(push))
    else:
        _wait_on(push, topup)


def _look_without_asking(push: StkPush) -> None:
    """Do what time alone brings: an alarm over a receipt that does not come, or the end."""
    if not _claim(push):
        return
    with transaction():
        topup = TopUp.get_by_id(push.topup_id)
        if topup.status != TopUpStatus.CONFIRMING:
            _wait_on(push, topup)
            return
        raise_alarm(
            Cause.CONFIRMING_LONG,
            "M-Pesa said half an hour ago that this was paid, and no receipt has come. "
            "Look for it in the organisation portal.",
            tenant_id=topup.tenant_id,
            topup=topup.id,
        )
        _look_again(push, None)


def _wait_on(push: StkPush, topup: TopUp) -> None:
    """Keep waiting for a push that is not known to have ended, or give it up."""
    at = next_look(push)
    if at is None:
        transitions.expire(topup)
        _look_again(push, None)
        return
    if clock.now() >= (push.sent_at or push.created_at) + DAY:
        raise_alarm(
            Cause.UNKNOWN_LONG,
            "A day after a push nobody has said how it ended.",
            tenant_id=topup.tenant_id,
            topup=topup.id,
        )
    _look_again(push, at)


def _look_again(push: StkPush, at: object) -> None:
    # Only while our claim stands: a callback may have ended the push while we asked.
    StkPush.update(query_at=at).where(
        StkPush.topup_id == push.topup_id, StkPush.query_at == push.query_at
    ).execute()
