"""Where people agreed to get SMS: asked as they are added, kept with who noted it and when."""

from __future__ import annotations

from core.contacts.consents import Given
from core.dialogue.steps import Ask, Choose, Part
from core.flows.visits import Visit
from core.flows.wording import business
from core.tenants import fields

NONE, OTHER = "none", "other"
SOURCE_MAX = 60


def ask_consent(visit: Visit, key: str) -> Part[Given | None]:
    """Ask where somebody agreed. None when nobody knows."""
    places = {
        "spoken": visit.say("They told me"),
        "form": visit.say("On a form"),
        "online": visit.say("On a website or chat"),
    }
    options = places | {OTHER: visit.say("Elsewhere"), NONE: visit.say("Not noted")}
    question = visit.say("Where did they agree to get SMS?")
    chosen = yield from Choose(f"{key}_consent", question, options)
    if chosen == NONE:
        return None
    source = places.get(chosen, "")
    if chosen == OTHER:
        source = yield from Ask(f"{key}_source", visit.say("Where did they agree?"), _source)
    wording = visit.say("They agree to get SMS from {business}.", business=business(visit).name)
    return Given(source, wording)


def _source(text: str) -> str:
    return fields.line(text, "source", most=SOURCE_MAX)
