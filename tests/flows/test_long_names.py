"""With the longest names there can be, what is typed or agreed to stands on one page of a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from core import clock, ids
from core.campaigns import campaigns, carrying, launching, stopping, templates
from core.campaigns.audience import Audience
from core.campaigns.campaigns import Wanted
from core.campaigns.models import Campaign, CampaignStatus
from core.campaigns.queries import Progress
from core.contacts import contacts, groups
from core.dialogue.plain import units
from core.dialogue.screens import Asks, Screen
from core.flows import campaigns as campaign_flows
from core.flows import conversation
from core.flows.visits import Visit
from core.messaging import sender_decisions, sender_requests
from core.messaging.models import SHARED_ACCOUNT, Category, Inbound, SenderStatus
from core.money import Money
from core.tenants.models import Role, Tenant
from core.tenants.profiles import Profile, profile
from tests.flows.talking import ASHA, JUMA, PIN, Talk, person_of
from tests.messaging.scene import Gateway, hand_over
from ussd.render import pages

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

BY = {"actor": "test", "channel": "test"}
LIMIT = 156
LONG = "Wanjiku Wambui wa Kamau na Wateja Wake Wote wa Jumamosi Asubuhi Nairobi"
WHOLE = (Asks.TEXT, Asks.PIN, Asks.CONFIRM, Asks.NOTHING)


@pytest.fixture
def shop(
    make_tenant: Callable[..., Profile],
    change_settings: Callable[..., None],
    join: Callable[..., Talk],
    language: str,
) -> SimpleNamespace:
    """A business in which everything has the longest name it can have."""
    change_settings("rules", approval_threshold="0.50")
    clock.freeze(datetime(2026, 3, 12, 12, 0, tzinfo=clock.NAIROBI))
    tenant_id = make_tenant("100", price="0.80").tenant_id
    Tenant.update(name=LONG[:60]).where(Tenant.id == tenant_id).execute()
    tenant = profile(tenant_id)
    group, _ = groups.create(tenant_id, LONG[:30], **BY)
    contact = contacts.put(
        tenant_id, "0733000001", LONG[:60], extra={LONG[:60]: LONG}, **BY
    ).contact
    groups.add(tenant_id, group.id, contact.id, **BY)
    template = templates.create(tenant_id, LONG[:60], {"en": f"{LONG} {{{{deni}}}}"}, **BY)
    owner = join(tenant, "ussd", language=language)
    sender = join(tenant, "ussd", JUMA, Role.SENDER, language=language)
    for talk in (owner, sender):
        person = person_of(talk)
        person.name = LONG[:60]
        person.save()
    found = SimpleNamespace(
        tenant=tenant, group=group.id, contact=contact.id, template=template.id,
        owner=owner, sender=sender, language=language,
    )  # fmt: skip
    found.draft = _draft(found)
    return found


def _draft(shop: Any) -> str:
    wanted = Wanted(LONG, Audience(everyone=True), message="Habari")
    return str(campaigns.create(shop.tenant, wanted, **BY).id)


def _going(shop: Any) -> str:
    campaign_id = _draft(shop)
    launching.launch(shop.tenant, campaign_id, confirm=True, **BY)
    carrying.carry_on(campaign_id)
    return campaign_id


def _asked(shop: Any) -> str:
    campaign_id = _draft(shop)
    actor = person_of(shop.sender).actor
    change = {"needs_approval": True, "actor": actor, "channel": "ussd"}
    Campaign.update(price_units=None).execute()
    launching.launch(shop.tenant, campaign_id, **change)
    return campaign_id


def fits(talk: Talk) -> None:
    screen = talk.screen
    made = pages(screen, talk.visit().say, LIMIT)
    assert all(units(page) <= LIMIT for page in made)
    if screen.asks in WHOLE:
        assert len(made) == 1, made


def walk(talk: Talk, screen: Screen, answers: Sequence[str]) -> None:
    talk.screen = screen
    fits(talk)
    for answer in answers:
        assert not talk.screen.ends, talk.screen.text
        talk.say(answer)
        fits(talk)


@pytest.mark.parametrize(
    ("flow", "about", "answers"),
    [
        ("send", "", ("group", "{group}", "Habari", "go", "advert", "later", "25/12 9:00",
                      "yes", PIN)),
        ("send", "", ("group", "{group}", "template", "{template}", LONG, "notice", "now")),
        ("send", "", ("one", "+256 772 123456", "template", "{template}", LONG, "later",
                      "1/1/2031", "25/12", "25/05 9:00", "yes", PIN)),
        ("send", "", ("all", "Habari", "go", "notice", "now", "test", PIN)),
        ("contacts", "", ("add", "0722000111", LONG[:60], "{group}", "other", LONG[:60], "earlier",
                      "25/12/2020")),
        ("contacts", "", ("list", "{contact}", "fields", "f0", LONG)),
        ("contacts", "", ("list", "{contact}", "fields", "new", LONG[:59], LONG)),
        ("contacts", "", ("list", "{contact}", "name", LONG[:60])),
        ("contacts", "", ("list", "{contact}", "block", "yes")),
        ("contacts", "", ("list", "{contact}", "remove", "yes")),
        ("contacts", "", ("list", "{contact}", "erase", "yes", PIN)),
        ("contacts", "", ("groups", "{group}", "remove", "yes")),
        ("contacts", "", ("groups", "{group}", "add", "0722000111", "go")),
        ("templates", "", ("{template}", "try", "{contact}")),
        ("templates", "", ("{template}", "change", "Habari {{name}}", "go", "sw")),
        ("templates", "", ("{template}", "remove", "yes")),
        ("templates", "", ("new", LONG[:58], "Habari {{", "Habari", "go")),
        ("senders", "", ("ask", "WWWWWWWWWWW", "promotional", LONG, "yes")),
        ("campaigns", "", ("{draft}", "start", "no")),
        ("campaigns", "", ("{draft}", "remove")),
    ],
)  # fmt: skip
def test_with_the_longest_names_all_fits(
    shop: Any, flow: str, about: str, answers: Sequence[str]
) -> None:
    filled = [each.format(**vars(shop)) if each[:1] == "{" else each for each in answers]
    walk(shop.owner, shop.owner.start(flow), filled)


@pytest.mark.parametrize("answers", [("pause",), ("cancel", "yes")])
def test_a_campaign_of_a_long_name_fits(shop: Any, answers: Sequence[str]) -> None:
    walk(shop.owner, shop.owner.start("campaigns"), (_going(shop), *answers))


def test_a_stale_one_of_a_long_name_fits(shop: Any) -> None:
    campaign_id = _going(shop)
    clock.advance(24 * 3600)
    stopping.stop_stale(campaign_id)
    screen = conversation.start(shop.owner.visit(), "resume_campaign", about=campaign_id)
    walk(shop.owner, screen, ("yes", PIN))


def test_the_same_again_of_a_long_name_fits(shop: Any) -> None:
    earlier = launching.launch(shop.tenant, _draft(shop), **BY)
    carrying.carry_on(earlier.id)
    hand_over(Gateway())
    clock.advance(11 * 60)  # sooner everybody of them would be left out
    again = _draft(shop)
    walk(shop.owner, shop.owner.start("campaigns"), (again, "start", "yes", PIN, "yes", PIN))


@pytest.mark.parametrize("answers", [("yes", PIN), ("reject", LONG), ("no",)])
def test_an_approval_of_long_names_fits(shop: Any, answers: Sequence[str]) -> None:
    campaign_id = _asked(shop)
    walk(shop.owner, shop.owner.start("approvals"), (campaign_id, *answers))


def test_a_long_reply_fits(shop: Any) -> None:
    row = Inbound.create(
        id=ids.new("inb"),
        key="k",
        account_id=SHARED_ACCOUNT,
        tenant_id=shop.tenant.tenant_id,
        msisdn="254733000001",
        sent_to="20880",
        body=LONG * 5,
        verdict="opt_out",
        received_at=clock.now(),
    )
    walk(shop.owner, shop.owner.start("inbox"), (row.id,))
    viewer = shop.owner
    walk(viewer, viewer.start("inbox"), (row.id, "answer"))


def test_a_long_word_about_a_sender_id_fits(shop: Any) -> None:
    tenant_id = shop.tenant.tenant_id
    made = sender_requests.ask(tenant_id, "WWWWWWWWWWW", Category.PROMOTIONAL, LONG, **BY)
    public_id = str(made.public_id)
    sender_decisions.set_operator(public_id, "safaricom", SenderStatus.APPROVED, **BY)
    sender_decisions.set_operator(public_id, "airtel", SenderStatus.REJECTED, **BY)
    walk(shop.owner, shop.owner.start("senders"), (public_id,))
    sender_decisions.reject(public_id, LONG * 2, **BY)
    walk(shop.owner, shop.owner.start("senders"), (public_id,))


def test_the_result_of_a_million_fits(store: str, language: str) -> None:
    visit = Visit("ussd", ASHA, ASHA, language)
    counts = {
        "delivered": 812_345, "submitted": 22_345, "failed": 123_456, "unknown": 12_345,
        "suppressed": 29_509,
    }  # fmt: skip
    progress = Progress(
        status=CampaignStatus.COMPLETED,
        counts=counts,
        total=1_000_000,
        done=1_000_000,
        handed=970_491,
        recipients=1_000_000,
        cost_taken=Money.parse("2345678.25"),
        cost_held=Money(0),
        released=Money(0),
        eta=None,
    )
    for status in ("completed", "cancelled"):
        row = Campaign(id="cmp_1", tenant_id=1, name=LONG, status=status, message=LONG)
        told = campaign_flows._told(visit, row, progress)
        made = pages(Screen(told.text), visit.say, LIMIT)
        assert status == "cancelled" or len(made) == 1, made
