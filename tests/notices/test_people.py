"""Words to a person: in their language, on the way that reaches them, once."""

from __future__ import annotations

import pytest

from core.notices import facts, posting
from core.notices.models import Notice
from core.tenants import tenants
from core.tenants.models import Person, Role
from tests.notices.room import OPS, Room, no
from tests.notices.scene import happened, person, states, tell, texts

BLOCKED = no(403, "Forbidden: bot was blocked by the user")


def approve(tenant) -> None:
    tenants.approve(tenant.tenant_id, actor="admin:key_x", channel="admin")


def to_people(told):
    """A fault for everybody but the operators."""
    return lambda method, body: told if body.get("chat_id") != OPS else None


def test_an_owner_with_telegram_is_told_there(room: Room, make_tenant):
    tenant = make_tenant(status="pending")
    person(tenant, telegram_id=501)
    approve(tenant)
    tell()

    assert room.texts(501) == [
        f"{tenant.name} is approved. You can top up and send SMS now. Dial *384*1234#."
    ]
    assert texts() == []
    assert states() == ["sent"]


def test_an_owner_without_telegram_is_told_by_sms_in_their_language(room: Room, make_tenant):
    tenant = make_tenant(status="pending")
    asha = person(tenant, language="sw")
    approve(tenant)
    tell()

    assert texts(asha) == [
        f"{tenant.name} imeidhinishwa. Sasa unaweza kuongeza salio na kutuma SMS. Piga *384*1234#."
    ]


def test_every_owner_is_told_and_nobody_else(room: Room, make_tenant):
    tenant = make_tenant(status="pending")
    owners = [person(tenant), person(tenant)]
    person(tenant, role=Role.SENDER)
    approve(tenant)
    tell()

    assert [len(texts(each)) for each in owners] == [1, 1]
    assert len(texts()) == 2


def test_a_business_without_people_is_told_at_the_phone_it_signed_up_with(room, make_tenant):
    tenant = make_tenant(status="pending")
    approve(tenant)
    tell()

    assert len(texts()) == 1


@pytest.mark.parametrize("act", ["rejected", "suspended", "resumed"])
def test_every_decision_is_told(room: Room, make_tenant, act):
    before = {"rejected": "pending", "suspended": "active", "resumed": "suspended"}[act]
    tenant = make_tenant(status=before)
    asha = person(tenant)
    door = {"actor": "admin:key_x", "channel": "admin"}
    if act == "rejected":
        tenants.reject(tenant.tenant_id, "No papers.", **door)
    elif act == "suspended":
        tenants.suspend(tenant.tenant_id, "Spam <b>", **door)
    else:
        tenants.resume(tenant.tenant_id, **door)
    tell()

    assert len(texts(asha)) == 1
    assert {"rejected": "No papers. Contact", "suspended": "Spam <b>.", "resumed": "open again"}[
        act
    ] in texts(asha)[0]


def test_what_was_undone_meanwhile_is_not_told(room: Room, make_tenant):
    tenant = make_tenant()
    asha = person(tenant)
    door = {"actor": "admin:key_x", "channel": "admin"}
    tenants.suspend(tenant.tenant_id, "A mistake", **door)
    tenants.resume(tenant.tenant_id, **door)
    tell()

    assert [said for said in texts(asha) if "suspended" in said] == []
    assert states() == ["dropped", "sent"]


def test_values_are_no_markup_in_telegram(room: Room, make_tenant):
    tenant = make_tenant()
    person(tenant, telegram_id=501)
    tenants.suspend(tenant.tenant_id, "<b> & Co", actor="admin:key_x", channel="admin")
    tell()

    assert "&lt;b&gt; &amp; Co" in room.last(501).text


def test_whoever_has_blocked_us_gets_an_sms_now_and_from_then_on(room: Room, make_tenant):
    room.fault = to_people(BLOCKED)
    tenant = make_tenant(status="pending")
    asha = person(tenant, telegram_id=501)
    approve(tenant)
    tell()

    assert len(texts(asha)) == 1
    assert Person.get_by_id(asha.id).telegram_ok is False
    assert room.count("sendMessage") == 1


def test_what_telegram_refuses_for_another_reason_goes_by_sms(room: Room, make_tenant):
    room.fault = to_people(no(400, "Bad Request: can't parse entities"))
    tenant = make_tenant(status="pending")
    asha = person(tenant, telegram_id=501)
    approve(tenant)
    tell()

    assert len(texts(asha)) == 1
    assert Person.get_by_id(asha.id).telegram_ok is True


def test_a_message_whose_answer_is_lost_is_not_repeated(room: Room, make_tenant):
    room.fault = to_people("lose")
    tenant = make_tenant(status="pending")
    person(tenant, telegram_id=501)
    approve(tenant)
    for _ in range(5):
        tell(120)

    assert room.count("sendMessage") == 1
    assert states() == ["unknown"]
    assert texts() == []


def test_a_flood_is_waited_out(room: Room, make_tenant):
    room.fault = to_people(no(429, "Too Many Requests: retry after 40", retry_after=40))
    tenant = make_tenant(status="pending")
    person(tenant, telegram_id=501)
    approve(tenant)
    tell()
    room.fault = to_people(None)
    tell(30)

    assert room.texts(501) == []
    tell(11)
    assert len(room.texts(501)) == 1


def test_while_telegram_is_down_for_long_people_are_told_by_sms(room: Room, make_tenant):
    room.fault = to_people(no(502, "Bad Gateway"))
    tenant = make_tenant(status="pending")
    asha = person(tenant, telegram_id=501)
    approve(tenant)
    for _ in range(posting.TURNS_MAX + 1):
        tell(300)

    assert len(texts(asha)) == 1
    assert room.count("sendMessage") == posting.TURNS_MAX


def test_with_the_bot_off_everybody_is_told_by_sms(room: Room, make_tenant, change_settings):
    change_settings("telegram", token="")
    tenant = make_tenant(status="pending")
    asha = person(tenant, telegram_id=501)
    approve(tenant)
    tell()

    assert len(texts(asha)) == 1


def test_a_person_who_is_gone_keeps_nobody_waiting(room: Room, make_tenant):
    tenant = make_tenant(status="pending")
    asha = person(tenant)
    approve(tenant)
    facts.look_at_new()
    Person.delete().where(Person.id == asha.id).execute()
    tell()

    assert states() == ["dropped"]


def test_a_notice_that_cannot_be_put_into_words_holds_up_no_other(room: Room, make_tenant):
    tenant = make_tenant()
    asha = person(tenant)
    happened("topup.completed", tenant, actor=asha.actor)  # of no top-up at all
    happened("topup.failed", tenant, actor=asha.actor, topup="top_gone")
    tell()

    assert "dropped" in states()
    assert Notice.select().where(Notice.kind == "topup.failed", Notice.state == "dropped").count()
