"""Going through a book of contacts from the newest on: a page at a time, or all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import peewee

from core.contacts import contacts, free_fields, groups, searching
from core.contacts.models import Contact, ContactStatus, Group, GroupMember

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which contacts to list. Without a status all but the erased."""

    search: str = ""
    status: ContactStatus | None = None
    group_id: str | None = None


EVERYBODY = Wanted()


def newest(
    tenant_id: int, wanted: Wanted = EVERYBODY, *, after: str | None = None, limit: int = 50
) -> list[Contact]:
    """List contacts, newest first, from below the id `after`. Raises: GroupNotFound."""
    return list(_page(tenant_id, wanted, after, limit))


class Line(NamedTuple):
    """What a file of contacts says of one of them."""

    id: str
    msisdn: str
    name: str
    language: str | None
    fields: str | None
    status: str
    consent_id: str | None
    created_at: datetime


_COLUMNS = [getattr(Contact, name) for name in Line._fields]


def stream(tenant_id: int, wanted: Wanted = EVERYBODY) -> Iterator[list[Line]]:
    """Go through all contacts, newest first, holding one page of them at a time.

    Raises: GroupNotFound, before the first page is asked for.
    """
    if wanted.group_id is not None:
        groups.one(tenant_id, wanted.group_id)
    return _pages(tenant_id, wanted)


def _pages(tenant_id: int, wanted: Wanted) -> Iterator[list[Line]]:
    after: str | None = None
    # Tuples: making a model of each row takes longer than all the rest.
    while True:
        rows: Any = _page(tenant_id, wanted, after, _AT_ONCE).select(*_COLUMNS).tuples()
        found = [Line(*row) for row in rows]
        if not found:
            return
        yield found
        after = found[-1].id


def groups_of(tenant_id: int, found: Sequence[Contact | Line]) -> dict[str, list[Group]]:
    """Return the groups of each of these contacts, by name."""
    if not found:
        return {}
    rows = GroupMember.select(GroupMember.contact_id, GroupMember.group_id).where(
        GroupMember.tenant_id == tenant_id,
        GroupMember.contact_id.in_([row.id for row in found]),
    )
    pairs = [(row.contact_id, row.group_id) for row in rows]
    if not pairs:
        return {}
    known = {group.id: group for group in groups.names(tenant_id)}
    inside: dict[str, list[Group]] = {}
    for contact_id, group_id in pairs:
        if group_id in known:
            inside.setdefault(contact_id, []).append(known[group_id])
    for each in inside.values():
        each.sort(key=lambda group: str(group.name_key))
    return inside


def _id(wanted: Wanted) -> peewee.Field:
    """The column a list goes along: a group's members are found in the order of their own key."""
    column: peewee.Field = Contact.id if wanted.group_id is None else GroupMember.contact_id
    return column


def _page(
    tenant_id: int, wanted: Wanted, after: str | None, limit: int
) -> peewee.ModelSelect[Contact]:
    query = _query(tenant_id, wanted)
    if after is not None:
        query = query.where(_id(wanted) < after)
    return query.order_by(_id(wanted).desc()).limit(limit)


def _query(tenant_id: int, wanted: Wanted) -> peewee.ModelSelect[Contact]:
    if wanted.group_id is None:
        query = contacts.of(tenant_id)
    else:
        query = groups.members_of(tenant_id, wanted.group_id)
    if (match := searching.condition(tenant_id, wanted.search)) is not None:
        query = query.where(match)
    match wanted.status:
        case None:
            return query.where(Contact.status != ContactStatus.ERASED.value)
        case ContactStatus.ACTIVE:
            return query.where(Contact.status == ContactStatus.ACTIVE.value)
        case status:
            # The first condition is said as the index says it, or it would not be used.
            apart = peewee.SQL('"t1"."status" <> \'active\'')
            return query.where(apart, Contact.status == status.value)


def field_names(tenant_id: int, wanted: Wanted = EVERYBODY) -> dict[str, str]:
    """Return the names of all free fields that contacts have, as last written, by their key."""
    found: dict[str, str] = {}
    for rows in stream(tenant_id, wanted):
        # Many have the same fields with the same values, and those are read once.
        for kept in dict.fromkeys(row.fields for row in rows if row.fields is not None):
            for name in free_fields.load(kept):
                found.setdefault(free_fields.key(name), name)
    return dict(sorted(found.items()))
