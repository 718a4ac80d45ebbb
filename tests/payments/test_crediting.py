"""One receipt, one credit: whichever way news of a payment comes, and however often."""

from __future__ import annotations

import itertools

import pytest

from core.ledger.models import Transfer
from core.money import ZERO, Money
from core.payments import querying
from core.payments.models import PaymentStatus, PushState, TopUp, TopUpStatus
from tests.payments import mpesa as bodies
from tests.payments.counter import (
    alarms,
    confirmed,
    differences,
    digest,
    events,
    failed,
    later,
    now_is,
    paid,
    payment,
    push_of,
    rows,
    suspended,
    told,
)
from tests.payments.mpesa import receipt
from tests.races import together


def test_a_paid_push_credits_the_wallet_and_completes_the_top_up(shop):
    topup, pushed = shop.prompt(500)
    paid(pushed, "UKN3A7X2QP")
    digest()

    now = now_is(topup)
    assert shop.balance() == Money.kes(500)
    assert (now.status, now.receipt, now.paid) == ("completed", "UKN3A7X2QP", 5_000_000)
    assert events("topup.completed") == [
        {
            "topup": topup.id,
            "status": "completed",
            "method": "mpesa",
            "phone": "254712345678",
            "amount": "500.00",
            "paid": "500.00",
            "currency": "KES",
            "receipt": "UKN3A7X2QP",
            "code": None,
            "late": False,
            "actor": "test",
            "test": False,
        }
    ]
    assert push_of(topup).state == PushState.ENDED
    assert differences() == []


def test_a_callback_that_comes_four_times_credits_once(shop):
    _, pushed = shop.prompt(500)
    for _ in range(4):
        paid(pushed, "UKN3A7X2QP")
    digest()

    assert shop.balance() == Money.kes(500)
    assert [row.state for row in rows()] == ["done"] * 4
    assert len(events("topup.completed")) == 1


@pytest.mark.parametrize("order", list(itertools.permutations(["stk", "c2b", "stk", "c2b"], 3)))
def test_callback_and_confirmation_credit_once_in_any_order(shop, order):
    topup, pushed = shop.prompt(500)
    for source in order:
        if source == "stk":
            paid(pushed, "UKN3A7X2QP")
        else:
            confirmed("UKN3A7X2QP", "500.00", pushed.reference)
    digest()

    assert shop.balance() == Money.kes(500)
    assert now_is(topup).receipt == "UKN3A7X2QP"
    assert TopUp.select().count() == 1
    assert differences() == []


def test_a_payment_knows_every_way_it_was_heard_of(shop):
    _, pushed = shop.prompt(500)
    paid(pushed, "UKN3A7X2QP")
    confirmed("UKN3A7X2QP", "500.00", pushed.reference)
    confirmed("UKN3A7X2QP", "500.00", pushed.reference)
    digest()

    row = payment("UKN3A7X2QP")
    assert (row.source, row.other_sources) == ("stk", "c2b")
    assert (row.payer, row.payer_name) == ("254712345678", "ASHA")
    assert row.account_typed == pushed.reference


def test_news_that_arrives_at_one_moment_credits_once(shop):
    """Callbacks and confirmations of one payment, taken in by eight workers at once."""
    topup, pushed = shop.prompt(500)
    for _ in range(4):
        paid(pushed, "UKN3A7X2QP")
        confirmed("UKN3A7X2QP", "500.00", pushed.reference)
    together(8, lambda _: digest())
    digest()

    assert [row.state for row in rows()] == ["done"] * 8
    assert shop.balance() == Money.kes(500)
    assert now_is(topup).status == TopUpStatus.COMPLETED
    assert Transfer.select().where(Transfer.kind == "topup").count() == 1
    assert differences() == []


def test_many_payments_at_one_moment_are_each_credited(shop):
    receipts = [receipt() for _ in range(24)]
    for each in receipts:
        confirmed(each, "10.00", shop.account)
        confirmed(each, "10.00", shop.account)
    together(6, lambda _: digest())
    digest()

    assert shop.balance() == Money.kes(240)
    assert differences() == []


def test_a_lost_callback_is_made_up_for_by_the_confirmation(shop):
    """The account number in it carries the top-up's code."""
    topup, pushed = shop.prompt(500)
    confirmed("UKN3A7X2QP", "500.00", pushed.reference.lower().replace("-", " "))
    digest()

    assert now_is(topup).status == TopUpStatus.COMPLETED
    assert shop.balance() == Money.kes(500)


@pytest.mark.parametrize("code", [1037, 1032, 1019])
def test_success_wins_over_an_earlier_failure(shop, code):
    topup, pushed = shop.prompt(500)
    failed(pushed, code)
    digest()
    assert now_is(topup).status == TopUpStatus.FAILED
    paid(pushed, "UKN3A7X2QP")
    digest()

    assert now_is(topup).status == TopUpStatus.COMPLETED
    assert shop.balance() == Money.kes(500)
    assert [each["late"] for each in events("topup.completed")] == [True]


def test_success_wins_after_the_query_said_failed(shop, mpesa):
    topup, pushed = shop.prompt(500)
    mpesa.query_answers = [bodies.ended("1037")]
    later(21)
    assert now_is(topup).status == TopUpStatus.FAILED
    paid(pushed, "UKN3A7X2QP")
    digest()

    assert now_is(topup).status == TopUpStatus.COMPLETED
    assert shop.balance() == Money.kes(500)


def test_success_wins_after_the_top_up_expired(shop):
    topup, pushed = shop.prompt(500)
    for _ in range(200):
        later(900)
    assert now_is(topup).status == TopUpStatus.EXPIRED
    confirmed("UKN3A7X2QP", "500.00", pushed.reference)
    digest()

    assert now_is(topup).status == TopUpStatus.COMPLETED
    assert shop.balance() == Money.kes(500)


def test_failure_after_success_is_ignored(shop):
    topup, pushed = shop.prompt(500)
    paid(pushed, "UKN3A7X2QP")
    failed(pushed, 1032)
    digest()

    assert now_is(topup).status == TopUpStatus.COMPLETED
    assert now_is(topup).result_code == "0"
    assert events("topup.failed") == []
    assert "ignored" in rows()[1].why


def test_failed_and_expired_do_not_change_into_each_other(shop, mpesa):
    topup, pushed = shop.prompt(500)
    failed(pushed, 1032)
    failed(pushed, 1037)
    digest()
    for _ in range(200):
        later(900)

    assert now_is(topup).status == TopUpStatus.FAILED
    assert now_is(topup).result_code == "1032"
    assert len(events("topup.failed")) == 1


@pytest.mark.parametrize("source", ["stk", "c2b"])
@pytest.mark.parametrize("kes", [1, 450, 900])
def test_the_paid_amount_is_credited_whatever_was_asked(shop, source, kes):
    topup, pushed = shop.prompt(500)
    if source == "stk":
        paid(pushed, "UKN3A7X2QP", kes)
    else:
        confirmed("UKN3A7X2QP", f"{kes}.00", pushed.reference)
    digest()

    assert shop.balance() == Money.kes(kes)
    assert Money(now_is(topup).paid) == Money.kes(kes)
    assert Money(now_is(topup).amount) == Money.kes(500)
    differs = events("payment.amount_differs")
    assert [(each["asked"], each["paid"]) for each in differs] == [("500.00", f"{kes}.00")]
    assert differences() == []


def test_sources_that_disagree_on_the_amount_credit_the_first_and_alarm(shop):
    _, pushed = shop.prompt(500)
    paid(pushed, "UKN3A7X2QP", 500)
    confirmed("UKN3A7X2QP", "5000.00", pushed.reference)
    digest()

    assert shop.balance() == Money.kes(500)
    assert alarms() == ["amount_conflict"]
    assert differences() == []


def test_a_receipt_that_two_tenants_claim_stays_where_it_is(shop, neighbour):
    _, pushed = shop.prompt(500)
    theirs, other = neighbour.prompt(500, phone="254722000111")
    paid(pushed, "UKN3A7X2QP")
    paid(other, "UKN3A7X2QP")
    confirmed("UKN3A7X2QP", "500", neighbour.account)
    digest()

    assert shop.balance() == Money.kes(500)
    assert neighbour.balance() == ZERO
    assert now_is(theirs).status == TopUpStatus.PENDING
    assert alarms() == ["receipt_conflict"] * 2
    assert differences() == []


def test_success_without_a_receipt_is_confirming_and_credits_nothing(shop):
    topup, pushed = shop.prompt(500)
    told(pushed.token, bodies.stk_paid(pushed.checkout_id, None, 500))
    digest()

    assert now_is(topup).status == TopUpStatus.CONFIRMING
    assert shop.balance() == ZERO


@pytest.mark.parametrize("amount", [None, 0, 0.00001, 1e30, -5])
def test_success_without_a_usable_amount_is_confirming(shop, amount):
    topup, pushed = shop.prompt(500)
    told(pushed.token, bodies.stk_paid(pushed.checkout_id, "UKN3A7X2QP", amount))
    digest()

    assert now_is(topup).status == TopUpStatus.CONFIRMING
    assert shop.balance() == ZERO
    assert differences() == []


def test_a_confirming_top_up_is_completed_by_the_receipt(shop, mpesa):
    topup, pushed = shop.prompt(500)
    mpesa.query_answers = [bodies.ended("0")]
    later(21)
    assert now_is(topup).status == TopUpStatus.CONFIRMING
    confirmed("UKN3A7X2QP", "500.00", pushed.reference)
    digest()

    assert now_is(topup).status == TopUpStatus.COMPLETED
    assert shop.balance() == Money.kes(500)


def test_a_confirming_top_up_takes_a_payment_typed_without_its_code(shop, mpesa):
    topup, _ = shop.prompt(500)
    mpesa.query_answers = [bodies.ended("0")]
    later(21)
    confirmed("UKN3A7X2QP", "500.00", shop.account)
    digest()

    assert now_is(topup).receipt == "UKN3A7X2QP"
    assert TopUp.select().count() == 1


@pytest.mark.parametrize("amount", ["499.00", "501.00"])
def test_a_confirming_top_up_takes_only_its_own_amount(shop, mpesa, amount):
    topup, _ = shop.prompt(500)
    mpesa.query_answers = [bodies.ended("0")]
    later(21)
    confirmed("UKN3A7X2QP", amount, shop.account)
    digest()

    assert now_is(topup).status == TopUpStatus.CONFIRMING
    assert shop.balance().text() == amount


def test_two_confirming_top_ups_of_one_amount_are_not_guessed_between(shop, mpesa):
    first, _ = shop.prompt(500)
    second, _ = shop.prompt(500, phone="254722000111")
    mpesa.query_answers = [bodies.ended("0"), bodies.ended("0")]
    later(21)
    later(21)
    confirmed("UKN3A7X2QP", "500.00", shop.account)
    digest()

    assert {now_is(each).status for each in (first, second)} == {"confirming"}
    assert shop.balance() == Money.kes(500)
    assert differences() == []


def test_money_typed_at_the_paybill_gets_a_top_up_of_its_own(shop):
    confirmed("UKN3A7X2QP", "250.00", shop.account)
    digest()

    (topup,) = TopUp.select()
    assert shop.balance() == Money.kes(250)
    assert (topup.status, topup.receipt, topup.paid) == ("completed", "UKN3A7X2QP", 2_500_000)
    assert len(events("topup.completed")) == 1
    assert differences() == []


def test_the_same_code_paid_again_is_a_second_payment(shop):
    topup, pushed = shop.prompt(500)
    paid(pushed, "UKN3A7X2QP")
    confirmed("UKN9999999", "500.00", pushed.reference)
    digest()

    assert shop.balance() == Money.kes(1000)
    assert now_is(topup).receipt == "UKN3A7X2QP"
    assert TopUp.select().where(TopUp.status == "completed").count() == 2
    assert differences() == []


def test_a_payment_credited_before_its_top_up_was_known_counts_once(shop):
    """The confirmation had the bare account number, the callback then names the request."""
    topup, pushed = shop.prompt(500)
    confirmed("UKN3A7X2QP", "500.00", shop.account)
    paid(pushed, "UKN3A7X2QP")
    digest()

    assert shop.balance() == Money.kes(500)
    assert (now_is(topup).status, now_is(topup).receipt) == ("completed", "UKN3A7X2QP")
    assert now_is(topup).paid is None
    assert differences() == []


def test_money_for_nobody_waits_in_suspense(shop):
    confirmed("UKN3A7X2QP", "250.00", "mama mboga")
    confirmed("UKN3A7X2QP", "250.00", "mama mboga")
    digest()

    assert suspended() == Money.kes(250)
    assert payment("UKN3A7X2QP").status == PaymentStatus.SUSPENSE
    (told_of,) = events("payment.unmatched")
    assert (told_of["receipt"], told_of["account_typed"]) == ("UKN3A7X2QP", "mama mboga")
    assert differences() == []


def test_a_tills_confirmation_without_account_is_claimed_by_the_callback(shop):
    topup, pushed = shop.prompt(500)
    confirmed("UKN3A7X2QP", "500.00", "")
    digest()
    assert suspended() == Money.kes(500)
    paid(pushed, "UKN3A7X2QP")
    digest()

    assert suspended() == ZERO
    assert shop.balance() == Money.kes(500)
    assert now_is(topup).status == TopUpStatus.COMPLETED
    assert [each["receipt"] for each in events("payment.matched")] == ["UKN3A7X2QP"]
    assert differences() == []


def test_a_query_never_credits_and_never_overrides_a_success(shop, mpesa):
    topup, pushed = shop.prompt(500)
    # The callback comes while we wait for the query's answer, which contradicts it.
    mpesa.during_query = lambda _: (paid(pushed, "UKN3A7X2QP"), digest())
    mpesa.query_answers = [bodies.ended("1032")]
    later(21)

    assert len(mpesa.queries) == 1
    assert now_is(topup).status == TopUpStatus.COMPLETED
    assert push_of(topup).query_at is None
    assert shop.balance() == Money.kes(500)


def test_a_failure_told_after_a_query_said_paid_stands_and_alarms(shop, mpesa):
    topup, pushed = shop.prompt(500)
    mpesa.query_answers = [bodies.ended("0")]
    later(21)
    failed(pushed, 1032)
    digest()

    assert now_is(topup).status == TopUpStatus.FAILED
    assert alarms() == ["contradiction"]
    querying.sweep()
    assert len(mpesa.queries) == 1
