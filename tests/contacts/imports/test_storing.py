"""The quick way of storing does exactly what the plain one says it means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock, database
from core.contacts import book, contacts, free_fields, groups, pseudonyms
from core.contacts.imports import storing
from core.contacts.imports.reading import Entry
from core.contacts.imports.storing import Target
from core.contacts.models import Contact, ContactBook, Group, GroupMember, Suppression
from core.tenants.profiles import Profile

BY: dict[str, Any] = {"actor": "person:usr_1", "channel": "telegram"}
TESTED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NUMBERS = st.sampled_from([f"25471234567{digit}" for digit in range(10)])
NAMES = st.sampled_from(["", "Asha", "Zoë \\ 'x\"", "😀 \\N"])
WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=6)
FIELDS = st.none() | st.dictionaries(st.sampled_from(["Town", "Due"]), WORDS, min_size=1)
HELD = st.none() | st.dictionaries(st.sampled_from(["town", "Due", "Code"]), WORDS, min_size=1)
LANGUAGES = st.none() | st.sampled_from(["en", "sw"])
ENTRIES = st.lists(
    st.tuples(st.integers(2, 99), NUMBERS, NAMES, LANGUAGES, FIELDS),
    unique_by=lambda entry: entry[1],
    max_size=8,
).map(lambda rows: [(*row[:4], free_fields.dump(row[4] or {})) for row in rows])
BEFORE = st.lists(
    st.tuples(NUMBERS, NAMES, LANGUAGES, HELD, st.sampled_from(["active", "erased", "blocked"])),
    unique_by=lambda row: row[0],
    max_size=5,
)


class Undone(Exception):
    """Takes the transaction back."""


def outcome_of(
    act: Callable[[Target, list[Entry]], Any], target: Target, entries: list[Entry]
) -> Any:
    """What storing leaves in the tables, ids left out, and what it said; then it is undone."""
    try:
        with database.transaction():
            book.lock(target.tenant_id)
            said = act(target, list(entries))
            rows = {
                row.msisdn: (
                    row.name,
                    row.language,
                    free_fields.load(row.fields),
                    row.status,
                    row.consent_id,
                )
                for row in Contact.select()
            }
            members = Contact.select(Contact.msisdn).join(
                GroupMember, on=(GroupMember.contact_id == Contact.id)
            )
            inside = sorted(row.msisdn for row in members)
            sizes = [row.size for row in Group.select()], book.size(target.tenant_id)
            left_out = sorted((each.row, each.code) for each in said.rejected)
            raise Undone
    except Undone:
        return rows, inside, sizes, (said.created, said.updated), left_out


@TESTED
@given(
    entries=ENTRIES,
    before=BEFORE,
    joined=st.booleans(),
    consent=st.booleans(),
    dry=st.booleans(),
    erasure=st.booleans(),
    opted_out=st.booleans(),
    likely=st.booleans(),
)
def test_storing_quickly_is_storing_plainly(
    make_tenant: Callable[..., Profile],
    entries: list[Entry],
    before: list[tuple[str, str, str | None, dict[str, str] | None, str]],
    joined: bool,
    consent: bool,
    dry: bool,
    erasure: bool,
    opted_out: bool,
    likely: bool,
) -> None:
    mine = make_tenant().tenant_id
    for table in (Contact, GroupMember, Group, ContactBook, Suppression):
        table.delete().execute()
    group = groups.create(mine, "All", **BY)[0].id
    for number, name, language, fields, status in before:
        made = _made(mine, number)
        stands = pseudonyms.of(mine, number) if status == "erased" else number
        Contact.update(
            msisdn=stands,
            name=name,
            language=language,
            fields=free_fields.dump(free_fields.merge({}, fields or {})),
            status=status,
        ).where(Contact.id == made.id).execute()
        if status == "blocked":
            groups.add(mine, group, made.id, **BY)
    if opted_out:
        Suppression.create(
            tenant_id=mine,
            msisdn="254712345671",
            category="promotional",
            source="STOP",
            created_at=clock.now(),
        )
    target = Target(mine, group if joined else None, "cns_1" if consent else None, dry, erasure)

    quick = outcome_of(lambda *given: storing.store(*given, likely_new=likely), target, entries)

    assert quick == outcome_of(storing.store_plainly, target, entries)


def _made(tenant_id: int, number: str) -> Contact:
    with database.transaction():
        book.lock(tenant_id)
        return contacts.insert(tenant_id, [number])[0]


def test_what_is_believed_new_and_is_not_is_found_out(make_tenant: Callable[..., Profile]) -> None:
    mine = make_tenant().tenant_id
    contacts.put(mine, "0712345679", "Before", **BY)
    entries: list[Entry] = [(n, f"25471234567{n}", f"N{n}", None, None) for n in range(10)]

    with database.transaction():
        book.lock(mine)
        done = storing.store(Target(mine), entries, likely_new=True)

    assert (done.created, done.updated) == (9, 1)
    assert Contact.select().where(Contact.tenant_id == mine).count() == book.size(mine) == 10


def test_every_letter_survives_the_way_into_the_table(make_tenant: Callable[..., Profile]) -> None:
    mine = make_tenant().tenant_id
    name, fields = "\\N \\ \\t 'é😀\"", {"Note": '\\n \\ "q" {}'}
    entries: list[Entry] = [(2, "254712345678", name, "sw", free_fields.dump(fields))]

    with database.transaction():
        book.lock(mine)
        storing.store(Target(mine), entries, likely_new=True)

    row = Contact.get(Contact.tenant_id == mine)
    assert (row.name, msgspec.json.decode(row.fields)) == (name, fields)
