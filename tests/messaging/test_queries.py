"""What is read back: only one's own, live and test apart, and figures that add up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from core import clock
from core.gateways.onfon import Verdict
from core.gateways.outcome import Outcome
from core.gateways.sms import Answer, RowAnswer
from core.messaging import cancelling, queries, recording, reports, routing, sending
from core.messaging.errors import MessageNotFound
from core.messaging.models import REHEARSAL_ACCOUNT, Message, Sender
from core.messaging.queries import UsageBy
from core.phone import InvalidNumber
from core.tenants.profiles import Profile, profile
from tests.messaging.scene import (
    ASHA,
    JUMA,
    NOON,
    ZAWADI,
    Gateway,
    Make,
    accepted,
    assert_proved,
    at,
    claim,
    fresh_number,
    hand_over,
    later,
    message,
    report,
    send,
)

AIRTEL = "0733000001"
FOREIGN = "+256772123456"


def ids(rows: list[Message]) -> list[str]:
    return [row.id for row in rows]


@pytest.fixture
def mine(make_tenant: Make) -> Profile:
    at(NOON)
    return make_tenant(wallet="100", price="1")


def test_no_question_finds_anything_of_another_tenant_or_mode(
    mine: Profile, make_tenant: Make
) -> None:
    """Every read and act of messaging that takes a profile is asked here as a stranger."""
    order = sending.Order([sending.Text(ASHA, "Habari", reference="r-1")])
    batch = sending.send(mine, order, once="k", actor="a")
    hand_over(Gateway(accepted("id-1")))
    text = message(batch)
    strangers = [
        make_tenant(wallet="100"),
        make_tenant(wallet="100", test=True),
        profile(mine.tenant_id, is_test=True),
    ]
    day = NOON.date()
    finders: list[Callable[[Profile], Any]] = [
        lambda who: queries.listing(who),
        lambda who: queries.listing(who, status="submitted"),
        lambda who: queries.listing(who, to=ASHA),
        lambda who: queries.listing(who, batch=batch.id),
        lambda who: queries.listing(who, campaign=batch.id),
        lambda who: queries.listing(who, reference="r-1"),
        lambda who: queries.listing(who, since=NOON, until=NOON + timedelta(days=1)),
        lambda who: queries.listing(who, after="msg_zzz"),
        lambda who: list(queries.stream(who)),
        *[lambda who, by=by: queries.usage(who, day, day, by) for by in UsageBy],
    ]
    for find in finders:
        assert find(mine)
        for stranger in strangers:
            assert not find(stranger)
    for stranger in strangers:
        with pytest.raises(MessageNotFound):
            queries.one(stranger, text.id)
        with pytest.raises(MessageNotFound):
            cancelling.cancel(stranger, text.id, actor="a")
        assert sending.send(stranger, order, once="k", actor="a").id != batch.id
    assert queries.one(mine, text.id).id == text.id


def test_test_texts_are_found_in_test_mode_only(mine: Profile) -> None:
    play = profile(mine.tenant_id, is_test=True)
    batch = send(play, ASHA)

    assert ids(queries.listing(play)) == [message(batch).id]
    assert queries.listing(mine) == []


def test_texts_are_listed_newest_first_and_paged_without_gap_or_repeat(mine: Profile) -> None:
    sent = []
    for _ in range(3):
        sent += [each.id for each in send(mine, *(fresh_number() for _ in range(5))).messages]
    found: list[str] = []
    after: str | None = None
    while page := queries.listing(mine, after=after, limit=4):
        found += ids(page)
        after = page[-1].id
        send(mine, fresh_number())  # what comes meanwhile disturbs nothing

    assert found == sent[::-1]
    assert len(list(queries.stream(mine, page=4))) == 15 + 4


def test_each_filter_keeps_what_fits(mine: Profile) -> None:
    first = send(mine, ASHA, JUMA)
    later(hours=1)
    order = sending.Order([sending.Text(ASHA, "Sawa", reference="order 7")])
    second = sending.send(mine, order, once=None, actor="a")
    hand_over(Gateway(accepted("id-1", "id-2", "id-3")))
    report("id-1", Verdict.DELIVERED)
    reports.fold()
    one, two = (each.id for each in first.messages)
    three = second.messages[0].id

    assert ids(queries.listing(mine, status="delivered")) == [one]
    assert ids(queries.listing(mine, to="0712 000 001")) == [three, one]
    assert ids(queries.listing(mine, batch=first.id)) == [two, one]
    assert ids(queries.listing(mine, campaign=first.id)) == [two, one]
    assert ids(queries.listing(mine, reference="order 7")) == [three]
    assert ids(queries.listing(mine, since=NOON + timedelta(hours=1))) == [three]
    assert ids(queries.listing(mine, until=NOON + timedelta(hours=1))) == [two, one]
    assert ids(queries.listing(mine, to=ASHA, batch=second.id)) == [three]
    assert queries.listing(mine, status="no such status") == []
    assert queries.listing(mine, batch="nothing") == []
    with pytest.raises(InvalidNumber) as refused:
        queries.listing(mine, to="12")
    assert refused.value.field == "to"


def test_a_life_is_told_in_its_order(mine: Profile) -> None:
    batch = send(mine, ASHA, schedule_at=NOON + timedelta(hours=1))
    later(hours=1)
    sending.queue_due()
    later(seconds=1)
    claimed = claim()
    later(seconds=1)
    recording.record(claimed, accepted("id-1"))
    later(seconds=10)
    report("id-1", Verdict.PENDING)
    later(seconds=10)
    report("id-1", Verdict.UNDELIVERED, detail="Absent subscriber")
    later(seconds=1)
    reports.fold()

    steps = queries.timeline(message(batch))
    assert [(step.status, (step.at - NOON).total_seconds()) for step in steps] == [
        ("scheduled", 0),
        ("queued", 3600),
        ("submitting", 3601),
        ("submitted", 3602),
        ("report.pending", 3612),
        ("report.undelivered", 3622),
        ("undelivered", 3623),
    ]
    assert steps[-1].detail == "Absent subscriber"
    assert [step.at for step in steps] == sorted(step.at for step in steps)


@pytest.mark.parametrize(
    ("outcome", "last"),
    [
        (RowAnswer(Outcome.REFUSED, why="Sender not allowed"), ("rejected", "sender_refused")),
        (RowAnswer(Outcome.UNKNOWN, why="No row"), ("unknown", "answer_lost")),
        (RowAnswer(Outcome.ACCEPTED, "id-1"), ("submitted", None)),
    ],
)
def test_a_life_ends_as_the_gateway_answered(
    mine: Profile, outcome: RowAnswer, last: tuple[str, str | None]
) -> None:
    batch = send(mine, ASHA)
    later(seconds=1)
    hand_over(Gateway(Answer(Outcome.ACCEPTED, (outcome,))))

    steps = queries.timeline(message(batch))
    assert [step.status for step in steps] == ["queued", "submitting", last[0]]
    assert (steps[-1].status, steps[-1].detail) == last


def test_a_report_of_another_account_is_not_part_of_a_life(mine: Profile) -> None:
    batch = send(mine, ASHA)
    hand_over(Gateway(accepted("id-1")))
    report("id-1", Verdict.DELIVERED, account_id=9)

    assert [step.status for step in queries.timeline(message(batch))][-1] == "submitted"


def usage(
    who: Profile, by: UsageBy, since: date = date(2026, 1, 1), until: date = date(2026, 12, 31)
) -> list[tuple[str, int, int, str]]:
    rows = queries.usage(who, since, until, by)
    return [(row.key, row.messages, row.segments, row.cost.text()) for row in rows]


def test_usage_is_summed_by_every_key(mine: Profile) -> None:
    Sender.create(tenant_id=mine.tenant_id, name="ZURI", created_at=clock.now())
    routing.forget()
    at(datetime(2026, 2, 28, 23, 59, 59, tzinfo=clock.NAIROBI))
    send(mine, ASHA, body="a" * 161)
    hand_over(Gateway(accepted("id-1")))
    at(datetime(2026, 3, 1, 0, 0, 0, tzinfo=clock.NAIROBI))
    send(mine, AIRTEL, FOREIGN, sender_id="ZURI")
    hand_over(Gateway(accepted("id-2", "id-3")))
    at(NOON)
    send(mine, JUMA)
    send(mine, ZAWADI, sender_id="ZURI")
    hand_over(Gateway(Answer(Outcome.ACCEPTED, (RowAnswer(Outcome.REFUSED),)), accepted("id-5")))
    report("id-1", Verdict.DELIVERED)
    reports.fold()

    assert usage(mine, UsageBy.DAY) == [
        ("2026-02-28", 1, 2, "2.00"),
        ("2026-03-01", 2, 2, "2.00"),
        ("2026-03-02", 2, 2, "1.00"),
    ]
    assert usage(mine, UsageBy.MONTH) == [
        ("2026-02", 1, 2, "2.00"),
        ("2026-03", 4, 4, "3.00"),
    ]
    assert usage(mine, UsageBy.STATUS) == [
        ("delivered", 1, 2, "2.00"),
        ("rejected", 1, 1, "0.00"),
        ("submitted", 3, 3, "3.00"),
    ]
    assert usage(mine, UsageBy.SENDER) == [("TUMA", 2, 3, "2.00"), ("ZURI", 3, 3, "3.00")]
    assert usage(mine, UsageBy.OPERATOR) == [
        ("airtel", 1, 1, "1.00"),
        ("other", 1, 1, "1.00"),
        ("safaricom", 3, 4, "3.00"),
    ]
    assert usage(mine, UsageBy.DAY, date(2026, 3, 1), date(2026, 3, 1)) == [
        ("2026-03-01", 2, 2, "2.00")
    ]
    assert usage(mine, UsageBy.DAY, date(2026, 3, 2), date(2026, 3, 1)) == []
    assert_proved()


def test_test_texts_have_usage_of_their_own(mine: Profile) -> None:
    play = profile(mine.tenant_id, is_test=True)
    send(play, ASHA)
    hand_over(Gateway(), REHEARSAL_ACCOUNT)

    assert usage(mine, UsageBy.DAY) == []
    assert usage(play, UsageBy.DAY) == [("2026-03-02", 1, 1, "1.00")]
