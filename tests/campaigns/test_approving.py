"""The second person: more than a sender spends alone needs a manager's or the owner's word."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core import clock
from core.campaigns import (
    approving,
    campaigns,
    cancelling,
    carrying,
    launching,
    problems,
)
from core.campaigns import launch as launches
from core.campaigns.errors import (
    ApprovalPriceChanged,
    ApprovedTooLate,
    AskedAnew,
    CannotDecide,
    CannotStart,
    CostChanged,
    NotAffordable,
    OwnApproval,
    PriceChanged,
)
from core.campaigns.models import CampaignStatus
from core.contacts.models import Group
from core.errors import NotAllowed
from core.messaging.models import Category
from core.money import Money
from core.tenants import tenants
from core.tenants.models import Role, Tenant
from core.tenants.profiles import profile as find_profile
from core.tenants.roles import RoleTooSmall
from tests.campaigns.life import (
    WHO,
    again,
    approve,
    facts,
    hold_of,
    make,
    people,
    person,
    standing,
    start,
    work,
)
from tests.campaigns.makers import make_contacts
from tests.messaging.scene import NOON, at, held, later


@pytest.fixture
def tenant(make_tenant, change_settings):
    change_settings("rules", approval_threshold="2")
    return make_tenant("100")


@pytest.fixture
def asked(tenant):
    """A campaign of a sender's that is dear enough to be asked about."""
    sender = person(tenant, Role.SENDER, "Zawadi")
    campaign = make(tenant, people(tenant, 3))
    start(tenant, campaign, actor=sender.actor, channel="telegram", needs_approval=True)
    return campaign


def test_a_dear_campaign_of_a_senders_waits(tenant, asked):
    assert standing(asked) is CampaignStatus.AWAITING_APPROVAL
    assert (hold_of(asked), held(tenant)) == (None, "0.00")
    assert [each.id for each in approving.waiting(tenant.tenant_id)] == [asked.id]
    assert [each["cost"] for each in facts("campaign.approval_needed")] == ["2.40"]


def test_a_cheap_one_does_not_wait(tenant):
    campaign = make(tenant, people(tenant, 2))

    assert start(tenant, campaign, needs_approval=True).status == "preparing"


def test_a_business_sets_its_own_threshold(tenant):
    tenants.update_profile(
        tenant.tenant_id, approval_threshold=Money.kes(3), actor="test", channel="api"
    )
    campaign = make(tenant, people(tenant, 3))

    own = find_profile(tenant.tenant_id)
    assert start(own, campaign, needs_approval=True).status == "preparing"


def test_approved_it_starts_once(tenant, asked):
    manager, owner = person(tenant, Role.MANAGER, "Wanjiku"), person(tenant, Role.OWNER, "Ali")

    approve(tenant, asked, manager)

    assert (standing(asked), held(tenant)) == (CampaignStatus.PREPARING, "2.40")
    assert again(asked).approved_by == manager.actor
    with pytest.raises(CannotDecide):
        approve(tenant, asked, owner, channel="ussd")
    with pytest.raises(CannotDecide):
        approving.reject(tenant, asked.id, owner, reason="Hapana", channel="ussd")
    assert work(asked).status == "running"


def test_rejected_it_is_a_draft_again_and_says_who_and_why(tenant, asked):
    owner = person(tenant, Role.OWNER, "Ali")

    approving.reject(tenant, asked.id, owner, reason="Si leo.", channel="telegram")

    assert standing(asked) is CampaignStatus.DRAFT
    said = problems.words(again(asked), "en")
    assert said == "Ali did not approve this campaign. The reason: Si leo."
    assert approving.waiting(tenant.tenant_id) == []


@pytest.mark.parametrize("inline_max", [5000, 1], ids=["small", "large"])
def test_what_one_rejects_while_another_approves_does_not_start(
    tenant, asked, monkeypatch, inline_max
):
    """The no comes between the yes and the start."""
    monkeypatch.setattr(launching, "INLINE_MAX", inline_max)
    later(hours=1)
    manager, owner = person(tenant, Role.MANAGER, "Wanjiku"), person(tenant, Role.OWNER, "Ali")
    real = launching.proceed

    def rejected_before(*args):
        approving.reject(tenant, asked.id, owner, reason="Hapana", channel="ussd")
        return real(*args)

    monkeypatch.setattr(launching, "proceed", rejected_before)
    with pytest.raises(CannotStart):
        approve(tenant, asked, manager)

    assert (standing(asked), held(tenant)) == (CampaignStatus.DRAFT, "0.00")
    assert problems.code(again(asked)) == "campaign_not_approved"


def test_only_another_manager_or_owner_decides(tenant, asked, make_tenant):
    viewer, stranger = person(tenant, Role.VIEWER), person(make_tenant(), Role.OWNER, "Mgeni")
    with pytest.raises(RoleTooSmall):
        approve(tenant, asked, viewer)
    with pytest.raises(NotAllowed):
        approve(tenant, asked, stranger)
    boss = person(tenant, Role.MANAGER, "Bosi")
    own = make(tenant, people(tenant, 3, "Wengine", first=20_000_000))
    start(tenant, own, actor=boss.actor, channel="ussd", needs_approval=True)
    with pytest.raises(OwnApproval):
        approve(tenant, own, boss, channel="ussd")


def test_without_the_money_it_goes_on_waiting(tenant, asked, make_tenant):
    manager = person(tenant, Role.MANAGER)
    start(tenant, make(tenant, people(tenant, 123, "Wengi", first=30_000_000)))

    with pytest.raises(NotAffordable):
        approve(tenant, asked, manager)

    assert standing(asked) is CampaignStatus.AWAITING_APPROVAL


def test_it_starts_at_no_more_than_was_approved(tenant, asked):
    manager = person(tenant, Role.MANAGER)
    Tenant.update(price_units=9000).where(Tenant.id == tenant.tenant_id).execute()
    dearer = find_profile(tenant.tenant_id)

    with pytest.raises(ApprovalPriceChanged, match=r"2\.70 now, more than the KES 2\.40"):
        approve(dearer, asked, manager)
    assert standing(asked) is CampaignStatus.AWAITING_APPROVAL
    assert (again(asked).approved_by, len(facts("campaign.asked_anew"))) == (None, 1)

    approve(dearer, asked, manager)
    assert held(tenant) == "2.70"


def test_a_yes_to_an_earlier_cost_starts_nothing(tenant, asked):
    """One is asked anew about more, and the card of another still shows what it was."""
    seen = approving.mark(again(asked))
    Tenant.update(price_units=9000).where(Tenant.id == tenant.tenant_id).execute()
    dearer = find_profile(tenant.tenant_id)
    with pytest.raises(ApprovalPriceChanged):
        approve(dearer, asked, person(tenant, Role.MANAGER))

    with pytest.raises(CostChanged) as refused:
        approve(dearer, asked, person(tenant, Role.OWNER, "Ali"), seen=seen)
    told = refused.value
    assert told.words("en") == "The cost changed from KES 2.40 to KES 2.70. Look again."
    assert told.words("sw").startswith("Gharama imebadilika kutoka KES 2.40 hadi KES 2.70.")
    assert (standing(asked), held(tenant)) == (CampaignStatus.AWAITING_APPROVAL, "0.00")
    assert facts("campaign.approved")[1:] == []


@pytest.mark.parametrize(
    "change",
    [
        {"message": "Habari, leo ni 50%"},
        {"schedule_at": clock.now() + timedelta(days=300)},
        {"category": Category.PROMOTIONAL, "message": "Habari"},
        {"name": "Nyingine"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_yes_to_other_words_or_another_time_starts_nothing(tenant, asked, change):
    """Rejected, written anew and asked for again, at the same cost."""
    seen, owner = approving.mark(again(asked)), person(tenant, Role.OWNER, "Ali")
    approving.reject(tenant, asked.id, owner, reason="Hapana", channel="telegram")
    campaigns.change(tenant, asked.id, lambda before: replace(before, **change), **WHO)
    sender = launches.asker(again(asked))
    start(tenant, asked, actor=sender, channel="telegram", needs_approval=True)

    with pytest.raises(AskedAnew) as refused:
        approve(tenant, asked, owner, seen=seen)
    assert refused.value.words("sw") != refused.value.words("en")
    assert (standing(asked), held(tenant)) == (CampaignStatus.AWAITING_APPROVAL, "0.00")
    approve(tenant, asked, owner)
    assert held(tenant) == "2.40"


@pytest.mark.parametrize("seen", ["", "x", "-", "24000", "٢-1", "24000-00000000"])
def test_a_yes_that_does_not_say_to_what_starts_nothing(tenant, asked, seen):
    with pytest.raises((AskedAnew, CostChanged)):
        approve(tenant, asked, person(tenant, Role.OWNER), seen=seen)

    assert (standing(asked), held(tenant)) == (CampaignStatus.AWAITING_APPROVAL, "0.00")


def test_hours_later_it_is_counted_again(tenant, asked):
    later(hours=3)
    approve(tenant, asked, person(tenant, Role.OWNER))

    assert standing(asked) is CampaignStatus.PREPARING


def test_a_look_at_what_waits_changes_nothing_of_what_was_asked(tenant, asked):
    before = again(asked).priced_at
    make_contacts(tenant, 20, group=Group.get(), first=40_000_000)
    later(minutes=20)
    carrying.count(asked.id)
    found = launching.estimate(tenant, asked.id)

    assert (found.recipients, found.cost.text()) == (3, "2.40")
    assert again(asked).priced_at == before


@pytest.mark.parametrize("inline_max", [5000, 1], ids=["small", "large"])
def test_a_yes_covers_no_more_people_than_were_asked_about(tenant, asked, monkeypatch, inline_max):
    monkeypatch.setattr(launching, "INLINE_MAX", inline_max)
    make_contacts(tenant, 20, group=Group.get(), first=40_000_000)
    Group.update(size=23).execute()
    later(minutes=20)
    launching.estimate(tenant, asked.id)
    owner = person(tenant, Role.OWNER)

    if inline_max == 1:
        approve(tenant, asked, owner)
        work(asked)
        assert standing(asked) is CampaignStatus.DRAFT
        assert [each["code"] for each in facts("campaign.not_started")] == [PriceChanged.code]
    else:
        with pytest.raises(ApprovalPriceChanged):
            approve(tenant, asked, owner)
        assert standing(asked) is CampaignStatus.AWAITING_APPROVAL
    assert held(tenant) == "0.00"


@pytest.mark.parametrize(
    ("hours", "passed", "is_late"),
    [
        (None, {"hours": 12}, True),
        (None, {"hours": 11}, False),
        (30, {"hours": 29}, False),
        (3, {"hours": 3, "seconds": 50}, False),
        (3, {"hours": 3, "seconds": 61}, True),
    ],
)
def test_after_its_day_or_time_a_yes_is_too_late(tenant, hours, passed, is_late):
    at(NOON)
    sender = person(tenant, Role.SENDER, "Zawadi")
    schedule_at = None if hours is None else clock.now() + timedelta(hours=hours)
    campaign = make(tenant, people(tenant, 3), schedule_at=schedule_at)
    start(tenant, campaign, actor=sender.actor, channel="telegram", needs_approval=True)
    later(**passed)
    owner = person(tenant, Role.OWNER)

    if not is_late:
        approve(tenant, campaign, owner)
        assert held(tenant) == "2.40"
        return
    with pytest.raises(ApprovedTooLate, match="15:00" if hours else "23:59"):
        approve(tenant, campaign, owner)

    assert (standing(campaign), held(tenant)) == (CampaignStatus.DRAFT, "0.00")
    assert problems.code(again(campaign)) == "campaign_approved_too_late"
    (told,) = facts("campaign.not_started")
    assert (told["actor"], told["code"]) == (sender.actor, "campaign_approved_too_late")
    assert facts("campaign.approved") == []


def test_who_asked_can_take_it_back(tenant, asked):
    assert cancelling.cancel(tenant, asked.id, **WHO).status == "cancelled"
    with pytest.raises(CannotDecide, match="cancelled already"):
        approve(tenant, asked, person(tenant, Role.OWNER))
