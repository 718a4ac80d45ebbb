"""Killed at random instants, the product loses nothing and does nothing twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.stack import Business, Stack, wait_until
from tests.torture.traffic import Traffic

STORM_S = 25
KILLED, SENT = 5, 1000  # a slow machine takes longer for as much
OPEN = ("queued", "submitting", "scheduled")


def storm(stack: Stack, seconds: float, seed: int, enough: Callable[[], bool]) -> int:
    """Kill parts at random and start them again, for so long and until enough went on meanwhile.

    Returns how many were killed.
    """
    chance = random.Random(seed)
    end = time.monotonic() + seconds
    killed = 0
    while time.monotonic() < end or killed <= KILLED or not enough():
        time.sleep(chance.uniform(0.3, 1.5))
        name = chance.choice(["web", "worker0", "worker0", "worker1"])
        stack.kill(name)
        killed += 1
        time.sleep(chance.uniform(0.0, 0.4))
        if name == "web":
            stack.start_web()
        else:
            stack.start_worker(name)
    return killed


def every_message(business: Business) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    after = ""
    while True:
        page = business.call("GET", f"/sms/messages?limit=200{after}").json()
        found += page["data"]
        if not page["has_more"]:
            return found
        after = f"&after={page['next']}"


def settled(businesses: list[Business]) -> bool:
    return not any(
        business.call("GET", f"/sms/messages?status={status}&limit=1").json()["data"]
        for business in businesses
        for status in OPEN
    )


def assert_proved(stack: Stack) -> None:
    assert [line for line in stack.proof() if not line["ok"]] == []


@pytest.mark.timeout(900)
def test_kill_9_loses_and_doubles_nothing(stack: Stack) -> None:
    stack.start_all(workers=2)
    businesses = [stack.sign_up(f"07220000{number:02d}") for number in range(3)]
    for business in businesses:
        business.credit("100000")
    # From here on: a code that the gateway refuses would end a sign-up before anything is killed.
    stack.faults(
        onfon={
            "dlr_delay": 0.2,
            "dlr_retries": 50,
            "drop": 0.01,
            "http_429": 0.02,
            "refused_row": 0.01,
            "missing_row": 0.01,
            "dlr_before_reply": 0.05,
            "dlr_duplicate": 0.05,
        },
        daraja={
            "auto": "pay",
            "auto_delay": 0.2,
            "callback_delay": 0,
            "c2b_delay": 0,
            "retries": 50,
            "duplicate": 0.2,
            "drop": 0.05,
            "early": 0.1,
            "query_limit": 10_000,
        },
    )
    traffic = Traffic(businesses)
    traffic.start()
    killed = storm(stack, STORM_S, seed=9, enough=lambda: len(traffic.sent) > SENT)
    traffic.stop()

    wait_until(lambda: settled(businesses), 240, every=0.5)
    counts = received(stack)
    assert killed > KILLED
    assert len(traffic.sent) > SENT
    # The businesses' own phones get codes and news from us besides.
    phones = {f"254{business.phone[1:]}" for business in businesses}
    assert [number for number in counts.keys() - phones if counts[number] > 1] == []

    found = {row["id"]: row for business in businesses for row in every_message(business)}
    assert set(traffic.sent.values()) <= set(found)
    lost = [
        number
        for number, message_id in traffic.sent.items()
        if counts[number] == 0 and found[message_id]["status"] not in ("rejected", "unknown")
    ]
    assert lost == []
    wait_until(lambda: money_in(businesses) == money_received(stack), 120, every=0.5)
    assert_proved(stack)


def received(stack: Stack) -> Counter[str]:
    """How many texts each number got in all."""
    answer = stack.http.get(f"{stack.sandbox}/state/counts", timeout=120).json()
    counts = {number: sum(texts.values()) for number, texts in answer["counts"].items()}
    return Counter(counts)


def money_received(stack: Stack) -> Decimal:
    """What M-Pesa's own books say reached the paybill."""
    return Decimal(stack.state(limit=1)["totals"]["money_received"])


def money_in(businesses: list[Business]) -> Decimal:
    """What our wallets were credited with by M-Pesa."""
    total = Decimal(0)
    for business in businesses:
        after = ""
        while True:
            page = business.call("GET", f"/topups?limit=200{after}").json()
            total += sum(Decimal(row["paid"] or "0") for row in page["data"])
            if not page["has_more"]:
                break
            after = f"&after={page['next']}"
    return total
