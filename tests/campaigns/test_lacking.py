"""Which values of a template nobody in sight has."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.campaigns import lacking, templates
from core.campaigns.audience import Audience
from core.campaigns.templates import View
from core.contacts import contacts, groups
from core.tenants.profiles import Profile

BY = {"actor": "test", "channel": "test"}


@pytest.fixture
def tenant(make_tenant: Callable[..., Profile]) -> Profile:
    return make_tenant("0")


@pytest.fixture
def view(tenant: Profile) -> View:
    words = {"en": "{{name}}: {{Deni}} {{deni}}, {{siku|leo}}", "sw": "{{jina}}: {{saa}}"}
    return templates.create(tenant.tenant_id, "Deni", words, language="en", **BY)


def test_what_some_have_is_not_asked_for(tenant: Profile, view: View) -> None:
    for number in range(3):
        contacts.put(tenant.tenant_id, f"073300000{number}", f"N{number}", **BY)
    everybody = Audience(everyone=True)
    assert lacking.names(tenant.tenant_id, view, everybody) == ["Deni"]
    assert lacking.names(tenant.tenant_id, view, everybody, params={"DENI": "0"}) == []
    contacts.put(tenant.tenant_id, "0733000001", extra={"deni": "500"}, **BY)

    assert lacking.names(tenant.tenant_id, view, everybody) == []


def test_what_only_another_language_needs_is_not_asked_for(tenant: Profile, view: View) -> None:
    group, _ = groups.create(tenant.tenant_id, "Wateja", **BY)
    asha = contacts.put(tenant.tenant_id, "0733000001", "Asha", language="sw", **BY).contact
    groups.add(tenant.tenant_id, group.id, asha.id, **BY)
    contacts.put(tenant.tenant_id, "0733000002", "Juma", **BY)

    assert lacking.names(tenant.tenant_id, view, Audience(groups=[group.id])) == ["saa"]
    assert lacking.names(tenant.tenant_id, view, Audience(to=["0733000002"])) == ["Deni"]
    assert lacking.names(tenant.tenant_id, view, Audience(to=["+256772123456"])) == ["name", "Deni"]


def test_only_so_many_are_looked_at(
    tenant: Profile, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lacking, "LOOKED_AT", 2)
    contacts.put(tenant.tenant_id, "0733000000", "N", extra={"deni": "500"}, **BY)
    for number in range(1, 4):
        contacts.put(tenant.tenant_id, f"073300000{number}", f"N{number}", **BY)

    assert lacking.names(tenant.tenant_id, view, Audience(everyone=True)) == ["Deni"]
