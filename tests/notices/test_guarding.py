"""Whoever's access changes hears of it, on a way that a thief does not hold."""

from __future__ import annotations

import pytest

from core import words
from core.notices import guarding
from core.notices.saying import fits
from core.onboarding import inviting
from core.tenants import people, pins, team
from core.tenants.models import Role
from tests.notices.room import Room
from tests.notices.scene import person, tell, texts


def test_a_phone_is_texted_whatever_becomes_of_its_pin(room: Room, make_tenant):
    asha = person(make_tenant(), telegram_id=501, language="sw")
    pins.put(asha, pins.make("2580", asha.msisdn), channel="ussd")
    for _ in range(3):
        with pytest.raises((pins.PinWrong, pins.PinLocked)):
            pins.check(asha, "9753", channel="ussd")
    tell()

    was_set, locked = texts(asha)
    assert was_set.startswith("PIN ya Tuma imewekwa kwa simu hii.")
    assert locked.startswith("PIN yako ya Tuma imefungwa")
    assert room.texts(501) == []


def test_a_linked_chat_is_told_to_the_phone_and_not_to_the_chat(room: Room, make_tenant):
    asha = person(make_tenant())
    people.link_telegram(asha, 666)
    tell()

    assert "linked to a Telegram account" in texts(asha)[0]
    assert room.texts(666) == []


def test_a_team_hears_who_comes_changes_and_goes(room: Room, make_tenant):
    tenant = make_tenant()
    asha = person(tenant, telegram_id=501)
    juma = person(name="Juma", telegram_id=502)
    inviting.invite(
        tenant.tenant_id, juma.msisdn, Role.SENDER, by=asha, once="1", channel="telegram"
    )
    team.accept(juma, tenant.tenant_id, channel="telegram")
    team.change_role(tenant.tenant_id, juma.id, Role.MANAGER, by=asha, channel="telegram")
    team.remove(tenant.tenant_id, juma.id, by=asha, channel="telegram")
    tell()

    assert room.texts(501) == [f"Juma has joined {tenant.name} as sender."]
    assert room.texts(502) == [
        f"Your role at {tenant.name} is manager now.",
        f"You are no longer in the team of {tenant.name}.",
    ]


@pytest.mark.parametrize("language", ["en", "sw"])
def test_each_is_one_text_message(language: str):
    fields = {"app": "Tuma", "code": "*384*1234#"}
    for sentence in guarding.TO_THE_PHONE.values():
        assert fits(words.say(language, sentence, **fields))
