"""Contacts, groups and reports in a conversation."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from core.contacts import contacts, groups
from core.messaging.models import Message, Status
from core.messaging.sending import Order, Text, send
from core.notices.models import Notice
from core.tenants import audit, team
from core.tenants.models import Role
from core.tenants.profiles import Profile
from tests.flows.talking import JUMA, ZAWADI, Talk, person_of

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

BY = {"actor": "test", "channel": "test"}


def names(tenant: Profile) -> list[str]:
    return [each.name for each in contacts.listing(tenant.tenant_id)]


def put(tenant: Profile, number: str, name: str) -> str:
    return str(contacts.put(tenant.tenant_id, number, name, **BY)[0].id)


def test_a_contact_is_added_into_a_group(talk: Talk, tenant: Profile) -> None:
    talk.start("contacts", "groups", "new", "Wateja")
    group, _ = groups.listing(tenant.tenant_id)[0]
    talk.start(
        "menu", "contacts", "add", "12", "0733 000 001", "Juma {x}", group.id, "spoken", "today"
    )

    assert talk.screen.ends
    assert "Juma {x}" in talk.screen.text
    assert groups.numbers(tenant.tenant_id, group.id, limit=9) == ["254733000001"]


def test_a_contact_is_found_moved_and_removed(talk: Talk, tenant: Profile) -> None:
    juma = put(tenant, "0733000001", "Juma")
    put(tenant, "0733000002", "Asha")
    group, _ = groups.create(tenant.tenant_id, "Wateja", **BY)
    talk.start("contacts", "find", "zzz")
    assert talk.screen.notice
    talk.say("jum", juma, "group", group.id)
    assert groups.of_contact(tenant.tenant_id, juma) == [group]
    talk.start("contacts", "list", juma, "ungroup", group.id)
    assert groups.of_contact(tenant.tenant_id, juma) == []
    talk.start("contacts", "list", juma, "remove", "no")
    assert names(tenant) == ["Asha", "Juma"]
    talk.start("contacts", "list", juma, "remove", "yes")

    assert names(tenant) == ["Asha"]


def test_many_people_go_into_a_group_at_once(talk: Talk, tenant: Profile) -> None:
    group, _ = groups.create(tenant.tenant_id, "Wateja", **BY)
    talk.start("contacts", "groups", group.id, "add", "0733000001*0733000002")
    if talk.channel == "ussd":
        talk.say("go")
    assert len(groups.members(tenant.tenant_id, group.id)) == 2
    (noted,) = (row for row in audit.listing(tenant.tenant_id) if row.act == "group.added")
    assert json.loads(noted.after) == {"contacts": 2, "created": 2}
    talk.start("contacts", "groups", group.id, "remove", "yes")

    assert groups.listing(tenant.tenant_id) == []
    assert contacts.count(tenant.tenant_id) == 2


def test_what_was_shown_may_be_gone_when_it_is_chosen(talk: Talk, tenant: Profile) -> None:
    juma = put(tenant, "0733000001", "Juma")
    put(tenant, "0733000002", "Asha")
    talk.start("contacts", "list")
    contacts.remove(tenant.tenant_id, juma, **BY)
    talk.say(juma)

    assert "no such contact" in talk.screen.text


def test_a_list_that_moves_on_still_means_what_was_shown(talk: Talk, tenant: Profile) -> None:
    put(tenant, "0733000002", "Juma")
    talk.start("contacts", "list")
    put(tenant, "0733000001", "Asha")
    talk.say("1")

    assert talk.screen.text.startswith("Juma")


def test_who_only_looks_changes_no_contact(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    juma = put(tenant, "0733000001", "Juma")
    for msisdn, role in ((JUMA, Role.VIEWER), (ZAWADI, Role.FINANCE)):
        viewer = join(tenant, channel, msisdn, role)
        assert viewer.start("contacts", "list", juma).ends
        assert viewer.start("contacts", "add").ends
    assert names(tenant) == ["Juma"]


def test_nobody_sees_the_contacts_of_another_business(
    tenant: Profile, make_tenant: Callable[..., Profile], join: Callable[..., Talk], channel: str
) -> None:
    juma = put(tenant, "0733000001", "Juma")
    stranger = join(make_tenant(), channel, JUMA)
    stranger.start("contacts", "list")
    assert "Juma" not in stranger.screen.text
    stranger.say(juma)

    assert contacts.count(tenant.tenant_id) == 1


def test_reports_tell_each_send_in_plain_words(talk: Talk, tenant: Profile) -> None:
    batch = send(
        tenant,
        Order([Text(f"073300000{at}", "Habari") for at in range(4)]),
        once=None,
        actor="test",
    )
    endings = (Status.DELIVERED, Status.DELIVERED, Status.FAILED, Status.SUBMITTED)
    for message, ending in zip(batch.messages, endings, strict=True):
        Message.update(status=ending.value).where(Message.id == message.id).execute()
    send(tenant, Order([Text("0733000009", "=1+1")]), once=None, actor="test")
    talk.start("menu", "reports")
    assert [option.label[-5:] for option in talk.screen.options[1:]] == ["1 SMS", "4 SMS"]
    talk.say(batch.id)

    assert "Texts: 4, KES 3.20" in talk.screen.text
    for line in ("Delivered: 2", "Not delivered: 1", "On the way: 1"):
        assert line in talk.screen.text
    if talk.channel == "telegram":
        assert talk.screen.document is not None
        assert talk.screen.document.content.decode("utf-8-sig").count("254733") == 4
    else:
        assert talk.screen.document is None


def test_reports_are_of_the_own_business(
    tenant: Profile, make_tenant: Callable[..., Profile], join: Callable[..., Talk], channel: str
) -> None:
    send(tenant, Order([Text("0733000001", "Habari")]), once=None, actor="test")
    other = join(make_tenant(), channel, JUMA)

    assert [option.key for option in other.start("reports").options] == ["week"]


def test_the_contacts_are_exported_into_the_chat_alone(talk: Talk, tenant: Profile) -> None:
    talk.start("contacts")
    assert "export" not in talk.keys  # there is nobody yet
    put(tenant, "0733000001", "Juma")
    group, _ = groups.create(tenant.tenant_id, "Wateja", **BY)
    talk.start("contacts", "groups", group.id)
    assert "export" not in talk.keys
    groups.add(tenant.tenant_id, group.id, contacts.listing(tenant.tenant_id)[0].id, **BY)
    if talk.channel == "ussd":
        for answers in ((), ("groups", group.id)):
            talk.start("contacts", *answers)
            assert "export" not in talk.keys
        return
    talk.start("contacts", "export")
    assert talk.screen.text == "The file is being made. It comes into this chat."
    talk.start("contacts", "groups", group.id, "export")

    assert [json.loads(row.data) for row in Notice.select().order_by(Notice.id)] == [
        {"group": ""},
        {"group": group.id},
    ]
    assert {row.recipient for row in Notice.select()} == {f"person:{person_of(talk).id}"}
    noted = audit.listing(tenant.tenant_id, limit=2)
    assert [(row.act, row.subject, row.channel) for row in noted] == [
        ("contacts.exported", group.id, "telegram"),
        ("contacts.exported", None, "telegram"),
    ]


@pytest.mark.parametrize("role", [Role.FINANCE, Role.DEVELOPER, Role.VIEWER])
def test_who_only_looks_exports_nothing(
    tenant: Profile, join: Callable[..., Talk], role: Role
) -> None:
    put(tenant, "0733000001", "Juma")
    viewer = join(tenant, "telegram", JUMA, role)

    assert "export" not in (viewer.start("contacts"), viewer.keys)[1]


def test_a_role_taken_before_the_tap_exports_nothing(
    tenant: Profile, join: Callable[..., Talk]
) -> None:
    put(tenant, "0733000001", "Juma")
    owner, juma = join(tenant, "telegram"), join(tenant, "telegram", JUMA, Role.MANAGER)
    juma.start("contacts")
    team.change_role(
        tenant.tenant_id, person_of(juma).id, Role.VIEWER, by=person_of(owner), channel="telegram"
    )
    juma.say("export")

    assert Notice.select().count() == 0
