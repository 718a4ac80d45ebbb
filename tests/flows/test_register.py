"""Registering and joining, by phone and in a chat."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core import events
from core.dialogue.screens import Asks
from core.dialogue.store import ChatRow
from core.onboarding import inviting, signup
from core.tenants import people, pins, team, tenants
from core.tenants.models import Role, Tenant
from core.tenants.profiles import Profile
from tests.flows.talking import ASHA, JUMA, PIN, Talk, person_of, texts_to

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


@pytest.fixture
def stranger(store: str, channel: str) -> Talk:
    return Talk(channel, ASHA)


def register(talk: Talk, language: str = "en", pin: str = PIN) -> None:
    talk.start("menu", "register", language)
    if talk.channel == "telegram":
        talk.say("contact")
    talk.say("yes", "Salon Zuri", "Zawadi Njeri")
    if talk.channel == "ussd":
        talk.say(pin, pin)


def test_a_business_is_registered_and_waits(stranger: Talk, language: str) -> None:
    register(stranger, language)
    tenant = Tenant.get(Tenant.phone == ASHA)

    assert stranger.screen.ends
    assert "Salon Zuri" in stranger.screen.text
    assert (tenant.status, tenant.name, tenant.language) == ("pending", "Salon Zuri", language)
    person = person_of(stranger)
    assert (person.name, person.language) == ("Zawadi Njeri", language)
    assert people.role_of(person.id, tenant.id) is Role.OWNER
    assert pins.exists(person) is (stranger.channel == "ussd")
    assert (person.telegram_id is not None) is (stranger.channel == "telegram")


def test_the_operator_hears_of_it_once(stranger: Talk) -> None:
    register(stranger)

    names = [row.name for row in events.Event.select()]
    assert names.count("tenant.pending") == 1


def test_who_waits_is_told_so_and_can_spend_nothing(stranger: Talk) -> None:
    register(stranger)

    assert "approval" in stranger.start("register").text
    assert "approval" in stranger.start("menu").text
    for flow in ("send", "topup"):
        assert "waits for approval" in stranger.start(flow).text


def test_without_the_terms_nothing_is_stored(stranger: Talk) -> None:
    stranger.start("register", "en", *(["contact"] if stranger.channel == "telegram" else []))
    stranger.say("no")

    assert stranger.screen.ends
    assert Tenant.select().where(Tenant.phone == ASHA).count() == 0


def test_a_pin_is_not_kept_with_the_conversation(store: str, long_pins: tuple[str, str]) -> None:
    talk = Talk("ussd", ASHA)
    register(talk, pin=long_pins[0])

    assert pins.check(person_of(talk), long_pins[0], channel="ussd") == "ok"
    assert long_pins[0] not in str(list(ChatRow.select().dicts()))


def test_somebody_registered_is_told_so(
    make_tenant: Callable[..., Profile], join: Callable[..., Talk], channel: str
) -> None:
    tenant = make_tenant()
    talk = join(tenant, channel)

    assert tenant.name in talk.start("register").text


def test_a_chat_is_linked_to_the_business_its_phone_has(
    make_tenant: Callable[..., Profile], join: Callable[..., Talk]
) -> None:
    tenant = make_tenant("500")
    join(tenant, "ussd")  # known by phone only
    chat = Talk("telegram", ASHA)
    chat.start("register", "en", "contact")

    assert tenant.name in chat.screen.text
    assert "KES 500" in chat.start("menu").text
    assert person_of(chat).telegram_id == int(ASHA)


def test_a_sign_up_that_waits_for_its_code_is_opened_by_its_phone(stranger: Talk) -> None:
    begun = signup.sign_up("Old name", "Z", ASHA, None, None, True, ip=None)
    register(stranger)

    tenant = tenants.get(begun.tenant.id)
    assert (tenant.status, tenant.name) == ("pending", "Salon Zuri")


def test_a_rejected_business_may_try_again_with_its_pin(store: str) -> None:
    talk = Talk("ussd", ASHA)
    register(talk)
    tenants.reject(Tenant.get(Tenant.phone == ASHA).id, "Unclear", actor="a", channel="ops")
    talk.start("register", "en", "yes", "Salon Mpya", "Zawadi")

    assert talk.screen.ends
    assert pins.check(person_of(talk), PIN, channel="ussd") == "ok"
    assert Tenant.select().where(Tenant.phone == ASHA, Tenant.status == "pending").count() == 1


def test_an_invited_phone_joins_and_gets_a_pin(
    make_tenant: Callable[..., Profile], join: Callable[..., Talk], language: str
) -> None:
    tenant = make_tenant("500")
    owner = join(tenant, "ussd", JUMA)
    inviting.invite(
        tenant.tenant_id, ASHA, Role.SENDER, by=person_of(owner), once="1", channel="ussd"
    )
    talk = Talk("ussd", ASHA, language)
    talk.start("menu", "join", "yes", PIN, PIN)

    assert tenant.name in talk.screen.text
    assert people.role_of(person_of(talk).id, tenant.tenant_id) is Role.SENDER
    assert "KES 500" in talk.start("menu").text
    assert len(texts_to(ASHA)) == 1


def test_an_invited_phone_joins_in_a_chat(
    make_tenant: Callable[..., Profile], join: Callable[..., Talk]
) -> None:
    tenant = make_tenant()
    owner = join(tenant, "telegram", JUMA)
    inviting.invite(
        tenant.tenant_id, ASHA, Role.FINANCE, by=person_of(owner), once="1", channel="telegram"
    )
    talk = Talk("telegram", ASHA)
    assert talk.start("link").asks is Asks.CONTACT
    talk.say("contact", "yes")

    assert people.role_of(person_of(talk).id, tenant.tenant_id) is Role.FINANCE


def test_saying_no_leaves_an_invitation_open(
    make_tenant: Callable[..., Profile], join: Callable[..., Talk]
) -> None:
    tenant = make_tenant()
    owner = join(tenant, "ussd", JUMA)
    inviting.invite(
        tenant.tenant_id, ASHA, Role.SENDER, by=person_of(owner), once="1", channel="ussd"
    )
    Talk("ussd", ASHA).start("menu", "join", "no")

    assert [row.id for _, row in team.invitations(ASHA)] == [tenant.tenant_id]


def test_one_of_several_businesses_is_chosen_and_remembered(
    make_tenant: Callable[..., Profile], join: Callable[..., Talk], channel: str
) -> None:
    first, second = make_tenant("1"), make_tenant("2")
    join(first, channel)
    talk = join(second, channel, role=Role.VIEWER)
    assert "KES 1 " in talk.start("menu").text
    talk.start("choose", f"b{second.tenant_id}")

    assert "KES 2 " in talk.start("menu").text
    assert "viewer" in talk.start("send").text


def test_a_language_is_remembered_for_strangers_and_friends(
    make_tenant: Callable[..., Profile], join: Callable[..., Talk], channel: str
) -> None:
    stranger = Talk(channel, JUMA)
    stranger.start("language", "sw")
    assert "Jisajili" in [option.label for option in stranger.start("menu").options]

    friend = join(make_tenant(), channel)
    friend.start("account", "language", "sw")
    assert "Tuma SMS" in [option.label for option in friend.start("menu").options]
