"""A business's templates and their versions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.campaigns import templates
from core.campaigns.placeholders import PlaceholderWrong
from core.campaigns.templates import (
    NoWordsIn,
    TemplateNameTaken,
    TemplateNotFound,
    TemplateTooLong,
    VersionNotFound,
    View,
)
from core.messaging.errors import EmptyText
from core.messaging.models import Category
from core.tenants.fields import UnknownLanguage
from core.tenants.profiles import Profile
from tests.campaigns.makers import make_contacts
from tests.races import outcomes, together

Make = Callable[..., Profile]
BOTH = {"en": "Hello {{first_name|friend}}", "sw": "Habari {{first_name|rafiki}}"}


def create(tenant: Profile, name: str = "Deni", **more: object) -> View:
    bodies = more.pop("bodies", BOTH)
    return templates.create(tenant.tenant_id, name, bodies, actor="test", channel="api", **more)  # type: ignore[arg-type]


def change(tenant: Profile, view: View, **more: object) -> View:
    return templates.change(tenant.tenant_id, view.id, actor="test", channel="api", **more)  # type: ignore[arg-type]


def test_a_change_of_words_is_a_new_version_and_the_old_one_stays(make_tenant: Make) -> None:
    tenant = make_tenant()
    made = create(tenant)

    changed = change(tenant, made, bodies={"en": "Hi"})
    assert (made.version, changed.version) == (1, 2)
    assert changed.bodies == BOTH | {"en": "Hi"}
    assert templates.one(tenant.tenant_id, made.id, version=1).bodies == BOTH
    assert [row.version for row in templates.versions(tenant.tenant_id, made.id)] == [2, 1]


def test_words_in_one_language_leave_those_in_the_others(make_tenant: Make) -> None:
    tenant = make_tenant()
    made = create(tenant)

    changed = change(tenant, made, bodies={"sw": "Karibu"})
    assert (changed.language, dict(changed.bodies)) == ("en", BOTH | {"sw": "Karibu"})
    with pytest.raises(NoWordsIn):
        change(tenant, made, bodies={"en": None})
    swahili = change(tenant, made, bodies={"en": None}, language="sw")
    assert (swahili.language, dict(swahili.bodies)) == ("sw", {"sw": "Karibu"})


def test_a_version_that_never_was_is_not_there(make_tenant: Make) -> None:
    tenant = make_tenant()
    made = create(tenant)

    with pytest.raises(VersionNotFound, match=r"no version 99\. Its latest is 1"):
        templates.preview(tenant.tenant_id, made.id, version=99)


def test_a_place_is_named_once_however_it_is_written(make_tenant: Make) -> None:
    made = create(make_tenant(), bodies={"en": "{{bei}} {{a}}", "sw": "{{Bei}} {{BEI}} {{b}}"})

    assert made.names == ("bei", "a", "b")


def test_a_new_name_or_the_same_words_make_no_version(make_tenant: Make) -> None:
    tenant = make_tenant()
    made = create(tenant)

    renamed = change(tenant, made, name="Malipo", bodies=BOTH)
    assert (renamed.name, renamed.version) == ("Malipo", 1)


def test_a_name_is_there_once_until_it_is_removed(make_tenant: Make) -> None:
    tenant = make_tenant()
    made, other = create(tenant), create(tenant, "Malipo")

    with pytest.raises(TemplateNameTaken):
        create(tenant, "DENI")
    with pytest.raises(TemplateNameTaken):
        change(tenant, other, name="deni")
    templates.remove(tenant.tenant_id, made.id, actor="test", channel="api")
    assert create(tenant, "DENI").id != made.id


def test_of_many_who_take_a_name_at_once_one_gets_it(make_tenant: Make) -> None:
    tenant = make_tenant()

    found = together(4, lambda _: create(tenant))
    assert len(outcomes(found, View)) == 1
    assert len(outcomes(found, TemplateNameTaken)) == 3


def test_versions_made_at_once_each_have_a_number(make_tenant: Make) -> None:
    tenant = make_tenant()
    made = create(tenant)

    together(4, lambda number: change(tenant, made, bodies={"en": f"Hi {number}"}))
    found = [row.version for row in templates.versions(tenant.tenant_id, made.id)]
    assert found == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("bodies", "language", "refusal"),
    [
        ({"en": " \n"}, None, EmptyText),
        ({"en": "{{"}, None, PlaceholderWrong),
        ({"en": "name}}"}, None, PlaceholderWrong),
        ({"en": "a" * 2001}, None, TemplateTooLong),
        ({"en": "Hi", "xx": "?"}, None, UnknownLanguage),
        ({"en": "Hi"}, "sw", NoWordsIn),
        ({}, None, NoWordsIn),
    ],
)
def test_words_that_cannot_be_sent_are_refused(
    make_tenant: Make, bodies: dict[str, str], language: str | None, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        create(make_tenant(), bodies=bodies, language=language)


def test_words_in_swahili_alone_are_for_everybody(make_tenant: Make) -> None:
    tenant = make_tenant()
    made = create(tenant, bodies={"sw": "Habari"})

    assert made.language == "sw"
    assert templates.preview(tenant.tenant_id, made.id).text == "Habari"


def test_a_preview_shows_what_a_real_contact_would_get(make_tenant: Make) -> None:
    tenant = make_tenant()
    (asha,) = make_contacts(
        tenant, 1, name="Asha Wanjiru", language="sw", fields='{"City":"Kisii"}'
    )
    made = create(tenant, bodies=BOTH | {"sw": "Habari {{first_name}}, {{city}} {{amount}}"})

    seen = templates.preview(
        tenant.tenant_id, made.id, contact_id=asha.id, category=Category.PROMOTIONAL
    )
    assert seen.text.startswith("Habari Asha, Kisii {{amount}}")
    assert seen.text.endswith("STOP*456*9*5#")
    assert (seen.language, seen.missing, seen.segments) == ("sw", ["amount"], 1)
    nobody = templates.preview(tenant.tenant_id, made.id, params={"amount": "5"})
    assert (nobody.text, nobody.missing) == ("Hello friend", [])


def test_another_tenants_template_is_not_there(make_tenant: Make) -> None:
    owner, other = make_tenant(), make_tenant()
    made = create(owner)

    for act in (
        lambda: templates.one(other.tenant_id, made.id),
        lambda: templates.versions(other.tenant_id, made.id),
        lambda: templates.preview(other.tenant_id, made.id),
        lambda: change(other, made, name="x y"),
        lambda: templates.remove(other.tenant_id, made.id, actor="t", channel="api"),
    ):
        with pytest.raises(TemplateNotFound):
            act()
    assert templates.listing(other.tenant_id) == []


def test_templates_are_listed_newest_first_a_page_at_a_time(make_tenant: Make) -> None:
    tenant = make_tenant()
    made = [create(tenant, f"Deni {number}") for number in range(3)]
    change(tenant, made[1], bodies={"en": "{{b}} {{a}}", "sw": None})

    first = templates.listing(tenant.tenant_id, limit=2)
    assert [view.id for view in first] == [made[2].id, made[1].id]
    assert (first[1].version, first[1].names) == (2, ("b", "a"))
    rest = templates.listing(tenant.tenant_id, after=first[-1].id)
    assert [view.id for view in rest] == [made[0].id]
