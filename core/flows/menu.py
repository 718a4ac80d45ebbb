"""The first screen: whose wallet this is, what is in it, and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.dialogue.steps import Flow
from core.flows.account import account
from core.flows.approvals import approvals_, waits_for
from core.flows.asking import Drawn, Pick
from core.flows.balance import balance
from core.flows.contacts import contacts
from core.flows.help import help_
from core.flows.language import language
from core.flows.link import link
from core.flows.register import register
from core.flows.reports import reports
from core.flows.send import send_
from core.flows.topup import topup
from core.flows.visits import Visit
from core.flows.wording import brief, kes
from core.ledger import accounts
from core.settings import settings
from core.tenants import team
from core.tenants.models import TenantStatus
from core.tenants.profiles import Profile

# People learn the digits by heart and dial them ahead: add at the end, never renumber.
TOP: Mapping[str, Callable[[Visit], Flow]] = {
    "send": send_,
    "topup": topup,
    "balance": balance,
    "contacts": contacts,
    "reports": reports,
    "account": account,
    "help": help_,
}
STRANGERS: Mapping[str, Callable[[Visit], Flow]] = {
    "register": register,
    "link": link,
    "language": language,
    "help": help_,
}


def menu(visit: Visit) -> Flow:
    """Offer everything, or to somebody new the way in."""
    if visit.profile is None:
        chosen = yield from Pick("welcome", lambda: _door(visit), is_home=True)
        return (yield from STRANGERS.get(chosen, link)(visit))
    profile = visit.profile
    chosen = yield from Pick("menu", lambda: _top(visit, profile), is_home=True)
    if chosen == "approvals":
        return (yield from approvals_(visit))
    return (yield from TOP.get(chosen, link)(visit))


def _top(visit: Visit, profile: Profile) -> Drawn:
    return _heading(visit, profile), _labels(visit) | _waiting(visit) | _invited(visit)


def _waiting(visit: Visit) -> dict[str, str]:
    """Offer what waits for a manager's or the owner's word, behind all that is always there."""
    count = waits_for(visit)
    return {"approvals": visit.say("To approve: {count}", count=count)} if count else {}


def _door(visit: Visit) -> Drawn:
    welcome = visit.say("{app}: SMS for your business, paid by M-PESA.", app=settings().app.name)
    return welcome, _door_labels(visit) | _invited(visit)


def _invited(visit: Visit) -> dict[str, str]:
    """Offer to join whoever has invited this phone."""
    invited = team.invitations(visit.msisdn) if visit.msisdn is not None else []
    if not invited:
        return {}
    return {"join": visit.say("Join {business}", business=brief(invited[0][1].name, 18))}


def _labels(visit: Visit) -> dict[str, str]:
    return {
        "send": visit.say("Send SMS"),
        "topup": visit.say("Top up"),
        "balance": visit.say("Balance"),
        "contacts": visit.say("Contacts"),
        "reports": visit.say("Reports"),
        "account": visit.say("Account"),
        "help": visit.say("Help"),
    }


def _door_labels(visit: Visit) -> dict[str, str]:
    return {
        "register": visit.say("Register"),
        "link": visit.say("I have an account"),
        "language": "Lugha / Language",
        "help": visit.say("Help"),
    }


def _heading(visit: Visit, profile: Profile) -> str:
    name = brief(profile.name, 24)
    if profile.status is TenantStatus.PENDING:
        return f"{name}\n{visit.say('Waiting for approval. We will text you.')}"
    if profile.status is TenantStatus.SUSPENDED:
        return f"{name}\n{visit.say('Suspended. Please contact us.')}"
    available = accounts.balance(profile.tenant_id, profile.purse).available
    count = available.units // profile.price_units if profile.price_units else 0
    return f"{name}\n{kes(available)} ({max(0, count):,} SMS)"
