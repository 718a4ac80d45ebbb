"""What every gateway must make of every kind of trouble: one suite for all of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.gateways.daraja import Daraja, FreshToken
from core.gateways.onfon import Credentials, Onfon
from core.gateways.outcome import Outcome
from core.gateways.rehearsal import Rehearsal
from core.gateways.sms import SmsGateway
from tests.gateways.wire import (
    CUT_CHUNK,
    CUT_OFF,
    DEEP,
    EMPTY,
    HALF_JSON,
    HTML,
    HUGE,
    LATIN_1,
    NO_HTTP,
    Move,
    Wire,
    drips,
    drops,
    hangs,
    nobody_url,
    resets,
    says,
)

Ask = Callable[[str], tuple[str, float | None]]


class OneToken:
    """A store whose token nobody doubts."""

    def get(self, fetch: Callable[[], FreshToken]) -> str:
        return "token"

    def discard(self, token: str) -> None:
        raise AssertionError("No reply here says that the token is bad.")


def daraja(url: str) -> Daraja:
    return Daraja(url, "key", "secret", "174379", None, "passkey", OneToken(), timeout_s=1)


def send(url: str) -> tuple[str, float | None]:
    gateway = Onfon(Credentials(url, "key", "client", "access"), timeout_s=1)
    answer = gateway.send("X", [("254700000001", "Habari")], unicode=False)
    assert not answer.rows
    return answer.outcome, answer.retry_after_s


def push(url: str) -> tuple[str, float | None]:
    answer = daraja(url).push("254708374149", 5, "A", "x", "https://tuma.example.co.ke/pay")
    assert answer.checkout_request_id is None
    return answer.outcome, answer.retry_after_s


def query(url: str) -> tuple[str, float | None]:
    answer = daraja(url).query("ws_CO_1")
    return answer.state, answer.retry_after_s


gateways = pytest.mark.parametrize("ask", [send, push, query])

SILENCE: dict[str, Move] = {
    "accepts and hangs": hangs,
    "closes after reading": drops,
    "resets after reading": resets,
    "drips": drips(b"HTTP/1.1 200 OK\r\n\r\n"),
    "body cut off": CUT_OFF,
    "chunk cut off": CUT_CHUNK,
    "no HTTP": NO_HTTP,
    "empty": EMPTY,
    "HTML": HTML,
    "half a JSON": HALF_JSON,
    "not UTF-8": LATIN_1,
    "too deep": DEEP,
    "too large": HUGE,
    "500": says(b"", 500),
    "500 with words": says({"Message": "An error has occurred."}, 500),
    "502": says(b"<html>", 502),
    "504": says(b"<html>", 504),
}


@gateways
@pytest.mark.parametrize("move", SILENCE.values(), ids=SILENCE.keys())
def test_after_silence_or_garbage_nobody_knows_and_nothing_is_repeated(
    wire: Wire, ask: Ask, move: Move
) -> None:
    assert ask(wire.will(move).url)[0] == "unknown"
    assert len(wire.seen) == 1


@gateways
def test_a_refused_connection_may_be_tried_again(ask: Ask) -> None:
    assert ask(nobody_url())[0] == "busy"


@gateways
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"message": "slow down"}'])
def test_too_many_requests_may_be_tried_again_when_told(wire: Wire, ask: Ask, body: bytes) -> None:
    assert ask(wire.will(says(body, 429, Retry_After="7")).url) == ("busy", 7)
    assert len(wire.seen) == 1


@pytest.mark.parametrize("ending", ["000001", "000003", "000004"])
def test_every_sms_gateway_answers_each_text_in_its_place(wire: Wire, ending: str) -> None:
    rows = [("254712345678", "a"), (f"254700{ending}", "b")]
    said = [{"MobileNumber": number, "MessageId": number} for number, _ in rows]
    wire.will(says({"ErrorCode": 0, "Data": said}))
    real: SmsGateway = Onfon(Credentials(wire.url, "key", "client", "access"))

    for gateway in (real, Rehearsal()):
        answer = gateway.send("X", rows, unicode=False)
        assert answer.outcome is Outcome.ACCEPTED
        assert len(answer.rows) == 2
        assert answer.rows[0].outcome is Outcome.ACCEPTED
