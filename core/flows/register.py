"""Opening an account: terms, language, names, and a PIN where the phone has proved itself."""

from __future__ import annotations

from core.database import transaction
from core.dialogue.screens import Done
from core.dialogue.steps import Ask, Choose, Flow, Once
from core.flows.asking import new_pin
from core.flows.language import ask_language
from core.flows.link import prove_phone
from core.flows.visits import Visit
from core.flows.wording import brief, business
from core.onboarding import signup
from core.onboarding.errors import PhoneNotKenyan, PhoneRegistered
from core.tenants import fields, people, pins
from core.tenants.models import TenantStatus

NAME_MAX = 60


def register(visit: Visit) -> Flow:
    """Register a business whose phone is proved by the network, or shared in the chat."""
    if visit.profile is not None:
        return known_as(visit)
    chosen = yield from ask_language("register_language")
    visit.language = chosen
    if (yield from prove_phone(visit, "register_phone")):
        return known_as(visit)
    if not (visit.msisdn or "").startswith("254"):
        raise PhoneNotKenyan
    terms = visit.say(
        "SMS are prepaid. Text only people who agreed, nothing unlawful. Do you accept the terms?"
    )
    accepted = yield from Choose(
        "register_terms", terms, {"yes": visit.say("I accept"), "no": visit.say("No")}
    )
    if accepted == "no":
        return visit.say("Without the terms there is no account. You can come back any time.")
    name = yield from Ask("register_business", visit.say("Name of your business:"), _name)
    contact = yield from Ask("register_contact", visit.say("Your own name:"), _name)
    digest: str | None = None
    if visit.asks_pin and (visit.person is None or not pins.exists(visit.person)):
        digest = yield from new_pin(visit, "register_pin")
    yield from Once("register", lambda once: _open(visit, name, contact, digest))
    return Done(
        visit.say(
            "Thank you. {business} waits for approval. We will text you when it is open.",
            business=brief(name, 40),
        )
    )


def known_as(visit: Visit) -> str:
    """Tell somebody registered how their business stands."""
    profile = business(visit)
    name = brief(profile.name, 40)
    if profile.status is TenantStatus.PENDING:
        return visit.say(
            "{business} waits for approval. We will text you when it is open.", business=name
        )
    return visit.say("You are registered with {business} already.", business=name)


def _name(text: str) -> str:
    return fields.line(text, "name", most=NAME_MAX)


def _open(visit: Visit, name: str, contact: str, digest: str | None) -> str:
    """Open the business, and give its owner the PIN; a second tap finds it open."""
    assert visit.msisdn is not None
    try:
        with transaction():
            signup.open_proved(
                name, contact, visit.msisdn, language=visit.language, channel=visit.channel
            )
            person = people.by_phone(visit.msisdn)
            assert person is not None
            people.speak(person, visit.channel, visit.address, visit.language)
            if digest is not None:
                pins.put_first(person, digest, channel=visit.channel)
    except PhoneRegistered:
        person = people.by_phone(visit.msisdn)
        if person is None or not people.businesses(person.id):
            raise
    return "ok"
