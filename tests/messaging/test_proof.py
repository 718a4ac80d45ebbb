"""Each line of messaging's proof finds its fault."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from core import database, prove
from core.database import execute
from core.gateways.onfon import Verdict
from core.gateways.outcome import Outcome
from core.gateways.sms import Answer, RowAnswer
from core.ledger.models import Hold
from core.messaging import cancelling, proof, refunds, reports
from core.messaging.models import SHARED_ACCOUNT, GatewayBalance, Message
from core.money import Money
from core.tenants.profiles import profile
from tests.ledger.undoing import undone
from tests.messaging.scene import (
    ASHA,
    BARAKA,
    JUMA,
    NOON,
    ZAWADI,
    Gateway,
    Make,
    assert_proved,
    at,
    fresh_number,
    hand_over,
    later,
    report,
    send,
)


@pytest.fixture
def texts(make_tenant: Make, change_settings: Callable[..., None]) -> int:
    """A text at every turn of its life, of two tenants, live and test. Gives the first tenant."""
    change_settings("rules", refund_undelivered=True)
    at(NOON)
    tenant, other = make_tenant(wallet="100", price="1"), make_tenant(wallet="100", price="1")
    send(tenant, ASHA, JUMA, ZAWADI, BARAKA, body="a" * 161)
    accepted = [RowAnswer(Outcome.ACCEPTED, f"id-{nth}") for nth in range(3)]
    refused = RowAnswer(Outcome.REFUSED)
    hand_over(Gateway(Answer(Outcome.ACCEPTED, (*accepted, refused))))
    report("id-0", Verdict.DELIVERED)
    report("id-1", Verdict.FAILED)
    reports.fold()
    later(hours=73)
    refunds.refund_undelivered()
    send(other, ASHA)
    hand_over(Gateway(Answer(Outcome.UNKNOWN)))
    send(profile(tenant.tenant_id, is_test=True), ASHA)
    cancelling.cancel(tenant, send(tenant, fresh_number()).messages[0].id, actor="a")
    send(tenant, fresh_number(), schedule_at=NOON + timedelta(days=9))
    return tenant.tenant_id


HOLDS, STATES, PRICES, STRAYS, PAYERS, REFUNDS, USAGE = (
    "holds: each is explained, to the last shilling, by its own texts",
    "texts: what was charged fits where each stands",
    "texts: each price is its segments times a whole price",
    "texts: each belongs to a hold",
    "texts: each is paid from its own tenant's purse",
    "refunds: what the texts say was given back is what was given back",
    "figures: usage equals the texts handed over",
)
# Each fault, and the claims it belies.
FAULTS = [
    ("UPDATE message SET cost = cost + 2 WHERE status = 'delivered'", {HOLDS, USAGE}),
    ("UPDATE message SET cost = cost + 1 WHERE status = 'scheduled' AND segments = 1", {HOLDS}),
    ("UPDATE message SET cost = cost + 1 WHERE status = 'delivered'", {HOLDS, USAGE, PRICES}),
    ("UPDATE message SET segments = 0 WHERE status = 'scheduled'", {PRICES}),
    ("UPDATE message SET segments = 1 WHERE status = 'delivered'", {USAGE}),
    ("DELETE FROM message WHERE status = 'scheduled'", {HOLDS}),
    ("UPDATE message SET status = 'delivered' WHERE status = 'rejected'", {STATES, USAGE}),
    ("UPDATE message SET status = 'queued' WHERE status = 'cancelled'", {STATES}),
    ("UPDATE message SET status = 'delivered' WHERE status = 'submitted'", {USAGE}),
    ("UPDATE message SET charge = 'taken' WHERE status = 'unknown'", {HOLDS, STATES}),
    ("UPDATE message SET charge = 'released' WHERE status = 'scheduled'", {HOLDS, STATES}),
    ("UPDATE message SET charge = 'refunded' WHERE status = 'delivered'", {REFUNDS}),
    ("UPDATE message SET charge = 'taken' WHERE charge = 'refunded'", {REFUNDS}),
    ("UPDATE message SET batch_id = 'bat_nothing' WHERE status = 'scheduled'", {HOLDS, STRAYS}),
    ("UPDATE message SET tenant_id = tenant_id + 1 WHERE status = 'scheduled'", {PAYERS}),
    ("UPDATE message SET account_id = 1 WHERE account_id = 2", {PAYERS}),
    ("UPDATE message SET account_id = 2 WHERE status = 'scheduled'", {PAYERS}),
    ("UPDATE message SET submitted_at = NULL WHERE status = 'delivered'", {USAGE}),
    ("UPDATE message SET sender = 'OTHER' WHERE status = 'delivered'", {USAGE}),
    ("UPDATE usage SET messages = messages + 1 WHERE status = 'delivered'", {USAGE}),
    ("UPDATE usage SET cost = cost - 1 WHERE status = 'delivered'", {USAGE}),
    ("UPDATE usage SET status = 'expired' WHERE status = 'delivered'", {USAGE}),
    ("DELETE FROM usage WHERE status = 'unknown'", {USAGE}),
    ("UPDATE hold SET amount = amount + 1", {HOLDS}),
    ("DELETE FROM transfer WHERE kind = 'refund'", {REFUNDS}),
]  # fmt: skip


def wrong() -> set[str]:
    return {each.claim for each in proof.findings() if not each.is_ok}


def test_texts_at_every_turn_of_their_lives_prove(texts: int) -> None:
    assert {row.status for row in Message.select()} == {
        "submitted", "delivered", "failed", "rejected", "unknown", "queued", "cancelled",
        "scheduled",
    }  # fmt: skip
    assert_proved()


def test_each_fault_is_found(texts: int) -> None:
    for fault, claims in FAULTS:
        with undone():
            execute(fault)
            assert wrong() == claims, fault


def test_a_hold_without_texts_is_found(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    Hold.create(id="bat_1", account_id=tenant.tenant_id, amount=5, actor="a", created_at=0)

    assert wrong() == {HOLDS}


def test_a_difference_is_named(texts: int) -> None:
    execute("UPDATE usage SET messages = messages + 4 WHERE status = 'delivered'")
    found = next(each for each in proof.findings() if not each.is_ok)

    assert found.differences == (
        f"tenant {texts} delivered TUMA: usage says 5 texts KES 2.00, rows say 1 and KES 2.00",
    )


def balance(credits: str, booked: str) -> None:
    GatewayBalance.create(
        account_id=SHARED_ACCOUNT,
        said=f"KSh{credits}",
        units=Money.parse(credits).units,
        is_money=True,
        booked=Money.parse(booked).units,
        created_at=NOON,
    )


def test_the_drift_of_the_gateways_balance_is_told(store: str) -> None:
    for credits, booked in [("100", "0"), ("99", "1"), ("97.50", "2"), ("500", "3"), ("498", "5")]:
        balance(credits, booked)
    note = next(each.note for each in prove.run() if each.claim.startswith("gateway"))

    assert note == "drift 0.50 KES since 2026-03-02, 1 purchases left out"


def test_the_proof_reads_one_moment_while_others_write(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="1000", price="1")
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            send(tenant, fresh_number())
            hand_over(Gateway())
        database.db.obj.close()

    writer = threading.Thread(target=write)
    writer.start()
    found: list[str] = []
    end = time.monotonic() + 100
    try:
        while Message.select().count() < 20 and time.monotonic() < end:
            found += [each.claim for each in prove.run() if not each.is_ok]
    finally:
        stop.set()
        writer.join()

    assert found == []
    assert Message.select().count() >= 20
