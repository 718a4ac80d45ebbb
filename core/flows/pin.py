"""The PIN: chosen, changed, forgotten. Only on a phone that dials: a chat keeps what is typed."""

from __future__ import annotations

from core.dialogue.steps import Choose, Flow, Once, Pin
from core.flows.asking import new_pin
from core.flows.visits import Visit
from core.flows.wording import somebody
from core.onboarding import forgotten
from core.phone import pretty
from core.settings import settings
from core.tenants import pins
from core.tenants.models import Person


def pin(visit: Visit) -> Flow:
    """Set a first PIN, change it, or replace a forgotten one through a code by SMS."""
    person = somebody(visit)
    if not visit.asks_pin:
        return visit.say(
            "The PIN is for dialling {code}. Change it there, so that it never stands in a chat.",
            code=settings().ussd.service_code,
        )
    if not pins.exists(person):
        digest = yield from new_pin(visit, "pin")
        yield from Once("pin_set", lambda once: _put_first(visit, person, digest))
        return visit.say("Your PIN is set.")
    choice = yield from Choose(
        "pin",
        visit.say("Your PIN"),
        {
            "change": visit.say("Change it"),
            "forgot": visit.say("I forgot it: text me a code"),
            "code": visit.say("I have a code"),
        },
    )
    if choice == "forgot":
        yield from Once("pin_code", lambda once: _ask(person, once))
        return visit.say(
            "We text a code to {phone}. Then dial again: Account, PIN, I have a code.",
            phone=pretty(person.msisdn),
        )
    return (yield from _replace(visit, person, knows_old=choice == "change"))


def _replace(visit: Visit, person: Person, *, knows_old: bool) -> Flow:
    """Ask for the new PIN first and the proof last: nobody can go on from behind the proof."""
    digest = yield from new_pin(visit, "pin")
    if knows_old:
        yield from Pin(
            "pin_old",
            visit.say("Now the PIN you have had until now:"),
            lambda typed: pins.check(person, typed, channel=visit.channel),
        )
        yield from Once("pin_changed", lambda once: _change(visit, person, digest))
    else:
        proof = yield from Pin(
            "pin_proof",
            visit.say("The 6-digit code from our SMS:"),
            lambda typed: forgotten.attempt(person, typed),
        )
        yield from Once("pin_reset", lambda once: _redeem(visit, person, proof, digest))
    return visit.say("Your PIN is changed.")


def _put_first(visit: Visit, person: Person, digest: str) -> str:
    pins.put_first(person, digest, channel=visit.channel)
    return "ok"


def _change(visit: Visit, person: Person, digest: str) -> str:
    pins.put(person, digest, channel=visit.channel, act="pin.changed")
    return "ok"


def _ask(person: Person, once: str) -> str:
    forgotten.ask(person, once=once)
    return "ok"


def _redeem(visit: Visit, person: Person, proof: str, digest: str) -> str:
    forgotten.redeem(person, proof, digest, channel=visit.channel)
    return "ok"
