"""A campaign's texts go while its gate is open, and its counts are always those of its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from core import clock, ids
from core.campaigns.models import Campaign, CampaignStatus
from core.database import execute
from core.gateways.onfon import Verdict
from core.gateways.outcome import Outcome
from core.gateways.sms import Answer, RowAnswer
from core.ledger import accounts, holds
from core.messaging import (
    accepting,
    cancelling,
    claiming,
    counts,
    dispatch,
    gates,
    operations,
    recording,
    reports,
    sending,
    suppression,
)
from core.messaging.models import SHARED_ACCOUNT, Category, Lane, Message, Status
from core.messaging.naming import campaign_message_ids, message_range
from core.messaging.preparing import Row
from core.tenants.profiles import Profile
from tests.messaging.scene import (
    BUSY,
    LOST,
    NOON,
    Gateway,
    Make,
    accepted,
    assert_proved,
    at,
    available,
    claim,
    fresh_number,
    hand_over,
    later,
    report,
)
from tests.races import together


def campaign(tenant: Profile, count: int, *, is_scheduled: bool = False) -> str:
    """Store a campaign of plain texts, all of them paid, with its counts."""
    campaign_id = ids.new("cmp")
    due_ms = clock.ms() + 1000 if is_scheduled else None
    price = tenant.price_units
    rows = [Row(fresh_number(), "Sale", False, 1, price, None, due_ms) for _ in range(count)]
    accepting.put(
        accepting.Batch(
            id=campaign_id,
            purse_id=accounts.purse_id(tenant.tenant_id, tenant.purse),
            once=None,
            actor="test",
            tenant_id=tenant.tenant_id,
            account_id=SHARED_ACCOUNT,
            lane=Lane.BULK.value,
            category=Category.PROMOTIONAL.value,
            sender="TUMA",
            created_ms=clock.ms(),
            day=holds.today(),
            ids=campaign_message_ids(campaign_id, 0, count),
            rows=rows,
            cost=price * count,
        )
    )
    Campaign.create(
        id=campaign_id,
        tenant_id=tenant.tenant_id,
        name="Sale",
        status=CampaignStatus.RUNNING.value,
        audience="{}",
        cost=price * count,
        is_filled=True,
        actor="test",
        channel="test",
        created_at=clock.now(),
        started_at=clock.now(),
    )
    status = Status.SCHEDULED if is_scheduled else Status.QUEUED
    counts.move([counts.Move(campaign_id, None, status, count, count, price * count)])
    gates.put(campaign_id, tenant.tenant_id, opens_at=clock.now())
    return campaign_id


@pytest.fixture
def shop(make_tenant: Make) -> Profile:
    at(NOON)
    return make_tenant(wallet="1000")


def went() -> set[str]:
    """Whose texts have been handed over."""
    gateway = Gateway()
    hand_over(gateway)
    handed = {number for number, _ in gateway.handed}
    return {row.batch_id for row in Message.select().where(Message.msisdn.in_(handed))}


def assert_counted(campaign_id: str) -> None:
    rows = Message.select().where(Message.batch_id == campaign_id)
    found = Counter(row.status for row in rows)

    assert {status: count.messages for status, count in counts.of(campaign_id).items()} == found
    assert_proved()


def test_a_shut_campaign_waits_and_the_one_behind_it_goes(shop: Profile) -> None:
    first, second = campaign(shop, 90), campaign(shop, 3)
    gates.shut(first)

    assert went() == {second}
    gates.reopen(first, closes_at=None)
    assert went() == {first}
    assert_counted(first)


def test_the_rest_of_a_shut_campaign_does_not_make_the_next_claims_small(shop: Profile) -> None:
    first, second = campaign(shop, 50), campaign(shop, 40)
    gates.shut(first)
    sizes = [len(claim().texts), len(claim().texts)]

    assert sizes == [20, 20]
    assert counts.of(second)["submitting"].messages == 40


def test_a_tenant_whose_campaigns_are_shut_does_not_end_the_round(
    shop: Profile, make_tenant: Make
) -> None:
    other = make_tenant(wallet="10")
    gates.shut(campaign(shop, 2))
    mine = campaign(other, 2)

    assert went() == {mine}
    assert claiming.claim(SHARED_ACCOUNT) is None


def test_a_campaign_goes_between_its_hours_only(shop: Profile) -> None:
    waiting = campaign(shop, 1)
    gates.lift(waiting)
    gates.put(
        waiting,
        shop.tenant_id,
        opens_at=clock.now() + timedelta(minutes=5),
        closes_at=clock.now() + timedelta(minutes=10),
    )
    assert went() == set()
    later(minutes=11)
    assert went() == set(), "its day is over: somebody has to be asked"
    gates.reopen(waiting, closes_at=clock.now() + timedelta(hours=1))
    assert went() == {waiting}


def test_a_gate_set_twice_stays_as_it_is(shop: Profile) -> None:
    mine = campaign(shop, 1)
    gates.shut(mine)
    gates.put(mine, shop.tenant_id, opens_at=clock.now())

    assert went() == set()
    assert not gates.shut(mine)


def test_passing_over_a_closed_campaign_costs_the_same_however_long_it_is(shop: Profile) -> None:
    """The next batch is sought behind the last name a text of this one can have."""
    long, short = campaign(shop, 900), campaign(shop, 1)
    gates.shut(long)
    first, last = message_range(long)
    ids_ = [row.id for row in Message.select().where(Message.batch_id == long)]

    assert all(first <= each <= last for each in ids_)
    assert ids_ == sorted(ids_)
    assert went() == {short}


def test_names_of_a_campaign_sort_as_their_places_do() -> None:
    campaign_id = ids.new("cmp")
    places = [0, 1, 31, 32, 1023, 1024, 32_767, 32_768, 1_048_575, 1_048_576, 33_554_431]
    names = [campaign_message_ids(campaign_id, place, 1)[0] for place in places]

    assert names == sorted(names)
    assert len(set(names)) == len(names)
    assert campaign_message_ids(campaign_id, 1020, 10) == [
        campaign_message_ids(campaign_id, 1020 + at, 1)[0] for at in range(10)
    ]
    with pytest.raises(ValueError, match="more texts"):
        campaign_message_ids(campaign_id, 33_554_431, 2)


@pytest.mark.parametrize(
    "answer",
    [
        BUSY,
        LOST,
        Answer(Outcome.REFUSED, why="No"),
        accepted("a", None),
        Answer(
            Outcome.ACCEPTED,
            (RowAnswer(Outcome.REFUSED, why="No"), RowAnswer(Outcome.ACCEPTED, "b")),
        ),
    ],
    ids=["busy", "lost", "refused", "accepted", "mixed"],
)
def test_whatever_is_answered_the_counts_are_those_of_the_rows(
    shop: Profile, answer: Answer
) -> None:
    mine = campaign(shop, 2)
    dispatch.hand_over(Gateway(answer), claim())

    assert_counted(mine)


def test_an_answer_after_all_moves_texts_out_of_doubt(shop: Profile) -> None:
    mine = campaign(shop, 2)
    claimed = claim()
    recording.give_up(claimed.submission_id)
    assert_counted(mine)
    recording.record(claimed, accepted("a", "b"))

    assert_counted(mine)
    assert counts.of(mine)["submitted"].messages == 2


def test_reports_move_the_counts(shop: Profile) -> None:
    mine = campaign(shop, 3)
    claimed = claim()
    dispatch.hand_over(Gateway(accepted("a", "b", "c")), claimed)
    report("a", Verdict.UNDELIVERED, claimed.texts[0].msisdn)
    report("b", Verdict.DELIVERED, claimed.texts[1].msisdn)
    reports.fold()
    report("a", Verdict.DELIVERED, claimed.texts[0].msisdn)
    reports.fold()

    assert_counted(mine)
    assert counts.of(mine)["delivered"].messages == 2


def test_waiting_opting_out_and_cancelling_move_the_counts(shop: Profile) -> None:
    mine = campaign(shop, 4, is_scheduled=True)
    numbers = [row.msisdn for row in Message.select().order_by(Message.id)]
    later(seconds=2)
    sending.queue_due()
    assert_counted(mine)
    suppression.add(shop.tenant_id, numbers[0], Category.PROMOTIONAL, source="reply")
    cancelling.cancel(shop, campaign_message_ids(mine, 1, 1)[0], actor="test")
    hand_over(Gateway())

    assert_counted(mine)
    found = {status: count.messages for status, count in counts.of(mine).items()}
    assert found == {"suppressed": 1, "cancelled": 1, "submitted": 2}


def test_adverts_put_off_until_the_morning_move_the_counts(shop: Profile) -> None:
    mine = campaign(shop, 3)
    at(NOON + timedelta(hours=8))
    hand_over(Gateway())

    assert_counted(mine)
    assert counts.of(mine)["scheduled"].messages == 3


def test_an_admins_verdict_moves_the_counts(shop: Profile) -> None:
    mine = campaign(shop, 2)
    dispatch.hand_over(Gateway(LOST), claim())
    doubt = execute("SELECT id FROM submission").fetchone()[0]
    operations.settle_doubt(doubt, operations.Verdict.SENT, actor="admin")

    assert_counted(mine)


def test_a_worker_that_was_frozen_after_its_claim_posts_nothing(shop: Profile) -> None:
    """By then the claim has been given up, and an admin may have decided on it."""
    mine = campaign(shop, 2)
    before = available(shop)
    claimed = claim()
    later(minutes=5)
    dispatch.resolve()
    gateway = Gateway()
    dispatch.hand_over(gateway, claimed)

    assert gateway.calls == []
    assert counts.of(mine)["queued"].messages == 2
    assert available(shop) == before
    assert_counted(mine)


def test_counts_leave_other_batches_alone(shop: Profile) -> None:
    counts.move([counts.Move("bat_1", None, "queued", 1, 1, 1)])

    assert counts.of("bat_1") == {}


def test_the_same_words_twice_within_minutes_go_once_and_cost_once(shop: Profile) -> None:
    """Whatever let the second one in: at the last moment it is taken out."""
    first = campaign(shop, 1)
    hand_over(Gateway())
    number = Message.get(Message.batch_id == first).msisdn
    second = campaign(shop, 1)
    Message.update(msisdn=number).where(Message.batch_id == second).execute()
    before = available(shop)
    hand_over(Gateway())

    again = Message.get(Message.batch_id == second)
    assert (again.status, again.reason) == ("suppressed", "repeat")
    assert available(shop) != before
    assert_counted(second)


def test_claims_and_answers_never_wait_for_each_other_in_a_circle(
    shop: Profile, change_settings: Callable[..., None]
) -> None:
    """A dead-lock would cost every claim of the account a second, and the campaign its day."""
    change_settings("onfon", batch_size=5)
    mine = campaign(shop, 300)
    numbers = [row.msisdn for row in Message.select().order_by(Message.id)]
    for number in numbers[::7]:
        suppression.add(shop.tenant_id, number, Category.PROMOTIONAL, source="reply")

    def work(number: int) -> int:
        done = 0
        while claimed := claiming.claim(SHARED_ACCOUNT):
            if claimed.texts:
                recording.record(claimed, accepted(*(f"id-{text.id}" for text in claimed.texts)))
                done += len(claimed.texts)
        return done

    assert sum(together(4, work)) == 300 - len(numbers[::7])
    assert_counted(mine)


def test_turned_away_requests_and_claims_never_wait_for_each_other_in_a_circle(
    shop: Profile, change_settings: Callable[..., None]
) -> None:
    change_settings("onfon", batch_size=5)
    mine = campaign(shop, 60)

    def work(number: int) -> None:
        for _ in range(25):
            if (claimed := claiming.claim(SHARED_ACCOUNT)) and claimed.texts:
                recording.record(claimed, BUSY)

    assert together(4, work) == [None] * 4
    assert counts.of(mine)["queued"].messages == 60
    assert_counted(mine)
