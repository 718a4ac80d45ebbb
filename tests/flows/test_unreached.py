"""In a conversation: whom a sender ID of one's own does not reach is said, and ours is offered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from core import clock
from core.campaigns import carrying
from core.campaigns.models import Campaign
from core.contacts import contacts, groups
from core.dialogue.plain import small, units
from core.messaging import sender_decisions, senders, suppression
from core.messaging.models import Category, Message, SenderStatus
from core.tenants.profiles import Profile
from tests.flows.talking import Talk, agree, typed
from ussd.render import pages

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

BY = {"actor": "test", "channel": "test"}
# By their first digits, Airtel's and Safaricom's.
ALI, ASHA = "0733000001", "0712000001"


@pytest.fixture
def tenant(make_tenant: Callable[..., Profile]) -> Profile:
    clock.freeze(datetime(2026, 3, 12, 12, 0, tzinfo=clock.NAIROBI))
    tenant = make_tenant("100", price="0.80")
    named(tenant, "KARIBU", airtel="rejected")
    return tenant


def named(tenant: Profile, name: str, **standing: str) -> None:
    """Give a business a name, and note where operators stand with it."""
    made = senders.register(tenant.tenant_id, name, Category.TRANSACTIONAL, **BY)
    for operator, status in standing.items():
        sender_decisions.set_operator(str(made.public_id), operator, SenderStatus(status), **BY)


def book(tenant: Profile, *numbers: str) -> str:
    """A group of some numbers. Gives its id."""
    group, _ = groups.create(tenant.tenant_id, "Wateja", **BY)
    for number in numbers:
        contact, _ = contacts.put(tenant.tenant_id, number, "Mteja", **BY)
        groups.add(tenant.tenant_id, group.id, contact.id, **BY)
    return str(group.id)


def to_group(talk: Talk, group_id: str, name: str) -> None:
    """Come to the estimate of a send to a group, under one of the names."""
    talk.start("send", "group", group_id)
    typed(talk, "Habari")
    talk.say("notice")
    assert [option.label for option in talk.screen.options] == ["KARIBU (not Airtel)", "TUMA"]
    talk.say(name, "now")


def sent() -> set[tuple[str, str]]:
    """Under which name who got a text."""
    return {(each.sender, each.msisdn) for each in Message.select()}


def test_before_the_yes_it_is_said_how_many_it_does_not_reach(talk: Talk, tenant: Profile) -> None:
    to_group(talk, book(tenant, ALI, ASHA), "s0")
    if talk.channel == "ussd":
        assert "KARIBU not at Airtel: 1 left out" in talk.screen.text
        assert "Left out:" not in talk.screen.text
        shown = small(talk.screen, talk.visit())
        assert units(shown) <= 156
        assert len(pages(talk.screen, talk.visit().say, 156)) == 1
    else:
        assert "Left out: 1" in talk.screen.text
        assert "KARIBU is not approved by Airtel: 1 left out" in (talk.screen.detail or "")
    assert "1 x 1 SMS" in talk.screen.text
    agree(talk)
    carrying.carry_on(Campaign.get().id)

    assert sent() == {("KARIBU", "254712000001")}


def test_when_money_is_short_it_is_said_too(
    make_tenant: Callable[..., Profile], join: Callable[..., Talk], channel: str
) -> None:
    poor = make_tenant("0.80", price="0.80")
    named(poor, "KARIBU", airtel="rejected")
    talk = join(poor, channel)
    to_group(talk, book(poor, ALI, ASHA, "0712000002"), "s0")
    assert talk.keys == ["first", "topup", "no"]

    shown = small(talk.screen, talk.visit()) + (talk.screen.detail or "")
    assert "KARIBU " in shown
    assert "Airtel: 1 left out" in shown
    if channel == "ussd":
        assert len(pages(talk.screen, talk.visit().say, 156)) == 1


def test_ours_reaches_everybody(talk: Talk, tenant: Profile) -> None:
    to_group(talk, book(tenant, ALI, ASHA), "shared")
    assert "2 x 1 SMS" in talk.screen.text
    agree(talk)
    carrying.carry_on(Campaign.get().id)

    assert sent() == {("TUMA", "254712000001"), ("TUMA", "254733000001")}


def test_one_that_reaches_nobody_says_why(talk: Talk, tenant: Profile) -> None:
    to_group(talk, book(tenant, ALI), "s0")

    assert talk.screen.ends
    told = "not at Airtel" if talk.channel == "ussd" else "is not approved by Airtel"
    assert talk.screen.text == f"Nobody would get it.\nKARIBU {told}: 1 left out"


@pytest.mark.parametrize(("number", "name"), [(ALI, "TUMA"), (ASHA, "KARIBU")])
def test_a_single_number_gets_it_under_a_name_that_reaches_it(
    talk: Talk, tenant: Profile, number: str, name: str
) -> None:
    talk.start("send", "one", number)
    typed(talk, "Habari")
    agree(talk)

    assert {each.sender for each in Message.select()} == {name}


def test_of_several_names_those_are_offered_that_reach_the_number(
    talk: Talk, tenant: Profile
) -> None:
    named(tenant, "SALON")
    named(tenant, "ZURI")
    talk.start("send", "one", ALI)
    typed(talk, "Habari")

    assert [option.label for option in talk.screen.options] == ["SALON", "ZURI"]


def test_another_number_that_the_name_does_not_reach_is_told_of(
    talk: Talk, tenant: Profile
) -> None:
    suppression.add(tenant.tenant_id, "254712000001", Category.TRANSACTIONAL, source="test")
    talk.start("send", "one", ASHA)
    typed(talk, "Habari")
    assert talk.keys == ["other", "leave"]
    talk.say("other", ALI)

    assert "The sender ID KARIBU is not approved by Airtel." in talk.screen.text
    assert talk.keys == ["other", "leave"]
