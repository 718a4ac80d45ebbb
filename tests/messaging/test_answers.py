"""What each answer of the gateway does to texts and money, early, late, or never."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from core import database
from core.events import Event
from core.gateways.onfon import Verdict
from core.gateways.outcome import Outcome
from core.gateways.sms import Answer, RowAnswer
from core.ledger.accounts import Platform, platform
from core.ledger.models import Account
from core.messaging import claiming, dispatch, operations, recording, reports
from core.messaging.errors import SubmissionNotFound
from core.messaging.models import SHARED_ACCOUNT, Message, Submission
from core.tenants.models import Audit
from tests.messaging.scene import (
    ASHA,
    BLOCKED,
    BUSY,
    JUMA,
    LOST,
    NOON,
    ZAWADI,
    Gateway,
    Make,
    accepted,
    assert_proved,
    at,
    available,
    claim,
    counted,
    fresh_number,
    hand_over,
    held,
    later,
    message,
    report,
    send,
    shared_account,
    statuses,
    submission,
)
from tests.races import together
from tests.storage.crowd import break_connection

REFUSED_ROW = RowAnswer(Outcome.REFUSED, code="401", why="Sender not allowed")
BLOCKED_ROW = RowAnswer(Outcome.REFUSED, code="403", why="No credit left", blocked=True)
LOST_ROW = RowAnswer(Outcome.UNKNOWN, why="The answer has no row for this number.")


def rows(*answers: RowAnswer) -> Answer:
    blocked = next((row for row in answers if row.blocked), None)
    return Answer(
        Outcome.ACCEPTED, answers, why=blocked and blocked.why, blocked=blocked is not None
    )


def alarms() -> int:
    return Event.select().where(Event.name == "gateway.blocked").count()


def expire() -> None:
    """Let the lease of what is being posted run out, and look."""
    later(seconds=36)
    dispatch.resolve()


def test_each_row_is_read_for_itself(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="1")
    send(tenant, ASHA, JUMA, ZAWADI, fresh_number())
    unnamed = RowAnswer(Outcome.ACCEPTED, None)
    hand_over(Gateway(rows(RowAnswer(Outcome.ACCEPTED, "id-1"), REFUSED_ROW, LOST_ROW, unnamed)))

    assert statuses() == ["submitted", "rejected", "unknown", "submitted"]
    assert [row.reason for row in Message.select().order_by(Message.id)] == [
        None,
        "sender_refused",
        "answer_lost",
        "no_provider_id",
    ]
    assert (available(tenant), held(tenant)) == ("7.00", "1.00")
    assert submission().state == "answered"
    assert_proved()


def test_what_we_owe_the_gateway_is_written_off_by_accepted_segments(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="1")
    send(tenant, ASHA, JUMA, ZAWADI, body="a" * 161)
    hand_over(Gateway(rows(RowAnswer(Outcome.ACCEPTED, "id-1"), REFUSED_ROW, LOST_ROW)))

    cost = Account.get_by_id(platform(Platform.ONFON_COST))
    assert cost.posted_debit == 2 * 3500


def test_a_refused_call_gives_all_its_money_back(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="1")
    send(tenant, ASHA, JUMA)
    hand_over(Gateway(Answer(Outcome.REFUSED, why="HTTP 400", code="13")))

    assert statuses() == ["rejected", "rejected"]
    assert (available(tenant), held(tenant)) == ("10.00", "0.00")
    assert submission().state == "refused"
    assert_proved()


def test_a_busy_gateway_gets_the_texts_again_after_its_rest(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant(wallet="10", price="1")
    send(tenant, ASHA)
    dispatch.hand_over(Gateway(BUSY), claim())
    row = Message.get()
    assert (row.status, row.submission_id, row.submitted_at) == ("queued", None, None)
    assert submission().state == "busy"
    assert shared_account().paused_until == NOON + timedelta(seconds=1)

    later(seconds=1)
    hand_over(Gateway())
    assert statuses() == ["submitted"]
    assert (shared_account().failures, shared_account().paused_why) == (0, None)
    assert_proved()


def test_a_blocked_account_keeps_its_texts_and_rings_once(make_tenant: Make) -> None:
    """No credit at the gateway is our trouble: no customer's text is refused for it."""
    at(NOON)
    tenant = make_tenant(wallet="10", price="1")
    send(tenant, ASHA, JUMA)
    for _ in range(5):
        dispatch.hand_over(Gateway(BLOCKED), claim())
        later(seconds=60)
    assert statuses() == ["queued", "queued"]
    assert held(tenant) == "2.00"
    assert alarms() == 1

    hand_over(Gateway())
    assert statuses() == ["submitted", "submitted"]
    send(tenant, ZAWADI)
    dispatch.hand_over(Gateway(BLOCKED), claim())
    assert alarms() == 2  # it had worked meanwhile, so this is news
    assert_proved()


def test_requests_blocked_at_one_moment_ring_once(make_tenant: Make) -> None:
    at(NOON)
    for _ in range(8):
        send(make_tenant(wallet="10"), fresh_number())
    claims = [claim() for _ in range(8)]
    together(8, lambda number: dispatch.hand_over(Gateway(BLOCKED), claims[number]))

    assert alarms() == 1
    assert set(statuses()) == {"queued"}
    assert_proved()


def test_rows_refused_for_want_of_credit_are_kept_too(make_tenant: Make) -> None:
    """The gateway says that the call succeeded, and in each row that there is no credit."""
    at(NOON)
    tenant = make_tenant(wallet="10", price="1")
    send(tenant, ASHA, JUMA)
    dispatch.hand_over(Gateway(rows(BLOCKED_ROW, BLOCKED_ROW)), claim())

    assert statuses() == ["queued", "queued"]
    assert (held(tenant), alarms()) == ("2.00", 1)
    assert shared_account().paused_until > NOON
    assert_proved()


def test_when_credit_ends_within_a_call_the_rest_is_given_back_and_it_rings(
    make_tenant: Make,
) -> None:
    """A row in a call that worked may be refused for its own sake, and then for ever."""
    at(NOON)
    tenant = make_tenant(wallet="10", price="1")
    send(tenant, ASHA, JUMA)
    dispatch.hand_over(Gateway(rows(RowAnswer(Outcome.ACCEPTED, "id-1"), BLOCKED_ROW)), claim())

    assert statuses() == ["submitted", "rejected"]
    assert (available(tenant), alarms()) == ("9.00", 1)
    assert shared_account().paused_until > NOON
    assert_proved()


def test_an_expired_submission_is_in_doubt_and_never_sent_again(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant(wallet="10", price="1")
    send(tenant, ASHA)
    claim()
    later(seconds=35)
    dispatch.resolve()
    assert statuses() == ["submitting"]
    later(milliseconds=1)
    dispatch.resolve()

    assert statuses() == ["unknown"]
    assert held(tenant) == "1.00"
    gateway = Gateway()
    hand_over(gateway)
    assert gateway.calls == []
    assert_proved()


LATE: list[tuple[Answer, str, tuple[str, str]]] = [
    (accepted("id-1"), "submitted", ("9.00", "0.00")),
    (rows(REFUSED_ROW), "rejected", ("10.00", "0.00")),
    (rows(LOST_ROW), "unknown", ("9.00", "1.00")),
    (LOST, "unknown", ("9.00", "1.00")),
    (Answer(Outcome.REFUSED, why="HTTP 400"), "rejected", ("10.00", "0.00")),
    (BUSY, "queued", ("9.00", "1.00")),
    (BLOCKED, "queued", ("9.00", "1.00")),
    (rows(BLOCKED_ROW), "queued", ("9.00", "1.00")),
]


@pytest.mark.parametrize("next_day", [False, True], ids=["soon", "after midnight"])
def test_a_late_answer_puts_right_what_was_given_up(make_tenant: Make, next_day: bool) -> None:
    """Also when the figures of the day it was given up are closed by then."""
    tenant = make_tenant(wallet="100", price="1")
    for late, status, money in LATE:
        at(NOON.replace(hour=23, minute=59))
        paying = make_tenant(wallet="10", price="1")
        batch = send(paying, fresh_number())
        claimed = claim()
        expire()
        assert message(batch).status == "unknown"
        if next_day:
            later(minutes=5)
        recording.record(claimed, late)

        assert message(batch).status == status, late
        assert (available(paying), held(paying)) == money, late
        assert_proved()
        if status == "queued":  # nothing had left us, so it may go
            later(seconds=60)
            hand_over(Gateway())
            assert message(batch).status == "submitted"
        at(NOON)
        recording.slots.worked(SHARED_ACCOUNT)
    assert available(tenant) == "100.00"
    assert_proved()


def test_a_late_answer_changes_nothing_that_a_report_has_settled(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant(wallet="10", price="1")
    send(tenant, ASHA)
    claimed = claim()
    expire()
    report("id-7", Verdict.DELIVERED)
    later(seconds=6)
    reports.fold()
    assert statuses() == ["delivered"]
    recording.record(claimed, rows(REFUSED_ROW))

    assert statuses() == ["delivered"]
    assert (available(tenant), held(tenant)) == ("9.00", "0.00")
    assert_proved()


def test_a_late_answer_changes_nothing_that_an_admin_has_settled(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant(wallet="10", price="1")
    send(tenant, ASHA)
    claimed = claim()
    expire()
    operations.settle_doubt(claimed.submission_id, operations.Verdict.NOT_SENT, actor="admin")
    recording.record(claimed, accepted("id-1"))

    assert statuses() == ["rejected"]
    assert available(tenant) == "10.00"
    assert_proved()


def test_an_answer_and_giving_up_at_one_moment_end_with_the_answer(make_tenant: Make) -> None:
    tenants = [make_tenant(wallet="10", price="1") for _ in range(8)]
    for tenant in tenants:
        send(tenant, fresh_number())
    claims = [claim() for _ in range(8)]

    def act(number: int) -> None:
        each = claims[number // 2]
        if number % 2:
            recording.record(each, accepted(f"id-{each.submission_id}"))
        else:
            recording.give_up(each.submission_id)

    together(16, act)

    assert statuses() == ["submitted"] * 8
    assert {row.state for row in Submission.select()} == {"answered"}
    assert_proved()


def test_each_expired_submission_is_given_up_once_over_many_resolvers(make_tenant: Make) -> None:
    at(NOON)
    for _ in range(10):
        send(make_tenant(wallet="10"), fresh_number())
    while claiming.claim(SHARED_ACCOUNT):
        pass
    later(seconds=36)
    together(8, lambda _: dispatch.resolve())

    assert counted() == {(20260302, "unknown"): 10}
    assert_proved()


def test_an_admin_settles_a_doubt_either_way_and_once(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant(wallet="10", price="1")
    send(tenant, ASHA)
    send(tenant, JUMA)
    for _ in range(2):
        hand_over(Gateway(LOST))
        later(seconds=60)
    send(tenant, ZAWADI, fresh_number())
    hand_over(Gateway(LOST))
    first, second = operations.in_doubt()
    assert [each.size for each in (first, second)] == [2, 2]

    sent = operations.settle_doubt(first.id, operations.Verdict.SENT, actor="admin:1")
    lost = operations.settle_doubt(second.id, operations.Verdict.NOT_SENT, actor="admin:1")
    assert (sent.messages, lost.messages) == (2, 2)
    assert statuses() == ["submitted", "submitted", "rejected", "rejected"]
    assert (available(tenant), held(tenant)) == ("8.00", "0.00")
    assert operations.in_doubt() == []
    assert [row.act for row in Audit.select()] == ["submission.settle"] * 2
    for gone in (first.id, "sub_nothing"):
        with pytest.raises(SubmissionNotFound):
            operations.settle_doubt(gone, operations.Verdict.SENT, actor="admin:1")
    assert_proved()


def test_a_row_lost_inside_an_answer_can_be_settled(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="1")
    send(tenant, ASHA, JUMA)
    hand_over(Gateway(rows(RowAnswer(Outcome.ACCEPTED, "id-1"), LOST_ROW)))
    (doubtful,) = operations.in_doubt()

    assert doubtful.state == "answered"
    operations.settle_doubt(doubtful.id, operations.Verdict.SENT, actor="admin:1")
    assert statuses() == ["submitted", "submitted"]
    assert_proved()


def test_answer_report_admin_and_resolver_at_one_moment_settle_each_text_once(
    make_tenant: Make,
) -> None:
    at(NOON)
    batches = []
    for _ in range(4):
        batches.append(send(make_tenant(wallet="10", price="1"), ASHA))
    claims = [claim() for _ in range(4)]
    later(seconds=36)
    for each in claims[:2]:
        recording.give_up(each.submission_id)
    for each in claims:
        report(f"id-{each.submission_id}", Verdict.DELIVERED)
    later(seconds=10)
    acts: list[Callable[[claiming.Claim], object]] = [
        lambda each: recording.record(each, accepted(f"id-{each.submission_id}")),
        lambda each: operations.settle_doubt(
            each.submission_id, operations.Verdict.SENT, actor="a"
        ),
        lambda each: recording.give_up(each.submission_id),
        lambda each: reports.fold(),
    ]
    together(16, lambda number: acts[number % 4](claims[number // 4]))

    assert "submitting" not in statuses()
    assert_proved()


def test_a_gateway_reply_is_kept_as_it_came(make_tenant: Make) -> None:
    send(make_tenant(wallet="10"), ASHA)
    answer = accepted("id-1")
    raw = '{"ErrorCode": 0}' + " " * 30_000
    hand_over(Gateway(Answer(answer.outcome, answer.rows, raw=raw)))

    assert Submission.get().reply == raw[:20_000]


def test_the_sender_is_told_that_the_answer_was_lost_and_the_operator_how(
    make_tenant: Make,
) -> None:
    sent = send(make_tenant("10", price="1.00"), ASHA)
    hand_over(Gateway(LOST))

    assert message(sent).reason == recording.LOST_ANSWER
    assert [each.why for each in operations.in_doubt()] == ["ReadTimeout"]


def test_an_answer_is_written_down_though_the_connection_broke_meanwhile(make_tenant: Make) -> None:
    if not database.is_postgres():
        return  # a file does not hang up

    class Restarting(Gateway):
        """Answers while our database starts anew."""

        def send(self, sender_id: str, rows: Sequence[tuple[str, str]], unicode: bool) -> Answer:
            answer = super().send(sender_id, rows, unicode)
            break_connection()
            return answer

    tenant = make_tenant("10", price="1.00")
    send(tenant, ASHA, JUMA)
    hand_over(Restarting(accepted("a", "b")))

    assert statuses() == ["submitted", "submitted"]
    assert held(tenant) == "0.00"
    assert_proved()
