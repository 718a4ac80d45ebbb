"""Bulk in a private chat, with the product's own flows: a file dropped in, a card tapped."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from telegram.ext import ExtBot

from bots.routing import Router
from core.campaigns import approving, campaigns, launching
from core.campaigns.audience import Audience
from core.campaigns.campaigns import Wanted
from core.campaigns.models import Campaign
from core.contacts import contacts, groups, imports
from core.ledger.models import Hold
from core.messaging import sender_requests, senders
from core.settings import settings
from core.telegram import buttons, files
from core.tenants import people
from core.tenants.models import Role
from core.tenants.profiles import Profile, profile
from tests.bots.phone import Killed, Phone, Recorder, run

BY = {"actor": "test", "channel": "test"}
CSV = b"phone,name\n0733000001,Ali\n0733000002,Sara\n"
DOCUMENT = {"file_id": "f1", "file_unique_id": "b", "file_name": "wateja.csv", "file_size": 44}


@pytest.fixture
def tenant(make_tenant: Callable[..., Profile]) -> Profile:
    return make_tenant("100", price="0.80")


@pytest.fixture
def asha(tenant: Profile, recorder: Recorder) -> Iterator[Phone]:
    """The owner, at a bot that speaks the product's flows."""
    bot = ExtBot(settings().telegram.token, request=recorder, get_updates_request=recorder)
    phone = Phone(Router(bot), recorder)
    person = people.introduce("254712345671", "Asha", "en")
    people.join(person, tenant.tenant_id, Role.OWNER)
    people.link_telegram(person, phone.user)
    files.use(lambda file_id: iter([CSV]))
    yield phone
    files.use(None)


def test_a_dropped_file_becomes_an_import(asha: Phone, tenant: Profile) -> None:
    async def story() -> None:
        await asha.say("/menu")
        await asha.give(asha.writes(document=DOCUMENT))
        assert "Phone numbers: phone" in asha.screen.text
        await asha.press("That is right")
        await asha.press("New group")
        await asha.say("Wapya")
        await asha.press("On a form")
        await asha.press("Today")
        await asha.press("Confirm")

    run(story())
    (row,) = imports.listing(tenant.tenant_id)
    assert row.status == "queued"
    assert groups.names(tenant.tenant_id)[0].id == row.group_id
    assert "You see below how far it is" in asha.seen[-1].text


def test_a_bot_killed_after_a_file_asks_on_where_it_stood(
    asha: Phone, tenant: Profile, recorder: Recorder
) -> None:
    dropped = asha.writes(document=DOCUMENT)

    async def story() -> None:
        await asha.say("/menu")
        recorder.rules.append(lambda call: Killed() if call.method == "sendMessage" else None)
        with pytest.raises(Killed):
            await asha.give(dropped)
        recorder.rules.clear()
        await asha.give(dropped)
        await asha.press("Leave it")

    run(story())
    assert imports.listing(tenant.tenant_id) == []


def test_a_file_sent_while_a_sender_id_is_asked_for_is_no_list_of_contacts(
    asha: Phone, tenant: Profile
) -> None:
    letter = asha.writes(document=DOCUMENT | {"file_name": "letter.pdf"})

    async def story() -> None:
        files.use(lambda file_id: iter([b"%PDF-1.7"]))
        await asha.say("/senders")
        await asha.press("Ask for one")
        await asha.give(letter)
        assert "The name to send under" in asha.screen.text
        await asha.say("ZURI")
        await asha.press("Adverts")
        await asha.say("Offers")
        await asha.press("Without a paper")
        await asha.give(letter | {"update_id": letter["update_id"] + 1000})
        assert "Papers: 1." in asha.screen.text
        await asha.press("Confirm")

    run(story())
    assert imports.listing(tenant.tenant_id) == []
    (row,) = senders.listing(tenant.tenant_id)
    assert [each.file_name for each in sender_requests.documents(row)] == ["letter.pdf"]


def waiting(tenant: Profile) -> str:
    """A campaign of a sender's that waits for the owner."""
    contacts.put(tenant.tenant_id, "0733000001", "Juma", **BY)
    juma = people.introduce("254712345672", "Juma", "en")
    people.join(juma, tenant.tenant_id, Role.SENDER)
    wanted = Wanted("Sale", Audience(everyone=True), message="Habari")
    made = campaigns.create(tenant, wanted, actor=juma.actor, channel="telegram")
    shop = profile(tenant.tenant_id)
    launching.launch(shop, made.id, needs_approval=True, actor=juma.actor, channel="telegram")
    return str(made.id)


def test_a_tap_approves_once(
    asha: Phone, tenant: Profile, change_settings: Callable[..., None]
) -> None:
    change_settings("rules", approval_threshold="0.10")
    campaign_id = waiting(tenant)
    yes = buttons.opens("approve", campaign_id, approving.mark(Campaign.get()))
    tap = asha.pressing(yes, on=77)

    async def story() -> None:
        await asha.give(tap)
        assert "Approved. It goes now" in asha.seen[-1].text
        await asha.give(asha.pressing(yes, on=77))
        assert "Nothing was changed. Asha has approved it." in asha.seen[-1].text

    run(story())
    assert Hold.select().count() == 1


def test_a_tap_handled_again_after_a_kill_approves_nothing_more(
    asha: Phone, tenant: Profile, recorder: Recorder, change_settings: Callable[..., None]
) -> None:
    change_settings("rules", approval_threshold="0.10")
    campaign_id = waiting(tenant)
    yes = buttons.opens("approve", campaign_id, approving.mark(Campaign.get()))
    tap = asha.pressing(yes, on=77)

    async def story() -> None:
        recorder.rules.append(lambda call: Killed() if call.method == "sendMessage" else None)
        with pytest.raises(Killed):
            await asha.give(tap)
        recorder.rules.clear()
        await asha.give(tap)

    run(story())
    assert Hold.select().count() == 1
    assert Campaign.get().approved_by is not None


def test_a_card_that_shows_something_else_is_not_agreed_to(
    asha: Phone, tenant: Profile, change_settings: Callable[..., None]
) -> None:
    change_settings("rules", approval_threshold="0.10")
    campaign_id = waiting(tenant)
    seen = approving.mark(Campaign.get())
    Campaign.update(cost=Campaign.cost + 1000).execute()

    async def story() -> None:
        await asha.give(asha.pressing(buttons.opens("approve", campaign_id, seen), on=77))
        assert "The cost changed from KES 0.80 to KES 0.90. Look again." in asha.screen.text
        assert Campaign.get().status == "awaiting_approval"
        # A button of a card from before buttons said what was seen.
        await asha.give(asha.pressing(f"go:@approve:{campaign_id}", on=77))
        assert "This campaign has changed since you were asked." in asha.screen.text
        assert Campaign.get().status == "awaiting_approval"

    run(story())
    assert Hold.select().count() == 0


def test_a_stranger_who_taps_changes_nothing(
    asha: Phone, tenant: Profile, recorder: Recorder, change_settings: Callable[..., None]
) -> None:
    change_settings("rules", approval_threshold="0.10")
    campaign_id = waiting(tenant)
    stranger = Phone(asha.router, recorder, user=7099)

    async def story() -> None:
        for flow in ("approve", "campaign", "resume_campaign", "cancel_campaign"):
            await stranger.give(stranger.pressing(buttons.opens(flow, campaign_id), on=77))
            assert "Register your business first" in stranger.seen[-1].text

    run(story())
    assert Campaign.get().status == "awaiting_approval"
