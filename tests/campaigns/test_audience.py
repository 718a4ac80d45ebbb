"""Who a campaign goes to: each number once, whatever overlaps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.campaigns import audience
from core.campaigns.audience import Audience, NobodyChosen, TooManyNumbers
from core.contacts.contacts import ContactNotFound
from core.contacts.groups import GroupNotFound
from core.contacts.models import Contact, ContactStatus, Group
from core.database import execute
from core.tenants.profiles import Profile
from tests.campaigns.makers import make_contacts, make_group, put_in

Make = Callable[..., Profile]
PEOPLE = 12


def reached(tenant: Profile, chosen: Audience) -> tuple[list[str], dict[str, int]]:
    """The numbers in their order, and who was left out."""
    left_out: Counter[str] = Counter()
    pages = audience.pages(tenant.tenant_id, audience.read(chosen.stored()), left_out)
    return [who.msisdn for page in pages for who in page], dict(+left_out)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three at a time, so that a dozen people make several pages."""
    for name in ("_EVERYONE", "_GROUP"):
        monkeypatch.setattr(audience, name, getattr(audience, name).replace("5000", "3"))
    monkeypatch.setattr(audience, "PAGE", 3)


@pytest.mark.usefixtures("small_pages")
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_each_number_is_there_once_whatever_overlaps(
    make_tenant: Make, data: st.DataObject
) -> None:
    tenant, stranger = make_tenant(), make_tenant()
    make_contacts(stranger, 3, group=make_group(stranger))
    people = make_contacts(tenant, PEOPLE)
    some = st.sets(st.integers(0, PEOPLE - 1))
    groups: list[Group] = []
    members: list[set[int]] = []
    for number in range(data.draw(st.integers(0, 3), "groups")):
        groups.append(make_group(tenant, f"G{number}"))
        members.append(data.draw(some, "members"))
        put_in(groups[-1], [people[at].id for at in members[-1]])
    chosen = data.draw(st.lists(st.integers(0, PEOPLE - 1), max_size=8), "contacts")
    typed = data.draw(st.lists(st.integers(0, PEOPLE + 5), max_size=8), "numbers")
    everyone = data.draw(st.booleans(), "everyone")
    writings = [f"07{10_000_000 + at}" if at % 2 else f"+254 7{10_000_000 + at}" for at in typed]

    found, left_out = reached(
        tenant,
        Audience(
            everyone, [each.id for each in groups], [people[at].id for at in chosen], writings
        ),
    )

    offered = [*chosen, *typed, *(at for each in members for at in each)]
    offered += range(PEOPLE) if everyone else []
    assert sorted(found) == [f"2547{10_000_000 + at}" for at in sorted(set(offered))]
    assert left_out.get("duplicate", 0) == len(offered) - len(found)


def test_whoever_is_blocked_or_erased_is_left_out_wherever_the_number_comes_from(
    make_tenant: Make,
) -> None:
    tenant = make_tenant()
    group = make_group(tenant)
    people = make_contacts(tenant, 4, group=group)
    blocked, erased, opted_out = people[0], people[1], people[2]
    Contact.update(status=ContactStatus.BLOCKED.value).where(Contact.id == blocked.id).execute()
    Contact.update(status=ContactStatus.ERASED.value, msisdn="xabcdefghijklmn").where(
        Contact.id == erased.id
    ).execute()
    Contact.update(status=ContactStatus.OPTED_OUT.value).where(Contact.id == opted_out.id).execute()

    in_group, left_out = reached(tenant, Audience(groups=[group.id]))
    assert in_group == [people[2].msisdn, people[3].msisdn]
    assert left_out == {"blocked": 1}
    typed, left_out = reached(tenant, Audience(to=["0710000000", "0710000003", "12", "nobody"]))
    assert typed == [people[3].msisdn]
    assert left_out == {"blocked": 1, "invalid": 2}


def test_a_typed_number_brings_along_what_is_known_of_the_contact(make_tenant: Make) -> None:
    tenant = make_tenant()
    (asha,) = make_contacts(tenant, 1, name="Asha", language="sw", fields='{"city":"Kisii"}')

    (page,) = audience.pages(tenant.tenant_id, Audience(to=["0710000000", "0710000009"]), Counter())
    assert (page[0].contact_id, page[0].name, page[0].language) == (asha.id, "Asha", "sw")
    assert (page[1].contact_id, page[1].name) == (None, "")


def test_an_audience_of_nobody_or_of_strangers_is_refused(make_tenant: Make) -> None:
    tenant, stranger = make_tenant(), make_tenant()
    group = make_group(stranger)
    (person,) = make_contacts(stranger, 1)

    for chosen, refusal in (
        (Audience(), NobodyChosen),
        (Audience(groups=[group.id]), GroupNotFound),
        (Audience(contacts=[person.id]), ContactNotFound),
        (Audience(to=["1"] * 50_001), TooManyNumbers),
    ):
        with pytest.raises(refusal):
            audience.check(tenant.tenant_id, chosen)
    assert reached(tenant, Audience(contacts=[person.id])) == ([], {})


def test_an_estimate_of_the_size_is_never_too_small(make_tenant: Make) -> None:
    tenant = make_tenant()
    group = make_group(tenant)
    make_contacts(tenant, 7, group=group)
    Group.update(size=7).where(Group.id == group.id).execute()

    def most(chosen: Audience, limit: int = 100) -> int:
        return audience.size_at_most(tenant.tenant_id, chosen, limit)

    assert most(Audience(groups=[group.id], to=["0712000001"])) == 8
    assert most(Audience(groups=[group.id]), 5) == 5
    assert most(Audience(groups=[group.id, "grp_gone"])) == 7


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_page_is_read_through_keys_however_many_people_there_are(store: str) -> None:
    """SQLite takes the same way through an empty table as through a full one."""
    for statement, params in (
        (audience._EVERYONE, (1, "")),
        (audience._GROUP, (1, "grp_1", "", "")),
        (audience._AMONG_SQLITE.format("msisdn"), ("[]", 1)),
        (audience._AMONG_SQLITE.format("id"), ("[]", 1)),
    ):
        plan = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {statement}", params).fetchall()]
        searched = [line for line in plan if " VIRTUAL TABLE " not in line]
        assert all(re.match("SEARCH .* (INDEX|KEY) ", line) for line in searched), plan


def test_what_is_left_of_a_removed_group_gets_nothing(make_tenant: Make) -> None:
    tenant = make_tenant()
    group = make_group(tenant)
    make_contacts(tenant, 3, group=group)
    assert len(reached(tenant, Audience(groups=[group.id]))[0]) == 3
    Group.delete().where(Group.id == group.id).execute()

    assert reached(tenant, Audience(groups=[group.id])) == ([], {})
