"""When something goes: a time as people type it, by either clock, and as they are told it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from core import clock
from core.dialogue.screens import Reply
from core.dialogue.steps import Ask, Choose, Empty, NotHere, Part
from core.errors import Invalid
from core.flows import saa
from core.flows.visits import Visit
from core.messaging.preparing import checked_time
from core.settings import settings

_TODAY = frozenset({"today", "leo"})
_TOMORROW = frozenset({"tomorrow", "kesho"})
_DATE = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})(?:[/-]([0-9]{4}|[0-9]{2}))?").fullmatch
_TIME = re.compile(r"([0-9]{1,2})(?:[:.*h]?([0-9]{2}))?(am|pm)?").fullmatch
_NOISE = frozenset({"at", "saa", "on", "tarehe", ""})


class NotATime(Invalid):
    """Something that is no time."""

    code = "not_a_time"
    title = "Not a time"
    sentence = "Type a time like 14:30, tomorrow 9:00 or 25/12 9:00."


class TimePassed(Invalid):
    """A time that is behind us."""

    code = "time_passed"
    title = "That time has passed"
    sentence = "That time has passed. Type a later one, such as tomorrow 9:00."


class AskTime(Ask[datetime]):
    """A time to come. It is read when it is typed and kept as the moment it meant then."""

    def __init__(self, key: str, question: str) -> None:
        super().__init__(key, question, datetime.fromisoformat)

    def accept(self, reply: Reply, shown: Sequence[str]) -> str:
        if reply.kind != "typed":
            raise NotHere
        if not reply.text.strip():
            raise Empty
        moment = read_time(reply.text, clock.now())
        checked_time(moment)
        return moment.isoformat()


def ask_when(visit: Visit) -> Part[datetime | None]:
    """Ask whether to send now or later, and when. None is now."""
    options = {"now": visit.say("Now"), "later": visit.say("Later")}
    if (yield from Choose("send_when", visit.say("When?"), options)) == "now":
        return None
    return (yield from ask_time(visit))


def ask_time(visit: Visit) -> Part[datetime]:
    """Ask for a time to come."""
    question = visit.say("When? Like 14:30, tomorrow 9:00 or 25/12 9:00:")
    return (yield from AskTime("send_time", question))


def read_time(text: str, now: datetime) -> datetime:
    """Read a time as people type it: a time of today, or a day with or without one.

    A day alone means when adverts may begin. "At 3" and "3pm" are of the one clock, "saa 3" is of
    the Swahili one; without a day that is the next of its name. Raises: NotATime, TimePassed.

    >>> noon = datetime(2026, 3, 12, 12, tzinfo=clock.NAIROBI)
    >>> typed = ("14.30", "kesho 9", "25/12 8:15", "kesho saa 3", "saa tatu asubuhi")
    >>> [f"{read_time(each, noon):%d/%m %H:%M}" for each in typed]
    ['12/03 14:30', '13/03 09:00', '25/12 08:15', '13/03 09:00', '13/03 09:00']
    """
    local = now.astimezone(clock.NAIROBI)
    said = re.sub(r"(?<=[0-9])\s+(?=[ap]m\b)", "", text.casefold())
    hour = saa.find(said)
    day: date | None = None
    at = hour.at if hour else None
    for word in re.split(r"[\s,]+", hour.rest if hour else said):
        if word in _NOISE:
            continue
        if day is None and (found := _day(word, local.date())) is not None:
            day = found
        elif at is None and (clocked := _time(word)) is not None:
            at = clocked
        else:
            raise NotATime
    if day is None and at is None:
        raise NotATime
    at = at or time.fromisoformat(settings().rules.promotional_from)
    moment = datetime.combine(day or local.date(), at, clock.NAIROBI)
    if moment <= local and hour is not None:
        # The night that is said of today goes on after midnight.
        is_next = day is None or (day == local.date() and hour.is_after_midnight)
        moment += timedelta(days=is_next)
    if moment <= local:
        raise TimePassed
    return moment


def _day(word: str, today: date) -> date | None:
    if word in _TODAY:
        return today
    if word in _TOMORROW:
        return today + timedelta(days=1)
    found = _DATE(word)
    if found is None:
        return None
    year = int(found[3]) if found[3] else today.year
    year += 2000 if year < 100 else 0
    try:
        day = date(year, int(found[2]), int(found[1]))
        # Without a year it is the next of that name.
        return day if found[3] or day >= today else day.replace(year=year + 1)
    except ValueError:
        raise NotATime from None


def _time(word: str) -> time | None:
    found = _TIME(word)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def span(
    visit: Visit, goes_at: datetime, until: datetime | None = None, *, is_brief: bool = False
) -> str:
    """Say from when until about when something goes.

    Whoever is told so in Swahili hears the hour by both clocks, unless it has to be brief.
    """
    now = clock.now().astimezone(clock.NAIROBI)
    start = goes_at.astimezone(clock.NAIROBI)
    end = None if until is None else until.astimezone(clock.NAIROBI)
    until_then = ""
    if end is not None and end - start >= timedelta(minutes=2):
        until_then = f"-{end:%H:%M}" if end.date() == start.date() else f"-{end:%d/%m %H:%M}"
    if start <= now:
        return visit.say("now") + until_then
    told = f"{start:%H:%M}{until_then}"
    if visit.language == "sw" and not is_brief:
        told = f"{saa.told(start.time())} ({told})"
    return f"{_called(visit, start.date(), now.date())} {told}"


def _called(visit: Visit, day: date, today: date) -> str:
    if day == today:
        return visit.say("today")
    if day == today + timedelta(days=1):
        return visit.say("tomorrow")
    return f"{day:%d/%m}"
