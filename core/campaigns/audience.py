"""Who a campaign goes to: everybody, groups, single contacts and bare numbers, each number once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from core import phone
from core.contacts import contacts, groups
from core.contacts.models import ContactStatus, Group
from core.database import execute, is_postgres
from core.errors import Invalid
from core.numberset import NumberSet

PAGE = 5000
# What one request carries in a megabyte; more comes as a file, which becomes a group.
NUMBERS_MAX = 50_000

DUPLICATE, INVALID, BLOCKED, OPTED_OUT = "duplicate", "invalid", "blocked", "opted_out"


class NobodyChosen(Invalid):
    """A campaign to nobody at all."""

    code = "nobody_chosen"
    title = "Nobody chosen"
    sentence = (
        'Choose who gets it: groups, contacts or numbers, or "contacts": "all" for everybody.'
    )
    field = "groups"


class TooManyNumbers(Invalid):
    """More single numbers or contacts than one campaign takes."""

    code = "too_many_numbers"
    title = "Too many numbers"
    sentence = "One campaign takes at most {most} single numbers. Upload them as a file instead."
    field = "to"


class Audience(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Who was chosen, as it is kept: ids of groups and contacts, and numbers in any writing."""

    everyone: bool = False
    groups: list[str] = []
    contacts: list[str] = []
    to: list[str] = []

    def stored(self) -> str:
        """As a campaign keeps it."""
        return msgspec.json.encode(self).decode()


# Made by the million, and nothing in one can lead back to it: the collector may pass them over.
class Recipient(msgspec.Struct, frozen=True, gc=False):
    """Somebody who may get the text. `fields` is the JSON text of a contact's own.

    A bare number that is no contact has no id, and nothing else.
    """

    contact_id: str | None
    msisdn: str
    name: str = ""
    language: str | None = None
    fields: str | None = None
    consent_id: str | None = None
    status: str = ContactStatus.ACTIVE.value


def read(stored: str) -> Audience:
    """Read an audience as a campaign keeps it."""
    return msgspec.json.decode(stored, type=Audience)


def check(tenant_id: int, audience: Audience) -> None:
    """Refuse an audience that names nobody, or what is not the tenant's.

    Raises: NobodyChosen, TooManyNumbers, GroupNotFound, ContactNotFound.
    """
    if not (audience.everyone or audience.groups or audience.contacts or audience.to):
        raise NobodyChosen
    if len(audience.to) + len(audience.contacts) > NUMBERS_MAX:
        raise TooManyNumbers(most=NUMBERS_MAX)
    for group_id in dict.fromkeys(audience.groups):
        groups.one(tenant_id, group_id)
    wanted = list(dict.fromkeys(audience.contacts))
    for at in range(0, len(wanted), PAGE):
        ids = wanted[at : at + PAGE]
        found = {row.contact_id for row in _by_ids(tenant_id, ids)}
        if missing := [each for each in ids if each not in found]:
            contacts.one(tenant_id, missing[0])


def pages(tenant_id: int, audience: Audience, left_out: Counter[str]) -> Iterator[list[Recipient]]:
    """Go through an audience, at most `PAGE` at a time, each number once.

    Who cannot be written to, or comes again, is counted in `left_out` under the reason.
    """
    sources = [
        *([_everyone(tenant_id)] if audience.everyone else []),
        *(_group(tenant_id, each) for each in dict.fromkeys(audience.groups)),
        *([_single(tenant_id, audience.contacts)] if audience.contacts else []),
        *([_numbers(tenant_id, audience.to, left_out)] if audience.to else []),
    ]
    # Contacts are one a number, and so are the members of a group: only between several can a
    # number come again, or within a list that somebody wrote.
    once = len(sources) == 1 and not audience.contacts and not audience.to
    seen = None if once else NumberSet()
    for source in sources:
        for found in source:
            page = found
            if seen is not None:
                add = seen.add
                page = [each for each in found if add(each.msisdn)]
                left_out[DUPLICATE] += len(found) - len(page)
            page = _written_to(page, left_out)
            if page:
                yield page


def _written_to(page: list[Recipient], left_out: Counter[str]) -> list[Recipient]:
    """Take out those a business has blocked, and those it has erased, who have no number."""
    active = ContactStatus.ACTIVE.value
    if all(each.status == active for each in page):
        return page
    blocked, erased = ContactStatus.BLOCKED.value, ContactStatus.ERASED.value
    left_out[BLOCKED] += sum(1 for each in page if each.status == blocked)
    return [each for each in page if each.status not in (blocked, erased)]


def size_at_most(tenant_id: int, audience: Audience, most: int) -> int:
    """Count an audience roughly and quickly: how many there can be at most, up to `most`.

    A group that was removed since it was chosen has nobody.
    """
    if audience.everyone:
        counted = contacts.count(tenant_id, at_most=most)
    elif audience.groups:
        chosen = groups.of(tenant_id).where(Group.id.in_(list(dict.fromkeys(audience.groups))))
        counted = sum(group.size for group in chosen)
    else:
        counted = 0
    return min(most, counted + len(audience.contacts) + len(audience.to))


_COLUMNS = "c.id, c.msisdn, c.name, c.language, c.fields, c.consent_id, c.status"
_EVERYONE = f"""
    SELECT {_COLUMNS} FROM contact c
    WHERE c.tenant_id = %s AND c.id > %s ORDER BY c.tenant_id, c.id LIMIT {PAGE}
"""  # noqa: S608
# Both keys are bounded, so that a page that is joined by merging begins where the last one ended.
_GROUP = f"""
    SELECT {_COLUMNS} FROM contact_group_member m
    JOIN contact c ON c.tenant_id = m.tenant_id AND c.id = m.contact_id
    WHERE m.tenant_id = %s AND m.group_id = %s AND m.contact_id > %s AND c.id > %s
    ORDER BY m.contact_id LIMIT {PAGE}
"""  # noqa: S608
_AMONG_POSTGRES = f"SELECT {_COLUMNS} FROM contact c WHERE c.tenant_id = %s AND c.{{}} = ANY(%s)"  # noqa: S608
_AMONG_SQLITE = f"""
    SELECT {_COLUMNS} FROM json_each(%s) w
    CROSS JOIN contact c ON c.tenant_id = %s AND c.{{}} = w.value
"""  # noqa: S608


def _everyone(tenant_id: int) -> Iterator[list[Recipient]]:
    last = ""
    while page := _asked(_EVERYONE, (tenant_id, last)):
        yield page
        last = page[-1].contact_id or ""


def _group(tenant_id: int, group_id: str) -> Iterator[list[Recipient]]:
    # Of a removed group members may be left for a while: a million are not deleted at once.
    last = ""
    is_there = groups.of(tenant_id).where(Group.id == group_id).exists
    while is_there() and (page := _asked(_GROUP, (tenant_id, group_id, last, last))):
        yield page
        last = page[-1].contact_id or ""


def _asked(statement: str, params: tuple[object, ...]) -> list[Recipient]:
    return [Recipient(*row) for row in execute(statement, params).fetchall()]


def _single(tenant_id: int, ids: Sequence[str]) -> Iterator[list[Recipient]]:
    for at in range(0, len(ids), PAGE):
        wanted = ids[at : at + PAGE]
        found = {row.contact_id: row for row in _by_ids(tenant_id, wanted)}
        yield [found[each] for each in wanted if each in found]


def _by_ids(tenant_id: int, ids: Sequence[str]) -> list[Recipient]:
    return _among(tenant_id, "id", ids)


def _among(tenant_id: int, column: str, values: Sequence[str]) -> list[Recipient]:
    if is_postgres():
        return _asked(_AMONG_POSTGRES.format(column), (tenant_id, list(values)))
    asked = msgspec.json.encode(list(dict.fromkeys(values))).decode()
    return _asked(_AMONG_SQLITE.format(column), (asked, tenant_id))


def _numbers(
    tenant_id: int, given: Sequence[str], left_out: Counter[str]
) -> Iterator[list[Recipient]]:
    """Read bare numbers; those of contacts bring along what is known of them."""
    for at in range(0, len(given), PAGE):
        msisdns = []
        for each in given[at : at + PAGE]:
            try:
                msisdns.append(phone.parse(each))
            except phone.InvalidNumber:
                left_out[INVALID] += 1
        known = {row.msisdn: row for row in _among(tenant_id, "msisdn", msisdns)}
        yield [known.get(each) or Recipient(None, each) for each in msisdns]


def known(tenant_id: int, msisdn: str) -> Recipient:
    """What is known of a number, for a text to it alone."""
    found = _among(tenant_id, "msisdn", [msisdn])
    return found[0] if found else Recipient(None, msisdn)


def among_numbers(tenant_id: int, msisdns: Sequence[str]) -> dict[str, Recipient]:
    """What is known of some numbers, by number; those that are no contacts are not in it."""
    return {row.msisdn: row for row in _among(tenant_id, "msisdn", msisdns)}


def contact(tenant_id: int, contact_id: str) -> Recipient:
    """A contact as a recipient. Raises: ContactNotFound."""
    found = _by_ids(tenant_id, [contact_id])
    if not found:
        contacts.one(tenant_id, contact_id)
    return found[0]
