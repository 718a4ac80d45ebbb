"""The real client against a server that misbehaves: what each answer does to a top-up."""

from __future__ import annotations

import pytest

from core import clock
from core.gateways import http
from core.payments import provider, pushing, querying
from core.payments.models import PushState, TopUp
from tests.gateways import wire as moves
from tests.gateways.wire import nobody_url, says, serving
from tests.payments.counter import alarms, now_is, push_of

TOKEN = says({"access_token": "abc123", "expires_in": "3599"})
ACCEPTED = says(
    {
        "MerchantRequestID": "m-1",
        "CheckoutRequestID": "ws_CO_1",
        "ResponseCode": "0",
        "ResponseDescription": "Success. Request accepted for processing",
        "CustomerMessage": "Success. Request accepted for processing",
    }
)


def error(code: str, message: str, status: int = 500):
    return says({"requestId": "1", "errorCode": code, "errorMessage": message}, status)


BAD_TOKEN = error("404.001.03", "Invalid Access Token", 404)
OVERTAKEN = error("500.001.1001", "Unable to lock subscriber, a transaction is already", 200)
WRONG_KEYS = error("500.001.1001", "Wrong credentials")
SPIKE = says(
    {
        "fault": {
            "faultstring": "Spike arrest violation",
            "detail": {"errorcode": "policies.ratelimit.SpikeArrestViolation"},
        }
    },
    429,
    Retry_After="7",
)


@pytest.fixture
def wire(shop, change_settings):
    """Daraja's server, which first gives a token and then does what the test says."""
    provider.use(None)
    with serving() as running:
        change_settings("mpesa", base_url=running.url)
        yield running
        http.close()


def pushed(shop) -> TopUp:
    topup = shop.ask(500)
    pushing.push(topup.id)
    return now_is(topup)


def test_an_accepted_push_is_prompted(shop, wire):
    wire.will(TOKEN, ACCEPTED)
    topup = pushed(shop)

    assert push_of(topup).state == PushState.PROMPTED
    assert push_of(topup).checkout_request_id == "ws_CO_1"
    assert wire.seen[1].json["AccountReference"] == f"{shop.account}-{topup.code}"


@pytest.mark.parametrize(
    "answer",
    ["HTML", "HTML_503", "EMPTY", "EMPTY_400", "HALF_JSON", "CUT_OFF", "drops", "resets"],
)
def test_an_answer_that_is_none_leaves_the_push_unknown(shop, wire, answer):
    """The prompt may be on the phone, so nothing is sent again."""
    wire.will(TOKEN, getattr(moves, answer))
    topup = pushed(shop)
    for _ in range(5):
        clock.advance(61)
        pushing.sweep()
        pushing.push(topup.id)

    assert (now_is(topup).status, push_of(topup).state) == ("pending", PushState.UNKNOWN)
    assert len(wire.seen) == 2


@pytest.mark.parametrize("answer", [SPIKE, error("500.003.02", "System is busy")])
def test_a_push_turned_away_unread_is_sent_again_later(shop, wire, answer):
    wire.will(TOKEN, answer, ACCEPTED)
    topup = pushed(shop)
    assert push_of(topup).state == PushState.NEW
    clock.advance(20)
    pushing.push(topup.id)

    assert push_of(topup).state == PushState.PROMPTED


def test_a_server_that_nobody_answers_at_is_tried_again(shop, wire, change_settings):
    change_settings("mpesa", base_url=nobody_url())
    topup = pushed(shop)

    assert push_of(topup).state == PushState.NEW
    assert topup.status == "pending"


def test_a_token_killed_by_another_process_is_replaced_once(shop, wire):
    wire.will(TOKEN, BAD_TOKEN, says({"access_token": "def456", "expires_in": 3599}), ACCEPTED)
    topup = pushed(shop)

    assert push_of(topup).state == PushState.PROMPTED
    assert [each.headers.get("Authorization") for each in wire.seen if each.method == "POST"] == [
        "Bearer abc123",
        "Bearer def456",
    ]


def test_a_fresh_token_that_fails_too_is_an_alarm_and_no_loop(shop, wire):
    wire.will(TOKEN, BAD_TOKEN, TOKEN, BAD_TOKEN)
    topup = pushed(shop)

    assert (topup.status, topup.result_code) == ("failed", "config")
    assert alarms() == ["provider"]
    assert len(wire.seen) == 4


def test_wrong_keys_are_an_alarm(shop, wire):
    wire.will(moves.EMPTY_400)
    topup = pushed(shop)

    assert (topup.status, topup.result_code) == ("failed", "config")
    assert alarms() == ["provider"]


@pytest.mark.parametrize("trouble", ["HTML", "HTML_503", "drops"])
def test_a_token_that_cannot_be_fetched_leaves_the_push_unsent(shop, wire, trouble):
    wire.will(getattr(moves, trouble))
    topup = pushed(shop)

    assert push_of(topup).state == PushState.NEW
    assert topup.status == "pending"


def test_an_error_inside_a_200_is_an_error(shop, wire):
    wire.will(TOKEN, OVERTAKEN)
    topup = pushed(shop)

    assert (topup.status, topup.result_code) == ("failed", "phone_busy")


def test_one_error_code_is_told_apart_by_its_words(shop, wire):
    wire.will(TOKEN, WRONG_KEYS)
    assert pushed(shop).result_code == "config"
    wire.will(error("500.001.1001", "something new"))
    topup = shop.ask(700)
    pushing.push(topup.id)

    assert push_of(topup).state == PushState.UNKNOWN


@pytest.mark.parametrize(
    "answer",
    [
        error("500.001.1001", "The transaction is being processed"),
        error("500.001.1001", "The transaction is being processed", 200),
        error("500.001.1001", ""),
        error("400.002.02", "Bad Request - Invalid CheckoutRequestID", 400),
        says({"ResponseCode": "0", "ResultCode": "4999", "ResultDesc": "still"}),
        says({"ResponseCode": "0", "ResultCode": "424242", "ResultDesc": "new"}),
        moves.HTML,
        moves.HTML_503,
        moves.EMPTY,
        SPIKE,
    ],
)
def test_a_query_that_says_nothing_final_keeps_the_top_up_open(shop, wire, answer):
    wire.will(TOKEN, ACCEPTED, answer)
    topup = pushed(shop)
    clock.advance(21)
    querying.sweep()

    assert len(wire.seen) == 3
    assert now_is(topup).status == "pending"
    assert push_of(topup).query_at > clock.now()


def test_a_querys_code_is_text_and_read_all_the_same(shop, wire):
    wire.will(TOKEN, ACCEPTED, says({"ResponseCode": "0", "ResultCode": "1032", "ResultDesc": ""}))
    topup = pushed(shop)
    clock.advance(21)
    querying.sweep()

    assert (now_is(topup).status, now_is(topup).result_code) == ("failed", "1032")
