"""Where people agreed to get SMS: asked as they are added, kept with who noted it and when."""

from __future__ import annotations

import re
from datetime import datetime

from core import clock
from core.contacts.consents import ConsentInFuture, Given
from core.dialogue.steps import Ask, Choose, Part
from core.errors import Invalid
from core.flows.visits import Visit
from core.flows.wording import business
from core.tenants import fields

NONE, OTHER = "none", "other"
SOURCE_MAX = 60
_DAY = re.compile(r"([0-9]{1,2})[ ./*-]([0-9]{1,2})[ ./*-]([0-9]{4})").fullmatch


class NotADay(Invalid):
    """Something that is no day."""

    code = "not_a_day"
    title = "Not a day"
    sentence = "Type a day like 25/12/2025."


def ask_consent(visit: Visit, key: str) -> Part[Given | None]:
    """Ask where and when somebody agreed, and show what will be noted. None when nobody knows."""
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
    # It is evidence: nothing stands in it that whoever notes it has not seen.
    question = visit.say('"{wording}" When did they say so?', wording=wording)
    days = {"today": visit.say("Today"), "earlier": visit.say("Earlier"), NONE: options[NONE]}
    chosen = yield from Choose(f"{key}_agreed", question, days)
    if chosen == NONE:
        return None
    if chosen == "today":
        return Given(source, wording)
    question = visit.say("On which day, such as 25/12/2025? Of several, the last.")
    return Given(source, wording, (yield from Ask(f"{key}_day", question, _day)))


def _source(text: str) -> str:
    return fields.line(text, "source", most=SOURCE_MAX)


def _day(text: str) -> datetime:
    """Read a day that is over or not. Raises: NotADay, ConsentInFuture."""
    found = _DAY(text.strip())
    try:
        day, month, year = map(int, found.groups()) if found else (0, 0, 0)
        began = datetime(year, month, day, tzinfo=clock.NAIROBI)
    except ValueError as error:
        raise NotADay from error
    if began > clock.now():
        raise ConsentInFuture
    return began
