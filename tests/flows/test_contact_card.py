"""One contact in a conversation: consent, details, block and erase."""

from __future__ import annotations

from datetime import datetime

import pytest

from core import clock
from core.contacts import consents, contacts
from core.contacts.models import ContactStatus
from core.dialogue.screens import Asks
from core.flows.contact_card import known_fields
from core.messaging import suppression
from core.tenants.profiles import Profile
from tests.flows.talking import PIN, Talk

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

BY = {"actor": "test", "channel": "test"}


def juma(tenant: Profile) -> str:
    return str(contacts.put(tenant.tenant_id, "0733000001", "Juma", **BY).contact.id)


@pytest.mark.parametrize(
    ("answers", "source"),
    [
        (("spoken", "today"), "They told me"),
        (("other", "At church", "today"), "At church"),
        (("form", "none"), None),
        (("none",), None),
    ],
)
def test_a_contact_is_added_with_the_consent_that_was_given(
    talk: Talk, tenant: Profile, answers: tuple[str, ...], source: str | None
) -> None:
    clock.freeze(clock.now())
    talk.start("contacts", "add", "0733000001", "Juma", *answers)
    (row,) = contacts.listing(tenant.tenant_id)
    assert (row.consent_id is None) is (source is None)
    if source is not None:
        noted = consents.among(tenant.tenant_id, {row.consent_id})[row.consent_id]
        assert noted.source == source
        assert tenant.name in noted.wording
        assert noted.given_at == clock.now()


def test_a_consent_is_noted_as_it_was_shown_and_of_the_day_that_was_said(
    talk: Talk, tenant: Profile
) -> None:
    talk.start("contacts", "add", "0733000001", "Juma", "form")
    told = talk.screen.text
    talk.say("earlier", "30/2/2025")
    assert talk.screen.notice == "Type a day like 25/12/2025."
    talk.say("1/1/2099")
    assert talk.screen.notice
    talk.say("25.12.2025")
    (row,) = contacts.listing(tenant.tenant_id)
    noted = consents.among(tenant.tenant_id, {row.consent_id})[row.consent_id]

    assert f'"{noted.wording}"' in told
    assert noted.given_at == datetime(2025, 12, 25, tzinfo=clock.NAIROBI)


def test_details_are_noted_changed_and_taken_away(talk: Talk, tenant: Profile) -> None:
    contact_id = juma(tenant)
    talk.start("contacts", "list", contact_id, "fields", "new", "phone", "Deni", "KES 500")
    assert known_fields(contacts.one(tenant.tenant_id, contact_id)) == {"Deni": "KES 500"}
    talk.start("contacts", "list", contact_id, "fields")
    assert talk.screen.options[1].label == "Deni: KES 500"
    talk.say("f0", "KES 300")
    assert known_fields(contacts.one(tenant.tenant_id, contact_id)) == {"Deni": "KES 300"}
    talk.start("contacts", "list", contact_id, "fields", "f0", "-")

    assert known_fields(contacts.one(tenant.tenant_id, contact_id)) == {}


def test_a_name_is_changed(talk: Talk, tenant: Profile) -> None:
    contact_id = juma(tenant)
    talk.start("contacts", "list", contact_id, "name", "Juma Otieno")

    assert contacts.one(tenant.tenant_id, contact_id).name == "Juma Otieno"


def test_block_and_unblock(talk: Talk, tenant: Profile) -> None:
    contact_id = juma(tenant)
    talk.start("contacts", "list", contact_id, "block", "yes")
    assert contacts.one(tenant.tenant_id, contact_id).status == ContactStatus.BLOCKED.value
    talk.start("contacts", "list", contact_id)
    assert "Blocked" in talk.screen.text
    talk.say("unblock")

    assert contacts.one(tenant.tenant_id, contact_id).status == ContactStatus.ACTIVE.value


def test_an_opt_out_stands_on_the_card(talk: Talk, tenant: Profile) -> None:
    contact_id = juma(tenant)
    suppression.add(tenant.tenant_id, "254733000001", "promotional", source="stop")
    talk.start("contacts", "list", contact_id)

    assert "Wants no adverts" in talk.screen.text


def test_a_no_to_every_class_stands_on_the_card(talk: Talk, tenant: Profile) -> None:
    contact_id = juma(tenant)
    suppression.add(tenant.tenant_id, "254733000001", "transactional", source="call")
    talk.start("contacts", "list", contact_id)
    assert "Wants no notices" in talk.screen.text

    suppression.add(tenant.tenant_id, "254733000001", "promotional", source="stop")
    talk.start("contacts", "list", contact_id)
    assert "Wants no SMS" in talk.screen.text


def test_somebody_is_erased_after_a_yes_and_the_pin(talk: Talk, tenant: Profile) -> None:
    contact_id = juma(tenant)
    talk.start("contacts", "list", contact_id, "erase", "yes")
    if talk.channel == "ussd":
        assert talk.screen.asks is Asks.PIN
        assert contacts.one(tenant.tenant_id, contact_id).name == "Juma"
        talk.say(PIN)
    erased = contacts.one(tenant.tenant_id, contact_id)

    assert erased.status == ContactStatus.ERASED.value
    assert "254733000001" not in (erased.msisdn, erased.name)
    assert contacts.listing(tenant.tenant_id) == []
