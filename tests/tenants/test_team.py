"""Teams: invited by phone, with a role, by somebody who may give it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core import clock
from core.errors import NotAllowed, NotFound
from core.messaging.models import Message
from core.onboarding import inviting
from core.onboarding.inviting import TooManyInvites
from core.tenants import audit, people, pins, roles, team
from core.tenants.models import Person, Role
from core.tenants.profiles import Profile, TenantNotActive
from core.tenants.roles import RoleTooSmall
from core.tenants.team import AlreadyMember, InviteGone, LastOwner, PinNotYours
from tests.races import outcomes, together

ASHA, JUMA, ZAWADI = "254712345671", "254712345672", "254712345673"


def member(tenant: Profile, msisdn: str, role: Role) -> Person:
    person = people.introduce(msisdn, msisdn[-2:], "en")
    people.join(person, tenant.tenant_id, role)
    return person


def invite(tenant: Profile, by: Person, msisdn: str, role: Role, once: str = "1") -> None:
    inviting.invite(tenant.tenant_id, msisdn, role, by=by, once=once, channel="ussd")


def test_an_invited_phone_is_texted_and_can_join(make_tenant: Callable[..., Profile]) -> None:
    tenant = make_tenant()
    invite(tenant, member(tenant, ASHA, Role.OWNER), JUMA, Role.SENDER)
    juma = people.introduce(JUMA, "Juma", "sw")

    assert [row.id for _, row in team.invitations(JUMA)] == [tenant.tenant_id]
    assert team.accept(juma, tenant.tenant_id, channel="ussd") is Role.SENDER
    assert people.by_phone(JUMA).current_tenant_id == tenant.tenant_id
    assert team.invitations(JUMA) == []
    assert "*384*1234#" in Message.get(Message.msisdn == JUMA).body
    acts = [row.act for row in audit.listing(tenant.tenant_id)]
    assert acts == ["team.joined", "team.invited"]


def test_a_second_tap_invites_once_and_joins_once(make_tenant: Callable[..., Profile]) -> None:
    tenant = make_tenant()
    asha = member(tenant, ASHA, Role.OWNER)
    together(4, lambda _: invite(tenant, asha, JUMA, Role.SENDER))
    juma = people.introduce(JUMA, "Juma", "en")
    joined = together(4, lambda _: team.accept(juma, tenant.tenant_id, channel="ussd"))

    assert joined == [Role.SENDER] * 4
    assert Message.select().where(Message.msisdn == JUMA).count() == 1
    acts = [row.act for row in audit.listing(tenant.tenant_id)]
    assert sorted(acts) == ["team.invited", "team.joined"]


@pytest.mark.parametrize("role", list(Role))
def test_each_gives_only_roles_below_their_own(
    make_tenant: Callable[..., Profile], role: Role
) -> None:
    tenant = make_tenant()
    by = member(tenant, ASHA, role)
    for wanted in Role:
        try:
            invite(tenant, by, JUMA, wanted, once=wanted)
            given = True
        except NotAllowed:
            given = False
        except TooManyInvites:
            continue
        assert given is (wanted in roles.gives(role))
    assert Role.OWNER not in roles.gives(Role.MANAGER)
    assert Role.DEVELOPER not in roles.gives(Role.MANAGER)


def test_an_invitation_is_for_that_phone_alone_and_for_a_week(
    make_tenant: Callable[..., Profile],
) -> None:
    tenant = make_tenant()
    clock.freeze(clock.now())
    invite(tenant, member(tenant, ASHA, Role.OWNER), JUMA, Role.SENDER)
    with pytest.raises(InviteGone):
        team.accept(people.introduce(ZAWADI, "Z", "en"), tenant.tenant_id, channel="ussd")
    clock.advance(team.KEPT.total_seconds() + 1)

    assert team.invitations(JUMA) == []
    with pytest.raises(InviteGone):
        team.accept(people.introduce(JUMA, "J", "en"), tenant.tenant_id, channel="ussd")


def test_an_invitation_can_be_withdrawn(make_tenant: Callable[..., Profile]) -> None:
    tenant = make_tenant()
    asha = member(tenant, ASHA, Role.OWNER)
    juma = people.introduce(JUMA, "Juma", "en")
    invite(tenant, asha, JUMA, Role.SENDER)
    assert [each.msisdn for each in team.waiting(tenant.tenant_id)] == [JUMA]
    team.take_back(tenant.tenant_id, JUMA, by=asha, channel="telegram")
    with pytest.raises(InviteGone):
        team.accept(juma, tenant.tenant_id, channel="ussd")

    assert people.role_of(juma.id, tenant.tenant_id) is None
    assert team.waiting(tenant.tenant_id) == []


def test_a_member_is_not_invited_again(make_tenant: Callable[..., Profile]) -> None:
    tenant = make_tenant()
    asha = member(tenant, ASHA, Role.OWNER)
    member(tenant, JUMA, Role.VIEWER)
    with pytest.raises(AlreadyMember):
        invite(tenant, asha, JUMA, Role.SENDER)


def test_a_business_that_waits_invites_nobody(make_tenant: Callable[..., Profile]) -> None:
    tenant = make_tenant(status="pending")
    with pytest.raises(TenantNotActive):
        invite(tenant, member(tenant, ASHA, Role.OWNER), JUMA, Role.SENDER)


def test_nobody_is_texted_all_day(make_tenant: Callable[..., Profile]) -> None:
    tenant = make_tenant()
    asha = member(tenant, ASHA, Role.OWNER)
    for number in range(inviting.PER_PHONE_A_DAY):
        invite(tenant, asha, JUMA, Role.SENDER, once=str(number))
    with pytest.raises(TooManyInvites):
        invite(tenant, asha, JUMA, Role.SENDER, once="more")


def test_the_last_owner_stays(make_tenant: Callable[..., Profile]) -> None:
    tenant = make_tenant()
    asha = member(tenant, ASHA, Role.OWNER)
    with pytest.raises(LastOwner):
        team.remove(tenant.tenant_id, asha.id, by=asha, channel="ussd")
    with pytest.raises(LastOwner):
        team.change_role(tenant.tenant_id, asha.id, Role.VIEWER, by=asha, channel="ussd")


def test_of_two_owners_removing_each_other_one_stays(make_tenant: Callable[..., Profile]) -> None:
    tenant = make_tenant()
    owners = [member(tenant, ASHA, Role.OWNER), member(tenant, JUMA, Role.OWNER)]
    together(
        2,
        lambda at: team.remove(tenant.tenant_id, owners[1 - at].id, by=owners[at], channel="ussd"),
    )

    assert len(people.members(tenant.tenant_id)) == 1


def test_a_role_is_changed_and_taken(make_tenant: Callable[..., Profile]) -> None:
    tenant = make_tenant()
    asha, juma = member(tenant, ASHA, Role.MANAGER), member(tenant, JUMA, Role.VIEWER)
    team.change_role(tenant.tenant_id, juma.id, Role.SENDER, by=asha, channel="ussd")
    assert people.role_of(juma.id, tenant.tenant_id) is Role.SENDER
    with pytest.raises(RoleTooSmall):
        team.remove(tenant.tenant_id, asha.id, by=juma, channel="ussd")
    team.remove(tenant.tenant_id, juma.id, by=asha, channel="ussd")

    assert people.role_of(juma.id, tenant.tenant_id) is None
    with pytest.raises(NotFound):
        team.remove(tenant.tenant_id, juma.id, by=asha, channel="ussd")


def test_somebody_of_another_business_rules_nothing_here(
    make_tenant: Callable[..., Profile],
) -> None:
    tenant, other = make_tenant(), make_tenant()
    juma, boss = member(tenant, JUMA, Role.VIEWER), member(other, ASHA, Role.OWNER)
    with pytest.raises(NotAllowed):
        team.remove(tenant.tenant_id, juma.id, by=boss, channel="ussd")
    with pytest.raises(NotAllowed):
        invite(tenant, boss, ZAWADI, Role.VIEWER)


def test_an_owner_resets_a_pin_that_opens_nothing_else(
    make_tenant: Callable[..., Profile],
) -> None:
    tenant, other = make_tenant(), make_tenant()
    asha, juma = member(tenant, ASHA, Role.OWNER), member(tenant, JUMA, Role.SENDER)
    pins.put_first(juma, pins.make("2580", JUMA), channel="ussd")
    with pytest.raises(RoleTooSmall):
        team.reset_pin(
            tenant.tenant_id, juma.id, by=member(tenant, ZAWADI, Role.MANAGER), channel="ussd"
        )
    team.reset_pin(tenant.tenant_id, juma.id, by=asha, channel="ussd")
    assert not pins.exists(people.by_phone(JUMA))

    people.join(juma, other.tenant_id, Role.VIEWER)
    for person in (juma, asha):
        with pytest.raises(PinNotYours):
            team.reset_pin(tenant.tenant_id, person.id, by=asha, channel="ussd")


def test_a_telegram_account_is_one_persons(store: str) -> None:
    asha, juma = people.introduce(ASHA, "Asha", "en"), people.introduce(JUMA, "Juma", "en")
    people.link_telegram(asha, 7)
    assert people.by_telegram(7) == asha
    people.link_telegram(juma, 7)  # the account has moved to another phone

    assert people.by_telegram(7) == juma
    people.link_telegram(juma, 8)  # the phone has moved to another account
    assert people.by_telegram(7) is None
    assert people.by_telegram(8) == juma


def test_of_many_links_at_once_one_holds(store: str) -> None:
    both = [people.introduce(ASHA, "Asha", "en"), people.introduce(JUMA, "Juma", "en")]
    found = together(8, lambda number: people.link_telegram(both[number % 2], 7))

    assert len(outcomes(found, Person)) == 8
    assert Person.select().where(Person.telegram_id == 7).count() == 1
