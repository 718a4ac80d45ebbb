"""Caps a number and a day, and the same words twice: what is left out, and what never is."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from core import clock, ids, words
from core.database import execute
from core.messaging import guards, sending
from core.messaging.guards import Reason
from core.messaging.models import REHEARSAL_ACCOUNT, Category, Message, Status
from core.messaging.sending import Order, Text
from core.tenants.profiles import Profile
from tests.campaigns import makers
from tests.messaging.scene import NOON, Gateway, Make, at, hand_over, later, send
from tests.past import days_ago

ADVERT, PLAIN = Category.PROMOTIONAL, Category.TRANSACTIONAL
ASHA, JUMA, ZAWADI = "254712000001", "254712000002", "254712000003"
WORDS = "Sale STOP*456*9*5#"


@pytest.fixture(autouse=True)
def noon() -> None:
    at(NOON)


@pytest.fixture
def shop(make_tenant: Make) -> Profile:
    return make_tenant()


def had(
    shop: Profile,
    msisdn: str = ASHA,
    *,
    body: str = "Old words",
    category: Category = ADVERT,
    status: Status = Status.DELIVERED,
    hours_ago: float = 1,
    batch: str = "bat_1",
    account: int = 1,
) -> None:
    """A text this number has had, or is to get."""
    moment = clock.ms() - int(hours_ago * 3_600_000)
    Message.create(
        id=ids.new("msg"),
        tenant_id=shop.tenant_id,
        batch_id=batch,
        account_id=account,
        lane=1,
        category=category,
        sender="TUMA",
        msisdn=msisdn,
        body=body,
        is_unicode=False,
        segments=1,
        cost=0,
        status=status,
        created_at=moment,
        due_at=moment if status is Status.SCHEDULED else None,
        submitted_at=None if status in (Status.QUEUED, Status.SCHEDULED) else moment,
    )


def among(shop: Profile, category: Category = ADVERT, **more: object) -> dict[str, Reason]:
    return guards.among(shop.tenant_id, category, [(ASHA, WORDS), (JUMA, WORDS)], **more)  # type: ignore[arg-type]


def test_the_sixth_advert_of_a_day_is_left_out_and_other_numbers_are_not(shop: Profile) -> None:
    for _ in range(5):
        had(shop)

    assert among(shop) == {ASHA: Reason.NUMBER_CAP}
    assert among(shop, PLAIN) == {}


def test_what_waits_counts_as_well(shop: Profile) -> None:
    for status in (Status.QUEUED, Status.SCHEDULED, Status.SUBMITTING, Status.UNKNOWN):
        had(shop, status=status)
    assert among(shop) == {}

    had(shop, status=Status.SUBMITTED)
    assert among(shop) == {ASHA: Reason.NUMBER_CAP}


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.SUPPRESSED, Status.REJECTED])
def test_what_never_went_does_not_count(shop: Profile, status: Status) -> None:
    for _ in range(6):
        had(shop, status=status, body=WORDS, hours_ago=0)

    assert among(shop) == {}


def test_a_day_ends_at_midnight_in_nairobi(shop: Profile) -> None:
    for _ in range(5):
        had(shop, hours_ago=12.1)
    assert among(shop) == {}

    for _ in range(5):
        had(shop, hours_ago=11.9)
    assert among(shop) == {ASHA: Reason.NUMBER_CAP}
    assert among(shop, at=NOON.replace(day=3)) == {}


def test_another_business_and_test_texts_do_not_count(shop: Profile, make_tenant: Make) -> None:
    other = make_tenant()
    for _ in range(5):
        had(other)
        had(shop, account=REHEARSAL_ACCOUNT)

    assert among(shop) == {}
    assert among(shop, is_test=True) == {ASHA: Reason.NUMBER_CAP}


def test_texts_of_any_kind_have_a_cap_too(shop: Profile, change_settings) -> None:  # type: ignore[no-untyped-def]
    change_settings("rules", texts_per_number_per_day=3)
    for _ in range(3):
        had(shop, category=PLAIN)

    assert among(shop, PLAIN) == {ASHA: Reason.NUMBER_CAP}


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.QUEUED, Status.SUBMITTING])
def test_the_same_words_go_once_in_ten_minutes(shop: Profile, status: Status) -> None:
    had(shop, body=WORDS, status=status, hours_ago=0.1)
    assert among(shop) == {ASHA: Reason.REPEAT}
    assert among(shop, but="bat_1") == {}
    assert guards.among(shop.tenant_id, ADVERT, [(ASHA, "Other words")]) == {}

    if status is Status.DELIVERED:
        later(minutes=5)
        assert among(shop) == {}


def test_words_that_did_not_arrive_may_be_said_again(shop: Profile) -> None:
    had(shop, body=WORDS, status=Status.UNDELIVERED, hours_ago=0)

    assert among(shop) == {}


def test_the_same_words_may_be_scheduled_for_another_hour(shop: Profile) -> None:
    had(shop, body=WORDS, hours_ago=0)

    assert among(shop, at=NOON.replace(hour=14)) == {}


def test_adverts_that_wait_for_the_morning_meet_there(shop: Profile) -> None:
    at(NOON.replace(hour=20))
    had(shop, body=WORDS, status=Status.SCHEDULED, hours_ago=-12)

    assert among(shop) == {ASHA: Reason.REPEAT}


def ready(*texts: tuple[str, str]) -> list[guards.Ready]:
    return [guards.Ready(str(place), *text) for place, text in enumerate(texts)]


def test_at_the_hand_over_only_what_has_gone_counts(shop: Profile) -> None:
    had(shop, body=WORDS, status=Status.QUEUED, hours_ago=0)
    going = ready((ASHA, WORDS))
    assert guards.at_hand_over(shop.tenant_id, ADVERT, going, is_bulk=True) == {}

    had(shop, body=WORDS, status=Status.SUBMITTING, hours_ago=0)
    found = guards.at_hand_over(shop.tenant_id, ADVERT, going, is_bulk=True)
    assert found == {"0": Reason.REPEAT}


def test_one_claim_keeps_the_rules_within_itself(shop: Profile) -> None:
    for _ in range(3):
        had(shop)
    going = ready((ASHA, "1"), (ASHA, "1"), (ASHA, "2"), (ASHA, "3"), (JUMA, "1"))

    found = guards.at_hand_over(shop.tenant_id, ADVERT, going, is_bulk=True)
    assert found == {"1": Reason.REPEAT, "3": Reason.NUMBER_CAP}


def test_a_one_time_code_may_be_asked_for_again(shop: Profile) -> None:
    had(shop, body="Code 1234", category=PLAIN, hours_ago=0)

    going = ready((ASHA, "Code 1234"), (ASHA, "Code 1234"))
    assert guards.at_hand_over(shop.tenant_id, PLAIN, going, is_bulk=False) == {}


def test_even_a_code_has_its_cap(shop: Profile, change_settings) -> None:  # type: ignore[no-untyped-def]
    change_settings("rules", texts_per_number_per_day=3)
    for _ in range(2):
        had(shop, category=PLAIN)

    going = ready((ASHA, "Code 1"), (ASHA, "Code 2"))
    found = guards.at_hand_over(shop.tenant_id, PLAIN, going, is_bulk=False)
    assert found == {"1": Reason.NUMBER_CAP}


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_search_goes_by_number_through_the_index(
    shop: Profile, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="peewee"):
        among(shop)
    asked: list[Any] = [record.msg for record in caplog.records if record.name == "peewee"]
    ((statement, params),) = asked
    plan = " ".join(row[3] for row in execute(f"EXPLAIN QUERY PLAN {statement}", params).fetchall())

    assert "INDEX message_msisdn (tenant_id=? AND msisdn=? AND id>?)" in plan


def test_the_sender_is_told_why_in_both_languages() -> None:
    for sentence in guards.WORDS.values():
        assert words.catalogue("sw")[sentence]


def test_an_advert_sent_twice_goes_once_and_says_so(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="1")
    send(tenant, ASHA, JUMA, body="Sale", category=ADVERT)

    again = send(tenant, ASHA, JUMA, ZAWADI, body="Sale", category=ADVERT)
    assert [each.to for each in again.messages] == [ZAWADI]
    assert [(each.to, each.code) for each in again.errors] == [(ASHA, "repeat"), (JUMA, "repeat")]
    assert again.errors[0].detail == guards.WORDS[Reason.REPEAT]
    assert again.cost.text() == "1.00"


def test_an_estimate_leaves_out_whom_the_send_would(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="1")
    send(tenant, ASHA, body="Sale", category=ADVERT)

    order = Order([Text(ASHA, "Sale"), Text(JUMA, "Sale")], category=ADVERT)
    told = sending.estimate(tenant, order)
    assert (told.recipients, [each.code for each in told.errors]) == (1, ["repeat"])


def test_notices_are_never_asked_about(make_tenant: Make) -> None:
    """A program sends them, and has an Idempotency-Key against sending one twice."""
    tenant = make_tenant(wallet="20", price="1")

    for _ in range(3):
        assert len(send(tenant, ASHA, body="Your code is 1234").messages) == 1
        assert len(send(tenant, ASHA, JUMA, body="Meeting at 5").messages) == 2


def test_an_order_told_again_names_who_was_left_out_and_not_itself(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="1")
    send(tenant, ASHA, body="Meeting at 5")
    first = send(tenant, ASHA, JUMA, body="Meeting at 5", once="a")

    assert send(tenant, ASHA, JUMA, body="Meeting at 5", once="a") == first


@pytest.mark.parametrize("days", [10, 80, 440])
def test_a_campaign_counts_however_old_its_draft(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch, change_settings: Any, days: int
) -> None:
    """Texts are named after the draft, and one that waits for its time may be a year old."""
    change_settings("rules", promotional_per_number_per_day=1)
    tenant = make_tenant(wallet="100")
    with days_ago(monkeypatch, days):
        draft = makers.draft(tenant, "Offer one", to=[ASHA], category=ADVERT.value)
    at(NOON)
    made = makers.priced(draft)
    makers.hold(made)
    makers.fill(made)
    hand_over(Gateway())
    assert [row.status for row in Message.select()] == ["submitted"]

    found = guards.among(tenant.tenant_id, ADVERT, [(ASHA, "Offer two")])
    assert found == {ASHA: Reason.NUMBER_CAP}
    ready = [guards.Ready("msg_1", ASHA, "Offer two")]
    found = guards.at_hand_over(tenant.tenant_id, ADVERT, ready, is_bulk=True)
    assert found == {"msg_1": Reason.NUMBER_CAP}
