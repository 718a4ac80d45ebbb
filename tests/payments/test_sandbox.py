"""Whole payments against the sandbox's M-Pesa over HTTP: what is credited is what was paid."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core import clock
from core import settings as settings_module
from core.errors import Refused
from core.gateways import http
from core.money import Money
from core.payments import provider, pushing, querying, topups
from core.payments.models import Payment, PushState, StkPush, TopUp
from tests.payments.counter import PHONE, Counter, alarms, differences, digest, now_is, push_of
from tests.payments.door import opened
from tests.races import together
from tests.sandbox.outside import Sandbox
from tests.stack import wait_until


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with opened() as door:
        started = Sandbox(settings_module.load(env={}), door)
        yield started
        started.close()


@pytest.fixture
def sandbox(
    running: Sandbox, shop: Counter, change_settings: Callable[..., None]
) -> Iterator[Sandbox]:
    """The sandbox as new, the real client, and a clock that stands at the real time."""
    clock.unfreeze()
    clock.freeze(clock.now())
    provider.use(None)
    running.reset()
    running.faults(daraja={"query_limit": 0})
    change_settings("mpesa", base_url=f"{running.url}/daraja", query_per_minute=60_000)
    change_settings("app", public_url=running.callbacks)
    yield running
    # No callback of this test may find the next one's database.
    running.reset()
    http.close()


def work(count: int = 4) -> None:
    """What all workers together would do in one round."""
    due = [row.topup_id for row in StkPush.select().where(StkPush.state == PushState.NEW.value)]
    if due:
        together(len(due), lambda number: (pushing.push(due[number]), http.close()))
    querying.sweep()
    pushing.sweep()
    together(count, lambda _: digest())


def until(claim: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)
        work()


def received(sandbox: Sandbox) -> Money:
    """The money that truly moved."""
    return Money.parse(sandbox.state()["totals"]["money_received"])


def status(topup: TopUp) -> str:
    return str(now_is(topup).status)


def test_entering_the_pin_pays(shop, sandbox):
    topup = shop.ask(500)
    work()
    assert push_of(topup).state == PushState.PROMPTED
    assert sandbox.pin("1234", PHONE)["status"] == "paid"
    until(lambda: status(topup) == "completed")

    (taken,) = sandbox.state()["payments"]
    assert now_is(topup).receipt == taken["receipt"]
    assert shop.balance() == Money.kes(500)
    assert alarms() == []


@pytest.mark.parametrize(
    ("pin", "code"), [("cancel", "1032"), ("0000", "2001"), ("timeout", "1037")]
)
def test_not_paying_fails_with_the_reason(shop, sandbox, pin, code):
    topup = shop.ask(500)
    work()
    sandbox.pin(pin, PHONE)
    until(lambda: status(topup) == "failed")

    assert now_is(topup).result_code == code
    assert shop.balance().units == 0


@pytest.mark.parametrize(
    "fault",
    [
        "drop",
        "error_after_accept",
        "early",
        "silent",
        "duplicate",
        "c2b_first",
        "c2b_silent",
        "c2b_duplicate",
        "failure_after_success",
        "late_success",
        "items_shuffled",
        "balance_item_missing",
        "masked_phone",
        "text_values",
        "token_killed",
        "c2b_names_missing",
    ],
)
def test_a_fault_neither_loses_nor_doubles_the_payment(shop, sandbox, fault):
    sandbox.faults(daraja={fault: {"next": 1}, "auto": "pay", "late_seconds": 0.2})
    topup = shop.ask(500)
    work()
    until(lambda: status(topup) == "completed")
    time.sleep(0.7 if fault == "failure_after_success" else 0.1)
    work()

    assert shop.balance() == Money.kes(500)
    assert received(sandbox) == Money.kes(500)
    assert differences() == []


def test_both_sources_lost_is_found_by_the_query_and_credited_by_the_release_of_neither(
    shop, sandbox
):
    """Nothing with a receipt came: the customer is told to wait, and no money is made up."""
    sandbox.faults(daraja={"silent": True, "c2b_silent": True, "auto": "pay"})
    topup = shop.ask(500)
    work()
    wait_until(lambda: received(sandbox) == Money.kes(500))
    clock.advance(21)
    until(lambda: status(topup) == "confirming")

    assert shop.balance().units == 0
    assert differences() == []


def test_the_wrong_amount_is_credited_as_paid(shop, sandbox):
    sandbox.faults(daraja={"wrong_amount": True, "auto": "pay"})
    topup = shop.ask(500)
    work()
    until(lambda: status(topup) == "completed")

    assert shop.balance() == received(sandbox) != Money.kes(500)


def test_an_unlisted_address_is_held_back(shop, sandbox, change_settings):
    change_settings("mpesa", allowed_ips=("196.201.212.69",))
    sandbox.faults(daraja={"unlisted_address": True, "auto": "pay"})
    shop.ask(500)
    work()
    until(lambda: "unlisted_address" in alarms())

    assert shop.balance().units == 0


def test_paying_the_paybill_by_hand(shop, sandbox):
    sandbox.faults(daraja={"validation": True})
    assert sandbox.paybill(250, shop.account)["status"] == "completed"
    assert sandbox.paybill(70, "nobody")["status"] == "rejected"
    until(lambda: shop.balance() == Money.kes(250))

    assert topups.listing(shop.profile)[0].status == "completed"


@pytest.mark.parametrize("seed", [1, 2])
def test_under_any_mix_of_faults_what_is_credited_is_what_was_paid(shop, neighbour, sandbox, seed):
    """Sixty customers of two tenants, and nearly everything goes wrong now and then."""
    sandbox.faults(
        seed=seed,
        daraja={
            "auto": "mix",
            "auto_delay": 0.05,
            "late_seconds": 0.3,
            "out_of_order_seconds": 0.4,
            "slow_seconds": 0.3,
            "c2b_delay": 0.05,
            "query_noise": 0.2,
            "query_open_noise": 0.5,
        }
        | dict.fromkeys(["html_503", "empty_400", "http_429", "system_busy"], 0.05)
        | dict.fromkeys(["subscriber_locked", "error_in_200", "token_killed"], 0.05)
        | dict.fromkeys(["drop", "error_after_accept", "slow", "early", "wrong_amount"], 0.1)
        | dict.fromkeys(["silent", "duplicate", "c2b_duplicate", "c2b_first"], 0.25)
        | dict.fromkeys(["failure_after_success", "late_success", "out_of_order"], 0.2)
        | dict.fromkeys(["query_429", "query_contradicts", "query_too_early"], 0.2),
    )
    for number in range(60):
        counter = (shop, neighbour)[number % 2]
        try:
            counter.ask(100 + number, phone=f"2547120{number % 40:05d}")
        except Refused:
            clock.advance(5)
        if number % 6 == 5:
            work()
            clock.advance(8)
    for _ in range(20):
        work()
        clock.advance(9)
        time.sleep(0.1)

    until(lambda: shop.balance() + neighbour.balance() == received(sandbox))
    assert Payment.select().count() > 15
    assert "news_stuck" not in alarms()
    assert differences() == []
