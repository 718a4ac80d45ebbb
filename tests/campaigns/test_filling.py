"""From the spool to texts of their own: each exactly once, whoever dies or races on the way."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import database, ids, prove
from core.campaigns.models import Campaign
from core.ledger.errors import NotEnough
from core.ledger.models import Hold
from core.messaging import counts
from core.messaging.bulk import filling, spool, storing, taking_back
from core.messaging.bulk.spool import Chunk, SpoolDamaged, Terms
from core.messaging.bulk.storing import CANCELLED, Fate
from core.messaging.models import SHARED_ACCOUNT, Gate, Message, Spool
from core.money import Money
from core.tenants.profiles import Profile
from tests.campaigns.executioner import Executioner
from tests.campaigns.makers import draft, fill, hold, make_contacts, make_group, priced, terms
from tests.messaging.scene import NOON, Gateway, assert_proved, at, available, hand_over, held
from tests.races import together

Make = Callable[..., Profile]
PEOPLE = 8
STATEMENTS_MAX = 100


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three texts a chunk, so that eight people make several."""
    monkeypatch.setattr(spool, "size", lambda: 3)


def ready(tenant: Profile, people: int = PEOPLE, **values: Any) -> Campaign:
    """A campaign that is priced and held."""
    group = make_group(tenant, ids.new("grp"))
    make_contacts(tenant, people, group=group, first=int(tenant.tenant_id) * 100_000)
    campaign = priced(draft(tenant, "Habari {{name}}, “karibu”", group=group, **values))
    hold(campaign)
    return campaign


def of(campaign: Campaign) -> list[Message]:
    return list(Message.select().where(Message.batch_id == campaign.id).order_by(Message.id))


def statuses(campaign: Campaign) -> dict[str, int]:
    return dict(Counter(row.status for row in of(campaign)))


def counted(campaign: Campaign) -> dict[str, int]:
    return {status: each.messages for status, each in counts.of(campaign.id).items()}


@pytest.mark.usefixtures("small_chunks")
def test_every_person_gets_the_text_that_was_priced(make_tenant: Make) -> None:
    campaign = ready(make_tenant(wallet="100"))
    written = [(msisdn, text[0]) for msisdn, text in spool.texts(campaign.id)]
    fill(campaign)

    rows = of(campaign)
    assert [(row.msisdn, row.body) for row in rows] == written
    assert {(row.status, row.charge, row.lane, row.is_unicode) for row in rows} == {
        ("queued", "held", 1, True)
    }
    assert sum(row.cost for row in rows) == campaign.cost
    assert counted(campaign) == {"queued": PEOPLE}
    assert Spool.select().count() == 0
    assert_proved()


@pytest.mark.usefixtures("small_chunks")
def test_filling_survives_a_death_at_any_statement(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    executioner = Executioner(monkeypatch)
    for statements in range(1, STATEMENTS_MAX):
        campaign = ready(make_tenant(wallet="100"))
        was_killed = executioner.kills(lambda: fill(campaign), statements)  # noqa: B023
        assert_proved()
        fill(campaign)

        numbers = [row.msisdn for row in of(campaign)]
        assert len(numbers) == len(set(numbers)) == PEOPLE
        assert_proved()
        if not was_killed:
            break
    assert 12 < statements < STATEMENTS_MAX - 1


@pytest.mark.usefixtures("small_chunks")
def test_taking_back_survives_a_death_at_any_statement(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    executioner = Executioner(monkeypatch)
    for statements in range(1, STATEMENTS_MAX):
        tenant = make_tenant(wallet="100")
        campaign = ready(tenant)
        for _ in range(2):
            filling.fill(terms(campaign))
        was_killed = executioner.kills(lambda: take_all(campaign), statements)  # noqa: B023
        take_all(campaign)

        assert statuses(campaign) == counted(campaign) == {"cancelled": PEOPLE}
        assert (available(tenant), held(tenant)) == ("100.00", "0.00")
        assert_proved()
        if not was_killed:
            break
    assert 12 < statements < STATEMENTS_MAX - 1


def take_all(campaign: Campaign) -> int:
    taken = 0
    while more := taking_back.take_back(terms(campaign), actor="test"):
        taken += more
    return taken


@pytest.mark.usefixtures("small_chunks")
def test_many_who_fill_at_once_store_each_text_once(make_tenant: Make) -> None:
    campaign = ready(make_tenant(wallet="1000"), people=60)

    together(4, lambda _: fill(campaign))
    numbers = [row.msisdn for row in of(campaign)]
    assert len(numbers) == len(set(numbers)) == 60
    assert counted(campaign) == {"queued": 60}
    assert_proved()


@pytest.mark.usefixtures("small_chunks")
def test_taking_back_while_others_fill_and_hand_over_ends_with_every_text_accounted_for(
    make_tenant: Make,
) -> None:
    tenant = make_tenant(wallet="1000")
    campaign = ready(tenant, people=90)
    gateway = Gateway()
    started = threading.Event()

    def act(number: int) -> None:
        if number == 0:
            started.wait(10)
            take_all(campaign)
        elif number == 1:
            for _ in range(10):
                hand_over(gateway)
                started.set()
        else:
            fill(campaign)

    together(4, act)
    take_all(campaign)

    found = statuses(campaign)
    assert found == counted(campaign)
    assert sum(found.values()) == 90
    assert set(found) <= {"cancelled", "submitted"}
    assert found.get("submitted", 0) == len({number for number, _ in gateway.handed})
    assert_proved()


@pytest.mark.usefixtures("small_chunks")
def test_what_has_left_stays_and_the_rest_of_the_money_comes_back(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="100", price="1")
    campaign = ready(tenant)
    for _ in range(2):
        filling.fill(terms(campaign))
    hand_over(Gateway())

    assert take_all(campaign) == 2
    assert statuses(campaign) == {"submitted": 6, "cancelled": 2}
    assert (available(tenant), held(tenant)) == ("94.00", "0.00")
    assert_proved()


@pytest.mark.usefixtures("small_chunks")
def test_a_scheduled_campaign_waits_and_is_taken_back_whole(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant(wallet="100")
    when = NOON + timedelta(days=3)
    campaign = ready(tenant, schedule_at=when)
    fill(campaign)

    assert statuses(campaign) == counted(campaign) == {"scheduled": PEOPLE}
    assert {row.due_at for row in of(campaign)} == {when}
    assert take_all(campaign) == PEOPLE
    assert held(tenant) == "0.00"
    assert_proved()


@pytest.mark.usefixtures("small_chunks")
def test_an_advert_waits_for_the_hours_of_each_operator(
    make_tenant: Make, change_settings: Callable[..., None]
) -> None:
    """At seven in the evening Airtel still takes adverts, and the others do from eight."""
    change_settings("rules", promotional_operators={"airtel": {"until": "20:00"}})
    at(NOON.replace(hour=19))
    tenant = make_tenant(wallet="100")
    campaign = priced(
        draft(tenant, "Offa", to=["0712000001", "0733000001"], category="promotional")
    )
    hold(campaign)
    fill(campaign)

    safaricom, airtel = of(campaign)
    assert (airtel.status, airtel.due_at) == ("queued", None)
    assert safaricom.status == "scheduled"
    assert safaricom.due_at == NOON.replace(hour=8) + timedelta(days=1)
    assert counted(campaign) == {"queued": 1, "scheduled": 1}
    assert_proved()


def test_a_chunk_that_does_not_hold_what_it_says_never_goes(make_tenant: Make) -> None:
    campaign = ready(make_tenant(wallet="100"))
    Spool.update(segments=Spool.segments + 1).execute()

    with pytest.raises(SpoolDamaged):
        filling.fill(terms(campaign))
    assert (Message.select().count(), Spool.select().count()) == (0, 1)


def test_a_campaign_is_held_for_as_a_whole_or_not_at_all(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="1", price="1")
    campaign = priced(draft(tenant, "Habari", to=["0712000001", "0712000002"]))

    with pytest.raises(NotEnough):
        hold(campaign)
    assert (Hold.select().count(), Gate.select().count(), held(tenant)) == (0, 0, "0.00")
    assert Campaign.get_by_id(campaign.id).started_at is None


def test_holding_twice_is_holding_once(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="5", price="1")
    campaign = priced(draft(tenant, "Habari", to=["0712000001", "0712000002"]))
    hold(campaign)
    filling.fill(terms(campaign))
    hold(campaign)

    assert held(tenant) == "2.00"
    assert_proved()


def test_what_is_held_is_what_is_spooled(make_tenant: Make) -> None:
    campaign = priced(draft(make_tenant(wallet="100"), "Habari", to=["0712000001"]))
    Campaign.update(cost=campaign.cost + 1).where(Campaign.id == campaign.id).execute()

    with pytest.raises(SpoolDamaged), database.transaction():
        hold(Campaign.get_by_id(campaign.id))


def found() -> list[str]:
    """Every difference the proof names."""
    return [line for finding in prove.run() for line in finding.differences]


def test_the_proof_names_counts_that_are_not_the_texts(make_tenant: Make) -> None:
    campaign = ready(make_tenant(wallet="100"))
    fill(campaign)
    counts.move([counts.Move(campaign.id, "queued", "delivered", 1, 1, 8_000)])

    assert f"{campaign.id} delivered: counted 1 texts KES 0.80, rows say 0 and KES 0.00" in found()


def test_the_proof_misses_texts_that_left_the_spool_and_went_nowhere(make_tenant: Make) -> None:
    campaign = ready(make_tenant(wallet="100"))
    assert_proved()
    Spool.delete().execute()

    assert [line for line in found() if line.startswith(f"{campaign.id}: held ")]


class Undone(Exception):
    """Takes the transaction back."""


WORDS = st.text(
    st.characters(exclude_categories=("Cc", "Cs")) | st.sampled_from("\n\\|"), max_size=30
)
TEXTS = st.lists(st.tuples(WORDS, st.booleans(), st.integers(1, 10)), min_size=1, max_size=4)
NUMBERS = st.from_regex(r"254(7|1)[0-9]{8}", fullmatch=True)
MOMENTS = st.none() | st.integers(-3, 40).map(lambda hours: NOON + timedelta(hours=hours))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    texts=TEXTS,
    msisdns=st.lists(NUMBERS, min_size=1, max_size=8),
    data=st.data(),
    category=st.sampled_from(["transactional", "promotional"]),
    schedule_at=MOMENTS,
    hour=st.integers(0, 23),
    fate=st.sampled_from([Fate(), CANCELLED]),
)
def test_storing_quickly_is_storing_plainly(
    store: str,
    texts: list[tuple[str, bool, int]],
    msisdns: list[str],
    data: st.DataObject,
    category: str,
    schedule_at: datetime | None,
    hour: int,
    fate: Fate,
) -> None:
    at(NOON.replace(hour=hour))
    which = [data.draw(st.integers(0, len(texts) - 1)) for _ in msisdns]
    segments = sum(texts[place][2] for place in which)
    first = data.draw(st.sampled_from([0, 1020, 40_000]))
    chunk = Chunk(0, first, segments, segments * 7, 7, msisdns, texts, which)
    shared = Terms(ids.new("cmp"), 5, SHARED_ACCOUNT, category, "TU\\MA", schedule_at)

    def after(act: Callable[..., Any]) -> Any:
        try:
            with database.transaction():
                begun = act(shared, chunk, fate)
                rows = Message.select().order_by(Message.id).tuples()
                found = [tuple(row) for row in rows], begun
                raise Undone
        except Undone:
            return found

    assert after(storing.store) == after(storing.store_plainly)


@given(st.binary(max_size=60))
def test_bytes_that_are_no_chunk_are_never_taken_for_one(rows: bytes) -> None:
    with pytest.raises((SpoolDamaged, msgspec.DecodeError)):
        spool._opened("cmp_1", 0, 0, 3, 3, 3, rows)


def test_what_waits_of_a_campaign_is_found_without_reading_what_has_gone(store: str) -> None:
    """Through the indexes of what waits, on both databases."""
    low, high = "msg_a00", "msg_azz"
    for statement, params, index in (
        (taking_back._QUEUED, (1, 1, low, high, 10), "message_queue"),
        (taking_back._SCHEDULED, (low, high, 10), "message_scheduled"),
    ):
        if database.is_postgres():
            database.execute("SET enable_seqscan = off")
            plan = database.execute("EXPLAIN " + statement, params).fetchall()
        else:
            plan = database.execute("EXPLAIN QUERY PLAN " + statement, params).fetchall()
        assert index in str(plan), plan


def test_money_is_held_for_free_texts_too(make_tenant: Make) -> None:
    """A price of nothing is a price: the campaign goes."""
    campaign = ready(make_tenant(wallet="0", price="0"))
    fill(campaign)

    assert Hold.get_by_id(campaign.id).amount == 0
    assert counted(campaign) == {"queued": PEOPLE}
    assert Money(campaign.cost) == Money(0)
    take_all(campaign)
    assert_proved()
