"""Alerts: a cause an hour, one message with a counter, quiet at night, and seen by somebody."""

from __future__ import annotations

from datetime import datetime

import pytest

from core import clock
from core.database import transaction
from core.messaging.models import SHARED_ACCOUNT, GatewayAccount
from core.notices import alerts, jobs, troubles
from core.notices.models import OpsAlert
from core.payments.alarms import Cause, raise_alarm
from tests.bots.desk import JANE, OMAR, Admin
from tests.notices.room import Room
from tests.notices.scene import happened, tell
from tests.races import together


def blocked(why: str = "No credit left") -> None:
    happened("gateway.blocked", None, account_id=SHARED_ACCOUNT, why=why)


def alarm(cause: Cause, detail: str = "Something is the matter.") -> None:
    happened("payment.alarm", None, cause=cause.value, detail=detail)


def test_an_alert_says_what_since_when_what_it_means_and_what_to_do(room: Room):
    blocked()
    tell()

    said = room.last()
    assert "The SMS gateway turns us away" in said.text
    assert "No credit left" in said.text
    assert "Since 2 Mar 12:00" in said.text
    assert "What it means: Texts wait" in said.text
    assert "What to do:" in said.text
    assert said.labels == ["I look after it", "Quiet 4 h", "/balances", "/health"]


def test_the_same_cause_within_the_hour_counts_up_in_one_message(room: Room):
    for _ in range(6):
        blocked()
        tell(300)

    assert len(room.said()) == 1
    assert "Since 2 Mar 12:00; 6 times so far, last 2 Mar 12:25" in room.last().text


def test_after_an_hour_the_same_cause_is_told_anew_and_keeps_its_beginning(room: Room):
    blocked()
    tell()
    clock.advance(3599)
    blocked()
    tell()
    assert len(room.said()) == 1
    clock.advance(2)
    blocked()
    tell()
    tell(1)

    first, second = room.said()
    assert "Since 2 Mar 12:00; this message since 2 Mar 13:00" in second.text
    assert "It went on" in first.text
    assert first.buttons == []


def test_trouble_that_had_gone_begins_anew(room: Room):
    blocked()
    tell()
    clock.advance(5 * 3600)
    blocked()
    tell()

    assert "Since 2 Mar 17:00" in room.last().text


def test_different_causes_are_different_alerts(room: Room):
    blocked()
    alarm(Cause.CALLBACKS_MISSING)
    alarm(Cause.UNREADABLE)
    tell()
    tell(10)

    assert len(room.said()) == 3


def test_many_workers_open_one_hour(room: Room):
    together(12, lambda _: alerts.raise_alert("gateway:1", "x"))
    tell()
    tell(10)

    assert [row.count for row in OpsAlert.select()] == [12]
    assert len(room.said()) == 1
    assert "12 times" in room.last().text


def test_at_night_only_what_is_urgent_rings(room: Room):
    clock.freeze(datetime(2026, 3, 2, 2, tzinfo=clock.NAIROBI))
    alarm(Cause.CONTRADICTION)
    blocked()
    tell()
    tell(10)
    clock.freeze(datetime(2026, 3, 2, 7, tzinfo=clock.NAIROBI))
    alarm(Cause.CONTRADICTION)
    tell()

    assert [each.is_silent for each in room.said()] == [True, False, False]


def test_the_first_who_looks_after_it_is_named(room: Room, change_settings):
    change_settings("telegram", admin_ids=(JANE, OMAR))
    blocked()
    tell()
    alert = room.last()
    data = alert.data("I look after it")
    Admin(room, JANE, "Jane").gives(data, alert)

    assert "👀 <b>Jane</b> looks after it, 2 Mar 12:00" in alert.text
    assert "Jane looks after it already" in Admin(room, OMAR, "Omar").gives(data, alert)
    assert "I look after it" not in alert.labels


def test_a_muted_cause_is_counted_and_not_told(room: Room, change_settings):
    change_settings("telegram", admin_ids=(JANE,))
    blocked()
    tell()
    Admin(room, JANE, "Jane").presses("Quiet 4 h")
    for _ in range(3):
        clock.advance(3700)
        blocked()
        tell()
    assert len(room.said()) == 1

    clock.advance(2 * 3700)
    blocked()
    tell()
    assert len(room.said()) == 2


def test_a_gateway_that_works_again_is_shown_to(room: Room):
    GatewayAccount.update(failures=3).where(GatewayAccount.id == SHARED_ACCOUNT).execute()
    blocked()
    tell()
    assert "Now: it still fails" in room.last().text

    GatewayAccount.update(failures=0).where(GatewayAccount.id == SHARED_ACCOUNT).execute()
    jobs.watch_alerts()
    tell(60)
    assert "Now: it works again" in room.last().text


def test_a_proof_that_differs_rings_and_one_that_holds_does_not(room: Room):
    happened("proof.done", None, wrong=[], sealed=[])
    tell()
    assert room.calls == []

    happened("proof.done", None, wrong=["holds: what the wallets hold"], sealed=[])
    tell()
    assert "The books do not agree" in room.last().text
    assert "/prove" in room.last().labels


@pytest.mark.parametrize("cause", list(Cause))
def test_every_payment_alarm_has_words(cause: Cause):
    assert cause in troubles.meanings()
    told = troubles.meaning(cause.value)
    assert all((told.title, told.means, told.todo))


def test_payment_alarms_arrive_as_they_are_raised(room: Room):
    with transaction():
        raise_alarm(Cause.PROVIDER, "A push ended with code 17.", topup="top_1")
    tell()

    assert "A push ended with code 17." in room.last().text
