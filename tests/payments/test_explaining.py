"""What a customer is told: plain, short, in both languages."""

from __future__ import annotations

import pytest

from core import clock, words
from core.gateways.daraja import RESULTS, Reason
from core.payments import explaining
from core.payments.explaining import explain
from core.payments.models import TopUp, TopUpStatus
from tests.payments import mpesa as bodies
from tests.payments.counter import digest, failed, later, now_is, paid


def test_a_sent_prompt_says_what_to_do(shop):
    topup, _ = shop.prompt(500)

    assert explain(topup) == (
        "We sent an M-Pesa request for KES 500 to 0712 345 678. "
        "Enter your M-Pesa PIN on that phone."
    )


def test_a_payment_says_receipt_and_balance(shop):
    topup, pushed = shop.prompt(500)
    paid(pushed, "UKN3A7X2QP")
    digest()

    said = explain(now_is(topup))
    assert said == "Paid. KES 500 received, receipt UKN3A7X2QP. Your balance is KES 500.00."
    assert explain(now_is(topup), late=True).startswith("Good news: your M-Pesa payment UKN3A7")


def test_a_lost_answer_says_not_to_pay_again(shop, mpesa):
    mpesa.push_answers = [bodies.LOST]
    topup, _ = shop.prompt(500)

    assert "do not pay again" in explain(topup)


def test_confirming_says_not_to_pay_again(shop, mpesa):
    topup, _ = shop.prompt(500)
    mpesa.query_answers = [bodies.ended("0")]
    later(21)

    assert "do not pay again" in explain(now_is(topup))


@pytest.mark.parametrize(
    ("code", "part"),
    [
        (1, "not enough money"),
        (1032, "cancelled"),
        (2001, "PIN was not right"),
        (8006, "PIN is locked"),
        (17, "2 minutes"),
        (1037, "If you did enter your PIN, wait"),
        (2028, "our side"),
    ],
)
def test_a_failure_says_why(shop, code, part):
    topup, pushed = shop.prompt(500)
    failed(pushed, code)
    digest()

    assert part in explain(now_is(topup))


def test_a_phone_silent_twice_is_told_of_the_paybill(shop):
    for _ in range(2):
        topup, pushed = shop.prompt(500)
        failed(pushed, 1037)
        digest()
        clock.advance(130)

    assert explain(now_is(topup)) == (
        f"No request on that phone? Dial *234# to update M-Pesa, "
        f"or pay: Paybill 174379, account {shop.account}."
    )


@pytest.mark.parametrize("language", ["en", "sw"])
def test_every_word_to_a_customer_fits_one_text(shop, language):
    topup, _ = shop.prompt(250_000)
    states = [(TopUpStatus.FAILED, code) for code in [*RESULTS, *Reason, "no such code", None]]
    states += [(TopUpStatus.EXPIRED, None), (TopUpStatus.CONFIRMING, "0")]
    states += [(TopUpStatus.PENDING, None), (TopUpStatus.COMPLETED, "0")]
    for status, code in states:
        for late in (False, True):
            shown = TopUp(**{**topup.__data__, "status": status.value, "result_code": code})
            shown.receipt = "UKN3A7X2QP"
            said = explain(shown, language, late=late)
            assert len(said) <= 160, said
            assert said.isascii(), said


def test_every_sentence_of_ours_has_its_swahili():
    swahili = words.catalogue("sw")
    own = [
        value
        for name, value in vars(explaining).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, str)
    ]

    assert len(own) == 6
    assert [each for each in own if each not in swahili] == []
