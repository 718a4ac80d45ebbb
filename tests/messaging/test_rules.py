"""Adverts go in daytime only, in Nairobi's time, with a way out that is counted and paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core import clock
from core.messaging import rules, sending
from core.messaging.models import Category
from core.messaging.sending import Order, Text
from tests.messaging.scene import (
    ASHA,
    JUMA,
    NOON,
    Gateway,
    Make,
    assert_proved,
    at,
    hand_over,
    message,
    send,
    statuses,
)

Change = Callable[..., None]
ADVERT = Category.PROMOTIONAL
MORNING = NOON.replace(hour=8)
AIRTEL = "0733000001"


def nairobi(hour: int, minute: int = 0, second: int = 0, day: int = 2) -> datetime:
    return datetime(2026, 3, day, hour, minute, second, tzinfo=clock.NAIROBI)


HOURS = [
    (nairobi(7, 59, 59), nairobi(8)),
    (nairobi(7, 59), nairobi(8)),
    (nairobi(8), nairobi(8)),
    (nairobi(12, 34, 56), nairobi(12, 34, 56)),
    (nairobi(17, 59, 59), nairobi(17, 59, 59)),
    (nairobi(18), nairobi(8, day=3)),
    (nairobi(18, 0, 1), nairobi(8, day=3)),
    (nairobi(23, 59, 59), nairobi(8, day=3)),
    (nairobi(0), nairobi(8)),
]


@pytest.mark.parametrize(("asked", "goes"), HOURS)
@pytest.mark.parametrize("zone", [UTC, clock.NAIROBI, ZoneInfo("Pacific/Auckland")])
def test_adverts_go_at_once_in_the_daytime_and_else_in_the_morning(
    asked: datetime, goes: datetime, zone: ZoneInfo
) -> None:
    assert rules.goes_at(ADVERT, "safaricom", asked.astimezone(zone)) == goes
    assert rules.goes_at(Category.TRANSACTIONAL, "safaricom", asked.astimezone(zone)) == asked


def test_an_operator_may_have_hours_of_its_own(change_settings: Change) -> None:
    change_settings(
        "rules",
        promotional_operators={"airtel": {"from": "09:30"}, "telkom": {"until": "12:00"}},
    )

    for asked, safaricom, airtel, telkom in [
        (nairobi(8), nairobi(8), nairobi(9, 30), nairobi(8)),
        (nairobi(11, 59), nairobi(11, 59), nairobi(11, 59), nairobi(11, 59)),
        (nairobi(12), nairobi(12), nairobi(12), nairobi(8, day=3)),
        (nairobi(18), nairobi(8, day=3), nairobi(9, 30, day=3), nairobi(8, day=3)),
    ]:
        found = [rules.goes_at(ADVERT, it, asked) for it in ("safaricom", "airtel", "telkom")]
        assert found == [safaricom, airtel, telkom]


def test_an_advert_sent_at_night_waits_and_the_sender_can_know_before(make_tenant: Make) -> None:
    at(nairobi(20))
    tenant = make_tenant(wallet="10")
    order = Order([Text(ASHA, "Punguzo leo")], category=ADVERT)
    assert sending.estimate(tenant, order).goes_at == nairobi(8, day=3)
    batch = sending.send(tenant, order, once=None, actor="test")

    assert batch.messages[0].status == "scheduled"
    assert message(batch).due_at == nairobi(8, day=3)
    at(nairobi(8, day=3))
    assert sending.queue_due() == 1
    hand_over(Gateway())
    assert statuses() == ["submitted"]
    assert_proved()


def test_recipients_of_one_advert_wait_for_their_own_operators(
    make_tenant: Make, change_settings: Change
) -> None:
    at(nairobi(8, 15))
    change_settings("rules", promotional_operators={"airtel": {"from": "09:00"}})
    batch = send(make_tenant(wallet="10"), ASHA, AIRTEL, category=ADVERT)

    assert [each.status for each in batch.messages] == ["queued", "scheduled"]
    assert message(batch, 1).due_at == nairobi(9)


def test_an_advert_scheduled_for_the_night_goes_the_morning_after(make_tenant: Make) -> None:
    at(NOON)
    batch = send(make_tenant(wallet="10"), ASHA, category=ADVERT, schedule_at=nairobi(21, day=5))

    assert message(batch).due_at == nairobi(8, day=6)


def test_a_one_time_code_goes_at_any_hour(make_tenant: Make) -> None:
    at(nairobi(3))

    assert send(make_tenant(wallet="10"), ASHA).messages[0].status == "queued"


def test_an_advert_carries_the_way_out_and_pays_for_it(
    make_tenant: Make, change_settings: Change
) -> None:
    at(NOON)
    change_settings("rules", opt_out_suffix=" STOP*456*9*5#")
    tenant = make_tenant(wallet="10", price="1")
    body = "a" * 150
    plain, advert = send(tenant, ASHA, body=body), send(tenant, ASHA, body=body, category=ADVERT)

    assert (message(plain).body, plain.cost.text()) == (body, "1.00")
    assert (message(advert).body, advert.cost.text()) == (body + " STOP*456*9*5#", "2.00")
    estimate = sending.estimate(tenant, Order([Text(JUMA, body)], category=ADVERT))
    assert (estimate.segments_total, estimate.cost.text()) == (2, "2.00")


def test_the_way_out_is_not_added_twice(make_tenant: Make) -> None:
    at(NOON)
    body = "Punguzo STOP*456*9*5#"

    assert message(send(make_tenant(wallet="10"), ASHA, body=body, category=ADVERT)).body == body


def test_adverts_that_wait_go_on_after_a_weekend_of_no_work(make_tenant: Make) -> None:
    """The workers were off; what is due by now is still an advert and keeps its hours."""
    at(nairobi(20))
    send(make_tenant(wallet="10"), ASHA, category=ADVERT)
    at(nairobi(22, day=4))
    sending.queue_due()
    hand_over(Gateway())
    assert statuses() == ["scheduled"]
    at(nairobi(8, day=5))
    sending.queue_due()
    hand_over(Gateway())

    assert statuses() == ["submitted"]
    assert MORNING + timedelta(days=3) == clock.now()


def test_the_window_of_each_operator_is_told_before(change_settings: Change) -> None:
    change_settings("rules", promotional_operators={"airtel": {"from": "09:00", "until": "17:00"}})
    at(nairobi(17, 30))

    told = rules.windows(ADVERT, ["safaricom", "airtel", "airtel"])
    assert [(each.operator, each.opens.hour, each.closes.hour) for each in told] == [
        ("airtel", 9, 17),
        ("safaricom", 8, 18),
    ]
    assert [each.goes_at for each in told] == [nairobi(9, day=3), nairobi(17, 30)]
    assert rules.windows(Category.TRANSACTIONAL, ["airtel"]) == []
