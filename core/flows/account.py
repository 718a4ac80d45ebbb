"""The account: language, PIN, business, team, templates, sender IDs, keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.dialogue.screens import Done
from core.dialogue.steps import Ask, Choose, Flow, Once
from core.flows.asking import sign
from core.flows.choose import choose
from core.flows.help import pay_in
from core.flows.keys import keys_
from core.flows.language import language
from core.flows.pin import pin
from core.flows.sender_ids import sender_ids_
from core.flows.team import team_
from core.flows.templates import templates_
from core.flows.visits import Visit
from core.flows.wording import brief, business
from core.phone import pretty
from core.tenants import fields, roles, rows, tenants
from core.tenants.models import Tenant
from core.tenants.roles import Right

# What can be changed about a business, and how it is read.
_PARSERS: dict[str, Callable[[str], str | None]] = {
    "name": lambda text: fields.line(text, "name", most=60),
    "contact_name": lambda text: fields.line(text, "contact_name", most=60),
    "email": fields.email,
    "kra_pin": fields.kra_pin,
    "address": lambda text: fields.line(text, "address", most=150),
}


def account(visit: Visit) -> Flow:
    """Lead to whatever is kept about a person and their business."""
    profile = business(visit)
    flows: dict[str, tuple[str, Callable[[Visit], Flow]]] = {
        "language": (visit.say("Language"), language),
        "pin": (visit.say("PIN"), pin),
        "business": (visit.say("Business"), details),
        "team": (visit.say("Team"), team_),
        "templates": (visit.say("Templates"), templates_),
        "senders": (visit.say("Sender IDs"), sender_ids_),
    }
    if visit.channel == "telegram" and roles.may(visit.role, Right.KEYS):
        flows["keys"] = (visit.say("API keys"), keys_)
    if visit.businesses > 1:
        flows["choose"] = (visit.say("Another business"), choose)
    options = {key: label for key, (label, _) in flows.items()}
    chosen = yield from Choose("account", brief(profile.name, 40), options)
    return (yield from flows[chosen][1](visit))


def details(visit: Visit) -> Flow:
    """Show what we know of a business, and let those who may change it."""
    tenant = rows.get(business(visit).tenant_id)
    shown = [
        brief(tenant.name, 40),
        f"{brief(tenant.contact_name, 24)}, {pretty(tenant.phone)}",
        pay_in(visit, tenant.account_number),
    ]
    detail = "\n".join(
        each for each in (tenant.email, tenant.kra_pin, tenant.address) if each is not None
    )
    if not roles.may(visit.role, Right.DETAILS):
        return Done("\n".join(shown))
    labels = {
        "name": visit.say("Business name"),
        "contact_name": visit.say("Contact person"),
        "email": visit.say("E-mail"),
        "kra_pin": visit.say("KRA PIN"),
        "address": visit.say("Address"),
    }
    choice = yield from Choose(
        "business", "\n".join([*shown, visit.say("Change:")]), labels, detail=detail or None
    )
    question = visit.say(
        "{label} now: {present}\nNew:", label=labels[choice], present=_now(tenant, choice)
    )
    given = yield from Ask("business_new", question, _PARSERS[choice])
    yield from sign(visit, "business_pin")
    yield from Once("business_changed", lambda once: _update(visit, tenant.id, choice, given))
    return visit.say("Saved.")


def _now(tenant: Tenant, field: str) -> str:
    return brief(str(getattr(tenant, field) or "-"), 40)


def _update(visit: Visit, tenant_id: int, field: str, given: str | None) -> str:
    assert visit.person is not None
    roles.require(visit.person.id, tenant_id, Right.DETAILS)
    changes: dict[str, Any] = {field: given}
    tenants.update_profile(tenant_id, **changes, actor=visit.actor, channel=visit.channel)
    return "ok"
