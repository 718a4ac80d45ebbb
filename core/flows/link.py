"""Recognising a phone: an account that exists, or a business that has invited it."""

from __future__ import annotations

from core.dialogue.steps import Choose, Contact, Flow, Once, Part
from core.flows.asking import Agree, sign
from core.flows.visits import Visit
from core.flows.wording import brief
from core.phone import pretty
from core.tenants import people, roles, rows, team
from core.tenants.models import Invite, Role, Tenant


def link(visit: Visit) -> Flow:
    """Tie a chat to the phone's person, and let them join whoever has invited them."""
    yield from prove_phone(visit, "link_phone")
    assert visit.msisdn is not None
    invited = team.invitations(visit.msisdn)
    if invited:
        return (yield from _join(visit, invited))
    if visit.profile is None or visit.role is None:
        return visit.say(
            "No business knows {phone} yet. Register one, or ask its owner to invite this phone.",
            phone=pretty(visit.msisdn),
        )
    return visit.say(
        "{phone} acts for {business} as {role}.",
        phone=pretty(visit.msisdn),
        business=brief(visit.profile.name, 40),
        role=roles.name(visit.role, visit.language),
    )


def prove_phone(visit: Visit, key: str) -> Part[bool]:
    """Have a phone proved where the door has not done so, and go on as its person.

    Gives whether that person has a business.
    """
    if visit.msisdn is not None:
        return visit.profile is not None
    msisdn = yield from Contact(
        key, visit.say("Share your phone number with the button below, to show it is yours.")
    )
    yield from Once(f"{key}_linked", lambda once: _link(visit, msisdn))
    person = people.by_phone(msisdn)
    assert person is not None
    visit.become(person)
    return visit.profile is not None


def _link(visit: Visit, msisdn: str) -> str:
    person = people.introduce(msisdn, visit.name or pretty(msisdn), visit.language)
    people.link_telegram(person, int(visit.address), channel=visit.channel)
    return person.id


def _join(visit: Visit, invited: list[tuple[Invite, Tenant]]) -> Flow:
    tenant_id = invited[0][1].id
    if len(invited) > 1:
        options = {
            f"b{tenant.id}": _as(visit, tenant.name, invite.role) for invite, tenant in invited
        }
        chosen = yield from Choose("join_which", visit.say("Who has invited you:"), options)
        tenant_id = int(chosen.removeprefix("b"))
    role = next(invite.role for invite, tenant in invited if tenant.id == tenant_id)
    name = brief(rows.get(tenant_id).name, 40)
    question = visit.say(
        "Join {business} as {role}?", business=name, role=roles.name(Role(role), visit.language)
    )
    if (yield from Agree("join_sure", question, visit, tenant_id, role)) != "yes":
        return visit.say("Nothing has changed. The invitation stays open for a week.")
    if visit.person is None:
        yield from Once("join_met", lambda once: _meet(visit))
    person = people.by_phone(visit.msisdn or "")
    assert person is not None
    visit.person = person
    yield from sign(visit, "join_pin")
    yield from Once(
        "join", lambda once: team.accept(person, tenant_id, channel=visit.channel).value
    )
    return visit.say("Welcome. You act for {business} now.", business=name)


def _meet(visit: Visit) -> str:
    assert visit.msisdn is not None
    return people.introduce(visit.msisdn, visit.name or pretty(visit.msisdn), visit.language).id


def _as(visit: Visit, name: str, role: str) -> str:
    return f"{brief(name, 24)}, {roles.name(Role(role), visit.language)}"
