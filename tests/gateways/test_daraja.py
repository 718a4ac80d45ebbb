"""Daraja's calls, against a server that does what integrators have logged."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from core import clock
from core.gateways.daraja import (
    Daraja,
    FreshToken,
    MemoryTokens,
    PushAnswer,
    QueryAnswer,
    Reason,
    RegisterAnswer,
    State,
    check_callback_url,
)
from core.gateways.errors import GatewayDown, GatewayRefused
from core.gateways.outcome import Outcome
from tests.gateways.wire import EMPTY, EMPTY_400, HTML, HTML_503, Move, Wire, hangs, says

PHONE = "254708374149"
CALLBACK = "https://tuma.example.co.ke/pay/in/0f/stk/ab12"
PASSED = {
    "MerchantRequestID": "7c1e-4a0b",
    "CheckoutRequestID": "ws_CO_231120261430051708374149",
    "ResponseCode": "0",
    "ResponseDescription": "Success. Request accepted for processing",
    "CustomerMessage": "Success. Request accepted for processing",
}
TOKEN = says({"access_token": "fresh-token", "expires_in": "3599"})


class Held:
    """A store that has a token, and fetches another only when the one it has is discarded."""

    def __init__(self) -> None:
        self.token: str | None = "token-1"
        self.discarded: list[str] = []

    def get(self, fetch: Callable[[], FreshToken]) -> str:
        self.token = self.token or fetch().value
        return self.token

    def discard(self, token: str) -> None:
        self.discarded.append(token)
        self.token = None


def daraja(wire: Wire, *moves: Move, till: str | None = None, tokens: Held | None = None) -> Daraja:
    wire.will(*moves)
    tokens = tokens or Held()
    return Daraja(
        wire.url,
        "key",
        "consumer-secret",
        "174379",
        till,
        "passkey",
        tokens,
        timeout_s=wire.patience_s,
    )


def push(wire: Wire, *moves: Move, **more: Any) -> PushAnswer:
    return daraja(wire, *moves, **more).push(PHONE, 500, "TUMA-7", "SMS credit", CALLBACK)


def error(code: str, message: str | None = "", status: int = 500) -> Move:
    return says({"requestId": "1-2-3", "errorCode": code, "errorMessage": message}, status)


def test_a_push_carries_what_daraja_asks_for(wire: Wire) -> None:
    clock.freeze(datetime(2026, 11, 23, 21, 30, 5, tzinfo=UTC))
    push(wire, says(PASSED))

    (seen,) = wire.seen
    assert (seen.method, seen.path) == ("POST", "/mpesa/stkpush/v1/processrequest")
    assert seen.headers["Authorization"] == "Bearer token-1"
    assert seen.headers["Content-Type"] == "application/json"
    assert base64.b64decode(seen.json.pop("Password")) == b"174379passkey20261124003005"
    assert {name: value for name, value in seen.json.items() if name != "Password"} == {
        "BusinessShortCode": "174379",
        "Timestamp": "20261124003005",  # Nairobi is a day ahead by then
        "TransactionType": "CustomerPayBillOnline",
        "Amount": 500,
        "PartyA": PHONE,
        "PartyB": "174379",
        "PhoneNumber": PHONE,
        "CallBackURL": CALLBACK,
        "AccountReference": "TUMA-7",
        "TransactionDesc": "SMS credit",
    }


def test_a_till_is_paid_by_its_own_number(wire: Wire) -> None:
    push(wire, says(PASSED), till="5551234")

    said = wire.seen[0].json
    assert said["TransactionType"] == "CustomerBuyGoodsOnline"
    assert (said["BusinessShortCode"], said["PartyB"]) == ("174379", "5551234")


@pytest.mark.parametrize(
    ("reference", "shown"), [("tuma & co #7", "TUMACO7"), ("A" * 15, "A" * 12), ("a_b-c", "AB-C")]
)
def test_a_reference_holds_only_what_every_line_can_show(
    wire: Wire, reference: str, shown: str
) -> None:
    daraja(wire, says(PASSED)).push(PHONE, 1, reference, "x", CALLBACK)

    assert wire.seen[0].json["AccountReference"] == shown


@pytest.mark.parametrize(
    ("description", "shown"),
    [
        ("SMS @ Mama & Sons", "SMS Mama Sons"),
        ("Mikopo ya biashara", "Mikopo ya bia"),
        ("é", "Payment"),
    ],
)
def test_a_description_is_plain_short_and_never_left_out(
    wire: Wire, description: str, shown: str
) -> None:
    daraja(wire, says(PASSED)).push(PHONE, 1, "A", description, CALLBACK)

    assert wire.seen[0].json["TransactionDesc"] == shown


@pytest.mark.parametrize(
    ("phone", "amount", "reference", "url"),
    [
        ("0708374149", 500, "A", CALLBACK),
        ("254208374149", 500, "A", CALLBACK),
        (PHONE, 0, "A", CALLBACK),
        (PHONE, 250_001, "A", CALLBACK),
        (PHONE, 500.0, "A", CALLBACK),
        (PHONE, True, "A", CALLBACK),
        (PHONE, 500, "@é", CALLBACK),
        (PHONE, 500, "A", "http://tuma.example.co.ke/"),
    ],
)
def test_what_mpesa_would_refuse_is_refused_here(
    wire: Wire, phone: str, amount: Any, reference: str, url: str
) -> None:
    with pytest.raises(ValueError, match=r"^An? "):
        daraja(wire, says(PASSED)).push(phone, amount, reference, "x", url)
    assert wire.seen == []


def test_an_accepted_push_gives_both_ids_and_is_not_yet_paid(wire: Wire) -> None:
    answer = push(wire, says(PASSED))

    assert answer.outcome is Outcome.ACCEPTED
    assert answer.merchant_request_id == PASSED["MerchantRequestID"]
    assert answer.checkout_request_id == PASSED["CheckoutRequestID"]
    assert (answer.code, answer.reason, answer.alarm, answer.words) == ("0", None, False, None)


R, B, U = Outcome.REFUSED, Outcome.BUSY, Outcome.UNKNOWN


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize(
    ("code", "message", "outcome", "reason", "alarm"),
    [
        ("400.002.02", "Bad Request - Invalid PhoneNumber", R, Reason.FIELD, False),
        ("400.002.02", "Bad Request - Invalid PartyA", R, Reason.FIELD, False),
        ("400.002.02", "Bad Request - Invalid Amount", R, Reason.FIELD, False),
        ("400.002.02", "Bad Request - Invalid CallBackURL", R, Reason.FIELD, True),
        ("400.002.05", "Invalid Request Payload", R, Reason.BUG, True),
        ("404.001.01", "Resource not found", R, Reason.CONFIG, True),
        ("404.001.04", "Invalid Authentication Header", R, Reason.BUG, True),
        ("405.001", "Method Not Allowed", R, Reason.BUG, True),
        ("500.001.1001", "Merchant does not exist", R, Reason.CONFIG, True),
        ("500.001.1001", "Wrong credentials", R, Reason.CONFIG, True),
        (
            "500.001.1001",
            "Unable to lock subscriber, a transaction is",
            R,
            Reason.PHONE_BUSY,
            False,
        ),
        ("500.001.1001", "A transaction is already in process", R, Reason.PHONE_BUSY, False),
        ("500.001.1001", "", U, Reason.THEIR_ERROR, False),
        ("500.001.1001", "Something new", U, Reason.THEIR_ERROR, False),
        ("500.003.02", "System is busy. Please try again", B, Reason.BUSY, False),
        ("500.003.02", "Error Occurred: Spike Arrest Violation", B, Reason.BUSY, False),
        ("500.003.03", "Error Occurred: Quota Violation", R, Reason.QUOTA, True),
        ("500.003.1001", "Internal Server Error", U, Reason.THEIR_ERROR, False),
        ("500.002.1001", "Service is currently under maintenance.", B, Reason.BUSY, False),
        ("500.002.1001", "Something new", U, Reason.THEIR_ERROR, True),
        ("499.999.99", "Something new", U, Reason.THEIR_ERROR, True),
    ],
)
def test_an_error_code_decides_whatever_the_status(
    wire: Wire,
    status: int,
    code: str,
    message: str,
    outcome: Outcome,
    reason: Reason,
    alarm: bool,
) -> None:
    answer = push(wire, error(code, message, status))

    assert (answer.outcome, answer.reason, answer.alarm) == (outcome, reason, alarm)
    assert (answer.code, answer.message) == (code, message or None)
    assert answer.words
    assert len(wire.seen) == 1


def test_a_busy_phone_is_left_alone_for_a_minute(wire: Wire) -> None:
    answer = push(wire, error("500.001.1001", "Unable to lock subscriber"))

    assert answer.retry_after_s == 60


def apigee(name: str, status: int, **headers: str) -> Move:
    fault = {"faultstring": name, "detail": {"errorcode": f"policies.ratelimit.{name}"}}
    return says({"fault": fault}, status, **headers)


@pytest.mark.parametrize(
    ("move", "outcome", "wait_s"),
    [
        (apigee("SpikeArrestViolation", 429, Retry_After="12"), B, 12),
        (apigee("SpikeArrestViolation", 500), B, None),
        (apigee("Whatever", 429), B, None),
        (apigee("QuotaViolation", 429), R, None),
        (says(b"<html>", 429, Retry_After="9"), B, 9),
        (says({}, 429), B, None),
        (says({"message": "slow down"}, 429), B, None),
        (says({"fault": {"faultstring": "?"}}, 500), U, None),
    ],
)
def test_a_rate_limit_is_turned_away_at_the_gate(
    wire: Wire, move: Move, outcome: Outcome, wait_s: float | None
) -> None:
    answer = push(wire, move)

    assert (answer.outcome, answer.retry_after_s) == (outcome, wait_s)


@pytest.mark.parametrize(
    "move", [HTML, HTML_503, EMPTY, EMPTY_400, says(b"[]"), says(b"null"), hangs]
)
def test_no_readable_answer_may_still_have_made_a_prompt(wire: Wire, move: Move) -> None:
    answer = push(wire, move)

    assert (answer.outcome, answer.reason) == (Outcome.UNKNOWN, Reason.NO_ANSWER)
    assert len(wire.seen) == 1


def test_a_page_in_place_of_an_answer_leaves_its_status_behind(wire: Wire) -> None:
    assert push(wire, HTML_503).message == "HTTP 503"


@pytest.mark.parametrize(
    "said",
    [
        {"ResponseCode": "1", "ResponseDescription": "Rejected"},
        PASSED | {"CheckoutRequestID": ""},
        {"message": "hello"},
    ],
)
def test_a_response_nobody_has_met_may_still_have_made_a_prompt(wire: Wire, said: object) -> None:
    answer = push(wire, says(said))

    assert (answer.outcome, answer.alarm) == (Outcome.UNKNOWN, True)


BAD_TOKENS = [
    error("404.001.03", "Invalid Access Token", 404),
    error("400.003.01", "Invalid Access Token", 400),
    error("401.002.01", "Error Occurred - Invalid Access Token", 401),
    error("401.003.01", "Error Occurred - Invalid Access Token", 401),
    says(b"", 401),
    says({"message": "Unauthorized"}, 401),
]


@pytest.mark.parametrize("bad", BAD_TOKENS)
def test_a_bad_token_is_thrown_away_and_the_call_repeated_once(wire: Wire, bad: Move) -> None:
    tokens = Held()
    answer = push(wire, bad, TOKEN, says(PASSED), tokens=tokens)

    assert answer.outcome is Outcome.ACCEPTED
    assert tokens.discarded == ["token-1"]
    assert [seen.headers["Authorization"][:6] for seen in wire.seen] == [
        "Bearer",
        "Basic ",
        "Bearer",
    ]
    assert wire.seen[2].headers["Authorization"] == "Bearer fresh-token"


@pytest.mark.parametrize("bad", BAD_TOKENS)
def test_a_new_token_that_is_bad_too_is_an_alarm_and_no_loop(wire: Wire, bad: Move) -> None:
    answer = push(wire, bad, TOKEN, bad)

    assert (answer.outcome, answer.reason, answer.alarm) == (R, Reason.CONFIG, True)
    assert len(wire.seen) == 3


def test_a_reply_lost_after_a_new_token_is_unknown(wire: Wire) -> None:
    assert push(wire, BAD_TOKENS[0], TOKEN, hangs).outcome is Outcome.UNKNOWN


def unheld() -> Held:
    tokens = Held()
    tokens.token = None
    return tokens


def test_without_a_token_nothing_is_pushed(wire: Wire) -> None:
    refused = push(wire, EMPTY_400, tokens=unheld())
    busy = push(wire, says(b"", 503, Retry_After="5"), tokens=unheld())

    assert (refused.outcome, refused.reason, refused.alarm) == (R, Reason.CONFIG, True)
    assert (busy.outcome, busy.reason, busy.retry_after_s) == (B, Reason.BUSY, 5)
    assert {seen.path for seen in wire.seen} == {"/oauth/v1/generate"}


def test_a_token_is_asked_for_with_the_keys_of_the_app(wire: Wire) -> None:
    assert daraja(wire, TOKEN).fetch_token() == FreshToken("fresh-token", 3599)

    (seen,) = wire.seen
    assert (seen.method, seen.query) == ("GET", "grant_type=client_credentials")
    basic = base64.b64encode(b"key:consumer-secret").decode()
    assert seen.headers["Authorization"] == f"Basic {basic}"


@pytest.mark.parametrize(
    ("said", "expires_in_s"), [("3599", 3599), (3600, 3600), ("soon", 3599), (None, 3599)], ids=repr
)
def test_the_life_of_a_token_is_text_or_number(wire: Wire, said: object, expires_in_s: int) -> None:
    token = daraja(wire, says({"access_token": "t", "expires_in": said})).fetch_token()

    assert token.expires_in_s == expires_in_s
    assert "'t'" not in repr(token)


@pytest.mark.parametrize(
    ("move", "code"),
    [
        (EMPTY_400, None),
        (error("400.008.01", "Invalid Authentication passed", 400), "400.008.01"),
        (error("400.008.02", "Invalid grant type passed", 200), "400.008.02"),
        (says(b"", 401), None),
    ],
)
def test_wrong_keys_are_a_refusal(wire: Wire, move: Move, code: str | None) -> None:
    with pytest.raises(GatewayRefused) as caught:
        daraja(wire, move).fetch_token()

    assert caught.value.said_code == code


@pytest.mark.parametrize(
    "move",
    [
        HTML,
        HTML_503,
        EMPTY,
        says(b"<html>", 403),
        says(b"", 429),
        says({"access_token": "two words"}),
        says({"access_token": "t"}, 500),
        hangs,
    ],
)
def test_a_token_call_that_gets_no_token_is_a_gateway_down(wire: Wire, move: Move) -> None:
    with pytest.raises(GatewayDown):
        daraja(wire, move).fetch_token()


def test_a_store_keeps_a_token_until_a_minute_before_its_end() -> None:
    clock.freeze(datetime(2026, 1, 5, tzinfo=UTC))
    tokens, fetched = MemoryTokens(), list[str]()

    def fetch() -> FreshToken:
        fetched.append(f"t{len(fetched)}")
        return FreshToken(fetched[-1], 3599)

    assert [tokens.get(fetch), tokens.get(fetch)] == ["t0", "t0"]
    clock.advance(3538)
    assert tokens.get(fetch) == "t0"
    clock.advance(1)
    assert tokens.get(fetch) == "t1"


def test_a_store_discards_only_the_token_it_holds() -> None:
    tokens = MemoryTokens()
    tokens.discard("t0")
    tokens.get(lambda: FreshToken("t1", 3599))

    tokens.discard("t0")
    assert tokens.get(lambda: FreshToken("t2", 3599)) == "t1"
    tokens.discard("t1")
    assert tokens.get(lambda: FreshToken("t2", 3599)) == "t2"


def query(wire: Wire, *moves: Move, **more: Any) -> QueryAnswer:
    return daraja(wire, *moves, **more).query("ws_CO_1")


def test_a_query_carries_a_fresh_password_and_the_id(wire: Wire) -> None:
    query(wire, says({"ResultCode": "0"}))

    (seen,) = wire.seen
    assert seen.path == "/mpesa/stkpushquery/v1/query"
    assert seen.json.keys() == {
        "BusinessShortCode",
        "Password",
        "Timestamp",
        "CheckoutRequestID",
    }
    assert seen.json["CheckoutRequestID"] == "ws_CO_1"


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("0", State.ENDED),
        (1032, State.ENDED),
        ("1037", State.ENDED),
        ("SFC_IC0003", State.ENDED),
        ("4999", State.OPEN),
        ("26", State.OPEN),
        ("31337", State.UNKNOWN),
        (None, State.UNKNOWN),
    ],
)
def test_a_result_code_ends_a_payment_only_when_it_is_known_to(
    wire: Wire, code: object, state: State
) -> None:
    said = PASSED | {"ResultCode": code, "ResultDesc": "DS timeout user cannot be reached."}

    answer = query(wire, says(said))

    assert answer.state is state
    assert answer.result_code == (None if code is None else str(code))
    assert answer.result_text == "DS timeout user cannot be reached."


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("message", ["The transaction is being processed", "", None])
def test_an_open_payment_can_look_like_an_error(
    wire: Wire, status: int, message: str | None
) -> None:
    assert query(wire, error("500.001.1001", message, status)).state is State.OPEN


@pytest.mark.parametrize(
    ("move", "state", "alarm"),
    [
        (error("400.002.02", "Bad Request - Invalid CheckoutRequestID", 400), State.OPEN, False),
        (error("500.001.1001", "The transaction does not Exist"), State.UNKNOWN, False),
        (error("500.001.1001", "Wrong credentials"), State.UNKNOWN, True),
        (error("400.002.02", "Bad Request - Invalid Timestamp"), State.UNKNOWN, True),
        (error("500.003.02", "System is busy"), State.BUSY, False),
        (error("500.003.03", "Quota Violation"), State.BUSY, True),
        (says(b"<html>", 503), State.UNKNOWN, False),
        (hangs, State.UNKNOWN, False),
    ],
)
def test_a_query_that_is_not_answered_ends_nothing(
    wire: Wire, move: Move, state: State, alarm: bool
) -> None:
    answer = query(wire, move)

    assert (answer.state, answer.alarm) == (state, alarm)


def test_the_sixth_query_in_a_minute_is_to_wait(wire: Wire) -> None:
    answer = query(wire, apigee("SpikeArrestViolation", 429, Retry_After="12"))

    assert (answer.state, answer.result_code, answer.retry_after_s) == (State.BUSY, None, 12)


def test_a_query_with_a_bad_token_is_repeated_once(wire: Wire) -> None:
    assert query(wire, BAD_TOKENS[0], TOKEN, says({"ResultCode": "0"})).state is State.ENDED
    assert query(wire, BAD_TOKENS[0], TOKEN, BAD_TOKENS[0]).alarm


HOOK = "https://tuma.example.co.ke/pay/in/0f/c2b/"


def register(wire: Wire, *moves: Move, **more: Any) -> RegisterAnswer:
    return daraja(wire, *moves, **more).register_urls(HOOK + "confirm", HOOK + "validate")


@pytest.mark.parametrize("code", ["0", "00000000", 0], ids=repr)
def test_our_addresses_are_registered(wire: Wire, code: object) -> None:
    said = {"OriginatorCoversationID": "1", "ResponseCode": code, "ResponseDescription": "success"}

    assert register(wire, says(said)).outcome is Outcome.ACCEPTED
    (seen,) = wire.seen
    assert seen.path == "/mpesa/c2b/v2/registerurl"
    assert seen.json == {
        "ShortCode": "174379",
        "ResponseType": "Completed",
        "ConfirmationURL": HOOK + "confirm",
        "ValidationURL": HOOK + "validate",
    }


@pytest.mark.parametrize(
    ("move", "outcome", "already"),
    [
        (error("500.003.1001", "Urls are already registered."), R, True),
        (error("500.003.1001", "Duplicate notification info: old aggregator"), R, True),
        (error("500.003.1001", "Internal Server Error"), U, False),
        (error("404.001.01", "Resource not found", 404), R, False),
        (says({"ResponseCode": "1", "ResponseDescription": "no"}), U, False),
        (HTML, U, False),
    ],
)
def test_addresses_that_are_not_registered(
    wire: Wire, move: Move, outcome: Outcome, already: bool
) -> None:
    answer = register(wire, move)

    assert (answer.outcome, answer.already) == (outcome, already)


def test_a_response_type_is_spelt_in_one_of_two_ways(wire: Wire) -> None:
    with pytest.raises(ValueError, match="Completed"):
        daraja(wire, HTML).register_urls(HOOK, HOOK, "completed")


@pytest.mark.parametrize(
    "url",
    [
        CALLBACK,
        "https://xn--duka-abc.co.ke:8443/pay/in/ab?a=1&b=%20",
        "http://127.0.0.1:8000/pay/in/0f/stk/1",
        "http://localhost/pay",
        "http://[::1]:8000/pay",
    ],
)
def test_an_address_that_safaricom_calls(url: str) -> None:
    check_callback_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://Tuma.example.co.ke/pay",
        "https://tuma.example.co.ke/pay ",
        "https://tuma.example.co.ke/{secret}",
        "https://tuma.example.co.ke/mpesa/in",
        "https://m-pesa.example.co.ke/",
        "https://safaricom.example.co.ke/",
        "https://tuma.example.co.ke/pay/abexec",
        "https://tuma.example.co.ke/cmd",
        "https://tuma.example.co.ke/sql",
        "https://tuma.example.co.ke/query",
        "https://ab12.ngrok.app/pay",
        "http://tuma.example.co.ke/pay",
        "http://127.0.0.1.example.co.ke/pay",
        "ftp://127.0.0.1/pay",
        "https:///pay",
        "https://[::1/pay",
        "/pay/in",
    ],
)
def test_an_address_that_safaricom_would_refuse_or_never_call(url: str) -> None:
    with pytest.raises(ValueError) as caught:
        check_callback_url(url)
    assert "/pay" not in str(caught.value)


def test_our_secrets_are_hidden_in_what_we_return(wire: Wire) -> None:
    answer = push(wire, error("500.001.1001", "bad consumer-secret, passkey, token-1"))

    assert not any(word in answer.raw for word in ("consumer-secret", "passkey", "token-1"))


@pytest.mark.parametrize(
    ("url", "secret"),
    [("sandbox.example.test", "s"), ("https://x", "siri–yangu"), ("https://x", " ")],
)
def test_an_account_that_could_never_be_called_is_refused_at_once(url: str, secret: str) -> None:
    with pytest.raises(ValueError, match="Daraja"):
        Daraja(url, "k", secret, "1", None, "p", MemoryTokens())
