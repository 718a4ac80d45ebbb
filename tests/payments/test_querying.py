"""Questions about a push: when, how often, and what an answer may do."""

from __future__ import annotations

import pytest

from core import clock
from core.gateways.daraja import RESULTS
from core.money import ZERO
from core.payments import querying
from core.payments.models import StkPush, TopUpStatus
from tests.payments import mpesa as bodies
from tests.payments.counter import alarms, digest, events, failed, later, now_is, paid, push_of
from tests.races import together


def test_questions_keep_to_their_schedule(shop, mpesa):
    asked = []
    start = clock.now()
    mpesa.during_query = lambda _: asked.append((clock.now() - start).total_seconds())
    shop.prompt(500)
    for _ in range(400):
        later(5)

    assert asked[:6] == [20, 40, 65, 95, 150, 300]
    assert asked[6:] == [1200]


def test_questions_go_on_every_quarter_hour_for_a_day_then_once_more(shop, mpesa):
    topup, _ = shop.prompt(500)
    for _ in range(49 * 4):
        later(900)

    assert now_is(topup).status == TopUpStatus.EXPIRED
    assert 95 <= len(mpesa.queries) <= 103
    assert alarms() == ["unknown_long"]


@pytest.mark.parametrize("answer", [bodies.OPEN, bodies.DONT_KNOW, bodies.TOO_FAST])
def test_an_answer_that_is_no_end_changes_nothing(shop, mpesa, answer):
    topup, _ = shop.prompt(500)
    mpesa.query_answers = [answer]
    later(21)

    assert now_is(topup).status == TopUpStatus.PENDING
    assert push_of(topup).is_open
    assert push_of(topup).query_at > clock.now()


@pytest.mark.parametrize(
    "code", [code for code, each in RESULTS.items() if each.final and code != "0"]
)
def test_a_final_code_fails_the_top_up_and_names_itself(shop, mpesa, code):
    topup, _ = shop.prompt(500)
    mpesa.query_answers = [bodies.ended(code)]
    later(21)

    assert (now_is(topup).status, now_is(topup).result_code) == ("failed", code)


@pytest.mark.parametrize("code", ["26", "4999", "500.001.1001", "31337", "C0FFEE"])
def test_a_code_that_is_no_end_or_unknown_is_never_a_failure(shop, mpesa, code):
    topup, pushed = shop.prompt(500)
    mpesa.query_answers = [bodies.ended(code)]
    later(21)
    failed(pushed, code)
    later(1)

    assert now_is(topup).status == TopUpStatus.PENDING
    assert push_of(topup).query_at is not None


def test_zero_says_paid_and_credits_nothing(shop, mpesa):
    topup, _ = shop.prompt(500)
    mpesa.query_answers = [bodies.ended("0")]
    later(21)

    assert now_is(topup).status == TopUpStatus.CONFIRMING
    assert shop.balance() == ZERO
    assert not push_of(topup).is_open
    assert len(events("topup.confirming")) == 1


def test_a_receipt_that_does_not_come_alarms_after_half_an_hour_once(shop, mpesa):
    topup, _ = shop.prompt(500)
    mpesa.query_answers = [bodies.ended("0")]
    later(21)
    later(29 * 60)
    assert alarms() == []
    for _ in range(50):
        later(3600)

    assert alarms() == ["confirming_long"]
    assert now_is(topup).status == TopUpStatus.CONFIRMING
    assert len(mpesa.queries) == 1


def test_a_payment_stops_the_questions(shop, mpesa):
    _, pushed = shop.prompt(500)
    paid(pushed, "UKN3A7X2QP")
    later(1)
    for _ in range(50):
        later(900)

    assert mpesa.queries == []


def test_a_failure_that_may_be_none_is_asked_about_twice_more(shop, mpesa):
    """Somebody who did enter the PIN must not be told to pay again for ever."""
    topup, pushed = shop.prompt(500)
    failed(pushed, 1037)
    digest()
    assert now_is(topup).status == TopUpStatus.FAILED
    mpesa.query_answers = [bodies.ended("1037"), bodies.ended("0")]
    for _ in range(30):
        later(60)

    assert len(mpesa.queries) == 2
    assert now_is(topup).status == TopUpStatus.CONFIRMING


def test_a_plain_failure_is_not_asked_about_again(shop, mpesa):
    _, pushed = shop.prompt(500)
    failed(pushed, 1032)
    digest()
    for _ in range(30):
        later(60)

    assert mpesa.queries == []


def test_all_workers_together_keep_to_the_allowance(shop, mpesa, change_settings):
    change_settings("mpesa", query_per_minute=5)
    for number in range(30):
        shop.prompt(500, phone=f"2547120000{number:02d}")
    clock.advance(20)
    for _ in range(60):
        together(2, lambda _: querying.sweep())
        clock.advance(1)

    assert 4 <= len(mpesa.queries) <= 6
    assert len(set(mpesa.queries)) == len(mpesa.queries)


def test_a_fresh_push_is_asked_about_before_the_long_lost(shop, mpesa, change_settings):
    change_settings("mpesa", query_per_minute=60)
    for number in range(5):
        shop.prompt(500, phone=f"2547120000{number:02d}")
    for _ in range(12):
        later(5)
    mpesa.queries.clear()
    topup, pushed = shop.prompt(500)
    StkPush.update(query_at=clock.now()).execute()
    clock.advance(1)
    querying.sweep()

    assert mpesa.queries[0] == pushed.checkout_id
    assert now_is(topup).status == TopUpStatus.PENDING


def test_a_provider_that_wants_to_be_left_alone_is(shop, mpesa, change_settings):
    change_settings("mpesa", query_per_minute=600)
    for number in range(5):
        shop.prompt(500, phone=f"2547120000{number:02d}")
    mpesa.query_answers = [bodies.TOO_FAST]
    clock.advance(21)
    querying.sweep()

    assert len(mpesa.queries) == 1


def test_a_worker_that_died_asking_leaves_the_question_for_another(shop, mpesa):
    topup, _ = shop.prompt(500)
    clock.advance(21)
    push = push_of(topup)
    assert querying._claim(push)
    querying.sweep()
    assert mpesa.queries == []
    later(91)

    assert len(mpesa.queries) == 1


def test_a_broken_query_is_no_end_of_the_round(shop, mpesa):
    """The provider's client never raises, so what raises is a bug, and the claim runs out."""
    topup, _ = shop.prompt(500)
    mpesa.query_answers = []
    clock.advance(21)
    mpesa.during_query = lambda _: 1 / 0
    with pytest.raises(ZeroDivisionError):
        querying.sweep()
    mpesa.during_query = lambda _: None
    later(91)

    assert len(mpesa.queries) == 2
    assert now_is(topup).status == TopUpStatus.PENDING
