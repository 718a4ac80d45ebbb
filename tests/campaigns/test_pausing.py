"""Held back, let go on, taken back, and over: each at once, once, and to the last text."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock
from core.campaigns import (
    cancelling,
    carrying,
    launching,
    leases,
    pausing,
    problems,
    queries,
    watching,
)
from core.campaigns.errors import (
    CampaignNotFound,
    CampaignStale,
    CannotCancel,
    CannotPause,
    CannotResume,
)
from core.campaigns.models import CampaignStatus
from core.gateways.outcome import Outcome
from core.gateways.sms import Answer
from core.messaging import dispatch, recording, routing
from core.messaging.bulk import filling, taking_back
from core.messaging.models import Gate, Sender, Spool
from tests import statements
from tests.campaigns.life import (
    WHO,
    again,
    assert_counted,
    begun,
    deliver,
    facts,
    make,
    people,
    standing,
    start,
    texts,
    work,
)
from tests.messaging.scene import Gateway, assert_proved, at, available, claim, held, later

NINE = clock.now().replace(hour=6, minute=0, second=0, microsecond=0)  # 09:00 in Nairobi


@pytest.fixture(autouse=True)
def _morning():
    at(NINE)


def test_a_pause_takes_effect_at_once(make_tenant):
    tenant = make_tenant("100")
    campaign = begun(tenant)

    pausing.pause(tenant, campaign.id, **WHO)

    assert deliver(campaign).handed == []
    assert (standing(campaign), held(tenant)) == (CampaignStatus.PAUSED, "2.40")


def test_resumed_it_goes_on_and_nothing_is_priced_anew(make_tenant):
    tenant = make_tenant("100")
    campaign = begun(tenant)
    pausing.pause(tenant, campaign.id, **WHO)

    assert pausing.resume(tenant, campaign.id, **WHO).status == "running"

    assert len(deliver(campaign).handed) == 3
    assert work(campaign).status == "completed"
    assert available(tenant) == "97.60"


def test_pausing_and_resuming_twice_is_doing_it_once(make_tenant):
    tenant = make_tenant("100")
    campaign = begun(tenant)
    for _ in range(2):
        assert pausing.pause(tenant, campaign.id, **WHO).status == "paused"
    for _ in range(2):
        assert pausing.resume(tenant, campaign.id, **WHO).status == "running"

    assert len(facts("campaign.paused")) == 1


def test_it_can_be_paused_while_its_rows_are_made(make_tenant):
    tenant = make_tenant("100")
    campaign = start(tenant, make(tenant, people(tenant, 3)))
    pausing.pause(tenant, campaign.id, **WHO)

    assert work(campaign).status == "paused"
    assert again(campaign).is_filled
    assert pausing.resume(tenant, campaign.id, **WHO).status == "running"
    assert len(deliver(campaign).handed) == 3


def test_one_paused_before_its_time_waits_for_it_again(make_tenant):
    tenant = make_tenant("100")
    when = clock.now() + timedelta(hours=2)
    campaign = begun(tenant, schedule_at=when)
    pausing.pause(tenant, campaign.id, **WHO)

    assert pausing.resume(tenant, campaign.id, **WHO).status == "scheduled"


def test_only_what_is_on_its_way_is_paused_and_only_what_is_paused_resumed(make_tenant):
    tenant = make_tenant("100")
    draft = make(tenant, to=["0712000001"])
    with pytest.raises(CannotPause):
        pausing.pause(tenant, draft.id, **WHO)
    with pytest.raises(CannotResume):
        pausing.resume(tenant, draft.id, **WHO)
    campaign = begun(tenant)
    deliver(campaign)
    work(campaign)
    with pytest.raises(CannotPause, match="finished"):
        pausing.pause(tenant, campaign.id, **WHO)
    with pytest.raises(CannotCancel, match="finished"):
        cancelling.cancel(tenant, campaign.id, **WHO)


def test_a_strangers_campaign_is_not_touched(make_tenant):
    campaign, stranger = begun(make_tenant("100")), make_tenant()
    for act in (pausing.pause, pausing.resume, cancelling.cancel):
        with pytest.raises(CampaignNotFound):
            act(stranger, campaign.id, **WHO)

    assert standing(campaign) is CampaignStatus.RUNNING


def test_cancelled_it_gives_back_the_money_of_all_that_has_not_gone(make_tenant):
    tenant = make_tenant("100")
    campaign = begun(tenant, 25)
    going = claim()
    cancelling.cancel(tenant, campaign.id, **WHO)
    assert standing(campaign) is CampaignStatus.CANCELLING

    work(campaign)
    assert standing(campaign) is CampaignStatus.CANCELLING, "twenty are on their way"
    dispatch.hand_over(Gateway(), going)
    work(campaign)

    assert standing(campaign) is CampaignStatus.CANCELLED
    assert (available(tenant), held(tenant)) == ("84.00", "0.00")
    counts = queries.progress(tenant, campaign.id).counts
    assert counts == {"submitted": 20, "cancelled": 5}
    assert len(facts("campaign.cancelled")) == 1
    assert Gate.select().count() == 0
    assert_counted(campaign)
    assert_proved()


def test_cancelled_before_its_rows_are_made_it_sends_nothing(make_tenant):
    tenant = make_tenant("100")
    campaign = start(tenant, make(tenant, people(tenant, 3)))
    cancelling.cancel(tenant, campaign.id, **WHO)

    assert work(campaign).status == "cancelled"
    assert {row.status for row in texts(campaign)} == {"cancelled"}
    assert (available(tenant), held(tenant)) == ("100.00", "0.00")
    assert_proved()


def test_a_draft_is_cancelled_at_once(make_tenant):
    tenant = make_tenant("100")
    campaign = make(tenant, people(tenant, 3))

    assert cancelling.cancel(tenant, campaign.id, **WHO).status == "cancelled"
    assert cancelling.cancel(tenant, campaign.id, **WHO).status == "cancelled"
    assert len(facts("campaign.cancelled")) == 1


def test_cancelling_goes_on_after_every_kill(make_tenant, monkeypatch):
    tenant = make_tenant("100")
    monkeypatch.setattr("core.messaging.bulk.spool.size", lambda: 2)
    campaign = begun(tenant, 7)
    cancelling.cancel(tenant, campaign.id, **WHO)
    real, killed = taking_back.take_back, 0

    def sometimes(*args, **more):
        nonlocal killed
        killed += 1
        if killed % 2:
            raise KeyboardInterrupt
        return real(*args, **more)

    monkeypatch.setattr(taking_back, "take_back", sometimes)
    for _ in range(20):
        try:
            carrying.carry_on(campaign.id)
        except KeyboardInterrupt:
            later(seconds=31)

    assert standing(campaign) is CampaignStatus.CANCELLED
    assert (available(tenant), len(texts(campaign))) == ("100.00", 7)
    assert_proved()


def test_filling_goes_on_after_every_kill(make_tenant, monkeypatch):
    tenant = make_tenant("100")
    monkeypatch.setattr("core.messaging.bulk.spool.size", lambda: 2)
    campaign = start(tenant, make(tenant, people(tenant, 7)))
    real, killed = filling.fill, 0

    def sometimes(*args):
        nonlocal killed
        killed += 1
        if killed % 2:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(filling, "fill", sometimes)
    for _ in range(12):
        try:
            carrying.carry_on(campaign.id)
        except KeyboardInterrupt:
            later(seconds=31)

    assert standing(campaign) is CampaignStatus.RUNNING
    assert len({row.msisdn for row in texts(campaign)}) == 7
    assert_counted(campaign)
    assert_proved()


def test_a_text_that_comes_back_after_all_is_taken_back(make_tenant):
    """Its answer was lost, and then it turned out that the gateway had turned it away."""
    tenant = make_tenant("100")
    campaign = begun(tenant, 1)
    doubtful = claim()
    recording.give_up(doubtful.submission_id)
    cancelling.cancel(tenant, campaign.id, **WHO)
    assert work(campaign).status == "cancelled"
    assert Gate.select().count() == 1, "it may still come back"

    recording.record(doubtful, Answer(Outcome.BUSY))
    assert texts(campaign)[0].status == "queued"
    assert deliver(campaign).handed == []
    work(campaign)

    assert texts(campaign)[0].status == "cancelled"
    assert (available(tenant), Gate.select().count()) == ("100.00", 0)
    assert_proved()


def test_one_past_its_day_stops_by_itself_and_asks(make_tenant):
    tenant = make_tenant("100")
    campaign = begun(tenant)
    at(NINE + timedelta(hours=16))  # 01:00 the next day

    assert deliver(campaign).handed == [], "the gate is closed, whoever looks or does not"
    work(campaign)

    assert standing(campaign) is CampaignStatus.PAUSED
    assert problems.code(again(campaign)) == "campaign_stale"
    assert [each["campaign"] for each in facts("campaign.stale")] == [campaign.id]
    with pytest.raises(CampaignStale, match="3 texts are left"):
        pausing.resume(tenant, campaign.id, **WHO)

    resumed = pausing.resume(tenant, campaign.id, confirm=True, **WHO)
    assert (resumed.status, resumed.problem) == ("running", None)
    assert len(deliver(campaign).handed) == 3
    assert work(campaign).status == "completed"
    assert_proved()


def test_one_that_begins_before_midnight_has_an_hour_to_end(make_tenant):
    at(NINE + timedelta(hours=14, minutes=58))  # 23:58
    campaign = begun(make_tenant("100"))
    assert queries.last_day(again(campaign).good_until) == f"{NINE:%-d %b %Y}"
    at(NINE + timedelta(hours=15, minutes=30))  # 00:30 the next day

    assert len(deliver(campaign).handed) == 3


def test_a_notice_to_many_goes_at_any_hour(make_tenant):
    """Only adverts keep hours, though both go in the slow lane."""
    at(NINE + timedelta(hours=13))
    campaign = begun(make_tenant("100"))

    assert len(deliver(campaign).handed) == 3


def test_one_paused_over_night_asks_too(make_tenant):
    tenant = make_tenant("100")
    campaign = begun(tenant)
    pausing.pause(tenant, campaign.id, **WHO)
    at(NINE + timedelta(hours=24))

    with pytest.raises(CampaignStale):
        pausing.resume(tenant, campaign.id, **WHO)


def test_one_whose_last_text_has_gone_is_over_however_late_one_looks(make_tenant):
    campaign = begun(make_tenant("100"))
    deliver(campaign)
    at(NINE + timedelta(hours=40))

    assert work(campaign).status == "completed"


def test_one_whose_sender_id_was_taken_away_is_held_back(make_tenant):
    tenant = make_tenant("100")
    Sender.create(tenant_id=tenant.tenant_id, name="SALONI", created_at=clock.now())
    campaign = start(tenant, make(tenant, people(tenant, 2), sender_id="SALONI"))
    Sender.delete().execute()
    routing.forget()

    assert work(campaign).status == "paused"
    assert problems.code(again(campaign)) == "sender_not_approved"
    cancelling.cancel(tenant, campaign.id, **WHO)
    assert work(campaign).status == "cancelled"
    assert available(tenant) == "100.00"
    assert_proved()


def test_nobody_else_works_on_it_while_the_lease_lasts(make_tenant):
    tenant = make_tenant("100")
    campaign = start(tenant, make(tenant, people(tenant, 3)))
    mine = leases.take(campaign.id)

    assert leases.take(campaign.id) is None
    work(campaign)
    assert texts(campaign) == []

    later(seconds=31)
    assert not leases.renew(campaign.id, "somebody else")
    assert work(campaign).status == "running"
    assert not leases.renew(campaign.id, mine)


def test_progress_says_what_is_where(make_tenant):
    tenant = make_tenant("100")
    campaign = begun(tenant, 40)
    before = queries.progress(tenant, campaign.id)
    assert (before.total, before.done, before.percent) == (40, 0, 0)
    assert before.eta > clock.now()

    dispatch.hand_over(Gateway(), claim())
    halfway = queries.progress(tenant, campaign.id)

    assert (halfway.done, halfway.percent, halfway.waiting) == (20, 50, 20)
    assert (halfway.cost_taken.text(), halfway.cost_held.text()) == ("16.00", "16.00")
    pausing.pause(tenant, campaign.id, **WHO)
    assert queries.progress(tenant, campaign.id).eta is None


def test_nobody_waits_while_the_texts_of_a_cancelled_draft_are_dropped(make_tenant):
    """They are dropped behind it: on SQLite others could not write until the last was gone."""
    tenant = make_tenant("100")
    campaign = make(tenant, people(tenant, 3))
    launching.estimate(tenant, campaign.id)
    with statements.noted() as said:
        cancelling.cancel(tenant, campaign.id, **WHO)
    assert not [each for each in said if "DELETE" in each]

    watching.forget_drafts()
    assert Spool.select().count() == 0


def test_old_estimates_of_drafts_are_forgotten(make_tenant):
    tenant = make_tenant("100")
    campaign = make(tenant, people(tenant, 3))
    launching.estimate(tenant, campaign.id)
    watching.forget_drafts()
    assert Spool.select().count() == 1

    later(minutes=31)
    watching.forget_drafts()

    assert Spool.select().count() == 0
    assert start(tenant, campaign).status == "preparing"
