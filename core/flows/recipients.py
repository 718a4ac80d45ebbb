"""Whom to send to: one number, a typed list, a group, everybody."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from core import phone
from core.campaigns.audience import NUMBERS_MAX, Audience, TooManyNumbers
from core.contacts import contacts, groups
from core.contacts.models import Group
from core.dialogue.steps import Ask, Part
from core.errors import Conflict, Invalid
from core.flows.asking import Drawn, Pick, typed
from core.flows.visits import Visit
from core.flows.wording import brief
from core.phone import InvalidNumber

GROUPS_SHOWN = 60
NAME_MAX = 24
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
        return To(visit.say("Your list"), audience=Audience(to=list(found)))
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
    """Ask for a list of numbers, in as many parts as it takes."""
    return (
        yield from typed(
            visit,
            key,
            visit.say("Type the numbers with a * between them:"),
            read_numbers,
            done=visit.say("Go on"),
            size=lambda found: visit.say("{count} numbers.", count=len(found)),
            join=",".join,
        )
    )


def read_numbers(text: str) -> tuple[str, ...]:
    """Read numbers with anything usual between them, each once.

    Raises: InvalidNumber for the first that is none, TooManyNumbers.

    >>> read_numbers("0712 345 678*0722000111, 0712345678")
    ('254712345678', '254722000111')
    """
    found: dict[str, None] = {}
    for part in _BETWEEN.split(text):
        if part.strip():
            found.update(dict.fromkeys(_read(part.strip())))
    if len(found) > NUMBERS_MAX:
        raise TooManyNumbers(most=NUMBERS_MAX)
    if not found:
        raise InvalidNumber(given=repr(text.strip()[:10]))
    return tuple(found)


def _read(part: str) -> list[str]:
    """Read one number, or several with only spaces between them."""
    try:
        return [phone.parse(part)]
    except Invalid:
        words = part.split()
        if len(words) < 2:
            raise
        return [phone.parse(word) for word in words]


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
