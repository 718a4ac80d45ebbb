"""Templates in a conversation: made, read, tried, changed, removed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.campaigns import templates
from core.contacts import contacts
from core.flows.templates import CONTACTS_SHOWN
from core.tenants.models import Role
from core.tenants.profiles import Profile
from tests.flows.talking import JUMA, Talk

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

BY = {"actor": "test", "channel": "test"}


def make(tenant: Profile, body: str = "Deni {{deni}}, {{name}}") -> str:
    return templates.create(tenant.tenant_id, "Karibu", {"en": body}, **BY).id


def done(talk: Talk) -> list[str]:
    return ["go"] if talk.channel == "ussd" else []


def test_a_template_is_made_and_a_broken_one_is_not(talk: Talk, tenant: Profile) -> None:
    talk.start("account", "templates", "new", "Karibu", "Habari {{")
    assert talk.screen.notice
    talk.say("Habari {{name|rafiki}}!", *done(talk))
    (view,) = templates.listing(tenant.tenant_id)

    assert (view.name, view.message) == ("Karibu", "Habari {{name|rafiki}}!")


def test_a_template_is_tried_against_somebody(talk: Talk, tenant: Profile) -> None:
    contacts.put(tenant.tenant_id, "0733000001", "Juma", extra={"deni": "KES 500"}, **BY)
    amina = contacts.put(tenant.tenant_id, "0733000002", "Amina", **BY).contact
    template_id = make(tenant)
    talk.start("templates", template_id, "try", "2")
    assert "Deni KES 500, Juma" in talk.screen.text
    talk.start("templates", template_id, "try", amina.id)

    assert "Without a value: deni" in talk.screen.text


def test_in_a_large_book_somebody_is_looked_for(talk: Talk, tenant: Profile) -> None:
    for number in range(CONTACTS_SHOWN):
        contacts.put(tenant.tenant_id, f"07330001{number:02d}", "", **BY)
    zawadi = contacts.put(tenant.tenant_id, "0733000200", "Zawadi", **BY).contact
    template_id = make(tenant)
    talk.start("templates", template_id, "try")
    assert zawadi.id not in talk.keys
    talk.say("find", "zawa", zawadi.id)

    assert "Zawadi" in talk.screen.text


def test_another_language_is_another_body(talk: Talk, tenant: Profile) -> None:
    template_id = make(tenant)
    talk.start("templates", template_id, "change", "Karibu {{name}}", *done(talk), "sw")
    view = templates.one(tenant.tenant_id, template_id)

    assert view.bodies == {"en": "Deni {{deni}}, {{name}}", "sw": "Karibu {{name}}"}
    assert view.version == 2


def test_a_template_is_removed_after_a_yes(talk: Talk, tenant: Profile) -> None:
    template_id = make(tenant)
    talk.start("templates", template_id, "remove", "no")
    assert len(templates.listing(tenant.tenant_id)) == 1
    talk.start("templates", template_id, "remove", "yes")

    assert templates.listing(tenant.tenant_id) == []


def test_who_only_looks_reads_and_changes_nothing(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    template_id = make(tenant)
    viewer = join(tenant, channel, JUMA, Role.VIEWER)
    viewer.start("templates", template_id)
    if channel == "ussd":
        viewer.say("read")
    assert "Deni {{deni}}" in viewer.screen.text
    viewer.start("templates", "new")

    assert "Choose" in (viewer.screen.notice or "")


def test_nobody_reads_the_templates_of_another_business(
    tenant: Profile, make_tenant: Callable[..., Profile], join: Callable[..., Talk], channel: str
) -> None:
    template_id = make(tenant)
    stranger = join(make_tenant(), channel, JUMA)
    stranger.start("templates")
    stranger.say(template_id)

    assert "Deni" not in stranger.screen.text
