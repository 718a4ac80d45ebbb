"""Who goes next: lanes, tenants in turn, the oldest first, and every text once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.messaging import claiming, dispatch, operations, routing, sending, suppression
from core.messaging.models import SHARED_ACCOUNT, Category, Message, Sender, Submission
from core.messaging.sending import Order, Text
from core.tenants.models import Tenant, TenantStatus
from core.tenants.profiles import Profile
from tests.messaging import crowd
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
    available,
    claim,
    fresh_number,
    hand_over,
    held,
    send,
    statuses,
)
from tests.processes import apart
from tests.races import together


@pytest.fixture
def small_batches(change_settings: Callable[..., None]) -> None:
    change_settings("onfon", batch_size=2)


def send_many(tenant: Profile, count: int, **how: Any) -> list[str]:
    """Send so many texts, a request each; gives the numbers in order."""
    numbers = [fresh_number() for _ in range(count)]
    for number in numbers:
        send(tenant, number, **how)
    return numbers


def whose(count: int) -> list[int]:
    """Which tenants the next claims are of."""
    return [claim().tenant_id for _ in range(count)]


def in_threads(count: int, act: Callable[..., Any], *args: Any) -> list[Any]:
    return together(count, lambda number: act(number, *args))


@pytest.mark.parametrize("at_once", [in_threads, apart], ids=["threads", "processes"])
def test_many_workers_hand_each_text_over_once(
    make_tenant: Make, at_once: Callable[..., list[Any]]
) -> None:
    tenants = [make_tenant(wallet="1000") for _ in range(3)]
    sent: list[str] = []
    for tenant in tenants:
        numbers = [fresh_number() for _ in range(110)]
        sent += [each.to for each in send(tenant, *numbers).messages]
    handed = [number for found in at_once(8, crowd.hand_over_all) for number in found]

    assert Counter(handed) == Counter(sent)
    assert set(statuses()) == {"submitted"}
    assert_proved()


def test_no_worker_finds_nothing_while_something_waits(
    make_tenant: Make, change_settings: Callable[..., None]
) -> None:
    change_settings("onfon", batch_size=1)
    for _ in range(16):
        send(make_tenant(wallet="10"), fresh_number())
    claims = together(16, lambda _: claiming.claim(SHARED_ACCOUNT))

    assert None not in claims
    assert len({each.tenant_id for each in claims}) == 16


def test_tenants_take_turns(make_tenant: Make, small_batches: None) -> None:
    one, two, three = (make_tenant(wallet="100") for _ in range(3))
    send_many(one, 8)
    send_many(two, 2)
    send_many(three, 4)

    turns = [one, two, three, one, three, one, one]
    assert whose(7) == [each.tenant_id for each in turns]
    assert claiming.claim(SHARED_ACCOUNT) is None


def test_a_one_time_code_goes_before_adverts_however_many(
    make_tenant: Make, small_batches: None
) -> None:
    at(NOON)
    shop, bank = make_tenant(wallet="100"), make_tenant(wallet="100")
    send_many(shop, 10, category=Category.PROMOTIONAL)
    assert whose(1) == [shop.tenant_id]
    send(bank, ASHA)

    assert whose(3) == [bank.tenant_id, shop.tenant_id, shop.tenant_id]


def test_codes_of_one_tenant_do_not_let_it_skip_the_turn_of_others_adverts(
    make_tenant: Make, small_batches: None
) -> None:
    """Each lane has its own turn: else whoever follows the sender of codes goes every time."""
    at(NOON)
    bank, shop, market = (make_tenant(wallet="100") for _ in range(3))
    send_many(shop, 8, category=Category.PROMOTIONAL)
    send_many(market, 8, category=Category.PROMOTIONAL)
    adverts = []
    for _ in range(4):
        send(bank, fresh_number())
        assert whose(1) == [bank.tenant_id]
        adverts += whose(1)

    assert adverts == [shop.tenant_id, market.tenant_id] * 2


def test_a_tenants_texts_go_in_the_order_they_were_sent(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="1000")
    numbers = ["254" + each[3:] for each in send_many(tenant, 45)]
    gateway = Gateway()
    hand_over(gateway)

    assert [number for number, _ in gateway.handed] == numbers
    assert [len(rows) for _, rows, _ in gateway.calls] == [20, 20, 5]


def test_a_request_has_one_sender_and_one_encoding(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="1000")
    Sender.create(tenant_id=tenant.tenant_id, name="ZURI", created_at=clock.now())
    routing.forget()
    for round_ in range(3):
        send(tenant, fresh_number(), body=f"Plain {round_}")
        send(tenant, fresh_number(), body=f"Habari ŵ {round_}")
        send(tenant, fresh_number(), body=f"Own {round_}", sender_id="ZURI")
    gateway = Gateway()
    hand_over(gateway)

    calls = [
        (sender, unicode, [body for _, body in rows]) for sender, rows, unicode in gateway.calls
    ]
    assert calls == [
        ("TUMA", False, ["Plain 0", "Plain 1", "Plain 2"]),
        ("TUMA", True, ["Habari ŵ 0", "Habari ŵ 1", "Habari ŵ 2"]),
        ("ZURI", False, ["Own 0", "Own 1", "Own 2"]),
    ]


def test_a_rare_text_is_not_passed_over_for_ever(make_tenant: Make, small_batches: None) -> None:
    tenant = make_tenant(wallet="1000")
    send(tenant, ASHA, body="Habari")
    send(tenant, JUMA, body="Habari ŵ")
    send_many(tenant, 10)
    gateway = Gateway()
    for _ in range(2):
        dispatch.hand_over(gateway, claim())

    assert "254712000002" in [number for number, _ in gateway.handed]


def set_status(tenant: Profile, status: TenantStatus) -> None:
    Tenant.update(status=status.value).where(Tenant.id == tenant.tenant_id).execute()


def test_texts_of_a_suspended_tenant_wait_and_nobody_waits_behind_them(make_tenant: Make) -> None:
    stopped, other = make_tenant(wallet="10"), make_tenant(wallet="10")
    send(stopped, ASHA)
    send(other, JUMA)
    set_status(stopped, TenantStatus.SUSPENDED)
    hand_over(Gateway())
    assert statuses() == ["queued", "submitted"]
    assert held(stopped) == "0.80"

    set_status(stopped, TenantStatus.ACTIVE)
    hand_over(Gateway())
    assert statuses() == ["submitted", "submitted"]
    assert_proved()


def test_many_suspended_tenants_leave_the_turn_where_it_was(
    make_tenant: Make, small_batches: None
) -> None:
    tenants = [make_tenant(wallet="10") for _ in range(5)]
    for tenant in tenants:
        send_many(tenant, 4)
    for tenant in tenants[1:4]:
        set_status(tenant, TenantStatus.SUSPENDED)
    first, last = tenants[0].tenant_id, tenants[4].tenant_id

    assert whose(4) == [first, last, first, last]
    assert claiming.claim(SHARED_ACCOUNT) is None
    assert claiming.has_queued(SHARED_ACCOUNT)


def test_nothing_goes_while_all_sending_is_stopped(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    send(tenant, ASHA)
    assert operations.pause_sending("Wrong text", actor="admin")
    assert not operations.pause_sending("Again", actor="admin")
    assert claiming.claim(SHARED_ACCOUNT) is None
    stopped = operations.sending_paused()
    assert stopped is not None
    assert stopped.reason == "Wrong text"

    assert operations.resume_sending(actor="admin")
    assert not operations.resume_sending(actor="admin")
    hand_over(Gateway())
    assert statuses() == ["submitted"]


def test_who_opted_out_since_gets_nothing_and_the_money_returns(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="1")
    send(tenant, ASHA, JUMA, ZAWADI)
    suppression.add(tenant.tenant_id, "254712000002", "transactional", source="reply")
    gateway = Gateway()
    hand_over(gateway)

    assert [number for number, _ in gateway.handed] == ["254712000001", "254712000003"]
    assert statuses() == ["submitted", "suppressed", "submitted"]
    assert (available(tenant), held(tenant)) == ("8.00", "0.00")
    assert_proved()


def test_a_claim_of_nothing_but_opt_outs_makes_no_request(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="1")
    send(tenant, ASHA)
    send(tenant, BARAKA)
    for number in ("254712000001", "254712000004"):
        suppression.add(tenant.tenant_id, number, "transactional", source="reply")
    gateway = Gateway()
    hand_over(gateway)

    assert gateway.calls == []
    assert Submission.select().count() == 0
    assert available(tenant) == "10.00"
    assert_proved()


def test_adverts_that_waited_past_closing_time_wait_for_the_morning(make_tenant: Make) -> None:
    """A long queue, a pause or a suspension must not push adverts into the night."""
    at(NOON.replace(hour=17, minute=59))
    tenant = make_tenant(wallet="10")
    send(tenant, ASHA, category=Category.PROMOTIONAL)
    send(tenant, JUMA)
    at(NOON.replace(hour=18))
    gateway = Gateway()
    hand_over(gateway)

    assert [number for number, _ in gateway.handed] == ["254712000002"]
    assert statuses() == ["scheduled", "submitted"]
    morning = NOON.replace(hour=8) + timedelta(days=1)
    assert Message.select().order_by(Message.id).first().due_at == morning
    at(morning)
    assert sending.queue_due() == 1
    hand_over(gateway)
    assert statuses() == ["submitted", "submitted"]
    assert_proved()


def test_each_claim_is_written_down_before_it_goes(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant(wallet="10")
    order = Order([Text(ASHA, "Habari"), Text(JUMA, "Sawa")])
    sending.send(tenant, order, once=None, actor="test")
    claimed = claim()

    row = Submission.get_by_id(claimed.submission_id)
    assert (row.state, row.size, row.tenant_id) == ("posting", 2, tenant.tenant_id)
    assert row.lease_until == NOON + timedelta(seconds=35)
    assert [each.body for each in claimed.texts] == ["Habari", "Sawa"]
    assert {each.submission_id for each in Message.select()} == {claimed.submission_id}
