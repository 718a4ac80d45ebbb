"""Money for texts that never arrived comes back where the rules say so, once, and stays back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from core.gateways.onfon import Verdict
from core.ledger.models import Transfer
from core.messaging import refunds, reports
from core.messaging.models import REHEARSAL_ACCOUNT, Message
from core.tenants.profiles import Profile
from tests.messaging.scene import (
    ASHA,
    NOON,
    Gateway,
    Make,
    accepted,
    assert_proved,
    at,
    available,
    fresh_number,
    hand_over,
    report,
    send,
)
from tests.races import together

Change = Callable[..., None]


@pytest.fixture
def tenant(make_tenant: Make, change_settings: Change) -> Profile:
    change_settings("rules", refund_undelivered=True, refund_after_hours=72)
    at(NOON)
    return make_tenant(wallet="10", price="1")


def fail(tenant: Profile, verdict: Verdict = Verdict.UNDELIVERED) -> None:
    """Send a text that ends in a verdict."""
    number = fresh_number()
    send(tenant, number)
    hand_over(Gateway(accepted(f"id-{number}")))
    report(f"id-{number}", verdict, number)
    reports.fold()


def charges() -> list[str]:
    return [row.charge for row in Message.select().order_by(Message.id)]


def test_a_text_that_failed_is_refunded_after_three_days(tenant: Profile) -> None:
    fail(tenant)
    at(NOON + timedelta(hours=72))
    refunds.refund_undelivered()
    assert available(tenant) == "9.00"
    at(NOON + timedelta(hours=72, milliseconds=1))
    refunds.refund_undelivered()
    refunds.refund_undelivered()

    assert (available(tenant), charges()) == ("10.00", ["refunded"])
    assert Transfer.select().where(Transfer.kind == "refund").count() == 1
    assert_proved()


def test_nothing_is_refunded_where_the_rule_is_off(
    tenant: Profile, change_settings: Change
) -> None:
    change_settings("rules", refund_undelivered=False)
    fail(tenant)
    at(NOON + timedelta(days=30))
    refunds.refund_undelivered()

    assert (available(tenant), charges()) == ("9.00", ["taken"])


FINALS = [
    (Verdict.UNDELIVERED, "refunded"),
    (Verdict.EXPIRED, "refunded"),
    (Verdict.FAILED, "refunded"),
    (Verdict.BLACKLISTED, "refunded"),
    (Verdict.DELIVERED, "taken"),
    (Verdict.PENDING, "taken"),
    (Verdict.UNKNOWN, "taken"),
]


def test_only_what_is_known_to_have_failed_is_refunded(tenant: Profile) -> None:
    for verdict, _ in FINALS:
        fail(tenant, verdict)
    at(NOON + timedelta(hours=73))
    refunds.refund_undelivered()

    assert charges() == [charge for _, charge in FINALS]
    assert available(tenant) == "7.00"
    assert_proved()


def test_what_is_delivered_within_the_time_is_not_refunded(tenant: Profile) -> None:
    fail(tenant)
    at(NOON + timedelta(hours=71))
    report(Message.get().provider_id, Verdict.DELIVERED)
    reports.fold()
    at(NOON + timedelta(hours=200))
    refunds.refund_undelivered()

    assert available(tenant) == "9.00"
    assert_proved()


def test_what_is_delivered_after_its_refund_is_not_charged_again(tenant: Profile) -> None:
    fail(tenant)
    at(NOON + timedelta(hours=73))
    refunds.refund_undelivered()
    report(Message.get().provider_id, Verdict.DELIVERED)
    reports.fold()

    row = Message.get()
    assert (row.status, row.charge) == ("delivered", "refunded")
    assert available(tenant) == "10.00"
    at(NOON + timedelta(hours=400))
    refunds.refund_undelivered()
    assert available(tenant) == "10.00"
    assert_proved()


def test_each_tenant_gets_its_own_money_back(
    tenant: Profile, make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_tenant(wallet="10", price="2")
    for paying in (tenant, other, tenant):
        fail(paying)
    monkeypatch.setattr(refunds, "_DUE", refunds._DUE.replace("LIMIT 1000", "LIMIT 2"))
    at(NOON + timedelta(hours=73))
    refunds.refund_undelivered()

    assert (available(tenant), available(other)) == ("10.00", "10.00")
    assert_proved()


def test_refunds_made_by_many_at_once_are_made_once(tenant: Profile) -> None:
    for _ in range(10):
        fail(tenant)
    at(NOON + timedelta(hours=73))
    together(8, lambda _: refunds.refund_undelivered())

    assert available(tenant) == "10.00"
    assert_proved()


def test_reports_and_refunds_at_one_moment_never_pay_twice(tenant: Profile) -> None:
    for _ in range(10):
        fail(tenant)
    for row in list(Message.select()):
        report(row.provider_id, Verdict.DELIVERED, row.msisdn)
    at(NOON + timedelta(hours=73))
    acts = (refunds.refund_undelivered, reports.fold)
    together(8, lambda number: acts[number % 2]())

    refunded = Message.select().where(Message.charge == "refunded").count()
    assert available(tenant) == f"{refunded}.00"
    assert_proved()


def test_play_money_is_not_refunded(make_tenant: Make, tenant: Profile) -> None:
    play = make_tenant(wallet="10", price="1", test=True)
    send(play, ASHA)
    hand_over(Gateway(accepted("id-1")), REHEARSAL_ACCOUNT)
    report("id-1", Verdict.FAILED, account_id=REHEARSAL_ACCOUNT)
    reports.fold()
    at(NOON + timedelta(hours=73))
    refunds.refund_undelivered()

    assert (available(play), charges()) == ("9.00", ["taken"])
