"""Starting campaigns: all of the money first, or nothing at all."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from core import clock
from core.campaigns import (
    campaigns,
    cancelling,
    carrying,
    launching,
    pricing,
    problems,
    starting,
    watching,
)
from core.campaigns.audience import Audience
from core.campaigns.campaigns import Wanted
from core.campaigns.errors import (
    CampaignNotFound,
    CampaignRepeat,
    CannotChange,
    CannotStart,
    FirstOutOfRange,
    NotAffordable,
    PriceChanged,
    WordsOrTemplate,
)
from core.campaigns.models import Campaign, CampaignStatus
from core.campaigns.placeholders import ValueMissing
from core.contacts import groups, membership
from core.contacts.groups import GroupNotFound
from core.contacts.models import Contact, GroupMember
from core.ledger.models import Hold
from core.messaging.bulk import spool
from core.messaging.errors import EmptyText, NoRecipients, ScheduleInPast, SenderNotApproved
from core.messaging.models import Category, Gate, Message
from core.messaging.sending import queue_due
from core.money import Money
from core.tenants import tenants
from core.tenants.profiles import TenantSuspended
from core.tenants.profiles import profile as find_profile
from tests.campaigns.life import (
    WHO,
    again,
    assert_counted,
    begun,
    deliver,
    facts,
    hold_of,
    make,
    people,
    standing,
    start,
    texts,
    work,
)
from tests.messaging.scene import assert_proved, at, available, held, later
from tests.races import together

NINE = clock.now().replace(hour=6, minute=0, second=0, microsecond=0)  # 09:00 in Nairobi


@pytest.fixture(autouse=True)
def _morning():
    at(NINE)


def priced(tenant, price):
    """Give a business another price."""
    tenants.set_terms(tenant.tenant_id, price=Money.parse(price), actor="admin:x", channel="admin")
    return find_profile(tenant.tenant_id)


def test_a_campaign_goes_from_a_draft_to_its_end(make_tenant):
    tenant = make_tenant("100")
    campaign = make(tenant, people(tenant, 3))
    assert campaign.status == "draft"

    start(tenant, campaign)
    assert (standing(campaign), held(tenant)) == (CampaignStatus.PREPARING, "2.40")
    work(campaign)
    assert standing(campaign) is CampaignStatus.RUNNING
    gateway = deliver(campaign)
    work(campaign)

    assert standing(campaign) is CampaignStatus.COMPLETED
    assert sorted(body for _, body in gateway.handed) == ["Habari Asha"] * 3
    assert (available(tenant), held(tenant)) == ("97.60", "0.00")
    assert Gate.select().count() == 0
    assert_counted(campaign)
    assert_proved()


def test_its_end_is_told_once_with_its_figures(make_tenant):
    campaign = begun(make_tenant("100"))
    deliver(campaign)
    for _ in range(3):
        work(campaign)

    (told,) = facts("campaign.completed")
    assert told["campaign"] == campaign.id
    assert (told["recipients"], told["counts"], told["cost"]) == (3, {"submitted": 3}, "2.40")


def test_nothing_goes_when_the_money_does_not_reach_for_all(make_tenant):
    tenant = make_tenant("2.00")
    campaign = make(tenant, people(tenant, 3))

    with pytest.raises(NotAffordable) as refused:
        start(tenant, campaign)

    assert refused.value.fields["affordable"] == 2
    assert standing(campaign) is CampaignStatus.DRAFT
    assert problems.code(again(campaign)) == "insufficient_funds"
    assert "first 2 people" in str(problems.words(again(campaign), "en"))
    assert "watu 2 wa kwanza" in str(problems.words(again(campaign), "sw"))
    assert (Message.select().count(), hold_of(campaign), held(tenant)) == (0, None, "0.00")


def test_why_it_did_not_start_is_told_until_it_does(make_tenant):
    tenant = make_tenant("2.00")
    campaign = make(tenant, people(tenant, 3))
    with pytest.raises(NotAffordable):
        start(tenant, campaign)
    later(minutes=20)
    launching.estimate(tenant, campaign.id)
    assert problems.code(again(campaign)) == "insufficient_funds"

    assert start(tenant, campaign, first=1).problem is None


def test_it_goes_to_the_first_for_whom_the_money_reaches(make_tenant):
    tenant = make_tenant("2.00")
    campaign = make(tenant, people(tenant, 3))
    with pytest.raises(NotAffordable):
        start(tenant, campaign)

    start(tenant, campaign, first=2)
    deliver(work(campaign))

    assert (work(campaign).recipients, available(tenant)) == (2, "0.40")
    assert standing(campaign) is CampaignStatus.COMPLETED
    assert_proved()


def test_a_large_audience_is_counted_behind_the_answer(make_tenant, monkeypatch):
    monkeypatch.setattr(launching, "INLINE_MAX", 2)
    tenant = make_tenant("100")
    campaign = make(tenant, people(tenant, 3))

    assert launching.estimate(tenant, campaign.id) is None
    assert start(tenant, campaign).status == "preparing"
    assert hold_of(campaign) is None
    work(campaign)

    assert standing(campaign) is CampaignStatus.RUNNING
    assert len(texts(campaign)) == 3


def test_a_large_one_without_money_is_a_draft_again_and_says_why(make_tenant, monkeypatch):
    monkeypatch.setattr(launching, "INLINE_MAX", 2)
    tenant = make_tenant("1.00")
    campaign = make(tenant, people(tenant, 3))
    start(tenant, campaign)
    work(campaign)

    assert standing(campaign) is CampaignStatus.DRAFT
    assert problems.refusal(again(campaign)).fields["affordable"] == 1
    assert [each["code"] for each in facts("campaign.not_started")] == ["insufficient_funds"]
    assert hold_of(campaign) is None


def test_a_large_one_that_is_killed_while_it_is_counted_is_counted_again(make_tenant, monkeypatch):
    monkeypatch.setattr(launching, "INLINE_MAX", 2)
    tenant = make_tenant("100")
    campaign = make(tenant, people(tenant, 3))
    start(tenant, campaign)
    with monkeypatch.context() as killed:
        killed.setattr(pricing, "price", _killed)
        with pytest.raises(KeyboardInterrupt):
            carrying.carry_on(campaign.id)
    carrying.carry_on(campaign.id)
    assert standing(campaign) is CampaignStatus.PREPARING, "the lease of the dead holds"

    later(minutes=3)
    assert work(campaign).status == "running"
    assert len(texts(campaign)) == 3


def _killed(*_, **__):
    raise KeyboardInterrupt


def test_asking_twice_with_one_once_starts_once(make_tenant):
    tenant = make_tenant("100")
    campaign = make(tenant, people(tenant, 3))

    first = start(tenant, campaign, once="a")
    second = start(tenant, campaign, once="a")

    assert first.id == second.id
    assert Hold.select().count() == 1
    with pytest.raises(CannotStart):
        start(tenant, campaign, once="b")


def test_making_it_twice_with_one_once_makes_one(make_tenant):
    tenant = make_tenant()
    wanted = Wanted("Offa", Audience(to=["0712000001"]), message="Habari")

    first = campaigns.create(tenant, wanted, once="x", **WHO)
    second = campaigns.create(tenant, wanted, once="x", **WHO)

    assert (first.id, Campaign.select().count()) == (second.id, 1)


def test_a_value_somebody_lacks_is_named_before_anything_is_held(make_tenant):
    tenant = make_tenant("100")
    campaign = make(tenant, people(tenant, 3), message="Una deni {{amount}}")

    with pytest.raises(ValueMissing) as refused:
        start(tenant, campaign)

    assert (refused.value.fields["name"], refused.value.fields["count"]) == ("amount", 3)
    assert launching.estimate(tenant, campaign.id).missing[0].name == "amount"
    assert (standing(campaign), hold_of(campaign)) == (CampaignStatus.DRAFT, None)


def test_what_is_sent_to_nobody_does_not_start(make_tenant):
    tenant = make_tenant("100")
    campaign = make(tenant, people(tenant, 0))

    with pytest.raises(NoRecipients):
        start(tenant, campaign)


def test_the_same_words_to_the_same_people_are_asked_about(make_tenant):
    tenant = make_tenant("100")
    group = people(tenant, 1)
    deliver(work(start(tenant, make(tenant, group))))
    twin = make(tenant, group)
    later(minutes=30)

    with pytest.raises(CampaignRepeat):
        start(tenant, twin)
    assert (standing(twin), hold_of(twin), held(tenant)) == (CampaignStatus.DRAFT, None, "0.00")

    start(tenant, twin, confirm=True)
    assert standing(twin) is CampaignStatus.PREPARING


def test_what_was_cancelled_before_anything_went_is_no_repeat(make_tenant):
    tenant = make_tenant("100")
    group = people(tenant, 2)
    first = start(tenant, make(tenant, group))
    cancelling.cancel(tenant, first.id, actor="test", channel="api")
    work(first)

    assert start(tenant, make(tenant, group)).status == "preparing"


def test_who_leaves_the_group_before_the_start_gets_nothing(make_tenant):
    """Whatever was counted before: a change of the contacts counts anew."""
    tenant = make_tenant("100")
    clock.freeze(clock.now())
    group = people(tenant, 3)
    clock.advance(1)
    campaign = make(tenant, group)
    launching.estimate(tenant, campaign.id)
    clock.advance(1)
    one = GroupMember.get(GroupMember.group_id == group.id).contact_id
    membership.drop(tenant.tenant_id, group.id, contact_ids=[one], actor="test", channel="api")

    assert start(tenant, campaign).recipients == 2


def test_after_an_hour_nobody_is_asked(make_tenant):
    tenant = make_tenant("100")
    group = people(tenant, 1)
    deliver(work(start(tenant, make(tenant, group))))
    later(minutes=61)

    assert start(tenant, make(tenant, group)).status == "preparing"


def test_it_never_costs_more_than_was_agreed(make_tenant):
    tenant = make_tenant("100")
    campaign = make(tenant, people(tenant, 3))

    with pytest.raises(PriceChanged):
        start(tenant, campaign, agreed=Money.parse("2.39"))
    assert start(tenant, campaign, agreed=Money.parse("2.40")).status == "preparing"


def test_a_lower_price_is_found_before_it_starts(make_tenant):
    tenant = make_tenant("100")
    campaign = make(tenant, people(tenant, 3))
    assert launching.estimate(tenant, campaign.id).cost == Money.parse("2.40")

    start(priced(tenant, "0.50"), campaign)

    assert held(tenant) == "1.50"


@pytest.mark.parametrize("most", [5000, 1])
def test_a_price_that_has_risen_since_the_estimate_is_told_before_it_is_taken(
    make_tenant, monkeypatch, most
):
    """However many they are: a large one is a draft again."""
    monkeypatch.setattr(launching, "INLINE_MAX", most)
    tenant = make_tenant("100", price="0.80")
    campaign = make(tenant, people(tenant, 2))
    carrying.count_now(campaign.id)
    risen = priced(tenant, "1.00")
    with suppress(PriceChanged):
        start(risen, campaign)
    work(campaign)

    assert (standing(campaign), held(tenant)) == ("draft", "0.00")
    assert "KES 2.00 now, more than the KES 1.60" in problems.words(again(campaign), "en")
    start(risen, campaign, first=1)
    assert (work(campaign).cost, again(campaign).problem) == (10_000, None)


def test_a_risen_price_that_was_agreed_to_is_taken(make_tenant):
    tenant = make_tenant("100")
    campaign = make(tenant, people(tenant, 3))
    launching.estimate(tenant, campaign.id)

    start(priced(tenant, "1.00"), campaign, agreed=Money.parse("3.00"))

    assert held(tenant) == "3.00"


def test_an_old_estimate_is_found_out_again(make_tenant):
    tenant = make_tenant("100")
    group = people(tenant, 3)
    campaign = make(tenant, group)
    launching.estimate(tenant, campaign.id)
    GroupMember.delete().where(
        GroupMember.contact_id == Contact.select(Contact.id).limit(1)
    ).execute()
    later(minutes=16)

    start(tenant, campaign)

    assert (again(campaign).recipients, held(tenant)) == (2, "1.60")


def test_who_leaves_the_group_after_the_start_still_gets_it(make_tenant):
    tenant = make_tenant("100")
    group = people(tenant, 3)
    campaign = make(tenant, group)
    start(tenant, campaign)
    GroupMember.delete().execute()
    group.delete_instance()

    assert len(deliver(work(campaign)).handed) == 3


def test_a_scheduled_one_waits_for_its_time(make_tenant):
    tenant = make_tenant("100")
    when = clock.now() + timedelta(hours=2)
    campaign = work(start(tenant, make(tenant, people(tenant, 2), schedule_at=when)))
    assert campaign.status == "scheduled"
    assert {row.status for row in texts(campaign)} == {"scheduled"}

    later(hours=2, seconds=1)
    queue_due()
    assert work(campaign).status == "running"
    assert len(deliver(campaign).handed) == 2
    assert work(campaign).status == "completed"


def test_a_time_that_has_passed_meanwhile_is_told(make_tenant):
    tenant = make_tenant("100")
    when = clock.now() + timedelta(minutes=20)
    campaign = make(tenant, people(tenant, 1), schedule_at=when)
    later(hours=1)

    with pytest.raises(ScheduleInPast):
        start(tenant, campaign)


def test_a_draft_can_be_changed_and_then_counts_anew(make_tenant):
    tenant = make_tenant("100")
    group = people(tenant, 2)
    campaign = make(tenant, group)
    assert launching.estimate(tenant, campaign.id).cost == Money.parse("1.60")

    wanted = Wanted("Nyingine", Audience(groups=[group.id]), message="x" * 200)
    campaigns.change(tenant, campaign.id, wanted, **WHO)

    assert launching.estimate(tenant, campaign.id).cost == Money.parse("3.20")
    start(tenant, campaign)
    assert held(tenant) == "3.20"
    with pytest.raises(CannotChange):
        campaigns.change(tenant, campaign.id, wanted, **WHO)
    with pytest.raises(CannotChange):
        campaigns.remove(tenant, campaign.id, **WHO)


def test_what_was_counted_for_other_words_never_starts(make_tenant, monkeypatch):
    """Somebody changes the draft while another starts it: the start begins again or is refused."""
    tenant = make_tenant("100")
    group = people(tenant, 2)
    campaign = make(tenant, group)
    wanted = Wanted("Nyingine", Audience(groups=[group.id]), message="x" * 200)
    real = starting.start

    def changed_before(*args, **more):
        campaigns.change(tenant, campaign.id, wanted, **WHO)
        return real(*args, **more)

    monkeypatch.setattr(starting, "start", changed_before)
    with pytest.raises(Exception, match="counted"):
        start(tenant, campaign)

    assert (standing(campaign), hold_of(campaign)) == (CampaignStatus.DRAFT, None)


def test_a_draft_can_be_removed(make_tenant):
    tenant = make_tenant("100")
    campaign = make(tenant, people(tenant, 2))
    launching.estimate(tenant, campaign.id)

    campaigns.remove(tenant, campaign.id, **WHO)

    with pytest.raises(CampaignNotFound):
        launching.estimate(tenant, campaign.id)


def test_the_texts_of_a_removed_draft_go_though_somebody_was_killed(make_tenant, monkeypatch):
    tenant = make_tenant("100")
    kept, removed, held = (
        make(tenant, people(tenant, 2, f"Kundi {at}", first=at * 1_000_000)) for at in (1, 2, 3)
    )
    for each in (kept, removed):
        launching.estimate(tenant, each.id)
    start(tenant, held, confirm=True)
    with monkeypatch.context() as killing:
        killing.setattr(campaigns.spool, "drop", _killed)
        with pytest.raises(KeyboardInterrupt):
            campaigns.remove(tenant, removed.id, **WHO)
    assert not spool.is_empty(removed.id)

    watching.forget_drafts()

    assert [spool.is_empty(each.id) for each in (kept, removed, held)] == [False, True, False]


def test_a_draft_to_a_removed_group_reaches_nobody(make_tenant):
    tenant = make_tenant("100")
    group = people(tenant, 2)
    campaign = make(tenant, group)
    groups.remove(tenant.tenant_id, group.id, **WHO)

    assert isinstance(launching.estimate(tenant, campaign.id).obstacle, NoRecipients)
    with pytest.raises(NoRecipients):
        start(tenant, campaign)


def test_of_two_changes_at_once_both_count(make_tenant):
    tenant = make_tenant("100")
    campaign = make(tenant, people(tenant, 2))
    changes = ({"name": "Nyingine"}, {"message": "Karibu"}, {"rewrite": True})

    def change(number):
        def wanted(before):
            time.sleep(0.05)
            return replace(before, **changes[number])

        campaigns.change(tenant, campaign.id, wanted, **WHO)

    assert together(3, change) == [None, None, None]
    found = again(campaign)
    assert (found.name, found.message, found.rewrite) == ("Nyingine", "Karibu", True)


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ({"message": "  "}, EmptyText),
        ({"message": None}, WordsOrTemplate),
        ({"template_id": "Karibu"}, WordsOrTemplate),
        ({"sender_id": "BANK"}, SenderNotApproved),
        ({"schedule_at": NINE - timedelta(hours=1)}, ScheduleInPast),
        ({"audience": Audience(groups=["grp_00000000000000000000"])}, GroupNotFound),
    ],
)
def test_what_cannot_be_right_is_refused_at_once(make_tenant, wanted, refusal):
    with pytest.raises(refusal):
        make(make_tenant(), to=["0712000001"], **wanted)

    assert Campaign.select().count() == 0


def test_first_is_a_number_of_people(make_tenant):
    tenant = make_tenant("100")
    with pytest.raises(FirstOutOfRange):
        start(tenant, make(tenant, people(tenant, 2)), first=0)


def test_another_tenants_campaign_is_not_there(make_tenant):
    campaign = make(make_tenant("100"), to=["0712000001"])
    stranger = make_tenant("100")

    with pytest.raises(CampaignNotFound):
        start(stranger, campaign)
    with pytest.raises(CampaignNotFound):
        launching.estimate(stranger, campaign.id)


def test_a_rehearsed_one_is_apart_from_real_ones(make_tenant):
    tenant = make_tenant("100", test=True)
    campaign = work(start(tenant, make(tenant, to=["0712000001"], message="Habari")))

    assert texts(campaign)[0].account_id == 2
    with pytest.raises(CampaignNotFound):
        launching.estimate(find_profile(tenant.tenant_id), campaign.id)


def test_a_suspended_business_starts_nothing_and_what_has_started_waits(make_tenant):
    tenant = make_tenant("100")
    campaign = begun(tenant)
    tenants.suspend(tenant.tenant_id, "Angalia", actor="admin:x", channel="admin")

    with pytest.raises(TenantSuspended):
        start(find_profile(tenant.tenant_id), campaign)
    assert deliver(campaign).handed == []
    assert work(campaign).status == "running"


def test_an_estimate_tells_when_adverts_go_and_until_when(make_tenant):
    tenant = make_tenant("100")
    at(NINE + timedelta(hours=12))
    campaign = make(tenant, people(tenant, 2), category=Category.PROMOTIONAL)
    found = launching.estimate(tenant, campaign.id)

    tomorrow = (NINE + timedelta(hours=23)).astimezone(clock.NAIROBI)
    assert found.goes_at == tomorrow
    assert found.until >= found.goes_at
    assert {each.operator for each in found.windows} == {"safaricom"}
    start(tenant, campaign)
    assert again(campaign).good_until == tomorrow.replace(hour=0) + timedelta(days=1)


def test_of_a_kill_at_any_moment_of_the_start_nothing_or_all_is_left(make_tenant, monkeypatch):
    """The start is one transaction: a kill inside leaves a draft that can be started again."""
    tenant = make_tenant("100")
    campaign = make(tenant, people(tenant, 3))
    with monkeypatch.context() as killed:
        killed.setattr(starting.states, "move", _killed)
        with pytest.raises(KeyboardInterrupt):
            start(tenant, campaign)

    assert (standing(campaign), hold_of(campaign), held(tenant)) == ("draft", None, "0.00")
    assert Gate.select().count() == 0
    deliver(work(start(tenant, campaign)))
    assert work(campaign).status == "completed"
    assert_proved()
