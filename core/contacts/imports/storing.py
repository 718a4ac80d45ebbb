"""Storing what was read: contacts added and changed, members, sizes. A hot path.

`store` is set-based SQL in two dialects; `store_plainly` is the same in plain Peewee and states
what it means; a property test holds them equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import msgspec
import peewee

from core import clock, ids
from core.contacts import book, free_fields, groups, pseudonyms, standing
from core.contacts.free_fields import TooManyFields
from core.contacts.imports.errors import GroupGone, NumberErased
from core.contacts.imports.models import Import
from core.contacts.imports.reading import Entry, Rejected
from core.contacts.models import Contact, ContactBook, Group
from core.database import changed, copy_in, execute, execute_many, is_postgres, savepoint


class Target(NamedTuple):
    """Where an import's contacts go.

    `saw_erasure` says that somebody was erased since the file was sent, and may stand in it.
    """

    tenant_id: int
    group_id: str | None = None
    consent_id: str | None = None
    is_dry_run: bool = False
    saw_erasure: bool = False


class Stored(NamedTuple):
    """How many of some entries were new and how many known, and those that could not be."""

    created: int
    updated: int
    rejected: list[Rejected]


class _Known(NamedTuple):
    """What stands in the book under a number."""

    msisdn: str
    id: str
    name: str
    language: str | None
    fields: str | None
    consent_id: str | None


class _Change(NamedTuple):
    """What a known contact becomes."""

    id: str
    name: str
    language: str | None
    fields: str | None
    consent_id: str | None


def target_of(found: Import) -> Target:
    """Where the contacts of an import go; under the book's lock."""
    erased_at = ContactBook.get_by_id(found.tenant_id).erased_at
    return Target(
        found.tenant_id,
        found.group_id,
        found.consent_id,
        found.is_dry_run,
        erased_at >= found.created_at,
    )


def store(target: Target, entries: Sequence[Entry], *, likely_new: bool = False) -> Stored:
    """Put entries with different numbers into the book, under its lock, in one transaction.

    A dry run changes nothing and counts the same. Who opted out, is blocked or was erased before
    keeps that. With `likely_new` they are first tried without looking whom the book has already.
    Raises: GroupGone.
    """
    if likely_new and (stored := _store_new(target, entries)) is not None:
        return stored
    known = _lookup(target.tenant_id, entries)
    fresh, changes, members, rejected = _sort(target, entries, known)
    if target.is_dry_run:
        return Stored(len(fresh), len(members), rejected)
    made = ids.block("con", len(fresh))
    if fresh:
        _insert(target, made, fresh)
        _count(target, fresh)
    if changes:
        _update(target.tenant_id, changes)
    if target.group_id is not None:
        _join(target.tenant_id, target.group_id, made, members)
    return Stored(len(fresh), len(members), rejected)


def _store_new(target: Target, entries: Sequence[Entry]) -> Stored | None:
    """Store entries that are all new; None, and nothing is changed, when one of them is not."""
    if not entries or target.is_dry_run or target.saw_erasure:
        return None
    made = ids.block("con", len(entries))
    try:
        with savepoint() if is_postgres() else nullcontext():
            _insert(target, made, entries)
    except peewee.IntegrityError:
        # A savepoint would cost SQLite a copy of every page; on PostgreSQL there is nothing here.
        execute(_TAKE_BACK, (target.tenant_id, made[0], made[-1]))
        return None
    _count(target, entries)
    if target.group_id is not None:
        _join(target.tenant_id, target.group_id, made, [])
    return Stored(len(entries), 0, [])


# The ids of a block follow each other, and nobody else's are between them: the book is locked.
_TAKE_BACK = "DELETE FROM contact WHERE tenant_id = %s AND id BETWEEN %s AND %s"


def _sort(
    target: Target, entries: Sequence[Entry], known: Mapping[str, _Known]
) -> tuple[list[Entry], list[_Change], list[str], list[Rejected]]:
    """Part entries into new ones, changes of known contacts, ids of those, and impossible ones."""
    forgotten = _forgotten(target, [each[1] for each in entries if each[1] not in known])
    if not known and not forgotten:
        return list(entries), [], [], []
    fresh: list[Entry] = []
    changes: list[_Change] = []
    members: list[str] = []
    rejected: list[Rejected] = []
    for entry in entries:
        row, msisdn, name, *_ = entry
        before = known.get(msisdn)
        if before is None:
            if msisdn in forgotten:
                # Not even what stood beside the number is kept.
                rejected.append(Rejected(row, NumberErased.code, {}, []))
            else:
                fresh.append(entry)
            continue
        try:
            after = _changed(before, entry, target.consent_id)
        except TooManyFields as error:
            rejected.append(Rejected(row, error.code, error.fields, [msisdn, name]))
            continue
        if after != before[1:]:
            changes.append(after)
        members.append(before.id)
    return fresh, changes, members, rejected


def _changed(before: _Known, entry: Entry, consent_id: str | None) -> _Change:
    """A known contact with what a row says written over it; what the row leaves out stays.

    Raises: TooManyFields.
    """
    _, _, name, language, given = entry
    fields = before.fields
    if given:
        held = free_fields.load(fields)
        merged = free_fields.merge(held, free_fields.load(given))
        if merged != held:
            fields = free_fields.dump(merged)
    return _Change(
        before.id,
        name or before.name,
        language or before.language,
        fields,
        consent_id or before.consent_id,
    )


def _forgotten(target: Target, msisdns: Sequence[str]) -> set[str]:
    """Those of some unknown numbers whose people were erased after the file was sent."""
    if not msisdns or not target.saw_erasure:
        return set()
    names = {
        name: msisdn for msisdn in msisdns for name in pseudonyms.every(target.tenant_id, msisdn)
    }
    return {names[name] for name in _lookup_names(target.tenant_id, list(names))}


_FIND_POSTGRES = """
    SELECT msisdn, id, name, language, fields, consent_id FROM contact
    WHERE tenant_id = %s AND msisdn = ANY(%s)
"""
_FIND_SQLITE = """
    SELECT msisdn, id, name, language, fields, consent_id FROM contact
    WHERE tenant_id = %s AND msisdn IN (SELECT value FROM json_each(%s))
"""


def _find(tenant_id: int, msisdns: list[str]) -> list[Any]:
    if is_postgres():
        return list(execute(_FIND_POSTGRES, (tenant_id, msisdns)).fetchall())
    names = msgspec.json.encode(msisdns).decode()
    return list(execute(_FIND_SQLITE, (tenant_id, names)).fetchall())


def _lookup(tenant_id: int, entries: Sequence[Entry]) -> dict[str, _Known]:
    """Which of some entries are known, by number."""
    found = _find(tenant_id, [entry[1] for entry in entries])
    return {row[0]: _Known(*row) for row in found}


def _lookup_names(tenant_id: int, names: list[str]) -> set[str]:
    return {row[0] for row in _find(tenant_id, names)}


# What is the same in all rows stands in the statement itself: binding it costs a tenth of all.
_INSERT_CONTACT = (
    "INSERT INTO contact (id, tenant_id, msisdn, name, language, fields, status, consent_id, "
    "created_at) VALUES (%s, {tenant_id}, %s, %s, %s, %s, 'active', {consent}, {now})"
)
_COPY_CONTACT = (
    "COPY contact (id, tenant_id, msisdn, name, language, fields, status, consent_id, created_at) "
    "FROM STDIN"
)


def _insert(target: Target, made: Sequence[str], fresh: Sequence[Entry]) -> None:
    """Add contacts. Raises: IntegrityError, when the book has one of the numbers."""
    now, tenant_id, consent_id = clock.ms(), target.tenant_id, target.consent_id
    if is_postgres():
        tail = f"\tactive\t{consent_id or _NULL}\t{now}\n"
        lines = [
            f"{each}\t{tenant_id}\t{msisdn}\t{_escaped(name)}\t{language or _NULL}"
            f"\t{_escaped(fields) if fields else _NULL}{tail}"
            for each, (_, msisdn, name, language, fields) in zip(made, fresh, strict=True)
        ]
        copy_in(_COPY_CONTACT, "".join(lines))
        return
    consent = "NULL" if consent_id is None else f"'{consent_id}'"
    assert consent_id is None or consent_id.replace("_", "").isalnum()
    statement = _INSERT_CONTACT.format(tenant_id=int(tenant_id), consent=consent, now=now)
    _, *columns = zip(*fresh, strict=True)  # all but the row's number
    execute_many(statement, list(zip(made, *columns, strict=True)))


def _count(target: Target, fresh: Sequence[Entry]) -> None:
    """Count contacts just added; who opted out before, or was blocked, stays so."""
    book.grow(target.tenant_id, len(fresh))
    standing.mark_new(target.tenant_id, [entry[1] for entry in fresh])


_NULL = "\\N"


def _escaped(text: str) -> str:
    """A text as COPY reads it. Values hold no tabs and no line breaks."""
    return text.replace("\\", "\\\\") if "\\" in text else text


_UPDATE_SQLITE = (
    "UPDATE contact SET name = %s, language = %s, fields = %s, consent_id = %s, updated_at = %s "
    "WHERE tenant_id = %s AND id = %s"
)
_UPDATE_POSTGRES = """
    UPDATE contact SET name = r.name, language = r.language, fields = r.fields,
           consent_id = r.consent_id, updated_at = %s
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
         AS r (id, name, language, fields, consent_id)
    WHERE contact.tenant_id = %s AND contact.id = r.id
"""


def _update(tenant_id: int, changes: Sequence[_Change]) -> None:
    now = clock.ms()
    if is_postgres():
        columns = [list(column) for column in zip(*changes, strict=True)]
        execute(_UPDATE_POSTGRES, (now, *columns, tenant_id))
        return
    execute_many(_UPDATE_SQLITE, [(*each[1:], now, tenant_id, each.id) for each in changes])


_JOIN_ALL = "INSERT INTO contact_group_member (tenant_id, group_id, contact_id) VALUES (%s, %s, %s)"
_JOIN_SQLITE = (
    "INSERT INTO contact_group_member (tenant_id, group_id, contact_id) "
    "SELECT %s, %s, value FROM json_each(%s) WHERE true ON CONFLICT DO NOTHING"
)
_JOIN_POSTGRES = (
    "INSERT INTO contact_group_member (tenant_id, group_id, contact_id) "
    "SELECT %s, %s, unnest(%s::text[]) ON CONFLICT DO NOTHING"
)
_COPY_MEMBER = "COPY contact_group_member (tenant_id, group_id, contact_id) FROM STDIN"


def _join(tenant_id: int, group_id: str, made: Sequence[str], known: Sequence[str]) -> None:
    """Put contacts just made, and known ones, into a group, and count those who were not in it.

    Raises: GroupGone.
    """
    check_group(tenant_id, group_id)
    joined = len(made)
    if made and is_postgres():
        head = f"{tenant_id}\t{group_id}\t"
        copy_in(_COPY_MEMBER, "".join([f"{head}{each}\n" for each in made]))
    elif made:
        execute_many(_JOIN_ALL, [(tenant_id, group_id, each) for each in made])
    if known and is_postgres():
        joined += changed(execute(_JOIN_POSTGRES, (tenant_id, group_id, list(known))))
    elif known:
        names = msgspec.json.encode(known).decode()
        joined += changed(execute(_JOIN_SQLITE, (tenant_id, group_id, names)))
    groups.grow(tenant_id, group_id, joined)


def check_group(tenant_id: int, group_id: str) -> None:
    """See that a group is there still; under the book's lock it stays. Raises: GroupGone."""
    if not groups.of(tenant_id).where(Group.id == group_id).exists():
        raise GroupGone


def store_plainly(target: Target, entries: Sequence[Entry]) -> Stored:
    """Do what `store` does, a contact at a time."""
    created = updated = 0
    rejected: list[Rejected] = []
    for row, msisdn, name, language, given in entries:
        mine = Contact.tenant_id == target.tenant_id
        found = Contact.get_or_none(mine, Contact.msisdn == msisdn)
        if found is None and _forgotten(target, [msisdn]):
            rejected.append(Rejected(row, NumberErased.code, {}, []))
            continue
        try:
            held = free_fields.load(found.fields) if found else {}
            fields = free_fields.merge(held, free_fields.load(given))
        except TooManyFields as error:
            cells = [msisdn, name]
            rejected.append(Rejected(row, error.code, error.fields, cells))
            continue
        created, updated = created + (found is None), updated + (found is not None)
        if target.is_dry_run:
            continue
        if found is None:
            found = Contact.create(
                id=ids.new("con"),
                tenant_id=target.tenant_id,
                msisdn=msisdn,
                created_at=clock.now(),
            )
            book.grow(target.tenant_id, 1)
            standing.mark_new(target.tenant_id, [msisdn])
        wanted: dict[str, Any] = {"fields": free_fields.dump(fields)}
        wanted |= {"name": name} if name else {}
        wanted |= {"language": language} if language else {}
        wanted |= {"consent_id": target.consent_id} if target.consent_id else {}
        Contact.update(**wanted).where(mine, Contact.id == found.id).execute()
        if target.group_id is not None:
            check_group(target.tenant_id, target.group_id)
            groups.put_in(target.tenant_id, target.group_id, [found.id])
    return Stored(created, updated, rejected)
