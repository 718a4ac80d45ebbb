"""Everything at once: the books stay right, nothing waits for itself, no text goes twice."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

import peewee

from core.errors import Refused
from core.gateways.onfon import Report as Received
from core.gateways.onfon import Verdict
from core.gateways.outcome import Outcome
from core.gateways.sms import Answer, RowAnswer
from core.messaging import (
    cancelling,
    claiming,
    dispatch,
    operations,
    recording,
    refunds,
    reports,
    sending,
    suppression,
)
from core.messaging.jobs import queue_scheduled
from core.messaging.models import REHEARSAL_ACCOUNT, SHARED_ACCOUNT, GatewayAccount, Message
from tests.messaging.scene import (
    NOON,
    Make,
    assert_proved,
    at,
    fresh_number,
    send,
    statuses,
    wake_reports,
)
from tests.races import together

STORM_S, ACTS = 2.0, 100  # a slow machine takes longer for as much


class Moody:
    """A gateway that accepts, refuses, forgets, and is busy, as chance will have it."""

    def __init__(self) -> None:
        self.took: Counter[str] = Counter()
        self._lock = threading.Lock()

    def send(self, sender_id: str, rows: Sequence[tuple[str, str]], unicode: bool) -> Answer:
        mood = random.random()
        if mood < 0.1:
            return Answer(Outcome.BUSY, why="HTTP 429")
        with self._lock:
            self.took.update(number for number, _ in rows)
        if mood < 0.2:
            return Answer(Outcome.UNKNOWN, why="ReadTimeout")
        if mood < 0.25:
            return Answer(Outcome.REFUSED, why="HTTP 400")
        return Answer(Outcome.ACCEPTED, tuple(self._row(number) for number, _ in rows))

    def _row(self, number: str) -> RowAnswer:
        mood = random.random()
        if mood < 0.1:
            return RowAnswer(Outcome.REFUSED, code="401", why="no")
        if mood < 0.2:
            return RowAnswer(Outcome.UNKNOWN)
        return RowAnswer(Outcome.ACCEPTED, None if mood < 0.25 else f"id-{number}")


def test_everything_at_once_ends_with_right_books(
    make_tenant: Make, change_settings: Callable[..., None]
) -> None:
    change_settings("onfon", batch_size=3)
    change_settings("rules", refund_undelivered=True, refund_after_hours=0)
    tenants = [make_tenant(wallet="300", price="1") for _ in range(3)]
    gateway = Moody()
    random.seed(2026)  # the same moods in every run, though the threads meet them in any order
    ends = time.monotonic() + STORM_S
    given_up: list[claiming.Claim] = []

    def send_some() -> None:
        tenant = random.choice(tenants)
        send(tenant, *(fresh_number() for _ in range(random.randint(1, 4))))

    def hand_over_some() -> None:
        claimed = claiming.claim(SHARED_ACCOUNT)
        if claimed is None or not claimed.texts:
            return
        if random.random() < 0.1:  # its worker dies, and its answer comes when it is too late
            recording.give_up(claimed.submission_id)
            given_up.append(claimed)
            return
        dispatch.hand_over(gateway, claimed)

    def answer_late() -> None:
        if given_up:
            claimed = given_up.pop()
            answer = gateway.send("", [(each.msisdn, "") for each in claimed.texts], False)
            recording.record(claimed, answer)

    def report_some() -> None:
        for row in list(Message.select().order_by(peewee.fn.RANDOM()).limit(5)):
            name = row.provider_id or f"id-{row.msisdn}"
            verdict = random.choice(list(Verdict))
            reports.receive(SHARED_ACCOUNT, Received(name, row.msisdn, "WORD", verdict))
        reports.fold()

    def cancel_one() -> None:
        row = Message.select().where(Message.status == "queued").first()
        if row is not None:
            tenant = next(each for each in tenants if each.tenant_id == row.tenant_id)
            cancelling.cancel(tenant, row.id, actor="a")

    def settle_one() -> None:
        for each in operations.in_doubt(1):
            verdict = random.choice(list(operations.Verdict))
            operations.settle_doubt(each.id, verdict, actor="a")

    def suppress_one() -> None:
        row = Message.select().where(Message.status == "queued").first()
        if row is not None:
            suppression.add(row.tenant_id, row.msisdn, row.category, source="storm")

    acts = [
        send_some,
        send_some,
        hand_over_some,
        hand_over_some,
        answer_late,
        report_some,
        cancel_one,
        settle_one,
        suppress_one,
        refunds.refund_undelivered,
    ]

    done: Counter[int] = Counter()

    def storm(number: int) -> None:
        while time.monotonic() < ends or done.total() <= ACTS:
            try:
                acts[number % len(acts)]()
            except (Refused, IndexError):
                continue
            done[number] += 1

    together(20, storm)

    assert done.total() > ACTS
    assert_proved()
    assert max(gateway.took.values()) == 1
    settle_the_rest(gateway)
    assert set(statuses()) <= {
        "submitted", "delivered", "undelivered", "expired", "failed", "rejected", "unknown",
        "suppressed", "cancelled",
    }  # fmt: skip
    assert_proved()


def settle_the_rest(gateway: Moody) -> None:
    """Hand over what still waits, and give up what hangs."""
    GatewayAccount.update(paused_until=0).execute()
    while claimed := claiming.claim(SHARED_ACCOUNT):
        if claimed.texts:
            dispatch.hand_over(gateway, claimed)
    for row in list(Message.select().where(Message.status == "submitting")):
        recording.give_up(row.submission_id)
    wake_reports()


def test_many_dispatches_of_one_account_share_its_texts(
    make_tenant: Make, change_settings: Callable[..., None]
) -> None:
    change_settings("onfon", connections=3, rate_per_second=1001, batch_size=7)
    for _ in range(3):
        send(make_tenant(wallet="100", test=True), *(fresh_number() for _ in range(40)))
    together(8, lambda _: dispatch.dispatch(REHEARSAL_ACCOUNT))
    dispatch.dispatch(REHEARSAL_ACCOUNT)

    assert set(statuses()) == {"submitted"}
    assert_proved()


def test_a_thousand_scheduled_texts_and_one_more_are_all_queued(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant(wallet="2000", price="1")
    for count in (1000, 1):
        numbers = [fresh_number() for _ in range(count)]
        send(tenant, *numbers, schedule_at=NOON + timedelta(hours=1))
    at(NOON + timedelta(hours=1))
    queue_scheduled()

    assert set(statuses()) == {"queued"}
    assert sending.queue_due() == 0
