"""What a send takes on, what it refuses, and that it does so once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.database import transaction
from core.ledger import accounts
from core.ledger.accounts import Purse
from core.ledger.errors import NotEnough
from core.ledger.models import Account, Hold
from core.messaging import routing, sending, suppression
from core.messaging.errors import (
    EmptyText,
    NoRecipients,
    ScheduleInPast,
    ScheduleTooFar,
    SenderNotApproved,
    SenderWrongClass,
    TextTooLong,
    TooManyRecipients,
)
from core.messaging.models import Category, Message, Sender
from core.messaging.sending import Order, Text
from tests.messaging.scene import (
    ASHA,
    JUMA,
    NOON,
    ZAWADI,
    Make,
    assert_proved,
    at,
    available,
    fresh_number,
    held,
    message,
    send,
    statuses,
)
from tests.processes import apart
from tests.races import outcomes, together


def test_a_repeat_is_answered_although_the_wallet_is_empty_by_now(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="0.80", price="0.8")
    first = send(tenant, ASHA, once="k")

    again = send(tenant, ASHA, once="k")
    assert again.id == first.id
    assert again.messages == first.messages
    assert_proved()


def test_a_repeat_is_answered_although_the_time_is_past_by_now(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant(wallet="10")
    wanted = NOON + timedelta(minutes=2)
    first = send(tenant, ASHA, once="k", schedule_at=wanted)
    at(NOON + timedelta(minutes=5))

    assert send(tenant, ASHA, once="k", schedule_at=wanted).id == first.id
    with pytest.raises(ScheduleInPast):
        send(tenant, ASHA, once="new", schedule_at=wanted)


def test_a_repeat_is_answered_although_everybody_has_opted_out_by_now(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    first = send(tenant, ASHA, once="k")
    suppression.add(tenant.tenant_id, "254712000001", "transactional", source="test")
    suppression.forget()

    assert send(tenant, ASHA, once="k").id == first.id


def test_a_repeat_inside_a_larger_transaction_sets_nothing_more_aside(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="1")
    first = send(tenant, ASHA, once="k")
    with transaction():
        assert send(tenant, ASHA, once="k").id == first.id
        Account.update(credit_limit=0).where(Account.tenant_id == tenant.tenant_id).execute()

    assert held(tenant) == "1.00"
    assert_proved()


def test_twins_send_once_and_hear_the_same(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="0.80", price="0.8")
    batches = together(16, lambda _: send(tenant, ASHA, once="k"))

    assert {batch.id for batch in batches} == {batches[0].id}
    assert {batch.messages[0].id for batch in batches} == {message(batches[0]).id}
    assert Message.select().count() == 1
    assert_proved()


def send_one(number: int, tenant: Any) -> str:
    return send(tenant, f"0712{number:06d}").id


@pytest.mark.parametrize("at_once", ["threads", "processes"])
def test_parallel_sends_spend_exactly_what_is_there(make_tenant: Make, at_once: str) -> None:
    tenant = make_tenant(wallet="8", price="0.8")
    if at_once == "threads":
        found = together(50, lambda number: send_one(number, tenant))
        refused = len(outcomes(found, NotEnough))
    else:
        found = apart(16, send_one, tenant)
        refused = found.count("NotEnough")

    assert len(found) - refused == 10 == Message.select().count()
    assert available(tenant) == "0.00"
    assert_proved()


def test_one_name_used_for_live_and_test_is_two_sends(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    play = tenant_in_test_mode(tenant)

    assert send(tenant, ASHA, once="k").id != send(play, ASHA, once="k").id
    assert Hold.select().count() == 2


def tenant_in_test_mode(tenant: Any) -> Any:
    from core.tenants.profiles import profile

    return profile(tenant.tenant_id, is_test=True)


def test_the_balance_told_is_what_is_left_to_spend(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="0.8")
    accounts.set_credit_limit(tenant.tenant_id, accounts.balance(tenant.tenant_id).available)

    assert send(tenant, ASHA, JUMA).balance.text() == "18.40"


def test_nothing_is_taken_on_when_one_text_of_many_is_too_long(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    texts = [Text(ASHA, "Habari"), Text(JUMA, "a" * 1531)]

    with pytest.raises(TextTooLong):
        sending.send(tenant, Order(texts), once=None, actor="test")
    assert statuses() == []
    assert held(tenant) == "0.00"


@pytest.mark.parametrize("body", ["", "  \n ", "\t"])
def test_nothing_is_sent_without_words(make_tenant: Make, body: str) -> None:
    with pytest.raises(EmptyText):
        send(make_tenant(wallet="10"), ASHA, body=body)


def test_nothing_is_sent_when_rewriting_leaves_no_words(make_tenant: Make) -> None:
    with pytest.raises(EmptyText):
        send(make_tenant(wallet="10"), ASHA, body="\u200b\ufeff", rewrite=True)


def test_a_thousand_are_taken_and_one_more_is_too_many(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="1000", price="0.5")
    batch = send(tenant, *(fresh_number() for _ in range(1000)))

    ids = [each.id for each in batch.messages]
    assert len(set(ids)) == 1000
    assert ids == sorted(ids)
    with pytest.raises(TooManyRecipients):
        send(tenant, *(fresh_number() for _ in range(1001)))
    assert_proved()


def test_different_texts_are_each_priced_by_their_own_segments(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="0.25")
    bodies = {ASHA: "a" * 160, JUMA: "a" * 161, ZAWADI: "ŵ" * 71}
    order = Order([Text(number, body, reference=number) for number, body in bodies.items()])
    batch = sending.send(tenant, order, once=None, actor="test")

    assert [(each.segments, each.encoding, each.cost.text()) for each in batch.messages] == [
        (1, "GSM-7", "0.25"),
        (2, "GSM-7", "0.50"),
        (2, "UCS-2", "0.50"),
    ]
    assert [each.reference for each in batch.messages] == [ASHA, JUMA, ZAWADI]
    assert batch.cost.text() == "1.25"


def test_rewriting_sends_and_prices_the_cheaper_text(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="1")
    body = "Karibu “Salon” – leo" + "a" * 100

    assert send(tenant, ASHA, body=body).cost.text() == "2.00"
    batch = send(tenant, ASHA, body=body, rewrite=True)
    assert batch.cost.text() == "1.00"
    assert message(batch).body.startswith('Karibu "Salon" - leo')
    assert not message(batch).is_unicode


def test_a_schedule_may_be_a_minute_past_and_a_year_ahead(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant(wallet="10")
    soon = send(tenant, ASHA, schedule_at=NOON - timedelta(minutes=1))
    far = send(tenant, ASHA, schedule_at=NOON + timedelta(days=365))

    assert (soon.messages[0].status, message(soon).due_at) == ("queued", None)
    assert far.messages[0].status == "scheduled"
    assert message(far).due_at == NOON + timedelta(days=365)
    with pytest.raises(ScheduleInPast):
        send(tenant, ASHA, schedule_at=NOON - timedelta(minutes=1, milliseconds=1))
    with pytest.raises(ScheduleTooFar):
        send(tenant, ASHA, schedule_at=NOON + timedelta(days=365, milliseconds=1))


def test_scheduled_texts_go_when_they_are_due_and_not_before(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant(wallet="10")
    send(tenant, ASHA, schedule_at=NOON + timedelta(hours=1))
    send(tenant, JUMA, schedule_at=NOON + timedelta(hours=2))
    at(NOON + timedelta(hours=1) - timedelta(milliseconds=1))
    assert sending.queue_due() == 0
    at(NOON + timedelta(hours=1))

    assert sending.queue_due() == 1
    assert statuses() == ["queued", "scheduled"]
    assert_proved()


def test_due_texts_are_queued_once_over_many_workers(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant(wallet="100")
    send(tenant, *(fresh_number() for _ in range(50)), schedule_at=NOON + timedelta(hours=1))
    at(NOON + timedelta(hours=1))

    assert sum(together(8, lambda _: sending.queue_due(limit=10))) <= 50
    while sending.queue_due(limit=10):
        pass
    assert set(statuses()) == {"queued"}


def test_a_sender_id_of_ones_own_needs_approval_and_its_class(make_tenant: Make) -> None:
    tenant, other = make_tenant(wallet="10"), make_tenant(wallet="10")
    Sender.create(tenant_id=tenant.tenant_id, name="ZURI", created_at=clock.now())
    routing.forget()

    assert message(send(tenant, ASHA, sender_id="ZURI")).sender == "ZURI"
    assert message(send(tenant, ASHA)).sender == "TUMA"
    for wrong in ("zuri", "OTHER", "ZURI "):
        with pytest.raises(SenderNotApproved):
            send(tenant, ASHA, sender_id=wrong)
    with pytest.raises(SenderNotApproved):
        send(other, ASHA, sender_id="ZURI")
    with pytest.raises(SenderWrongClass):
        send(tenant, ASHA, sender_id="ZURI", category=Category.PROMOTIONAL)


def test_who_opted_out_is_left_out_and_told(make_tenant: Make) -> None:
    tenant, other = make_tenant(wallet="10", price="1"), make_tenant(wallet="10")
    suppression.add(tenant.tenant_id, "254712000001", "transactional", source="test")
    suppression.forget()
    batch = send(tenant, ASHA, JUMA)

    assert [each.to for each in batch.messages] == ["254712000002"]
    assert [(each.to, each.code) for each in batch.errors] == [(ASHA, "opted_out")]
    assert batch.cost.text() == "1.00"
    assert len(send(other, ASHA).messages) == 1
    with pytest.raises(NoRecipients):
        send(tenant, ASHA)


def test_an_opt_out_counts_for_its_class_only(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant(wallet="10")
    suppression.add(tenant.tenant_id, "254712000001", "promotional", source="test")
    suppression.forget()

    assert len(send(tenant, ASHA).messages) == 1
    with pytest.raises(NoRecipients):
        send(tenant, ASHA, category=Category.PROMOTIONAL)


def test_an_estimate_says_what_the_send_then_does_and_changes_nothing(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant(wallet="100", price="0.8")
    texts = [Text(ASHA, "Habari’ " + "a" * 80), Text(JUMA, "Sawa"), Text(JUMA, "x"), Text("5", "x")]
    estimate = sending.estimate(tenant, Order(texts))
    assert (statuses(), held(tenant)) == ([], "0.00")
    batch = sending.send(tenant, Order(texts), once=None, actor="test")

    assert (estimate.recipients, estimate.segments_total) == (2, 3)
    assert (estimate.segments_min, estimate.segments_max, estimate.encoding) == (1, 2, "UCS-2")
    assert estimate.cost == batch.cost
    assert estimate.balance_after == batch.balance
    assert estimate.errors == batch.errors
    assert estimate.goes_at == NOON
    assert estimate.rewrite == "Habari' " + "a" * 80
    assert estimate.rewrite_saves.text() == "0.80"
    assert [(each.character, each.positions) for each in estimate.offenders] == [("’", (7,))]


def test_platform_texts_cost_nothing_and_need_no_money(store: str) -> None:
    sending.send_platform_text("254712000001", "Code 123456", once="code-1")
    sending.send_platform_text("254712000001", "Code 123456", once="code-1")

    assert [(row.tenant_id, row.cost) for row in Message.select()] == [(0, 0)]
    assert accounts.balance(0, Purse.WALLET).held.text() == "0.00"
    assert_proved()
