"""Onfon's SendBulkSMS and Balance, against a server that does what integrators have met."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.errors import Busy
from core.gateways import onfon_words
from core.gateways.errors import GatewayDown, GatewayRefused
from core.gateways.onfon import Answer, Credentials, Onfon, RowAnswer, explain
from core.gateways.outcome import Outcome
from tests.gateways.wire import HTML, Move, Wire, hangs, nobody_url, says

ASHA, JUMA = "254700000001", "254700000002"
BOTH = [(ASHA, "Habari Asha"), (JUMA, "Habari Juma")]
KEY = "a+b/c=secret"
FILTERED = "Value filter failed for user [demo-client] (source_address filter mismatch)."


def onfon(url: str, timeout_s: float = 60) -> Onfon:
    return Onfon(Credentials(url + "/v1/sms", KEY, "demo-client", "access-key"), timeout_s)


def row(number: str = ASHA, message_id: str | None = "id-1", code: object = 0, **more: Any) -> Any:
    said = {"MobileNumber": number, "MessageId": message_id, "Custom": ""}
    return said | {"MessageErrorCode": code, "MessageErrorDescription": "Success"} | more


def refused(number: str, code: object = 401, why: str | None = FILTERED) -> Any:
    return row(number, "", code, MessageErrorDescription=why)


def ok(*rows: Any, **more: Any) -> dict[str, Any]:
    return {"ErrorCode": 0, "ErrorDescription": "Success", "Data": list(rows)} | more


def send(wire: Wire, *moves: Move, rows: list[tuple[str, str]] = BOTH) -> Answer:
    return onfon(wire.will(*moves).url).send("MAMAMBOGA", rows, unicode=False)


def outcomes(answer: Answer) -> list[str]:
    assert answer.outcome is Outcome.ACCEPTED
    return [told.outcome.value for told in answer.rows]


def ids(answer: Answer) -> list[str | None]:
    return [told.provider_id for told in answer.rows]


def test_a_call_carries_what_onfon_asks_for(wire: Wire) -> None:
    send(wire, says(ok(row(), row(JUMA))))

    (seen,) = wire.seen
    assert (seen.method, seen.path, seen.query) == ("POST", "/v1/sms/SendBulkSMS", "")
    assert seen.headers["AccessKey"] == "access-key"
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.json == {
        "SenderId": "MAMAMBOGA",
        "IsUnicode": False,
        "IsFlash": False,
        "MessageParameters": [
            {"Number": ASHA, "Text": "Habari Asha"},
            {"Number": JUMA, "Text": "Habari Juma"},
        ],
        "ApiKey": KEY,
        "ClientId": "demo-client",
    }


def test_a_text_outside_gsm_7_says_so_and_half_a_surrogate_pair_becomes_a_question_mark(
    wire: Wire,
) -> None:
    wire.will(says(ok(row())))
    onfon(wire.url).send("X", [(ASHA, "Karibu 🙂 \ud83d")], unicode=True)

    assert wire.seen[0].json["IsUnicode"] is True
    assert wire.seen[0].json["MessageParameters"][0]["Text"] == "Karibu 🙂 ?"


def test_an_address_written_to_its_end_is_the_same_address(wire: Wire) -> None:
    wire.will(says(ok(row())))
    credentials = Credentials(wire.url + "/v1/sms/SendBulkSMS/", "k", "c", "a")
    Onfon(credentials).send("X", BOTH[:1], unicode=False)

    assert wire.seen[0].path == "/v1/sms/SendBulkSMS"


def test_accepted_rows_come_back_in_the_order_sent_with_their_ids(wire: Wire) -> None:
    answer = send(wire, says(ok(row(), row(JUMA, "id-2"))))

    assert answer.rows == (
        RowAnswer(Outcome.ACCEPTED, "id-1", "0"),
        RowAnswer(Outcome.ACCEPTED, "id-2", "0"),
    )
    assert (answer.code, answer.blocked, answer.why) == ("0", False, None)
    assert '"MessageId": "id-1"' in answer.raw


@pytest.mark.parametrize("words", ["Success", "null", None, "", "Failure", "success#Created"])
def test_the_words_beside_a_code_never_decide(wire: Wire, words: str | None) -> None:
    said = ok(row(MessageErrorDescription=words), row(JUMA), ErrorDescription=words)

    assert outcomes(send(wire, says(said))) == ["accepted", "accepted"]


@pytest.mark.parametrize("zero", [0, "0", "000", 0.0], ids=repr)
def test_zero_is_zero_however_it_is_written(wire: Wire, zero: object) -> None:
    said = ok(row(code=zero), row(JUMA, code=zero), ErrorCode=zero)

    assert outcomes(send(wire, says(said))) == ["accepted", "accepted"]


def test_a_success_can_hold_a_refused_row(wire: Wire) -> None:
    answer = send(wire, says(ok(refused(ASHA), row(JUMA), ErrorDescription="null")))

    assert outcomes(answer) == ["refused", "accepted"]
    assert answer.rows[0] == RowAnswer(Outcome.REFUSED, None, "401", FILTERED)
    assert not answer.blocked


@pytest.mark.parametrize(
    ("said", "outcome", "code"),
    [
        (row(message_id=""), "accepted", "0"),
        (row(message_id=None), "accepted", "0"),
        ({"MobileNumber": ASHA, "MessageId": "id-1"}, "accepted", None),
        (row(code="null"), "accepted", None),
        ({"MobileNumber": ASHA}, "unknown", None),
        (row(message_id="null", code=None), "unknown", None),
        (row(code="OK"), "unknown", "OK"),
        (row(code=99), "refused", "99"),
        (row(code="-1"), "refused", "-1"),
        ({"MobileNumber": ASHA, "ErrorCode": 5}, "refused", "5"),
        (None, "unknown", None),
        ("sent", "unknown", None),
    ],
)
def test_each_row_decides_for_itself(
    wire: Wire, said: object, outcome: str, code: str | None
) -> None:
    answer = send(wire, says(ok(said)), rows=BOTH[:1])

    assert outcomes(answer) == [outcome]
    assert answer.rows[0].code == code


@pytest.mark.parametrize(
    "said",
    [
        {"MobileNumber": ASHA, "messageId": "id-1"},
        {"MobileNumber": ASHA, "message_id": "id-1"},
        {"MobileNumber": ASHA, "Message": {"MessageID": "id-1"}},
        {"MobileNumber": ASHA, "Custom": {}, "a": {"b": {"c": {"MessageId": "id-1"}}}},
    ],
)
def test_an_id_is_found_in_any_spelling_and_depth(wire: Wire, said: object) -> None:
    assert ids(send(wire, says(ok(said)), rows=BOTH[:1])) == ["id-1"]


def test_an_id_of_digits_is_text_and_one_too_long_or_too_deep_is_none(wire: Wire) -> None:
    deep: Any = {"MessageId": "id"}
    for _ in range(9):
        deep = {"inner": deep}
    rows = [(f"25470000000{i}", "x") for i in range(3)]
    said = ok(row(rows[0][0], 77), row(rows[1][0], "x" * 129), row(rows[2][0], None, a=deep))  # type: ignore[arg-type]

    assert ids(send(wire, says(said), rows=rows)) == ["77", None, None]


@pytest.mark.parametrize(
    "said",
    [
        ok(Data=row()),
        ok(Data={"Messages": [row()]}),
        {"ErrorCode": 0, "MessageId": "id-1"},
        {"ErrorCode": 0, "Result": {"MessageId": "id-1"}},
        {"Data": [row()]},
        {"ErrorCode": None, "Data": [row()]},
    ],
)
def test_one_row_may_stand_in_other_places(wire: Wire, said: object) -> None:
    answer = send(wire, says(said), rows=BOTH[:1])

    assert outcomes(answer) == ["accepted"]
    assert ids(answer) == ["id-1"]


@pytest.mark.parametrize("data", [[], None, "", {}])
def test_a_processed_call_without_rows_leaves_every_text_unknown(wire: Wire, data: object) -> None:
    assert outcomes(send(wire, says(ok(Data=data)))) == ["unknown", "unknown"]


def test_a_missing_row_leaves_its_text_unknown(wire: Wire) -> None:
    answer = send(wire, says(ok(row(JUMA, "id-2"))))

    assert outcomes(answer) == ["unknown", "accepted"]
    assert ids(answer) == [None, "id-2"]


def test_rows_in_another_order_are_matched_by_number(wire: Wire) -> None:
    answer = send(wire, says(ok(row(JUMA, "id-2"), refused(ASHA))))

    assert outcomes(answer) == ["refused", "accepted"]


def test_rows_without_numbers_are_matched_by_place(wire: Wire) -> None:
    answer = send(wire, says(ok(row("", "id-1"), row("2547*****002", "id-2"))))

    assert ids(answer) == ["id-1", "id-2"]


def test_one_row_without_a_number_for_two_texts_matches_neither(wire: Wire) -> None:
    assert outcomes(send(wire, says(ok(row(""))))) == ["unknown", "unknown"]


@pytest.mark.parametrize("number", ["+254700000001", "0700000001", "700000001", 254700000001])
def test_a_number_is_the_same_in_another_spelling(wire: Wire, number: object) -> None:
    answer = send(wire, says(ok(row(JUMA, "id-2"), row(number, "id-1"))))  # type: ignore[arg-type]

    assert ids(answer) == ["id-1", "id-2"]


def test_two_texts_to_one_number_are_told_apart_by_place_alone(wire: Wire) -> None:
    twice = [(ASHA, "one"), (ASHA, "two")]
    both = ok(row(ASHA, "id-1"), row(ASHA, "id-2"))

    assert ids(send(wire, says(both), rows=twice)) == ["id-1", "id-2"]
    assert outcomes(send(wire, says(ok(row(ASHA, "id-1"))), rows=twice)) == ["unknown", "unknown"]


def test_a_number_answered_twice_for_one_text_is_unknown(wire: Wire) -> None:
    answer = send(wire, says(ok(row(), row(ASHA, "id-9"), row(JUMA, "id-2"))))

    assert outcomes(answer) == ["unknown", "accepted"]


def test_a_refused_call_refuses_every_text(wire: Wire) -> None:
    said = {"ErrorCode": "024", "ErrorDescription": "Template mismatch", "Data": None}

    answer = send(wire, says(said))

    assert answer.outcome is Outcome.REFUSED
    assert (answer.rows, answer.code, answer.why) == ((), "24", "Template mismatch")
    assert not answer.blocked


@pytest.mark.parametrize(
    ("code", "words", "status"),
    [
        (7, None, 200),
        (8, None, 200),
        (21, "Insufficient credits", 200),
        (1, "Invalid API key", 200),
        (11, "IP not allowed", 200),
        (9, "Your account is locked", 200),
        (403, "Charging user demo failed, Balance 0", 200),
        (403, None, 200),
        (1, "Unauthorized", 401),
        (999, "Whatever", 403),
    ],
)
def test_a_refusal_of_the_account_keeps_the_texts(
    wire: Wire, code: int, words: str | None, status: int
) -> None:
    said = {"ErrorCode": code, "ErrorDescription": words, "Data": None}

    answer = send(wire, says(said, status))

    assert (answer.outcome, answer.blocked) == (Outcome.REFUSED, True)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (401, FILTERED),
        (401, FILTERED.replace("demo-client", "credit-login")),
        (400, "CredentialValidationError (source_address filter mismatch)"),
        (13, "Number is blocked"),
        (1, "Mobile number inactive"),
        (2, None),
        (5, "text too long"),
    ],
)
def test_a_refusal_of_a_text_is_not_one_of_the_account(
    wire: Wire, code: int, words: str | None
) -> None:
    answer = send(wire, says({"ErrorCode": code, "ErrorDescription": words}))

    assert (answer.outcome, answer.blocked) == (Outcome.REFUSED, False)


def test_a_row_that_says_the_credit_is_gone_blocks_the_account(wire: Wire) -> None:
    charging = "ChargingError (Charging user demo-client failed, Balance 0)"
    answer = send(wire, says(ok(row(), refused(JUMA, 403, charging))))

    assert outcomes(answer) == ["accepted", "refused"]
    assert [told.blocked for told in answer.rows] == [False, True]
    assert (answer.blocked, answer.why) == (True, charging)


def test_a_refusal_that_hands_out_ids_is_unknown(wire: Wire) -> None:
    answer = send(wire, says(ok(row(), row(JUMA), ErrorCode=6)))

    assert (answer.outcome, answer.rows) == (Outcome.UNKNOWN, ())


def test_a_code_that_is_no_number_is_unknown(wire: Wire) -> None:
    assert send(wire, says({"ErrorCode": "E-7"})).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("status", [429, 503])
def test_a_clean_busy_sign_may_be_tried_again_when_it_says(wire: Wire, status: int) -> None:
    answer = send(wire, says(b"busy", status, Retry_After="7"))

    assert (answer.outcome, answer.retry_after_s) == (Outcome.BUSY, 7)


def test_a_busy_sign_over_a_list_of_ids_is_unknown(wire: Wire) -> None:
    assert send(wire, says(ok(row(), row(JUMA)), 503)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("status", [500, 502, 504, 599])
def test_a_gateway_that_broke_down_may_have_queued_the_texts_first(wire: Wire, status: int) -> None:
    said = {"ErrorCode": 6, "ErrorDescription": "generic error"}

    assert send(wire, says(said, status)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("status", "outcome", "blocked"),
    [
        (200, Outcome.UNKNOWN, False),
        (302, Outcome.UNKNOWN, False),
        (308, Outcome.REFUSED, True),
        (400, Outcome.REFUSED, False),
        (401, Outcome.REFUSED, True),
        (403, Outcome.REFUSED, True),
        (404, Outcome.REFUSED, True),
        (408, Outcome.UNKNOWN, False),
        (413, Outcome.REFUSED, False),
    ],
)
@pytest.mark.parametrize("page", [b"<html>", b"{}", b'{"ErrorCode": 0, "Data": null}'])
def test_a_page_that_is_not_onfons_speaks_by_its_status(
    wire: Wire, status: int, outcome: Outcome, blocked: bool, page: bytes
) -> None:
    answer = send(wire, says(page, status))

    if status == 200 and page.startswith(b'{"Err'):
        assert outcomes(answer) == ["unknown", "unknown"]
    else:
        assert (answer.outcome, answer.blocked) == (outcome, blocked)


def test_rows_count_even_under_a_4xx(wire: Wire) -> None:
    assert outcomes(send(wire, says(ok(refused(ASHA), row(JUMA)), 400))) == ["refused", "accepted"]


def test_a_number_in_local_form_never_leaves_for_onfon_would_lose_it(wire: Wire) -> None:
    rows = [("0700000001", "a"), (JUMA, "b"), ("700000003", "c"), ("+254700000004", "d")]

    answer = send(wire, says(ok(row(JUMA, "id-2"))), rows=rows)

    assert outcomes(answer) == ["refused", "accepted", "refused", "refused"]
    assert answer.rows[0].why == onfon_words.LOCAL_NUMBER
    assert [it["Number"] for it in wire.seen[0].json["MessageParameters"]] == [JUMA]


def test_with_local_numbers_alone_nothing_is_called(wire: Wire) -> None:
    assert outcomes(send(wire, hangs, rows=[("0700000001", "a")])) == ["refused"]
    assert wire.seen == []


def test_a_lost_call_answers_for_all_its_rows_at_once(wire: Wire) -> None:
    rows = [("0700000001", "a"), (JUMA, "b")]
    answer = onfon(wire.will(hangs).url, timeout_s=0.2).send("X", rows, unicode=False)

    assert (answer.outcome, answer.rows) == (Outcome.UNKNOWN, ())


def test_nothing_to_send_is_a_bug() -> None:
    with pytest.raises(ValueError, match="nothing to send"):
        onfon("http://127.0.0.1:1").send("X", [], unicode=False)


def test_our_keys_are_hidden_in_what_we_return(wire: Wire) -> None:
    said = {"ErrorCode": 99, "ErrorDescription": f"No such key {KEY}", "Header": "access-key"}

    answer = send(wire, says(said))

    assert answer.why == "No such key ***"
    assert KEY not in answer.raw
    assert "access-key" not in answer.raw
    assert KEY not in repr(Credentials("https://x", KEY, "c", KEY))


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials("api.example.test/v1/sms", "k", "c", "a"),
        Credentials("https://", "k", "c", "a"),
        Credentials("https://api.example.test", "k", "c", "two\nlines"),
        Credentials("https://api.example.test", "k", "c", "ufunguo–siri"),
    ],
)
def test_credentials_that_could_never_be_sent_are_refused_at_once(
    credentials: Credentials,
) -> None:
    with pytest.raises(ValueError, match="Onfon"):
        Onfon(credentials)


@pytest.mark.parametrize(
    ("code", "words", "sentence"),
    [
        ("401", None, onfon_words.SENDER),
        ("401", FILTERED, onfon_words.SENDER),
        ("401", "destination_address filter mismatch", onfon_words.NUMBER),
        ("401", "(content filter mismatch)", onfon_words.TEXT),
        ("401", "priority filter mismatch", onfon_words.REFUSED),
        ("403", "Charging user failed", onfon_words.CREDIT),
        ("13", None, onfon_words.NUMBER),
        ("3", None, onfon_words.REFUSED),
        (None, None, onfon_words.REFUSED),
    ],
)
def test_a_refusal_is_explained_by_its_words_and_then_by_its_code(
    code: str | None, words: str | None, sentence: str
) -> None:
    assert explain(code, words) == sentence


def credit(said: object, **more: Any) -> dict[str, Any]:
    return ok({"PluginType": "SMS", "Credits": said} | more)


@pytest.mark.parametrize(
    ("said", "credits_left", "is_money"),
    [
        ("KSh12,345.50", "12345.50", True),
        ("KSh.1,200.00", "1200.00", True),
        ("KES 10", "10", True),
        ("-KSh12.50", "-12.50", True),
        ("KSh -12.50", "-12.50", True),
        ("11234", "11234", False),
        (11234.5, "11234.5", False),
    ],
)
def test_a_balance_may_carry_a_currency_and_commas(
    wire: Wire, said: object, credits_left: str, is_money: bool
) -> None:
    balance = onfon(wire.will(says(credit(said))).url).balance()

    assert (balance.credits, balance.is_money) == (Decimal(credits_left), is_money)
    assert balance.raw == str(said)


def test_the_balance_is_asked_with_the_keys_percent_encoded(wire: Wire) -> None:
    onfon(wire.will(says(credit("1"))).url).balance()

    (seen,) = wire.seen
    assert (seen.method, seen.path) == ("GET", "/v1/sms/Balance")
    assert seen.fields == {"ApiKey": KEY, "ClientId": "demo-client"}
    assert seen.headers["AccessKey"] == "access-key"
    assert "+" not in seen.query


def test_the_balance_is_that_of_the_sms_product(wire: Wire) -> None:
    rows = ({"PluginType": "VOICE", "Credits": "1"}, {"PluginType": "SMS", "Credits": "2"})

    assert onfon(wire.will(says(ok(*rows))).url).balance().credits == 2


@pytest.mark.parametrize(
    "move",
    [
        says(ok()),
        says(credit("none")),
        says(b"", 500),
        HTML,
        says(b"", 503, Retry_After="9"),
        hangs,
    ],
)
def test_a_balance_that_cannot_be_read_is_a_gateway_down(wire: Wire, move: Move) -> None:
    with pytest.raises(GatewayDown) as caught:
        onfon(wire.will(move).url, timeout_s=wire.patience_s).balance()

    assert isinstance(caught.value, Busy)
    assert KEY not in f"{caught.value!r}{caught.value.why}{caught.value.__cause__!r}"


def test_nobody_there_is_a_gateway_down() -> None:
    with pytest.raises(GatewayDown) as caught:
        onfon(nobody_url()).balance()

    assert caught.value.words() == "Onfon is not answering. Try again in a minute."


@pytest.mark.parametrize(
    ("move", "code", "why"),
    [
        (says({"ErrorCode": "007", "ErrorDescription": f"Bad key {KEY}"}), "7", "Bad key ***"),
        (says({"ErrorCode": 7}), "7", "HTTP 200"),
        (says(b"<html>", 401), None, "HTTP 401"),
        (says(b"", 301, Location="https://x"), None, "HTTP 301"),
    ],
)
def test_a_balance_refused_says_why(wire: Wire, move: Move, code: str | None, why: str) -> None:
    with pytest.raises(GatewayRefused) as caught:
        onfon(wire.will(move).url).balance()

    assert (caught.value.said_code, caught.value.why) == (code, why)


def test_a_text_can_be_looked_up_where_the_gateway_answers(wire: Wire) -> None:
    said = ok(Data={"MessageId": "id-1", "Status": "DELIVRD", "DoneDate": "2026-01-05 09:31"})

    report = onfon(wire.will(says(said)).url).look_up("id-1")

    assert report is not None
    assert report.verdict == "delivered"
    assert wire.seen[0].fields["MessageId"] == "id-1"


@pytest.mark.parametrize(
    "said", [ok(), ok({}), ok({"MessageId": "id-2", "Status": "DELIVRD"}), {"ErrorCode": 0}]
)
def test_a_look_up_that_says_nothing_of_this_text_is_none(wire: Wire, said: object) -> None:
    assert onfon(wire.will(says(said)).url).look_up("id-1") is None
