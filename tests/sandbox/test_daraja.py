"""Tokens, pushes and queries behave as Daraja's do."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from tests.sandbox.outside import PAIR, PHONE, Application, Sandbox
from tests.stack import wait_until

GENERATE = "/daraja/oauth/v1/generate"
CLIENT = {"grant_type": "client_credentials"}


def error(answer: Any) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["errorCode"], body["errorMessage"]


# Tokens


@pytest.mark.parametrize(("as_text", "kind"), [(True, str), (False, int)])
def test_expires_in_is_text_or_a_number(sandbox: Sandbox, as_text: bool, kind: type) -> None:
    sandbox.faults(daraja={"expires_in_text": as_text})
    answer = sandbox.get(GENERATE, params=CLIENT, auth=PAIR).json()

    assert len(answer["access_token"]) == 28
    assert isinstance(answer["expires_in"], kind)


def test_wrong_keys_get_an_empty_400(sandbox: Sandbox) -> None:
    answer = sandbox.get(GENERATE, params=CLIENT, auth=("a", "b"))

    assert (answer.status_code, answer.content) == (400, b"")


def test_the_token_call_names_what_is_wrong(sandbox: Sandbox) -> None:
    no_auth = sandbox.get(GENERATE, params=CLIENT)
    no_grant = sandbox.get(GENERATE, auth=PAIR)

    assert error(no_auth)[1] == "400.008.01"
    assert error(no_grant)[1] == "400.008.02"


def test_a_new_token_kills_the_one_before(sandbox: Sandbox) -> None:
    sandbox.token()
    sandbox.get(GENERATE, params=CLIENT, auth=PAIR)

    assert error(sandbox.push()) == (404, "404.001.03", "Invalid Access Token")


def test_tokens_may_be_let_live_side_by_side(sandbox: Sandbox) -> None:
    sandbox.faults(daraja={"new_token_kills_old": False})
    sandbox.token()
    sandbox.get(GENERATE, params=CLIENT, auth=PAIR)

    assert sandbox.push().status_code == 200


def test_a_token_runs_out(sandbox: Sandbox) -> None:
    sandbox.faults(daraja={"token_seconds": 0})

    assert error(sandbox.push())[1] == "404.001.03"


def test_a_token_may_die_at_any_moment(sandbox: Sandbox) -> None:
    sandbox.token()
    sandbox.faults(daraja={"token_killed": {"next": 1}})

    assert error(sandbox.push())[1] == "404.001.03"
    sandbox.token()
    assert sandbox.push().status_code == 200


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("/mpesa/stkpush/v1/processrequest", (404, "404.001.03")),
        ("/mpesa/stkpushquery/v1/query", (404, "404.001.03")),
        ("/mpesa/reversal/v1/request", (404, "404.001.03")),
        ("/mpesa/c2b/v2/registerurl", (400, "400.003.01")),
        ("/mpesa/transactionstatus/v1/query", (400, "400.003.01")),
        ("/mpesa/accountbalance/v1/query", (401, "401.002.01")),
        ("/pulltransactions/v1/query", (401, "401.003.01")),
    ],
)
def test_each_product_refuses_a_bad_token_its_own_way(
    sandbox: Sandbox, path: str, refusal: tuple[int, str]
) -> None:
    headers = {"Authorization": "Bearer made-up"}

    assert error(sandbox.post(f"/daraja{path}", headers=headers))[:2] == refusal


def test_calls_that_miss_the_door_are_told_so(sandbox: Sandbox) -> None:
    path = "/daraja/mpesa/stkpush/v1/processrequest"

    assert error(sandbox.post(path))[:2] == (404, "404.001.04")
    assert error(sandbox.get(path))[:2] == (404, "404.001.04")
    assert error(sandbox.http.put(sandbox.url + path))[:2] == (405, "405.001")
    assert error(sandbox.post("/daraja/mpesa/nothing"))[:2] == (404, "404.001.01")


def test_the_token_call_may_answer_html(sandbox: Sandbox) -> None:
    sandbox.faults(daraja={"token_html": True})
    answer = sandbox.get(GENERATE, params=CLIENT, auth=PAIR)

    assert answer.status_code == 200
    assert answer.text.startswith("<html>")


# The push


def test_an_accepted_push_is_a_prompt_and_not_yet_money(sandbox: Sandbox) -> None:
    answer = sandbox.push(amount="500")
    (prompt,) = sandbox.state()["prompts"]

    assert answer.json()["ResponseCode"] == "0"
    assert re.fullmatch(r"ws_CO_\d{14}\d{1,3}708374149", answer.json()["CheckoutRequestID"])
    assert prompt == prompt | {
        "phone": PHONE,
        "amount": 500,
        "reference": "T7",
        "status": "open",
        "checkout_request_id": answer.json()["CheckoutRequestID"],
        "merchant_request_id": answer.json()["MerchantRequestID"],
    }
    assert sandbox.state()["totals"]["money_received"] == "0.00"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"BusinessShortCode": "1"}, "BusinessShortCode"),
        ({"Timestamp": "20260101"}, "Timestamp"),
        ({"TransactionType": "CustomerPay"}, "TransactionType"),
        ({"Amount": 0}, "Amount"),
        ({"Amount": 250_001}, "Amount"),
        ({"Amount": "10.50"}, "Amount"),
        ({"PartyA": "0708374149"}, "PartyA"),
        ({"PhoneNumber": "+254708374149"}, "PhoneNumber"),
        ({"AccountReference": ""}, "AccountReference"),
        ({"AccountReference": "X" * 13}, "AccountReference"),
        ({"TransactionDesc": ""}, "Remarks"),
        ({"TransactionDesc": "X" * 14}, "TransactionDesc"),
        ({"CallBackURL": "http://tuma.example/x"}, "CallBackURL"),
        ({"CallBackURL": "https://Tuma.example/x"}, "CallBackURL"),
        ({"CallBackURL": "https://tuma.example/mpesa/x"}, "CallBackURL"),
        ({"CallBackURL": "https://tuma.example/ x"}, "CallBackURL"),
        ({"CallBackURL": "https://abc.ngrok.io/x"}, "CallBackURL"),
        ({"CallBackURL": "not an address"}, "CallBackURL"),
    ],
)
def test_a_wrong_field_is_named(sandbox: Sandbox, wrong: dict[str, Any], field: str) -> None:
    refusal = (400, "400.002.02", f"Bad Request - Invalid {field}")

    assert error(sandbox.push(**wrong)) == refusal
    assert sandbox.state()["prompts"] == []


def test_a_missing_description_is_an_invalid_remark(sandbox: Sandbox) -> None:
    body = sandbox.push_body()
    del body["TransactionDesc"]
    answer = sandbox.daraja("/mpesa/stkpush/v1/processrequest", body)

    assert error(answer)[2] == "Bad Request - Invalid Remarks"


def test_a_callback_address_may_be_https_anywhere(sandbox: Sandbox) -> None:
    assert sandbox.push(CallBackURL="https://tuma.example/pay/in/1").status_code == 200


def test_a_timestamp_of_another_zone_is_refused(sandbox: Sandbox) -> None:
    answer = sandbox.push(**sandbox.signed(minutes_ago=180))

    assert error(answer)[2] == "Bad Request - Invalid Timestamp"


def test_a_password_must_fit_its_timestamp(sandbox: Sandbox) -> None:
    answer = sandbox.push(Password=sandbox.signed(minutes_ago=1)["Password"])

    assert error(answer) == (500, "500.001.1001", "Wrong credentials")


def test_another_shortcode_does_not_exist(sandbox: Sandbox) -> None:
    answer = sandbox.push(BusinessShortCode="600984")

    assert error(answer) == (500, "500.001.1001", "Merchant does not exist")


def test_a_body_that_is_no_json_is_an_invalid_payload(sandbox: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {sandbox.token()}"}
    url = f"{sandbox.url}/daraja/mpesa/stkpush/v1/processrequest"

    assert error(sandbox.http.post(url, data=b"[", headers=headers))[1] == "400.002.05"


def test_a_phone_with_an_open_prompt_is_locked(sandbox: Sandbox) -> None:
    sandbox.prompt(amount=500)
    second = sandbox.push(amount=600)
    sandbox.pin("cancel")

    assert error(second)[:2] == (500, "500.001.1001")
    assert error(second)[2].startswith("Unable to lock subscriber")
    assert sandbox.push(amount=600).status_code == 200


def test_the_same_amount_again_within_two_minutes_is_17(
    sandbox: Sandbox, application: Application
) -> None:
    sandbox.prompt()
    sandbox.pin()
    sandbox.prompt()
    codes = {seen.result for seen in application.wait("/stk/", 2)}

    assert codes == {0, 17}
    assert sandbox.state()["totals"]["payments"] == 1


def test_the_rule_of_two_minutes_can_be_lifted(sandbox: Sandbox) -> None:
    sandbox.faults(daraja={"code17_seconds": 0})
    for _ in range(2):
        sandbox.prompt()
        sandbox.pin()

    assert sandbox.state()["totals"]["money_received"] == "1000.00"


def test_a_till_that_is_not_ours_ends_in_2028(sandbox: Sandbox, application: Application) -> None:
    sandbox.prompt(TransactionType="CustomerBuyGoodsOnline")

    assert application.wait("/stk/")[0].result == 2028


def test_special_characters_make_a_push_vanish(sandbox: Sandbox, application: Application) -> None:
    sandbox.prompt(AccountReference="A&B")

    assert sandbox.pin()["error"] == "no_prompt"
    assert sandbox.state()["prompts"][0]["status"] == "vanished"
    assert application.seen == []


# How it ends


def test_the_right_pin_pays(sandbox: Sandbox, application: Application) -> None:
    checkout = sandbox.prompt()
    answer = sandbox.pin()
    (seen,) = application.wait("/stk/")
    callback = seen.json["Body"]["stkCallback"]
    items = {item["Name"]: item.get("Value") for item in callback["CallbackMetadata"]["Item"]}

    assert answer["status"] == "paid"
    assert callback["CheckoutRequestID"] == checkout
    assert (callback["ResultCode"], items["Amount"]) == (0, 500)
    assert items["MpesaReceiptNumber"] == answer["receipt"]
    assert items["PhoneNumber"] == int(PHONE)
    assert len(str(items["TransactionDate"])) == 14
    assert {"Name": "Balance"} in callback["CallbackMetadata"]["Item"]
    assert seen.headers["Businessshortcode"] == "174379"
    assert seen.headers["Content-Type"] == "application/json;charset=UTF-8"


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        ({"pin": "0000"}, 2001, "wrong_pin"),
        ({"pin": "cancel"}, 1032, "cancelled"),
        ({"pin": "timeout"}, 1037, "timed_out"),
        ({"cancel": True, "pin": ""}, 1032, "cancelled"),
        ({"timeout": True, "pin": ""}, 1037, "timed_out"),
        ({"pin": "CANCEL"}, 1032, "cancelled"),
        ({"result": 1, "pin": ""}, 1, "failed"),
    ],
)
def test_a_person_can_end_a_prompt_without_paying(
    sandbox: Sandbox, application: Application, body: dict[str, Any], code: int, status: str
) -> None:
    sandbox.prompt()
    answer = sandbox.pin(**body)
    (seen,) = application.wait("/stk/")

    assert (answer["status"], answer["receipt"], seen.result) == (status, None, code)
    assert "CallbackMetadata" not in seen.json["Body"]["stkCallback"]
    assert sandbox.state()["payments"] == []


def test_an_action_serves_instead_of_a_pin(sandbox: Sandbox) -> None:
    sandbox.prompt()
    answer = sandbox.post("/mpesa/pin", {"phone": "0708 374 149", "action": "cancel"})

    assert answer.json()["status"] == "cancelled"


def test_a_pin_that_is_none_is_refused(sandbox: Sandbox) -> None:
    sandbox.prompt()

    assert sandbox.post("/mpesa/pin", {"phone": PHONE, "pin": "12"}).status_code == 422
    assert sandbox.post("/mpesa/pin", {"phone": "12", "pin": "1234"}).status_code == 422
    assert sandbox.state()["prompts"][0]["status"] == "open"


def test_without_a_prompt_there_is_nothing_to_answer(sandbox: Sandbox) -> None:
    assert sandbox.post("/mpesa/pin", {"phone": PHONE, "pin": "1234"}).status_code == 404


def test_a_prompt_nobody_answers_ends_by_itself(sandbox: Sandbox, application: Application) -> None:
    sandbox.faults(daraja={"prompt_seconds": 0.2, "unanswered_seconds": 0.2})
    sandbox.prompt()
    (seen,) = application.wait("/stk/")
    callback = seen.json["Body"]["stkCallback"]

    assert (callback["ResultCode"], callback["ResultDesc"]) == (1037, "No response from user.")
    wait_until(lambda: sandbox.state()["prompts"][0]["status"] == "timed_out")


def test_a_person_may_pay_after_1037_was_told(sandbox: Sandbox, application: Application) -> None:
    sandbox.faults(daraja={"unanswered_seconds": 0})
    sandbox.prompt()
    application.wait("/stk/")
    sandbox.pin()

    assert [seen.result for seen in application.wait("/stk/", 2)] == [1037, 0]


@pytest.mark.parametrize(
    ("auto", "code"), [("pay", 0), ("cancel", 1032), ("timeout", 1037), ("wrong_pin", 2001)]
)
def test_prompts_can_answer_themselves(
    sandbox: Sandbox, application: Application, auto: str, code: int
) -> None:
    sandbox.faults(mpesa={"auto": auto})
    sandbox.prompt()

    assert application.wait("/stk/")[0].result == code


def test_a_callback_is_not_repeated(sandbox: Sandbox, application: Application) -> None:
    application.reply = lambda _: (500, {})
    sandbox.prompt()
    sandbox.pin("cancel")
    application.wait("/stk/")
    time.sleep(0.15)

    assert len(application.seen) == 1


def test_receipts_have_the_shape_of_their_day_and_never_repeat(sandbox: Sandbox) -> None:
    receipts = {sandbox.paybill()["receipt"] for _ in range(50)}

    assert len(receipts) == 50
    assert all(re.fullmatch(r"[A-Z][A-L][1-9A-V][0-9A-Z]{7}", receipt) for receipt in receipts)


# The query


def test_an_open_push_is_4999_and_a_finished_one_its_code_as_text(sandbox: Sandbox) -> None:
    checkout = sandbox.prompt()
    before = sandbox.query(checkout).json()
    sandbox.pin("timeout")
    after = sandbox.query(checkout).json()

    assert before["ResultCode"] == "4999"
    assert after["ResultCode"] == "1037"
    assert after["ResultDesc"] == "DS timeout user cannot be reached."


def test_a_query_shows_neither_receipt_nor_amount(sandbox: Sandbox) -> None:
    checkout = sandbox.prompt()
    receipt = sandbox.pin()["receipt"]
    answer = sandbox.query(checkout)

    assert answer.json()["ResultCode"] == "0"
    assert receipt not in answer.text
    assert "500" not in answer.json().values()


def test_the_query_is_noisy_in_several_ways(sandbox: Sandbox) -> None:
    sandbox.faults(seed=3, daraja={"query_open_noise": 0.5, "query_limit": 0})
    checkout = sandbox.prompt()
    answers = [sandbox.query(checkout) for _ in range(40)]
    noise = [answer for answer in answers if "errorCode" in answer.json()]

    assert {answer.json()["errorCode"] for answer in noise} == {"500.001.1001"}
    assert {answer.status_code for answer in noise} == {200, 500}
    assert {answer.json()["errorMessage"] for answer in noise} == {
        "",
        "The transaction is being processed",
    }
    assert 5 < len(noise) < 35


def test_an_unknown_push_does_not_exist(sandbox: Sandbox) -> None:
    answer = sandbox.query("ws_CO_1")

    assert error(answer) == (500, "500.001.1001", "The transaction does not Exist")


def test_the_sixth_query_in_a_minute_is_429(sandbox: Sandbox) -> None:
    checkout = sandbox.prompt()
    answers = [sandbox.query(checkout) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert "SpikeArrest" in answers[5].json()["fault"]["detail"]["errorcode"]


def test_a_query_may_contradict_the_callback(sandbox: Sandbox) -> None:
    checkout = sandbox.prompt()
    sandbox.pin()
    sandbox.faults(daraja={"query_contradicts": {"next": 1}})

    assert [sandbox.query(checkout).json()["ResultCode"] for _ in range(2)] == ["1032", "0"]


def test_a_query_may_come_too_early(sandbox: Sandbox) -> None:
    checkout = sandbox.prompt()
    sandbox.faults(daraja={"query_too_early": {"next": 1}})

    assert error(sandbox.query(checkout))[2] == "Bad Request - Invalid CheckoutRequestID"
