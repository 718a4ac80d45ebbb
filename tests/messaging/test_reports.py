"""Delivery reports: any number, in any order, at any time, end in the same state."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.contacts.models import Suppression
from core.gateways.onfon import Report as Received
from core.gateways.onfon import Verdict
from core.gateways.outcome import Outcome
from core.gateways.sms import Answer, RowAnswer
from core.messaging import claiming, dispatch, queries, reasons, reports, suppression
from core.messaging.models import (
    SHARED_ACCOUNT,
    GatewayAccount,
    Message,
    Report,
    Status,
)
from tests.messaging.scene import (
    ASHA,
    JUMA,
    NOON,
    Gateway,
    Make,
    accepted,
    assert_proved,
    at,
    available,
    fresh_number,
    hand_over,
    held,
    later,
    message,
    report,
    send,
    statuses,
)
from tests.races import together

VERDICTS = list(Verdict)
# The furthest a text comes. Between finals that disagree the worse news for the sender wins, only
# so that the order of their coming does not matter; "delivered" is believed above all.
FURTHEST = [
    (Verdict.DELIVERED, Status.DELIVERED),
    (Verdict.FAILED, Status.FAILED),
    (Verdict.BLACKLISTED, Status.FAILED),
    (Verdict.EXPIRED, Status.EXPIRED),
    (Verdict.UNDELIVERED, Status.UNDELIVERED),
    (Verdict.PENDING, Status.SUBMITTED),
]


def expected(verdicts: list[Verdict], start: Status) -> str:
    return next((status for verdict, status in FURTHEST if verdict in verdicts), start).value


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_whatever_the_order_and_batches_of_reports_the_end_is_the_same(
    make_tenant: Make, data: st.DataObject
) -> None:
    at(NOON)
    one = st.tuples(st.integers(0, 2), st.sampled_from(VERDICTS))
    told = data.draw(st.lists(one, min_size=3, max_size=9))
    shuffled = data.draw(st.permutations(told))
    doubtful = data.draw(st.booleans(), "doubtful")
    ends = []
    for order in (told, shuffled):
        tenant = make_tenant(wallet="10", price="1")
        batch = send(tenant, *(fresh_number() for _ in range(3)))
        names = [f"{tenant.tenant_id}-{position}" for position in range(3)]
        outcome = Outcome.UNKNOWN if doubtful else Outcome.ACCEPTED
        hand_over(Gateway(Answer(Outcome.ACCEPTED, tuple(RowAnswer(outcome, it) for it in names))))
        for position, verdict in order:
            report(names[position], verdict, batch.messages[position].to)
            if data.draw(st.booleans(), "fold now"):
                later(seconds=data.draw(st.integers(0, 1000)))
                reports.fold()
        reports.fold()

        start = Status.UNKNOWN if doubtful else Status.SUBMITTED
        rows = [message(batch, position) for position in range(3)]
        for position, row in enumerate(rows):
            verdicts = [verdict for at_, verdict in order if at_ == position]
            assert row.status == expected(verdicts, start)
        unmoved = sum(row.status == Status.UNKNOWN.value for row in rows)
        assert held(tenant) == f"{unmoved}.00"
        assert available(tenant) == "7.00"
        suppressed = Suppression.select().where(Suppression.tenant_id == tenant.tenant_id).count()
        ends.append(([(row.status, row.charge) for row in rows], suppressed))

    assert ends[0] == ends[1]
    assert_proved()


@pytest.fixture
def small_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "FOLD_SIZE", 7)


def test_many_folders_at_once_apply_each_report_once(make_tenant: Make, small_folds: None) -> None:
    tenants = [make_tenant(wallet="100", price="1") for _ in range(3)]
    for tenant in tenants:
        send(tenant, *(fresh_number() for _ in range(20)))
    hand_over(Gateway())
    named = [(row.provider_id, row.msisdn) for row in Message.select()]
    for verdict in (Verdict.PENDING, Verdict.BLACKLISTED, Verdict.DELIVERED, Verdict.FAILED):
        for provider_id, msisdn in reversed(named) if verdict is Verdict.FAILED else named:
            report(provider_id, verdict, msisdn)
    together(8, lambda _: reports.fold())
    reports.fold()

    assert set(statuses()) == {"delivered"}
    assert {row.state for row in Report.select()} == {"applied"}
    assert Suppression.select().count() == 60
    assert_proved()


def test_reports_come_in_while_they_are_folded(make_tenant: Make, small_folds: None) -> None:
    send(make_tenant(wallet="100"), *(fresh_number() for _ in range(40)))
    hand_over(Gateway())
    named = [(row.provider_id, row.msisdn) for row in Message.select()]

    def act(number: int) -> None:
        if number % 2:
            for provider_id, msisdn in named[number // 2 :: 4]:
                report(provider_id, Verdict.DELIVERED, msisdn)
        else:
            for _ in range(10):
                reports.fold()

    together(8, act)
    reports.fold()

    assert set(statuses()) == {"delivered"}
    assert_proved()


def own_account(tenant_id: int) -> int:
    return int(GatewayAccount.create(kind="onfon", tenant_id=tenant_id, credentials="x").id)


def test_a_report_moves_only_texts_of_the_account_it_came_to(make_tenant: Make) -> None:
    """Two accounts at the gateway may use one id, by chance or by malice."""
    one, two = make_tenant(wallet="10"), make_tenant(wallet="10")
    account = own_account(two.tenant_id)
    first, second = send(one, ASHA), send(two, JUMA)
    for account_id in (SHARED_ACCOUNT, account):
        claimed = claiming.claim(account_id)
        assert claimed
        dispatch.hand_over(Gateway(accepted("same")), claimed)
    report("same", Verdict.DELIVERED)
    reports.fold()
    assert (message(first).status, message(second).status) == ("delivered", "submitted")

    report("same", Verdict.FAILED, account_id=account)
    reports.fold()
    assert (message(first).status, message(second).status) == ("delivered", "failed")
    assert_proved()


def test_an_unknown_word_is_kept_and_changes_nothing(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    batch = send(tenant, ASHA)
    hand_over(Gateway(accepted("id-1")))
    reports.receive(SHARED_ACCOUNT, Received("id-1", "254712000001", "PURPLE", Verdict.UNKNOWN))
    reports.fold()

    assert statuses() == ["submitted"]
    steps = queries.timeline(message(batch))
    assert [(step.status, step.detail) for step in steps][-1] == ("report.unknown", "PURPLE")


@pytest.mark.parametrize("end", ["rejected", "cancelled"])
def test_a_report_about_what_never_went_changes_nothing(make_tenant: Make, end: str) -> None:
    tenant = make_tenant(wallet="10")
    batch = send(tenant, ASHA)
    hand_over(Gateway(accepted("id-1")))
    Message.update(status=end, charge="released").execute()
    report("id-1", Verdict.DELIVERED)
    reports.fold()

    assert message(batch).status == end
    assert message(batch).charge == "released"


def test_an_early_report_is_looked_at_again_at_growing_intervals(make_tenant: Make) -> None:
    at(NOON)
    report("nobody", Verdict.DELIVERED)
    looks = []
    for _ in range(60 * 20):
        before = Report.get()
        if before.state == "new" or before.retry_at <= clock.now():
            reports.retry_waiting()
            looks.append((clock.now() - NOON).total_seconds())
        clock.advance(1)

    assert looks == [0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]


def test_a_report_nobody_claims_is_given_up_after_three_days(make_tenant: Make) -> None:
    at(NOON)
    report("nobody", Verdict.DELIVERED)
    reports.fold()
    at(NOON + timedelta(days=3, milliseconds=1))
    reports.retry_waiting()

    assert (Report.get().state, Report.get().msisdn) == ("ignored", None)


@pytest.mark.parametrize("said", ["Dear Forget Me secre", "dear forget me, SECRE", "...", "Dear F"])
def test_what_only_says_the_text_again_is_no_reason_and_is_not_kept(
    make_tenant: Make, said: str
) -> None:
    batch = send(make_tenant(wallet="10"), ASHA, body="Dear Forget Me secret-zz")
    hand_over(Gateway(accepted("id-1")))
    report("id-1", Verdict.FAILED, detail=said)
    reports.fold()

    assert (message(batch).status, message(batch).reason) == ("failed", None)
    assert Report.get().detail is None


def test_nothing_is_a_reason_once_the_words_are_blank(make_tenant: Make) -> None:
    batch = send(make_tenant(wallet="10"), ASHA)
    hand_over(Gateway(accepted("id-1")))
    Message.update(body="").execute()
    report("id-1", Verdict.FAILED, detail="Habari")
    reports.fold()

    assert (message(batch).status, message(batch).reason) == ("failed", None)


def test_a_kill_before_a_number_is_suppressed_leaves_the_report_to_be_read_again(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant(wallet="10")
    send(tenant, ASHA)
    hand_over(Gateway(accepted("id-1")))
    report("id-1", Verdict.BLACKLISTED)
    with monkeypatch.context() as patched:
        patched.setattr(suppression, "add_all", _killed)
        with pytest.raises(KeyboardInterrupt):
            reports.fold()
    assert (statuses(), Report.get().state) == (["failed"], "new")
    reports.fold()

    assert Report.get().state == "applied"
    assert suppression.among_now(tenant.tenant_id, "transactional", ["254712000001"])
    assert_proved()


def _killed(*_: object, **__: object) -> bool:
    raise KeyboardInterrupt


def test_a_blacklisted_number_gets_no_more_of_that_class_from_that_tenant(
    make_tenant: Make,
) -> None:
    tenant, other = make_tenant(wallet="10"), make_tenant(wallet="10")
    batch = send(tenant, ASHA)
    hand_over(Gateway(accepted("id-1")))
    report("id-1", Verdict.BLACKLISTED)
    reports.fold()
    suppression.forget()

    assert (message(batch).status, message(batch).reason) == ("failed", "blacklisted")
    told = {reasons.words_of("blacklisted", each, sender="ZURI") for each in ("en", "sw")}
    assert len(told - {"blacklisted", None}) == 2
    row = Suppression.get()
    assert (row.tenant_id, row.msisdn, row.category, row.source) == (
        tenant.tenant_id,
        "254712000001",
        "transactional",
        "operator",
    )
    assert [each.code for each in send(tenant, ASHA, JUMA).errors] == ["opted_out"]
    assert send(other, ASHA).errors == []


def test_what_a_report_says_is_cut_to_what_a_column_holds(make_tenant: Make) -> None:
    long = "x" * 5000
    reports.receive(
        SHARED_ACCOUNT,
        Received(long, "2" * 100, long, Verdict.UNKNOWN, error_code=long, detail=long),
    )
    reports.fold()

    assert Report.get().state == "waiting"


def test_the_reason_of_a_failure_is_told_and_goes_when_it_was_delivered_after_all(
    make_tenant: Make,
) -> None:
    batch = send(make_tenant(wallet="10"), ASHA)
    hand_over(Gateway(accepted("id-1")))
    report("id-1", Verdict.UNDELIVERED, detail="Absent subscriber")
    reports.fold()
    assert message(batch).reason == "Absent subscriber"
    report("id-1", Verdict.DELIVERED, detail="whatever")
    reports.fold()

    assert (message(batch).status, message(batch).reason) == ("delivered", None)


def test_reports_after_midnight_move_the_figures_of_the_day_of_hand_over(make_tenant: Make) -> None:
    at(NOON.replace(hour=23, minute=59))
    tenant = make_tenant(wallet="10")
    send(tenant, ASHA)
    hand_over(Gateway(accepted("id-1")))
    later(hours=1)
    report("id-1", Verdict.DELIVERED)
    reports.fold()

    day = NOON.date()
    found = queries.usage(tenant, day, day, queries.UsageBy.STATUS)
    assert [(row.key, row.messages) for row in found] == [("delivered", 1)]
    assert_proved()
