"""A text can be taken back while it has not left, by its owner, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.errors import Refused
from core.messaging import cancelling, claiming, dispatch, sending
from core.messaging.errors import MessageNotFound, TooLateToCancel
from core.messaging.models import SHARED_ACCOUNT, Message
from core.tenants.models import Audit
from core.tenants.profiles import profile
from tests.messaging.scene import (
    ASHA,
    JUMA,
    NOON,
    Gateway,
    Make,
    assert_proved,
    at,
    available,
    claim,
    fresh_number,
    hand_over,
    held,
    message,
    send,
    statuses,
)
from tests.races import outcomes, together


def test_a_scheduled_text_is_cancelled_and_its_money_is_back(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant(wallet="10", price="1")
    batch = send(tenant, ASHA, JUMA, schedule_at=NOON + timedelta(days=1))
    found = cancelling.cancel(tenant, batch.messages[0].id, actor="key:1", channel="api")

    assert (found.status, found.charge, found.final_at) == ("cancelled", "released", NOON)
    assert (available(tenant), held(tenant)) == ("9.00", "1.00")
    row = Audit.get()
    assert (row.act, row.actor, row.channel, row.subject) == (
        "message.cancel",
        "key:1",
        "api",
        found.id,
    )
    at(NOON + timedelta(days=1))
    sending.queue_due()
    hand_over(Gateway())
    assert statuses() == ["cancelled", "submitted"]
    assert_proved()


def test_what_has_left_cannot_be_cancelled_and_is_told_as_it_stands(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    batch = send(tenant, ASHA)
    claimed = claim()
    with pytest.raises(TooLateToCancel) as refused:
        cancelling.cancel(tenant, message(batch).id, actor="a")
    assert refused.value.fields == {"status": "submitting"}
    dispatch.hand_over(Gateway(), claimed)

    with pytest.raises(TooLateToCancel) as refused:
        cancelling.cancel(tenant, message(batch).id, actor="a")
    assert refused.value.fields == {"status": "submitted"}
    assert Audit.select().count() == 0
    assert_proved()


def test_nobody_elses_text_can_be_cancelled(make_tenant: Make) -> None:
    tenant, other = make_tenant(wallet="10"), make_tenant(wallet="10")
    batch = send(tenant, ASHA)
    for stranger in (other, profile(tenant.tenant_id, is_test=True)):
        with pytest.raises(MessageNotFound):
            cancelling.cancel(stranger, message(batch).id, actor="a")
    with pytest.raises(MessageNotFound):
        cancelling.cancel(tenant, "msg_nothing", actor="a")

    assert statuses() == ["queued"]


def test_cancelled_by_many_at_once_a_text_is_paid_back_once(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="1")
    batch = send(tenant, ASHA)
    found = together(16, lambda _: cancelling.cancel(tenant, message(batch).id, actor="a"))

    assert len(outcomes(found, TooLateToCancel)) == 15
    assert available(tenant) == "10.00"
    assert_proved()


def test_a_text_is_either_cancelled_or_handed_over(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="1000", price="1")
    batches = [send(tenant, fresh_number()) for _ in range(40)]
    gateway = Gateway()

    def act(number: int) -> list[str]:
        if number < 4:
            while claimed := claiming.claim(SHARED_ACCOUNT):
                if claimed.texts:
                    dispatch.hand_over(gateway, claimed)
            return []
        cancelled = []
        for batch in batches[number - 4 :: 4]:
            try:
                cancelled.append(cancelling.cancel(tenant, message(batch).id, actor="a").msisdn)
            except Refused:
                continue
        return cancelled

    found = together(8, act)
    hand_over(gateway)
    cancelled = {number for each in found for number in each}
    handed = [number for number, _ in gateway.handed]

    assert len(handed) == len(set(handed))
    assert cancelled.isdisjoint(handed)
    assert len(cancelled) + len(handed) == 40
    assert {row.msisdn for row in Message.select() if row.status == "cancelled"} == cancelled
    assert_proved()
