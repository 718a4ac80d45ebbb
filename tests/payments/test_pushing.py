"""Prompts: sent once, whatever dies or is lost on the way."""

from __future__ import annotations

import pytest

from core import clock
from core.ids import new
from core.money import ZERO, Money
from core.payments import addresses, pushing
from core.payments.models import PushState, StkPush, TopUpStatus
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
    push_of,
)
from tests.races import together


def test_a_push_carries_account_code_and_its_own_address(shop, mpesa):
    topup, pushed = shop.prompt(500)

    assert (pushed.phone, pushed.amount) == ("254712345678", 500)
    assert pushed.reference == f"{shop.account}-{topup.code}"
    assert len(pushed.reference) == 12
    assert len(pushed.description) <= 13
    assert pushed.callback_url == addresses.stk(push_of(topup).token)
    assert len(pushed.token) == 32


def test_every_attempt_has_a_token_of_its_own(shop):
    _, one = shop.prompt(500)
    _, other = shop.prompt(500, phone="254722000111")

    assert one.token != other.token


def test_an_accepted_push_is_prompted_and_asked_about_20_seconds_later(shop):
    topup, pushed = shop.prompt(500)
    push = push_of(topup)

    assert push.state == PushState.PROMPTED
    assert push.checkout_request_id == pushed.checkout_id
    assert push.merchant_request_id == f"m-{pushed.checkout_id}"
    assert (push.query_at - clock.now()).total_seconds() == 20
    assert now_is(topup).status == TopUpStatus.PENDING


def test_a_push_runs_once_however_often_it_is_nudged(shop, mpesa):
    topup = shop.ask()
    together(8, lambda _: pushing.push(topup.id))
    later(5)

    assert len(mpesa.pushes) == 1


def test_a_lost_nudge_is_found(shop, mpesa):
    topup = shop.ask()
    nudged = []
    original, pushing.push.nudge = pushing.push.nudge, nudged.append  # type: ignore[method-assign]
    try:
        pushing.sweep()
    finally:
        pushing.push.nudge = original  # type: ignore[method-assign]

    assert nudged == [topup.id]


def test_a_sender_that_died_leaves_a_push_that_is_never_sent_again(shop, mpesa):
    """Killed between its claim and its record: nobody knows whether it was sent."""
    topup = shop.ask()
    assert pushing._claim(topup.id)
    later(149)
    assert push_of(topup).state == PushState.SENDING
    later(2)
    assert push_of(topup).state == PushState.UNKNOWN
    for _ in range(10):
        pushing.push(topup.id)
        later(60)

    assert mpesa.pushes == []
    assert now_is(topup).status == TopUpStatus.PENDING


@pytest.mark.parametrize("source", ["stk", "c2b"])
def test_a_push_whose_sender_died_after_sending_is_still_paid(shop, mpesa, source):
    topup = shop.ask()
    mpesa.push_answers = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        pushing.push(topup.id)
    (pushed,) = mpesa.pushes
    later(151)
    if source == "stk":
        paid(pushed, "UKN3A7X2QP")
    else:
        confirmed("UKN3A7X2QP", "500.00", pushed.reference)
    digest()

    assert now_is(topup).status == TopUpStatus.COMPLETED
    assert shop.balance() == Money.kes(500)
    assert differences() == []


def test_a_lost_answer_is_unknown_and_never_sent_again(shop, mpesa):
    mpesa.push_answers = [bodies.LOST]
    topup, _ = shop.prompt(500)
    for _ in range(20):
        pushing.push(topup.id)
        later(600)

    assert len(mpesa.pushes) == 1
    assert mpesa.queries == []
    assert push_of(topup).state == PushState.UNKNOWN
    assert now_is(topup).status == TopUpStatus.PENDING


def test_a_callback_makes_up_for_a_lost_answer(shop, mpesa):
    mpesa.push_answers = [bodies.LOST]
    topup, pushed = shop.prompt(500)
    paid(pushed, "UKN3A7X2QP")
    digest()

    push = push_of(topup)
    assert now_is(topup).status == TopUpStatus.COMPLETED
    assert push.checkout_request_id == pushed.checkout_id
    assert push.merchant_request_id == f"m-{pushed.checkout_id}"
    assert shop.balance() == Money.kes(500)


def test_a_failure_told_after_a_lost_answer_frees_the_phone(shop, mpesa):
    mpesa.push_answers = [bodies.LOST]
    topup, pushed = shop.prompt(500)
    failed(pushed, 1032)
    digest()

    assert now_is(topup).status == TopUpStatus.FAILED
    assert not push_of(topup).is_open


def test_a_push_of_which_nobody_ever_hears_alarms_after_a_day_and_expires_after_two(shop, mpesa):
    mpesa.push_answers = [bodies.LOST]
    topup, _ = shop.prompt(500)
    later(23 * 3600)
    assert alarms() == []
    later(3600)
    assert alarms() == ["unknown_long"]
    assert now_is(topup).status == TopUpStatus.PENDING
    later(24 * 3600)

    assert now_is(topup).status == TopUpStatus.EXPIRED
    assert [each["status"] for each in events("topup.failed")] == ["expired"]
    assert alarms() == ["unknown_long"]


@pytest.mark.parametrize("code", [0, 1032])
def test_a_callback_that_overtakes_the_answer_stands(shop, mpesa, code):
    """It comes, and is worked on, while the call that made it is still out."""

    def overtake(pushed):
        if code == 0:
            paid(pushed, "UKN3A7X2QP")
        else:
            failed(pushed, code)
        digest()

    mpesa.during_push = overtake
    topup, pushed = shop.prompt(500)

    push = push_of(topup)
    assert now_is(topup).status == (TopUpStatus.COMPLETED if code == 0 else TopUpStatus.FAILED)
    assert push.state == PushState.ENDED
    assert push.query_at is None
    assert push.checkout_request_id == pushed.checkout_id
    assert not push.is_open
    assert alarms() == []


@pytest.mark.parametrize("answer", [bodies.LOST, bodies.BUSY, bodies.LOCKED])
def test_a_payment_that_overtakes_a_bad_answer_stands(shop, mpesa, answer):
    mpesa.push_answers = [answer]
    mpesa.during_push = lambda pushed: (paid(pushed, "UKN3A7X2QP"), digest())
    topup, _ = shop.prompt(500)
    later(600)

    assert now_is(topup).status == TopUpStatus.COMPLETED
    assert push_of(topup).state == PushState.ENDED
    assert len(mpesa.pushes) == 1
    assert shop.balance() == Money.kes(500)


def test_a_confirmation_that_overtakes_the_answer_stands(shop, mpesa):
    def overtake(pushed):
        confirmed("UKN3A7X2QP", "500.00", pushed.reference)
        digest()

    mpesa.during_push = overtake
    topup, pushed = shop.prompt(500)
    paid(pushed, "UKN3A7X2QP")
    digest()

    assert now_is(topup).status == TopUpStatus.COMPLETED
    assert shop.balance() == Money.kes(500)
    assert alarms() == []


def test_an_answer_with_another_id_than_the_callback_alarms(shop, mpesa):
    def overtake(pushed):
        from tests.payments.counter import told

        told(pushed.token, bodies.stk_failed("ws_CO_other", 1032))
        digest()

    mpesa.during_push = overtake
    shop.prompt(500)

    assert alarms() == ["other_checkout"]


def test_an_id_that_another_push_has_is_not_taken(shop, mpesa):
    _, first = shop.prompt(500)
    answer = bodies.PushAnswer(bodies.Outcome.ACCEPTED, "m", first.checkout_id, "0")
    mpesa.push_answers = [answer]
    topup, _ = shop.prompt(500, phone="254722000111")

    assert push_of(topup).checkout_request_id is None
    assert alarms() == ["other_checkout"]


def test_a_refused_push_fails_its_top_up_with_the_reason(shop, mpesa):
    mpesa.push_answers = [bodies.MISCONFIGURED]
    topup, _ = shop.prompt(500)

    assert (now_is(topup).status, now_is(topup).result_code) == ("failed", "config")
    assert push_of(topup).state == PushState.REFUSED
    assert not push_of(topup).is_open
    assert alarms() == ["provider"]
    assert [each["code"] for each in events("topup.failed")] == ["config"]


@pytest.mark.parametrize("code", [2, 8, 2028, "SFC_IC0003"])
def test_a_failure_that_is_our_own_account_alarms(shop, code):
    topup, pushed = shop.prompt(500)
    failed(pushed, code)
    digest()

    assert now_is(topup).result_code == str(code)
    assert alarms() == ["provider"]


def test_an_address_that_safaricom_would_refuse_is_our_own_mistake(shop, mpesa):
    mpesa.push_answers = [ValueError("A callback URL starts with https://.")]
    topup, _ = shop.prompt(500)

    assert now_is(topup).result_code == "config"
    assert alarms() == ["provider"]


def test_a_push_that_never_left_is_sent_again_a_little_later(shop, mpesa):
    mpesa.push_answers = [bodies.BUSY, bodies.BUSY]
    topup, _ = shop.prompt(500)
    assert push_of(topup).state == PushState.NEW
    pushing.push(topup.id)
    assert len(mpesa.pushes) == 1

    for _ in range(2):
        clock.advance(10)
        pushing.push(topup.id)
    assert len(mpesa.pushes) == 3
    assert push_of(topup).state == PushState.PROMPTED


def test_a_wish_to_be_left_alone_is_honoured(shop, mpesa):
    answer = bodies.PushAnswer(bodies.Outcome.BUSY, reason=bodies.Reason.BUSY, retry_after_s=60)
    mpesa.push_answers = [answer]
    topup, _ = shop.prompt(500)

    assert (push_of(topup).push_at - clock.now()).total_seconds() >= 60


def test_a_push_that_cannot_leave_is_given_up_after_minutes(shop, mpesa):
    mpesa.push_answers = [bodies.BUSY] * 100
    topup, _ = shop.prompt(500)
    for _ in range(60):
        clock.advance(10)
        pushing.push(topup.id)

    assert (now_is(topup).status, now_is(topup).result_code) == ("failed", "busy")
    assert not push_of(topup).is_open
    assert 5 < len(mpesa.pushes) < 30


def test_a_prompt_that_is_hours_late_is_not_sent(shop, mpesa):
    """The worker was down; nobody holds that phone waiting any more."""
    topup = shop.ask()
    clock.advance(7200)
    pushing.push(topup.id)

    assert mpesa.pushes == []
    assert now_is(topup).result_code == "busy"


def test_a_payment_typed_before_the_push_went_out_keeps_it_back(shop, mpesa):
    topup = shop.ask(500)
    confirmed("UKN3A7X2QP", "500.00", f"{shop.account}{topup.code}")
    digest()
    pushing.push(topup.id)

    assert now_is(topup).status == TopUpStatus.COMPLETED
    assert mpesa.pushes == []


def test_a_push_of_nothing_is_nothing(shop, mpesa):
    pushing.push(new("top"))

    assert mpesa.pushes == []
    assert StkPush.select().count() == 0
    assert shop.balance() == ZERO
