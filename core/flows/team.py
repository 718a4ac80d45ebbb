"""The team: who is in it, who may what, who is invited."""

from __future__ import annotations

from core import phone
from core.dialogue.steps import Ask, Choose, Flow, Once, Part
from core.flows.asking import Agree, Drawn, Pick, sign
from core.flows.visits import Visit
from core.flows.wording import brief, business, entitled, open_for, somebody
from core.onboarding import inviting
from core.tenants import people, roles, team
from core.tenants.models import Person, Role
from core.tenants.roles import Right

_INVITED = "inv"


def team_(visit: Visit) -> Flow:
    """Show the team; let those who may invite, change and remove."""
    tenant_id = business(visit).tenant_id
    if not roles.may(visit.role, Right.TEAM):
        return "\n".join([visit.say("Team"), *_members(visit, tenant_id).values()])
    choice = yield from Pick("team", lambda: _listed(visit, tenant_id))
    if choice == "invite":
        return (yield from _invite(visit))
    if choice.startswith(_INVITED):
        return (yield from _take_back(visit, tenant_id, choice.removeprefix(_INVITED)))
    return (yield from _member(visit, tenant_id, choice))


def _members(visit: Visit, tenant_id: int) -> dict[str, str]:
    return {
        each.id: f"{brief(each.name, 20)}, {_role(visit, role)}"
        for each, role in people.members(tenant_id)
    }


def _listed(visit: Visit, tenant_id: int) -> Drawn:
    options = {"invite": visit.say("Invite a phone")} | _members(visit, tenant_id)
    options |= {
        f"{_INVITED}{each.msisdn}": visit.say("{phone} invited", phone=phone.pretty(each.msisdn))
        for each in team.waiting(tenant_id)
    }
    return visit.say("Team"), options


def _invite(visit: Visit) -> Flow:
    profile = open_for(visit, Right.TEAM)
    msisdn = yield from Ask("team_number", visit.say("Which number do you invite?"), phone.parse)
    role = yield from _ask_role(visit, "team_role")
    question = visit.say(
        "Invite {phone} as {role}? We text them how to accept.",
        phone=phone.pretty(msisdn),
        role=_role(visit, role),
    )
    if (yield from Agree("team_sure", question, visit, msisdn, role.value)) != "yes":
        return visit.say("Nothing has changed.")
    yield from sign(visit, "team_pin")
    yield from Once(
        "team_invited", lambda once: _send(visit, profile.tenant_id, msisdn, role, once)
    )
    return visit.say("{phone} is invited, for a week.", phone=phone.pretty(msisdn))


def _send(visit: Visit, tenant_id: int, msisdn: str, role: Role, once: str) -> str:
    inviting.invite(tenant_id, msisdn, role, by=somebody(visit), once=once, channel=visit.channel)
    return "ok"


def _ask_role(visit: Visit, key: str) -> Part[Role]:
    may_give = roles.gives(visit.role) if visit.role is not None else ()
    explained = {
        Role.OWNER: visit.say("Owner: everything"),
        Role.MANAGER: visit.say("Manager: all but keys"),
        Role.SENDER: visit.say("Sender: sends SMS"),
        Role.FINANCE: visit.say("Finance: tops up"),
        Role.DEVELOPER: visit.say("Developer: API keys"),
        Role.VIEWER: visit.say("Viewer: only looks"),
    }
    options = {role.value: explained[role] for role in may_give}
    return Role((yield from Choose(key, visit.say("Which role?"), options)))


def _take_back(visit: Visit, tenant_id: int, msisdn: str) -> Flow:
    shown = phone.pretty(msisdn)
    question = visit.say("Take back the invitation of {phone}?", phone=shown)
    if (yield from Agree("team_sure", question, visit, msisdn)) != "yes":
        return visit.say("Nothing has changed.")
    yield from Once("team_taken_back", lambda once: _withdraw(visit, tenant_id, msisdn))
    return visit.say("The invitation is taken back.")


def _withdraw(visit: Visit, tenant_id: int, msisdn: str) -> str:
    team.take_back(tenant_id, msisdn, by=somebody(visit), channel=visit.channel)
    return "ok"


def _member(visit: Visit, tenant_id: int, person_id: str) -> Flow:
    entitled(visit, Right.TEAM)
    found = {each.id: (each, role) for each, role in people.members(tenant_id)}
    if person_id not in found:
        return visit.say("They are no longer in the team.")
    member, role = found[person_id]
    told = f"{brief(member.name, 30)}\n{phone.pretty(member.msisdn)}\n{_role(visit, role)}"
    if visit.role is None or role not in roles.gives(visit.role):
        return told
    options = {"role": visit.say("Change the role"), "remove": visit.say("Remove")}
    if visit.role is Role.OWNER and role is not Role.OWNER:
        options["pin"] = visit.say("Reset the PIN")
    choice = yield from Choose("member", told, options)
    return (yield from _change(visit, tenant_id, member, choice))


def _change(visit: Visit, tenant_id: int, member: Person, choice: str) -> Flow:
    name = brief(member.name, 30)
    wanted = Role.VIEWER
    if choice == "role":
        wanted = yield from _ask_role(visit, "member_role")
        question = visit.say("Make {name} {role}?", name=name, role=_role(visit, wanted))
    elif choice == "remove":
        question = visit.say("Remove {name} from the team?", name=name)
    else:
        question = visit.say("Reset the PIN of {name}? They choose a new one.", name=name)
    if (yield from Agree("team_sure", question, visit, choice, wanted.value, member.id)) != "yes":
        return visit.say("Nothing has changed.")
    yield from sign(visit, "team_pin")
    yield from Once("team_changed", lambda once: _do(visit, tenant_id, member.id, choice, wanted))
    return visit.say("Done.")


def _do(visit: Visit, tenant_id: int, person_id: str, choice: str, wanted: Role) -> str:
    by, channel = somebody(visit), visit.channel
    if choice == "role":
        team.change_role(tenant_id, person_id, wanted, by=by, channel=channel)
    elif choice == "remove":
        team.remove(tenant_id, person_id, by=by, channel=channel)
    else:
        team.reset_pin(tenant_id, person_id, by=by, channel=channel)
    return "ok"


def _role(visit: Visit, role: Role) -> str:
    return roles.name(role, visit.language)
