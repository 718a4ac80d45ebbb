"""Contacts and groups: a business's own, whatever ids are asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import database
from core.contacts import contacts, groups
from core.contacts.contacts import ContactNotFound
from core.contacts.groups import GroupNotFound
from core.contacts.models import Contact, Group
from core.errors import Refused
from core.phone import InvalidNumber
from core.tenants import audit
from core.tenants.profiles import Profile
from tests.races import together

BY = {"actor": "person:usr_1", "channel": "ussd"}


def add(tenant_id: int, number: str, name: str = "") -> Contact:
    return contacts.put(tenant_id, number, name, **BY)[0]


def group(tenant_id: int, name: str) -> Group:
    return groups.create(tenant_id, name, **BY)[0]


def test_a_number_is_one_contact_however_it_is_written(
    make_tenant: Callable[..., Profile],
) -> None:
    mine = make_tenant().tenant_id
    first, is_new = contacts.put(mine, "0712 345 678", "Juma", **BY)
    again, is_new_again = contacts.put(mine, "+254712345678", "Juma Otieno", **BY)

    assert (is_new, is_new_again) == (True, False)
    assert first.id == again.id
    assert again.name == "Juma Otieno"
    assert contacts.put(mine, "254712345678", **BY)[0].name == "Juma Otieno"
    acts = [row.act for row in audit.listing(mine)]
    assert acts == ["contact.changed", "contact.added"]


def test_the_same_number_added_at_once_is_one_contact(
    make_tenant: Callable[..., Profile],
) -> None:
    mine = make_tenant().tenant_id
    together(6, lambda number: add(mine, "0712345678", f"Juma {number}"))

    assert contacts.count(mine) == 1


def test_two_businesses_may_know_the_same_number(make_tenant: Callable[..., Profile]) -> None:
    mine, theirs = make_tenant().tenant_id, make_tenant().tenant_id

    assert add(mine, "0712345678", "Juma").id != add(theirs, "0712345678", "J").id
    assert [each.name for each in contacts.listing(mine)] == ["Juma"]


def test_a_wrong_number_or_name_is_refused(make_tenant: Callable[..., Profile]) -> None:
    mine = make_tenant().tenant_id
    with pytest.raises(InvalidNumber):
        add(mine, "12")
    with pytest.raises(Refused):
        add(mine, "0712345678", "x" * 61)
    assert contacts.count(mine) == 0


def test_contacts_are_found_by_a_part_of_name_or_number(
    make_tenant: Callable[..., Profile],
) -> None:
    mine = make_tenant().tenant_id
    for number, name in (("0712345678", "Juma"), ("0722000111", "Asha"), ("0733000222", "Juli")):
        add(mine, number, name)

    def found(text: str) -> list[str]:
        return [each.name for each in contacts.listing(mine, search=text)]

    assert found("") == ["Asha", "Juli", "Juma"]
    assert found("ju") == ["Juli", "Juma"]
    assert found("0722 000") == ["Asha"]
    assert found("%") == []


def test_a_list_goes_on_after_the_last_one_seen(make_tenant: Callable[..., Profile]) -> None:
    mine = make_tenant().tenant_id
    for number in range(5):
        add(mine, f"071234567{number}", "Same" if number % 2 else "")
    seen: list[str] = []
    while page := contacts.listing(mine, after=seen[-1] if seen else None, limit=2):
        seen += [each.id for each in page]

    assert len(seen) == len(set(seen)) == 5


def test_removing_a_contact_takes_it_out_of_its_groups(
    make_tenant: Callable[..., Profile],
) -> None:
    mine = make_tenant().tenant_id
    juma, wateja = add(mine, "0712345678", "Juma"), group(mine, "Wateja")
    groups.add(mine, wateja.id, juma.id, **BY)
    contacts.remove(mine, juma.id, **BY)

    assert groups.numbers(mine, wateja.id, limit=9) == []
    assert groups.listing(mine) == [(wateja, 0)]
    with pytest.raises(ContactNotFound):
        contacts.remove(mine, juma.id, **BY)


def test_a_group_has_one_name_and_its_members_once(make_tenant: Callable[..., Profile]) -> None:
    mine = make_tenant().tenant_id
    wateja = group(mine, "Wateja")
    juma = add(mine, "0712345678", "Juma")

    assert groups.create(mine, " wateja ", **BY) == (wateja, False)
    assert groups.add(mine, wateja.id, juma.id, **BY)
    assert not groups.add(mine, wateja.id, juma.id, **BY)
    assert groups.listing(mine) == [(wateja, 1)]
    assert groups.of_contact(mine, juma.id) == [wateja]
    assert groups.members(mine, wateja.id) == [juma]
    assert groups.drop(mine, wateja.id, juma.id, **BY)
    assert not groups.drop(mine, wateja.id, juma.id, **BY)
    groups.remove(mine, wateja.id, **BY)
    assert contacts.count(mine) == 1


def test_another_business_cannot_reach_anything_by_its_id(
    make_tenant: Callable[..., Profile],
) -> None:
    mine, theirs = make_tenant().tenant_id, make_tenant().tenant_id
    juma, wateja = add(mine, "0712345678", "Juma"), group(mine, "Wateja")
    theirs_juma, theirs_group = add(theirs, "0712345678", "J"), group(theirs, "Wateja")
    for act in (
        lambda: contacts.one(theirs, juma.id),
        lambda: contacts.remove(theirs, juma.id, **BY),
        lambda: contacts.listing(theirs, after=juma.id),
        lambda: groups.one(theirs, wateja.id),
        lambda: groups.remove(theirs, wateja.id, **BY),
        lambda: groups.members(theirs, wateja.id),
        lambda: groups.numbers(theirs, wateja.id, limit=9),
        lambda: groups.add(theirs, wateja.id, theirs_juma.id, **BY),
        lambda: groups.add(theirs, theirs_group.id, juma.id, **BY),
        lambda: groups.drop(theirs, wateja.id, juma.id, **BY),
    ):
        with pytest.raises((ContactNotFound, GroupNotFound)):
            act()
    assert groups.of_contact(theirs, juma.id) == []
    assert contacts.one(mine, juma.id).name == "Juma"


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every statement the database is asked to run."""
    seen: list[str] = []
    run = database.db.obj.execute_sql

    def listen(sql: str, *args: object, **kwargs: object) -> object:
        seen.append(sql)
        return run(sql, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(database.db.obj, "execute_sql", listen)
        yield seen


OPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["put", "remove", "list", "group", "ungroup", "add", "drop", "of", "members", "all"]
        ),
        st.integers(0, 3),
        st.integers(0, 2),
    ),
    max_size=12,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ops=OPS)
def test_every_statement_names_the_business(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch, ops: list
) -> None:
    """Whatever is done, no statement on these tables is without its tenant."""
    mine = make_tenant().tenant_id
    with statements(monkeypatch) as seen:
        for verb, who, where in ops:
            try:
                _do(mine, verb, who, where)
            except Refused:
                continue
    ours = [
        sql
        for sql in seen
        if re.search(r'"(contact|contact_group|contact_group_member)"', sql)
        and not sql.lstrip().startswith("INSERT")
    ]
    assert [sql for sql in ours if not re.search(r'"tenant_id" = (%s|\?)', sql)] == []


def _do(mine: int, verb: str, who: int, where: int) -> None:
    people = contacts.listing(mine)
    sets = [each for each, _ in groups.listing(mine)]
    contact_id = people[who % len(people)].id if people else "con_none"
    group_id = sets[where % len(sets)].id if sets else "grp_none"
    match verb:
        case "put":
            add(mine, f"071234567{who}", f"Juma {where}")
        case "remove":
            contacts.remove(mine, contact_id, **BY)
        case "list":
            contacts.listing(mine, search="ju", after=contact_id)
        case "group":
            group(mine, f"Group {where}")
        case "ungroup":
            groups.remove(mine, group_id, **BY)
        case "add":
            groups.add(mine, group_id, contact_id, **BY)
        case "drop":
            groups.drop(mine, group_id, contact_id, **BY)
        case "of":
            groups.of_contact(mine, contact_id)
        case "members":
            assert len(groups.members(mine, group_id)) >= len(
                groups.numbers(mine, group_id, limit=9)
            )
        case "all":
            assert len(contacts.numbers(mine, limit=9)) == contacts.count(mine)
