"""Whom to send to: one number, a typed list, a group, everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core import phone
from core.campaigns.audience import NUMBERS_MAX, Audience, TooManyNumbers
from core.contacts import contacts, groups
from core.contacts.models import Group
from core.dialogue.steps import Ask, Choose, Part
from core.errors import Conflict, Invalid
from core.flows.asking import Drawn, Pick, typed
from core.flows.visits import Visit
from core.flows.wording import brief
from core.phone import InvalidNumber

GROUPS_SHOWN = 60
NAME_MAX = 24
LISTS_MAX = 20
# Of what was no number: so many are named, each so long.
BAD_SHOWN = 2
BAD_MAX = 13
# What people put between numbers; on a button phone the star is the easiest of them.
_BETWEEN = re.compile(r"[,;*#/&|\n]+|\s+(?:na|and)\s+")


class NoGroups(Conflict):
    """A business without groups wants to put somebody into one."""

    code = "no_groups"
    title = "No groups yet"
    sentence = "You have no groups yet. Make one under Contacts."


class GroupEmpty(Invalid):
    """Nobody to send to."""

    code = "group_empty"
    title = "Nobody in it"
    sentence = "There is nobody in it yet. Add contacts first."


@dataclass(frozen=True, slots=True)
class To:
    """Whom somebody chose, and what they are called together.

    A single number is written to, rather than advertised to: `msisdn`. Anybody else is an audience.
    """

    name: str
    msisdn: str | None = None
    audience: Audience | None = None

    @property
    def number(self) -> str:
        """The single number, so written that no country takes it for one of its own."""
        assert self.msisdn is not None
        return f"+{self.msisdn}"


def ask_recipients(visit: Visit, tenant_id: int, about: str = "") -> Part[To]:
    """Ask whom to send to, unless that is `about` a group, a contact or a number (`n254...`).

    Raises: NoGroups, GroupEmpty, GroupNotFound, ContactNotFound.
    """
    if about:
        return _given(visit, tenant_id, about)

    def look(way: str) -> None:
        if way == "all" and not contacts.count(tenant_id, at_most=1):
            raise GroupEmpty

    way = yield from Pick("send_to", lambda: _ways(visit, tenant_id), look)
    if way == "one":
        msisdn = yield from Ask("send_number", visit.say("Which number?"), phone.parse)
        return To(phone.pretty(msisdn), msisdn)
    if way == "list":
        found = yield from ask_numbers(visit, "send_list")
        if len(found) == 1:
            return To(phone.pretty(found[0]), found[0])
        return To(visit.say("Your list"), audience=Audience(to=[f"+{each}" for each in found]))
    if way == "all":
        return To(visit.say("All contacts"), audience=Audience(everyone=True))
    group_id = yield from ask_group(
        visit, "send_group", tenant_id, lambda chosen: _of_group(tenant_id, chosen)
    )
    return _of_group(tenant_id, group_id)


def _given(visit: Visit, tenant_id: int, about: str) -> To:
    if about.startswith("con_"):
        contact = contacts.one(tenant_id, about)
        return To(brief(contact.name, NAME_MAX) or phone.pretty(contact.msisdn), contact.msisdn)
    if about.startswith("n"):
        msisdn = phone.parse(f"+{about[1:]}")
        return To(phone.pretty(msisdn), msisdn)
    return _of_group(tenant_id, about)


def _of_group(tenant_id: int, group_id: str) -> To:
    """Read whom a group stands for. Raises: GroupNotFound, GroupEmpty."""
    group = groups.one(tenant_id, group_id)
    if not group.size:
        raise GroupEmpty
    return To(brief(group.name, NAME_MAX), audience=Audience(groups=[group.id]))


def _ways(visit: Visit, tenant_id: int) -> Drawn:
    options = {"one": visit.say("One number"), "list": visit.say("Several numbers")}
    if groups.exist(tenant_id):
        options["group"] = visit.say("A group")
    count = contacts.count(tenant_id)
    if count:
        options["all"] = visit.say("All contacts ({count})", count=f"{count:,}")
    return visit.say("Send to:"), options


def ask_numbers(visit: Visit, key: str) -> Part[tuple[str, ...]]:
    """Ask for a list of numbers, in as many parts as it takes. What is no number is left out."""

    def size(found: Numbers) -> str:
        told = visit.say("Numbers: {count}.", count=len(found.good))
        return f"{told} {_left_out(visit, found.bad)}".strip()

    done = visit.say("Go on")
    if visit.is_small:
        question = visit.say("Type the numbers with a * between them:")
        found = yield from typed(
            visit, key, question, read_numbers, done=done, size=size, join=",".join
        )
        return found.good
    for at in range(LISTS_MAX):
        question = visit.say("Send the numbers, with commas between them or one a line:")
        found = yield from Ask(f"{key}{at or ''}", question, read_numbers)
        if not found.bad:
            break
        options = {"go": done, "change": visit.say("Change")}
        if (yield from Choose(f"{key}{at or ''}_left", size(found), options)) == "go":
            break
    return found.good


def _left_out(visit: Visit, bad: Sequence[str]) -> str:
    """Name what was no number, or its first few; empty when all were."""
    if not bad:
        return ""
    shown = ", ".join(brief(each, BAD_MAX) for each in bad[:BAD_SHOWN])
    more = ", ..." if len(bad) > BAD_SHOWN else ""
    return visit.say("{count} left out: {shown}", count=f"{len(bad):,}", shown=shown + more)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A list as it was typed: the numbers in it, each once, and what was none, as it was typed."""

    good: tuple[str, ...]
    bad: tuple[str, ...]


def read_numbers(text: str) -> Numbers:
    """Read numbers with anything usual between them.

    Raises: InvalidNumber when there is none among them, TooManyNumbers.

    >>> read_numbers("0712 345 678*0722000111, 0712345678, 12345")
    Numbers(good=('254712345678', '254722000111'), bad=('12345',))
    """
    found: dict[str, None] = {}
    bad: dict[str, None] = {}
    for part in _BETWEEN.split(text):
        if part.strip():
            _read(part.strip(), found, bad)
    if len(found) > NUMBERS_MAX:
        raise TooManyNumbers(most=NUMBERS_MAX)
    if not found:
        raise InvalidNumber(given=repr(text.strip()[:10]))
    return Numbers(tuple(found), tuple(bad))


def _read(part: str, found: dict[str, None], bad: dict[str, None]) -> None:
    """Read one number, or several with only spaces between them."""
    try:
        found[phone.parse(part)] = None
    except Invalid:
        words = part.split()
        if len(words) < 2:
            bad[part] = None
            return
        for word in words:
            _read(word, found, bad)


def ask_group(
    visit: Visit, key: str, tenant_id: int, look: Callable[[str], object] | None = None
) -> Part[str]:
    """Ask for a group; gives its id. Raises: NoGroups."""
    if not groups.exist(tenant_id):
        raise NoGroups

    def draw() -> Drawn:
        found = groups.names(tenant_id, limit=GROUPS_SHOWN)
        return visit.say("Which group?"), {each.id: sized(each) for each in found}

    return (yield from Pick(key, draw, look))


def sized(group: Group) -> str:
    """Name a group with its size."""
    return f"{brief(group.name, NAME_MAX)} ({group.size:,})"
