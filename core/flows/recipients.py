"""Whom to send to: one number, a typed list, a group, everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core import phone
from core.contacts import contacts, groups
from core.dialogue.steps import Ask, Part
from core.errors import Conflict, Invalid
from core.flows.asking import Drawn, Pick, typed
from core.flows.visits import Visit
from core.flows.wording import brief
from core.messaging.errors import TooManyRecipients
from core.messaging.preparing import RECIPIENTS_MAX
from core.phone import InvalidNumber

GROUPS_SHOWN = 60
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
class Recipients:
    """Numbers, and what they are called together."""

    name: str
    msisdns: tuple[str, ...]

    @property
    def is_one(self) -> bool:
        """Whether it is a single number, which is written to rather than advertised to."""
        return len(self.msisdns) == 1


def ask_recipients(visit: Visit, tenant_id: int) -> Part[Recipients]:
    """Ask whom to send to. Raises: NoGroups, GroupEmpty, TooManyRecipients."""

    def every() -> list[str]:
        return contacts.numbers(tenant_id, limit=RECIPIENTS_MAX + 1)

    def look(way: str) -> None:
        if way == "all":
            _checked("", every())

    way = yield from Pick("send_to", lambda: _ways(visit, tenant_id), look)
    if way == "one":
        msisdn = yield from Ask("send_number", visit.say("Which number?"), phone.parse)
        return Recipients(phone.pretty(msisdn), (msisdn,))
    if way == "list":
        found = yield from ask_numbers(visit, "send_list")
        return Recipients(visit.say("your list"), found)
    if way == "all":
        return _checked(visit.say("all contacts"), every())
    return (yield from _group(visit, tenant_id))


def _ways(visit: Visit, tenant_id: int) -> Drawn:
    options = {"one": visit.say("One number"), "list": visit.say("Several numbers")}
    if groups.exist(tenant_id):
        options["group"] = visit.say("A group")
    count = contacts.count(tenant_id, at_most=RECIPIENTS_MAX + 1)
    if count:
        more = "+" if count > RECIPIENTS_MAX else ""
        known = f"{min(count, RECIPIENTS_MAX):,}{more}"
        options["all"] = visit.say("All contacts ({count})", count=known)
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

    Raises: InvalidNumber for the first that is none, TooManyRecipients.

    >>> read_numbers("0712 345 678*0722000111, 0712345678")
    ('254712345678', '254722000111')
    """
    found: dict[str, None] = {}
    for part in _BETWEEN.split(text):
        if part.strip():
            found.update(dict.fromkeys(_read(part.strip())))
    if len(found) > RECIPIENTS_MAX:
        raise TooManyRecipients(limit=RECIPIENTS_MAX)
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


def _group(visit: Visit, tenant_id: int) -> Part[Recipients]:
    def numbers(group_id: str) -> list[str]:
        return groups.numbers(tenant_id, group_id, limit=RECIPIENTS_MAX + 1)

    group_id = yield from ask_group(
        visit, "send_group", tenant_id, lambda chosen: _checked("", numbers(chosen))
    )
    name = brief(groups.one(tenant_id, group_id).name, 24)
    return _checked(name, numbers(group_id))


def ask_group(
    visit: Visit, key: str, tenant_id: int, look: Callable[[str], object] | None = None
) -> Part[str]:
    """Ask for a group; gives its id. Raises: NoGroups."""
    if not groups.exist(tenant_id):
        raise NoGroups

    def draw() -> Drawn:
        found = groups.listing(tenant_id, limit=GROUPS_SHOWN)
        return visit.say("Which group?"), {
            group.id: f"{brief(group.name, 24)} ({size:,})" for group, size in found
        }

    return (yield from Pick(key, draw, look))


def _checked(name: str, msisdns: Sequence[str]) -> Recipients:
    """Read whom a group stands for. Raises: GroupEmpty, TooManyRecipients."""
    if not msisdns:
        raise GroupEmpty
    if len(msisdns) > RECIPIENTS_MAX:
        raise TooManyRecipients(limit=RECIPIENTS_MAX)
    return Recipients(name, tuple(msisdns))
