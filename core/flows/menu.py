"""The first screen: whose wallet this is, what is in it, and what can be done."""

from __future__ import annotations

from core.dialogue.steps import Choose, Flow
from core.flows.balance import balance
from core.flows.visits import Visit
from core.flows.wording import brief, kes
from core.ledger import accounts
from core.tenants.models import TenantStatus
from core.tenants.profiles import Profile

# People learn the digits by heart and dial them ahead: add at the end, never renumber.
TOP = ("send", "topup", "balance", "contacts", "reports", "account", "help")
STRANGERS = ("register", "link", "language", "help")


def menu(visit: Visit) -> Flow:
    """Offer everything, or to somebody new the way in."""
    if visit.profile is None:
        return (yield from _door(visit))
    labels = {
        "send": visit.say("Send SMS"),
        "topup": visit.say("Top up"),
        "balance": visit.say("Balance"),
        "contacts": visit.say("Contacts"),
        "reports": visit.say("Reports"),
        "account": visit.say("Account"),
        "help": visit.say("Help"),
    }
    options = {key: labels[key] for key in TOP}
    choice = yield from Choose("menu", _heading(visit, visit.profile), options, is_home=True)
    if choice == "balance":
        return (yield from balance(visit))
    return visit.say("This opens soon.")


def _door(visit: Visit) -> Flow:
    labels = {
        "register": visit.say("Register"),
        "link": visit.say("I have an account"),
        "language": "Kiswahili" if visit.language == "en" else "English",
        "help": visit.say("Help"),
    }
    options = {key: labels[key] for key in STRANGERS}
    welcome = visit.say("Welcome to {app}: SMS for your business, paid by M-PESA.", app="Tuma")
    yield from Choose("welcome", welcome, options, is_home=True)
    return visit.say("This opens soon.")


def _heading(visit: Visit, profile: Profile) -> str:
    name = brief(profile.name, 24)
    if profile.status is TenantStatus.PENDING:
        return f"{name}\n{visit.say('Waiting for approval. We will text you.')}"
    if profile.status is TenantStatus.SUSPENDED:
        return f"{name}\n{visit.say('Suspended. Please contact us.')}"
    available = accounts.balance(profile.tenant_id, profile.purse).available
    count = available.units // profile.price_units if profile.price_units else 0
    return f"{name}\n{kes(available)} ({max(0, count):,} SMS)"
