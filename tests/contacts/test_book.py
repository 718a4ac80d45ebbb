"""The book as a whole: its size, its groups' sizes, its pages, what is found in it."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

import pytest

from core import database
from core.contacts import book, contacts, groups, leftovers, listing, membership, searching
from core.contacts.groups import GroupNotFound
from core.contacts.listing import Wanted
from core.contacts.models import Contact, ContactStatus, Group, GroupMember
from core.database import transaction
from core.errors import Refused
from core.tenants.profiles import Profile
from tests.races import outcomes, together

BY = {"actor": "key:key_1", "channel": "api"}


def fill(tenant_id: int, names: list[str]) -> list[Contact]:
    return [
        contacts.put(tenant_id, f"07{12000000 + number}", name, **BY).contact
        for number, name in enumerate(names)
    ]


def assert_counted(tenant_id: int) -> None:
    """The kept sizes are those of the rows."""
    rows = Contact.select().where(Contact.tenant_id == tenant_id, Contact.status != "erased")
    assert book.size(tenant_id) == rows.count()
    for group in Group.select().where(Group.tenant_id == tenant_id):
        members = GroupMember.select().where(GroupMember.group_id == group.id).count()
        assert group.size == members, group.name


def test_pages_go_from_the_newest_to_the_oldest(make_tenant: Callable[..., Profile]) -> None:
    mine, theirs = make_tenant().tenant_id, make_tenant().tenant_id
    made = fill(mine, list("abcde"))
    fill(theirs, list("xyz"))
    seen: list[str] = []
    while page := listing.newest(mine, after=seen[-1] if seen else None, limit=2):
        seen += [each.id for each in page]

    assert seen == [each.id for each in reversed(made)]
    assert [len(page) for page in listing.stream(mine)] == [5]


def test_a_list_can_be_of_one_group_or_status(make_tenant: Callable[..., Profile]) -> None:
    mine = make_tenant().tenant_id
    made = fill(mine, list("abcd"))
    group, _ = groups.create(mine, "Wateja", **BY)
    membership.add(mine, group.id, contact_ids=[made[0].id, made[2].id], **BY)
    Contact.update(status="blocked").where(Contact.id == made[2].id).execute()

    def found(**wanted: object) -> list[str]:
        return [each.name for each in listing.newest(mine, Wanted(**wanted))]  # type: ignore[arg-type]

    assert found(group_id=group.id) == ["c", "a"]
    assert found(status=ContactStatus.BLOCKED) == ["c"]
    assert found(status=ContactStatus.ACTIVE) == ["d", "b", "a"]
    assert found(group_id=group.id, status=ContactStatus.ACTIVE, search="a") == ["a"]
    with pytest.raises(GroupNotFound):
        listing.stream(make_tenant().tenant_id, Wanted(group_id=group.id))


@pytest.mark.parametrize("small", [0, searching.SMALL])
def test_people_are_found_by_how_name_or_number_begins_in_any_book(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(searching, "SMALL", small)
    mine = make_tenant().tenant_id
    fill(mine, ["juma otieno", "Juma Wambua", "JUMA", "Asha", "50% off", "Éric", "Mama J 2"])

    def found(text: str) -> set[str]:
        by_name = {each.name for each in contacts.listing(mine, search=text)}
        assert by_name == {each.name for each in listing.newest(mine, Wanted(search=text))}
        return by_name

    assert found("juma") == found("Juma") == {"juma otieno", "Juma Wambua", "JUMA"}
    assert found("50%") == {"50% off"}
    assert found("Éri") == {"Éric"}
    assert found("0712 000 003") == found("+254712000003") == {"Asha"}
    assert len(found("071")) == len(found("254712")) == 7
    assert found("Mama J 2") == {"Mama J 2"}
    assert found("0799") == found("nobody") == found("Juma 1") == set()


def test_many_are_put_into_a_group_at_once_and_taken_out_again(
    make_tenant: Callable[..., Profile],
) -> None:
    mine = make_tenant().tenant_id
    made = fill(mine, list("abc"))
    group, _ = groups.create(mine, "Wateja", **BY)
    done = membership.add(
        mine,
        group.id,
        contact_ids=[made[0].id, made[0].id, "con_none"],
        numbers=["0712000000", "0712000001", "0799000001", "+254799000001", "12"],
        **BY,
    )

    assert (done.moved, done.already, done.created) == (3, 0, 1)
    assert [each.given for each in done.wrong] == ["12", "con_none"]
    again = membership.add(mine, group.id, numbers=["0799000001"], **BY)
    assert (again.moved, again.already, again.created) == (0, 1, 0)
    assert_counted(mine)
    out = membership.drop(
        mine, group.id, contact_ids=[made[1].id, made[2].id], numbers=["0799000009"], **BY
    )
    assert (out.moved, out.already, len(out.wrong)) == (1, 1, 1)
    assert groups.one(mine, group.id).size == 2
    assert_counted(mine)


def test_sizes_stay_right_whatever_happens_at_once(make_tenant: Callable[..., Profile]) -> None:
    mine = make_tenant().tenant_id
    made = fill(mine, list("abcdef"))
    sets = [groups.create(mine, name, **BY)[0] for name in ("One", "Two")]

    def act(number: int) -> None:
        chance = random.Random(number)
        for _ in range(6):
            group, who = chance.choice(sets).id, chance.choice(made).id
            try:
                match chance.randrange(5):
                    case 0:
                        groups.add(mine, group, who, **BY)
                    case 1:
                        groups.drop(mine, group, who, **BY)
                    case 2:
                        contacts.remove(mine, who, **BY)
                    case 3:
                        contacts.put(mine, f"07120000{chance.randrange(20):02d}", **BY)
                    case 4:
                        membership.add(mine, group, numbers=["0712000011", "0712000012"], **BY)
            except Refused:
                pass

    assert outcomes(together(6, act), Exception) == []
    assert_counted(mine)


def test_a_group_does_not_go_while_somebody_fills_it(make_tenant: Callable[..., Profile]) -> None:
    """Nobody is left a member of a group that is no more."""
    mine = make_tenant().tenant_id
    group, _ = groups.create(mine, "Wateja", **BY)

    def act(number: int) -> object:
        if number == 0:
            return groups.remove(mine, group.id, **BY)
        return membership.add(mine, group.id, numbers=[f"07120000{number:02d}"], **BY)

    together(6, act)

    assert GroupMember.select().where(GroupMember.tenant_id == mine).count() == 0
    assert_counted(mine)


def test_a_group_is_gone_at_once_and_its_members_go_some_at_a_time(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever removes it is killed between two parts: nobody sees what is left, and it goes."""
    monkeypatch.setattr(leftovers, "AT_ONCE", 3)
    mine, theirs = make_tenant().tenant_id, make_tenant().tenant_id
    numbers = [f"07120000{number:02d}" for number in range(10)]
    (gone, kept), (other,) = [
        [groups.create(whose, name, **BY)[0] for name in names]
        for whose, names in ((mine, ("Wateja", "Wafanyakazi")), (theirs, ("Wateja",)))
    ]
    membership.add(mine, gone.id, numbers=numbers, **BY)
    membership.add(mine, kept.id, numbers=numbers[:4], **BY)
    membership.add(theirs, other.id, numbers=numbers[:5], **BY)
    left = []

    def killed() -> None:
        left.append(members_in(gone.id))
        if len(left) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(leftovers, "breathe", killed)
    with pytest.raises(KeyboardInterrupt):
        groups.remove(mine, gone.id, **BY)
    assert left == [7, 4]
    juma = contacts.by_number(mine, "254712000009")
    assert juma is not None
    assert groups.of_contact(mine, juma.id) == []
    assert listing.groups_of(mine, [juma]) == {}
    with pytest.raises(GroupNotFound):
        membership.add(mine, gone.id, numbers=numbers, **BY)
    contacts.remove(mine, juma.id, **BY)
    again, is_new = groups.create(mine, "Wateja", **BY)
    assert (is_new, again.size) == (True, 0)
    assert_counted(mine)

    monkeypatch.setattr(leftovers, "breathe", lambda: None)
    leftovers.drop_left()
    assert [members_in(each.id) for each in (gone, kept, other, again)] == [0, 4, 5, 0]
    for whose in (mine, theirs):
        assert_counted(whose)


def members_in(group_id: str) -> int:
    return int(GroupMember.select().where(GroupMember.group_id == group_id).count())


def test_the_book_is_made_at_its_first_lock(make_tenant: Callable[..., Profile]) -> None:
    mine = make_tenant().tenant_id
    with transaction():
        book.lock(mine)
        book.lock(mine)
        book.grow(mine, 2)

    assert book.size(mine) == 2


def test_a_group_is_renamed_but_not_to_another_ones_name(
    make_tenant: Callable[..., Profile],
) -> None:
    mine = make_tenant().tenant_id
    one, _ = groups.create(mine, "Wateja", **BY)
    groups.create(mine, "Staff", **BY)

    assert groups.rename(mine, one.id, "WATEJA", **BY).name == "WATEJA"
    with pytest.raises(groups.GroupNameTaken):
        groups.rename(mine, one.id, "staff", **BY)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Wanted(), "PRIMARY KEY (tenant_id=? AND id<?)"),
        (Wanted(status=ContactStatus.BLOCKED), "contact_apart (tenant_id=? AND status=? AND id<?)"),
        (Wanted(group_id="grp"), "(tenant_id=? AND group_id=? AND contact_id<?)"),
        (Wanted(search="0712 345"), "contact_msisdn (tenant_id=? AND msisdn>? AND msisdn<?)"),
        (Wanted(search="Juma"), "contact_name (tenant_id=? AND name>? AND name<?)"),
    ],
)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_page_of_a_large_book_comes_out_of_an_index(
    make_tenant: Callable[..., Profile],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    wanted: Wanted,
    index: str,
) -> None:
    monkeypatch.setattr(searching, "SMALL", 0)
    mine = make_tenant().tenant_id
    fill(mine, ["Juma"])
    if wanted.group_id:
        group, _ = groups.create(mine, "Wateja", **BY)
        wanted = Wanted(group_id=group.id)
    with caplog.at_level(logging.DEBUG, logger="peewee"):
        listing.newest(mine, wanted, after="con_zzz")
    asked = [record.msg for record in caplog.records if record.name == "peewee"]
    plans = [
        row[3]
        for statement, params in asked
        for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", params).fetchall()
    ]

    assert any(index in line for line in plans), plans
    assert not any("SCAN" in line or "TEMP B-TREE" in line for line in plans), plans
