"""Test keys: the same code from end to end, and the number decides what becomes of a text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.ledger import accounts
from core.ledger.accounts import Platform, Purse, platform
from core.ledger.models import Account
from core.messaging import dispatch, operations, queries, reports
from core.messaging.models import REHEARSAL_ACCOUNT, Message, Report
from core.tenants.profiles import Profile, profile
from tests.messaging.scene import (
    NOON,
    Make,
    assert_proved,
    at,
    available,
    held,
    later,
    message,
    send,
)

ENDINGS = {
    "0712000001": "delivered",
    "0712000002": "undelivered",
    "0712000003": "rejected",
    "0712000004": "unknown",
    "0712000005": "delivered",
    "0712345678": "delivered",
}


@pytest.fixture
def play(make_tenant: Make, change_settings: Callable[..., None]) -> Profile:
    change_settings("onfon", rate_per_second=1001)
    at(NOON)
    return make_tenant(wallet="10", price="1", test=True)


def test_each_magic_number_comes_to_its_end_at_its_time(play: Profile) -> None:
    batch = send(play, *ENDINGS)
    assert (available(play), held(play)) == ("4.00", "6.00")
    dispatch.dispatch(REHEARSAL_ACCOUNT)
    found = [message(batch, position) for position in range(6)]
    assert [row.status for row in found] == [
        "submitted",
        "submitted",
        "rejected",
        "unknown",
        "submitted",
        "submitted",
    ]
    reports.retry_waiting()
    assert message(batch).status == "submitted"
    later(seconds=1)
    reports.retry_waiting()
    assert [message(batch, position).status for position in range(6)] == [
        "delivered",
        "undelivered",
        "rejected",
        "unknown",
        "submitted",
        "delivered",
    ]
    later(seconds=59)
    reports.retry_waiting()

    assert [message(batch, position).status for position in range(6)] == list(ENDINGS.values())
    assert (available(play), held(play)) == ("5.00", "1.00")
    assert_proved()


def test_it_costs_play_money_only_and_touches_no_real_account(play: Profile) -> None:
    real = profile(play.tenant_id)
    send(play, *ENDINGS)
    dispatch.dispatch(REHEARSAL_ACCOUNT)

    assert available(real) == "10.00"
    assert accounts.balance(play.tenant_id, Purse.WALLET).held.text() == "0.00"
    assert Account.get_by_id(platform(Platform.REVENUE)).posted_credit == 0
    assert Account.get_by_id(platform(Platform.ONFON_COST)).posted_debit == 0
    assert Account.get_by_id(platform(Platform.PLAY_REVENUE)).posted_credit == 4 * 10_000
    assert {row.account_id for row in Message.select()} == {REHEARSAL_ACCOUNT}


def test_a_report_that_is_yet_to_come_is_not_told(play: Profile) -> None:
    batch = send(play, "0712000005")
    later(seconds=1)
    dispatch.dispatch(REHEARSAL_ACCOUNT)
    statuses = [step.status for step in queries.timeline(message(batch))]
    assert statuses == ["queued", "submitting", "submitted"]
    later(seconds=60)
    reports.retry_waiting()

    steps = queries.timeline(message(batch))
    assert [step.status for step in steps][-2:] == ["report.delivered", "delivered"]
    assert [step.at for step in steps] == sorted(step.at for step in steps)


def test_a_business_that_waits_for_approval_can_rehearse(
    make_tenant: Make, change_settings: Callable[..., None]
) -> None:
    change_settings("onfon", rate_per_second=1001)
    waiting = make_tenant(wallet="10", status="pending", test=True)
    batch = send(waiting, "0712000001")
    dispatch.dispatch(REHEARSAL_ACCOUNT)

    assert message(batch).status == "submitted"


def test_no_operator_is_asked_about_test_texts(play: Profile) -> None:
    send(play, "0712000004")
    dispatch.dispatch(REHEARSAL_ACCOUNT)

    assert Message.get().status == "unknown"
    assert operations.in_doubt() == []


def test_real_reports_cannot_reach_test_texts(play: Profile) -> None:
    batch = send(play, "0712000001")
    dispatch.dispatch(REHEARSAL_ACCOUNT)
    Report.update(account_id=1).execute()
    later(seconds=10)
    reports.retry_waiting()

    assert message(batch).status == "submitted"
