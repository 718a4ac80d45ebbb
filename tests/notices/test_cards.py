"""Cards in the ops chat: they show what is, follow what is decided, and survive a bad line."""

from __future__ import annotations

from datetime import datetime

import pytest

from core import clock, database
from core.ledger.accounts import Platform, platform
from core.messaging import operations
from core.money import Money
from core.notices.models import Notice, OpsCard
from core.notices.money_cards import payer
from core.payments import crediting, suspense
from core.payments.crediting import Receipt
from core.payments.models import Payment, TopUp
from core.tenants import tenants
from core.tenants.models import Tenant
from tests.notices.room import OPS, Room, no
from tests.notices.scene import happened, states, tell

BY_REST = {"actor": "admin:key_x", "channel": "admin"}


def paid(receipt: str, kes: int, tenant_id: int | None = None, payer: str = "") -> None:
    """Money reaches the paybill."""
    crediting.receive(
        Receipt(
            receipt=receipt,
            amount=Money.kes(kes),
            source="c2b",
            tenant_id=tenant_id,
            account_typed="SALON",
            payer=payer,
            payer_name="JUMA",
            paid_at=clock.now(),
        )
    )


def newcomer(make_tenant):
    tenant = make_tenant(status="pending")
    happened("tenant.pending", tenant, business=tenant.name)
    return tenant


def test_a_payment_without_an_owner_comes_with_whose_it_may_be(room: Room, make_tenant):
    tenant = make_tenant()
    phone = Tenant.get_by_id(tenant.tenant_id).phone
    paid("QGH1", 500, payer=phone)
    tell()

    card = room.last()
    assert "Payment without an owner: KES 500.00" in card.text
    assert card.labels == [f"Assign to {tenant.tenant_id} {tenant.name}", "Assign to..."]


def test_its_card_says_who_assigned_it_elsewhere(room: Room, make_tenant):
    tenant = make_tenant()
    paid("QGH1", 500)
    tell()
    suspense.assign("QGH1", tenant.tenant_id, actor="admin:key_x")
    tell(1)

    card = room.last()
    assert f"Assigned to <b>{tenant.tenant_id} {tenant.name}</b>" in card.text
    assert "by <b>an admin key</b>, 2 Mar 12:00" in card.text
    assert card.buttons == []


def test_another_amount_than_asked_gets_a_card(room: Room, make_tenant):
    tenant = make_tenant()
    topup = TopUp.create(
        id="top_1", tenant_id=tenant.tenant_id, method="mpesa", amount=Money.kes(500).units,
        phone="254712345678", code="ABCD", once="x", actor="person:usr_x", created_at=clock.now(),
    )  # fmt: skip
    crediting.receive(
        Receipt(receipt="QGH2", amount=Money.kes(450), source="stk", topup=topup, actor="mpesa")
    )
    tell()

    card = room.last()
    assert "Asked: KES 500.00 from 0712 345 678" in card.text
    assert "Paid and credited: KES 450.00" in card.text


def test_a_card_posted_while_it_was_decided_shows_the_decision(room: Room, make_tenant):
    """The approval commits between the drawing of the card and the word that it was posted."""
    tenant = newcomer(make_tenant)

    def meanwhile(method, body):
        if method == "sendMessage" and room.count("sendMessage") == 1:
            tenants.approve(tenant.tenant_id, **BY_REST)
            database.db.obj.close()  # this thread's own connection

    room.fault = meanwhile
    tell()
    tell(1)

    assert "Approved" in room.said()[0].text
    assert room.said()[0].buttons == []


def test_a_card_that_is_right_already_is_not_edited(room: Room, make_tenant):
    newcomer(make_tenant)
    tell()
    for _ in range(5):
        tell(60)

    assert room.count("editMessageText") == 0


@pytest.mark.parametrize(
    "trouble",
    [no(429, "Too Many Requests: retry after 5", retry_after=5), no(502, "Bad Gateway"), "lose"],
)
def test_an_edit_that_fails_is_made_again(room: Room, make_tenant, trouble):
    tenant = newcomer(make_tenant)
    tell()
    tenants.approve(tenant.tenant_id, **BY_REST)
    room.fault = lambda method, body: trouble if method == "editMessageText" else None
    tell(1)
    room.fault = lambda method, body: None
    tell(40)

    assert "Approved" in room.last().text
    assert OpsCard.get().shown == OpsCard.get().wanted


def test_a_deleted_card_is_followed_no_longer(room: Room, make_tenant):
    tenant = newcomer(make_tenant)
    tell()
    room.messages.clear()
    tenants.approve(tenant.tenant_id, **BY_REST)
    tell(1)

    assert OpsCard.select().count() == 0


def test_of_several_changes_the_newest_is_shown(room: Room, make_tenant):
    tenant = newcomer(make_tenant)
    tell()
    tenants.approve(tenant.tenant_id, **BY_REST)
    tenants.suspend(tenant.tenant_id, "Spam", **BY_REST)
    tell(1)

    assert "Suspended" in room.last().text
    assert room.last().edits == 1


def test_a_card_goes_on_in_the_supergroup_its_group_became(room: Room, make_tenant):
    moves = iter([no(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100777)])
    room.fault = lambda method, body: next(moves, None)
    newcomer(make_tenant)
    tell()
    tell(1)

    assert len(room.said(-100777)) == 1
    assert states() == ["sent"]


def test_a_card_whose_posting_was_lost_is_not_posted_again(room: Room, make_tenant):
    room.fault = lambda method, body: "lose"
    newcomer(make_tenant)
    for _ in range(3):
        tell(120)

    assert len(room.said()) == 1
    assert states() == ["unknown"]


def test_an_ops_chat_that_threw_us_out_gets_its_cards_when_it_takes_us_back(room, make_tenant):
    room.fault = lambda method, body: no(403, "Forbidden: bot was kicked from the supergroup chat")
    newcomer(make_tenant)
    tell()
    room.fault = lambda method, body: None
    tell(601)

    assert len(room.said()) == 1


def test_without_an_ops_chat_nothing_waits_for_ever(room: Room, make_tenant, change_settings):
    change_settings("telegram", ops_chat_id=0)
    newcomer(make_tenant)
    tell()

    assert states() == ["dropped"]


def test_no_more_is_said_in_a_minute_than_a_group_takes(room: Room, make_tenant):
    for _ in range(40):
        newcomer(make_tenant)
    for _ in range(60):
        tell(1)

    assert 15 <= len(room.said()) <= 28
    for _ in range(120):
        tell(1)
    assert len(room.said()) == 40


def test_cards_come_without_a_sound_at_night(room: Room, make_tenant):
    clock.freeze(datetime(2026, 3, 2, 23, tzinfo=clock.NAIROBI))
    newcomer(make_tenant)
    tell()
    operations.pause_sending("fire", actor="admin:key_x")
    tell(10)

    assert [each.is_silent for each in room.said()] == [True, False]


def test_what_people_typed_is_no_markup(room: Room, make_tenant):
    tenant = make_tenant(status="pending")
    Tenant.update(name="<a href='x'>Bank</a> & Sons").where(Tenant.id == tenant.tenant_id).execute()
    happened("tenant.pending", tenant, business="x")
    tell()

    assert "&lt;a href='x'&gt;Bank&lt;/a&gt; &amp; Sons" in room.last().text


def test_a_phone_that_was_turned_away_before_is_pointed_out(room: Room, make_tenant):
    first = make_tenant(status="pending")
    tenants.reject(first.tenant_id, "A bank's name", **BY_REST)
    second = make_tenant(status="pending")
    phone = Tenant.get_by_id(first.tenant_id).phone
    Tenant.update(phone=phone).where(Tenant.id == second.tenant_id).execute()
    happened("tenant.pending", second, business="x")
    tell(5)

    assert f"This phone had business {first.tenant_id}" in room.last().text
    assert "A bank's name" in room.last().text


def test_suspense_is_still_what_the_books_say(room: Room, make_tenant):
    """Showing moves nothing."""
    paid("QGH3", 70)
    before = platform(Platform.SUSPENSE)
    tell()

    assert platform(Platform.SUSPENSE) == before
    assert Notice.select().count() == 1
    assert room.last(OPS).labels == ["Assign to..."]


def test_a_flood_told_once_is_heeded_by_everybody(room: Room, make_tenant):
    flood = no(429, "Too Many Requests: retry after 30", retry_after=30)
    room.fault = lambda method, body: flood
    for _ in range(5):
        newcomer(make_tenant)
    for _ in range(20):
        tell(1)
    assert room.count("sendMessage") == 1

    room.fault = lambda method, body: None
    for _ in range(40):
        tell(1)
    assert len(room.said()) == 5


def test_the_longest_names_fit_a_button(room: Room, make_tenant):
    """Telegram takes 64 bytes of data and no more than 4096 letters of text."""
    tenant = make_tenant(status="pending")
    long = {"name": "Ŵ" * 120, "contact_name": "Ŵ" * 120, "address": "&" * 300}
    Tenant.update(**long).where(Tenant.id == tenant.tenant_id).execute()
    paid("QGHABCDEFGHIJKLMNOPQ", 500, payer=Tenant.get_by_id(tenant.tenant_id).phone)
    happened("tenant.pending", tenant, business="x")
    tell()
    tell(5)

    assert len(room.said()) == 2
    for card in room.said():
        assert len(card.text) <= 4096
        assert all(len(each["callback_data"].encode()) <= 64 for each in card.buttons)


def test_a_payers_number_is_written_as_people_do():
    seen = [
        payer(Payment(payer=each, payer_name="ASHA")) for each in ("254722000001", "2547*****1")
    ]

    assert seen == ["ASHA 0722 000 001", "ASHA 2547*****1"]
