"""Which language somebody is spoken to in."""

from __future__ import annotations

from core.dialogue.steps import Choose, Flow, Once, Part
from core.flows.visits import Visit
from core.settings import settings
from core.tenants import people

# In their own words: whoever looks for theirs may understand no other.
NAMES = {"en": "English", "sw": "Kiswahili"}


def language(visit: Visit) -> Flow:
    """Choose a language; it stays until it is changed."""
    chosen = yield from ask_language("language")
    yield from Once("language_set", lambda once: _speak(visit, chosen))
    visit.language = chosen
    return visit.say("We will speak English from now on.")


def ask_language(key: str) -> Part[str]:
    """Ask for a language, in all of them."""
    offered = {code: NAMES.get(code, code) for code in settings().app.languages}
    return (yield from Choose(key, "Language / Lugha", offered))


def _speak(visit: Visit, chosen: str) -> str:
    people.speak(visit.person, visit.channel, visit.address, chosen)
    return chosen
