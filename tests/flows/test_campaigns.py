"""Campaigns looked after in a conversation: held back, let go on, taken back, decided upon."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from core import clock
from core.campaigns import approving, campaigns, carrying, launching, stopping
from core.campaigns.audience import Audience
from core.campaigns.campaigns import Wanted
from core.campaigns.errors import ApprovalPriceChanged
from core.campaigns.models import Campaign
from core.contacts import contacts
from core.dialogue.screens import Asks, Screen
from core.flows import conversation
from core.ledger.models import Hold
from core.messaging.models import Message
from core.money import Money
from core.notices import live
from core.notices.models import LiveMessage
from core.tenants import people
from core.tenants.models import Role, Tenant
from core.tenants.profiles import Profile, profile
from tests.flows.talking import ASHA, JUMA, PIN, ZAWADI, Talk, agree, available, person_of

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

BY = {"actor": "test", "channel": "test"}


@pytest.fixture
def tenant(make_tenant: Callable[..., Profile], change_settings: Callable[..., None]) -> Profile:
    change_settings("rules", approval_threshold="1")
    clock.freeze(datetime(2026, 3, 12, 12, 0, tzinfo=clock.NAIROBI))
    tenant = make_tenant("100", price="0.80")
    for number in range(5):
        contacts.put(tenant.tenant_id, f"073300{number:04d}", f"N{number}", **BY)
    return tenant


def drafted(tenant: Profile, **more: object) -> str:
    wanted = Wanted("Sale", Audience(everyone=True), message="Habari", **more)  # type: ignore[arg-type]
    return str(campaigns.create(tenant, wanted, **BY).id)


def going(tenant: Profile, **more: object) -> str:
    """A campaign whose texts wait in the queue. Gives its id."""
    campaign_id = drafted(tenant, **more)
    launching.launch(tenant, campaign_id, **BY)
    carrying.carry_on(campaign_id)
    return campaign_id


def asked(tenant: Profile, talk: Talk) -> str:
    """A campaign that somebody has asked a manager for."""
    campaign_id = drafted(tenant)
    launching.launch(
        tenant,
        campaign_id,
        needs_approval=True,
        actor=person_of(talk).actor,
        channel=talk.channel,
    )
    return campaign_id


def tap(talk: Talk, campaign_id: str, seen: str | None = None) -> Screen:
    """Tap on the yes under a card that shows how a campaign stands, or what was `seen`."""
    shown = approving.mark(Campaign.get_by_id(campaign_id)) if seen is None else seen
    talk.screen = conversation.start(talk.visit(), "approve", about=campaign_id, seen=shown)
    return talk.screen


def labels(talk: Talk) -> list[str]:
    return [option.label for option in talk.screen.options]


def status() -> str:
    return str(Campaign.get().status)


def test_a_campaign_tells_how_far_it_is(tenant: Profile, join: Callable[..., Talk], channel: str):
    going(tenant)
    talk = join(tenant, channel)
    talk.start("menu", "reports", "campaigns")
    assert talk.screen.options[0].label == "12/03 Sale: On its way"
    talk.say(Campaign.get().id)
    assert "Sale: On its way, 0%" in talk.screen.text
    assert "Texts: 0/5, KES 0" in talk.screen.text
    talk.say("again")

    assert talk.keys == ["pause", "cancel", "again"]


def test_an_advert_that_waits_for_its_hours_says_so(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    going(tenant)
    Campaign.update(category="promotional").execute()
    talk = join(tenant, channel)

    for day, hour, told in ((12, 20, "13 Mar 08:00"), (13, 7, "08:00")):
        clock.freeze(datetime(2026, 3, day, hour, 0, tzinfo=clock.NAIROBI))
        talk.start("menu", "reports", "campaigns")
        assert talk.screen.options[0].label == f"12/03 Sale: Waiting until {told}"
        talk.say(Campaign.get().id)
        assert f"Sale: Waiting until {told}, 0%" in talk.screen.text
    assert status() == "running"


def test_pause_and_resume(tenant: Profile, join: Callable[..., Talk], channel: str) -> None:
    campaign_id = going(tenant)
    talk = join(tenant, channel)
    talk.start("campaigns", campaign_id, "pause")
    assert status() == "paused"
    talk.start("campaigns", campaign_id, "resume")

    assert status() == "running"
    assert "goes on" in talk.screen.text


def test_a_stale_one_asks_again(tenant: Profile, join: Callable[..., Talk], channel: str) -> None:
    campaign_id = going(tenant)
    clock.advance(24 * 3600)
    stopping.stop_stale(campaign_id)
    assert status() == "paused"
    talk = join(tenant, channel)
    talk.screen = conversation.start(talk.visit(), "resume_campaign", about=campaign_id)
    assert "5 texts are left" in talk.screen.text
    assert talk.screen.asks is Asks.CONFIRM
    talk.say("yes")
    if channel == "ussd":
        assert status() == "paused"
        talk.say(PIN)

    assert status() == "running"


def test_a_stale_one_can_be_cancelled_where_it_asks(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    campaign_id = going(tenant)
    clock.advance(24 * 3600)
    stopping.stop_stale(campaign_id)
    talk = join(tenant, channel)
    talk.screen = conversation.start(talk.visit(), "resume_campaign", about=campaign_id)
    assert labels(talk) == ["Confirm", "Cancel it", "Not now"]
    talk.say("cancel")
    assert labels(talk) == ["Yes, cancel it", "No, keep it"]
    talk.say("<", "cancel", "yes")
    carrying.carry_on(campaign_id)

    assert status() == "cancelled"
    assert available(tenant) == Money.kes(100)


def test_cancel_brings_the_money_back(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    campaign_id = going(tenant)
    assert available(tenant) == Money.kes(96)
    talk = join(tenant, channel)
    talk.screen = conversation.start(talk.visit(), "cancel_campaign", about=campaign_id)
    talk.say("no")
    assert status() == "running"
    talk.start("campaigns", campaign_id, "cancel", "yes")
    carrying.carry_on(campaign_id)

    assert status() == "cancelled"
    assert available(tenant) == Money.kes(100)


def test_a_finished_one_tells_how_it_went(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    campaign_id = going(tenant)
    talk = join(tenant, channel)
    talk.start("campaigns", campaign_id, "cancel", "yes")
    carrying.carry_on(campaign_id)
    talk.start("campaigns", campaign_id)

    assert talk.screen.ends
    assert "Not sent: 5" in talk.screen.text
    assert talk.screen.picture is not None


def test_a_draft_can_be_started_later_or_removed(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    talk = join(tenant, channel)
    campaign_id = drafted(tenant)
    talk.start("campaigns", campaign_id, "start")
    assert "Sale: 5 x 1 SMS" in talk.screen.text
    talk.start("campaigns", campaign_id, "remove")

    assert Campaign.select().count() == 0


def test_who_only_looks_changes_nothing(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    campaign_id = going(tenant)
    viewer = join(tenant, channel, ZAWADI, Role.VIEWER)
    assert viewer.start("campaigns", campaign_id).ends
    for flow in ("resume_campaign", "cancel_campaign", "approve"):
        conversation.start(viewer.visit(), flow, about=campaign_id)

    assert status() == "running"


def test_nobody_sees_the_campaigns_of_another_business(
    tenant: Profile, make_tenant: Callable[..., Profile], join: Callable[..., Talk], channel: str
) -> None:
    campaign_id = going(tenant)
    stranger = join(make_tenant(), channel, JUMA)
    screen = conversation.start(stranger.visit(), "campaign", about=campaign_id)

    assert "no such campaign" in screen.text
    assert stranger.start("campaigns").ends


# The second person.


def test_an_owner_approves_once(tenant: Profile, join: Callable[..., Talk], channel: str) -> None:
    campaign_id = asked(tenant, join(tenant, channel, JUMA, Role.SENDER))
    owner = join(tenant, channel)
    owner.start("menu")
    assert owner.screen.options[-1].label == "To approve: 1"
    owner.say("approvals", campaign_id)
    assert "Texts: 5, KES 4" in owner.screen.text
    assert "Habari" in (owner.screen.text if channel == "ussd" else owner.screen.detail or "")
    owner.say("yes")
    if channel == "ussd":
        assert Hold.select().count() == 0
        owner.say(PIN)
    assert "Approved" in owner.screen.text
    carrying.carry_on(campaign_id)
    assert Message.select().count() == 5

    assert "approvals" not in owner.start("menu").text
    assert [option.key for option in owner.screen.options][:7] == [
        *("send", "topup", "balance", "contacts", "reports", "account", "help")
    ]


def test_a_second_tap_says_who_was_first(tenant: Profile, join: Callable[..., Talk]) -> None:
    campaign_id = asked(tenant, join(tenant, "telegram", JUMA, Role.SENDER))
    owner, manager = (
        join(tenant, "telegram", ASHA),
        join(tenant, "telegram", ZAWADI, Role.MANAGER),
    )
    first = tap(owner, campaign_id)
    assert first.text.startswith("Approved")
    for talk in (manager, owner):
        said = tap(talk, campaign_id)
        assert "Nothing was changed. Asha has approved it." in said.text

    assert Hold.select().count() == 1


def dearer(tenant: Profile) -> None:
    """The price goes up, and a manager's yes to the old cost has it asked about anew."""
    Tenant.update(price_units=9000).where(Tenant.id == tenant.tenant_id).execute()
    row = Campaign.get()
    manager = people.introduce(ZAWADI, "Zawadi", "en")
    people.join(manager, tenant.tenant_id, Role.MANAGER)
    with pytest.raises(ApprovalPriceChanged):
        approving.approve(
            profile(tenant.tenant_id), row.id, manager, seen=approving.mark(row), channel="test"
        )


CHANGED = {
    "en": "The cost changed from KES 4.00 to KES 4.50. Look again.",
    "sw": "Gharama imebadilika kutoka KES 4.00 hadi KES 4.50. Angalia tena.",
}


@pytest.mark.parametrize("language", ["en", "sw"])
def test_a_tap_on_a_card_that_shows_an_earlier_cost_asks_again(
    tenant: Profile, join: Callable[..., Talk], language: str
) -> None:
    campaign_id = asked(tenant, join(tenant, "telegram", JUMA, Role.SENDER))
    owner = join(tenant, "telegram")
    people.speak(person_of(owner), "telegram", ASHA, language)
    seen = approving.mark(Campaign.get())
    live.remember(f"approval:{campaign_id}", 7, 70, tenant_id=tenant.tenant_id, language=language)
    LiveMessage.update(next_at=clock.now() + timedelta(days=1)).execute()
    dearer(tenant)

    screen = tap(owner, campaign_id, seen)
    assert CHANGED[language] in screen.text
    assert "Texts: 5, KES 4.50" in screen.text or "Ujumbe: 5, KES 4.50" in screen.text
    assert owner.keys == ["yes", "reject", "no"]
    assert (status(), Hold.select().count()) == ("awaiting_approval", 0)
    assert LiveMessage.get().next_at <= clock.now(), "the card has not been drawn anew"
    owner.say("yes")
    assert (status(), Hold.get().amount) == ("preparing", Money.parse("4.50").units)


def test_a_yes_on_a_screen_is_asked_again_when_the_cost_changes_before_the_pin(
    tenant: Profile, join: Callable[..., Talk]
) -> None:
    campaign_id = asked(tenant, join(tenant, "ussd", JUMA, Role.SENDER))
    owner = join(tenant, "ussd")
    owner.start("menu", "approvals", campaign_id, "yes")
    assert owner.screen.asks is Asks.PIN
    dearer(tenant)
    owner.say(PIN)

    assert owner.screen.asks is Asks.CONFIRM
    assert "KES 4.50" in owner.screen.text
    assert (status(), Hold.select().count()) == ("awaiting_approval", 0)
    owner.say("yes", PIN)
    assert (status(), Hold.get().amount) == ("preparing", Money.parse("4.50").units)


def test_from_the_list_of_campaigns_one_sees_what_one_approves(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    campaign_id = asked(tenant, join(tenant, channel, JUMA, Role.SENDER))
    owner = join(tenant, channel)
    owner.start("campaigns", campaign_id, "approve")
    assert "Texts: 5, KES 4" in owner.screen.text
    assert status() == "awaiting_approval"
    agree(owner)

    assert status() == "preparing"


def test_a_no_has_a_reason_and_sends_nothing(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    campaign_id = asked(tenant, join(tenant, channel, JUMA, Role.SENDER))
    owner = join(tenant, channel)
    owner.screen = conversation.start(owner.visit(), "reject", about=campaign_id)
    owner.say("Too dear")
    assert "Rejected" in owner.screen.text
    assert status() == "draft"
    tap(owner, campaign_id)
    if channel == "ussd":
        owner.say(PIN)

    assert "Nothing was changed." in owner.screen.text
    assert "Too dear" in owner.screen.text
    assert Hold.select().count() == 0


def test_nobody_approves_their_own_or_above_their_role(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    sender = join(tenant, channel, JUMA, Role.SENDER)
    campaign_id = asked(tenant, sender)
    assert [option.key for option in sender.start("menu").options][-1] == "help"
    assert sender.start("approvals").ends
    tap(sender, campaign_id)
    if channel == "ussd":
        sender.say(PIN)

    assert status() == "awaiting_approval"


def test_an_approved_one_that_waits_for_its_time_is_shown_so(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    campaign_id = going(tenant, schedule_at=clock.now() + timedelta(hours=5))
    talk = join(tenant, channel)
    talk.start("campaigns", campaign_id)

    assert "Sale: Scheduled" in talk.screen.text
