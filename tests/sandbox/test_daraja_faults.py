"""Daraja fails in every way it has been seen to fail; the ledger knows what truly happened."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
import requests

from tests.sandbox.outside import PATIENCE_S, PHONE, Application, Sandbox, Seen
from tests.stack import wait_until

CONFIRM = "/c2b/confirm"


def test_daraja_may_be_down_altogether(sandbox: Sandbox) -> None:
    sandbox.token()
    sandbox.faults(daraja={"down": True})
    answer = sandbox.push()

    assert answer.status_code == 503
    assert answer.text.startswith("<html>")
    assert sandbox.state()["prompts"] == []


def test_a_reset_connection_makes_no_prompt(sandbox: Sandbox) -> None:
    sandbox.token()
    sandbox.faults(daraja={"reset": True})
    with pytest.raises(requests.ConnectionError):
        sandbox.push()

    assert sandbox.state()["prompts"] == []


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("html_503", 503),
        ("empty_400", 400),
        ("http_429", 429),
        ("system_busy", 500),
        ("subscriber_locked", 500),
    ],
)
def test_a_refused_push_makes_no_prompt(sandbox: Sandbox, fault: str, status: int) -> None:
    sandbox.token()
    sandbox.faults(daraja={fault: {"next": 1}})

    assert sandbox.push().status_code == status
    assert sandbox.state()["prompts"] == []
    assert sandbox.push().status_code == 200


def test_an_empty_400_is_empty(sandbox: Sandbox) -> None:
    sandbox.faults(daraja={"empty_400": True})

    assert sandbox.push().content == b""


def test_a_refusal_may_come_in_a_200(sandbox: Sandbox) -> None:
    sandbox.faults(daraja={"error_in_200": True})
    answer = sandbox.push(BusinessShortCode="600984")

    assert (answer.status_code, answer.json()["errorCode"]) == (200, "500.001.1001")


def test_a_lost_answer_leaves_a_prompt_that_can_be_paid(
    sandbox: Sandbox, application: Application
) -> None:
    sandbox.token()
    sandbox.faults(daraja={"drop": True})
    with pytest.raises(requests.ConnectionError):
        sandbox.push()

    assert sandbox.pin()["status"] == "paid"
    assert application.wait("/stk/")[0].result == 0


def test_a_hanging_push_leaves_a_prompt(sandbox: Sandbox) -> None:
    sandbox.token()
    sandbox.faults(daraja={"hang": True})
    headers = {"Authorization": f"Bearer {sandbox.token()}"}
    with pytest.raises(requests.ReadTimeout):
        sandbox.post(
            "/daraja/mpesa/stkpush/v1/processrequest",
            sandbox.push_body(),
            headers=headers,
            timeout=0.2,
        )

    wait_until(lambda: [each["status"] for each in sandbox.state()["prompts"]] == ["open"])


def test_an_internal_error_may_hide_a_prompt(sandbox: Sandbox) -> None:
    sandbox.faults(daraja={"error_after_accept": True})
    answer = sandbox.push()

    assert (answer.status_code, answer.json()["errorCode"]) == (500, "500.003.1001")
    assert sandbox.state()["prompts"][0]["status"] == "open"


def test_a_slow_push_is_answered_in_the_end(sandbox: Sandbox) -> None:
    sandbox.faults(daraja={"slow": True, "slow_seconds": 0.3})
    begun = time.monotonic()

    assert sandbox.push().status_code == 200
    assert time.monotonic() - begun >= 0.3


def test_a_callback_may_overtake_the_answer(sandbox: Sandbox, application: Application) -> None:
    sandbox.faults(daraja={"early": True})
    sandbox.prompt()

    assert [seen.result for seen in application.got("/stk/")] == [0]


def test_a_callback_may_never_come_although_money_moved(
    sandbox: Sandbox, application: Application
) -> None:
    sandbox.faults(daraja={"silent": True})
    sandbox.prompt()
    receipt = sandbox.pin()["receipt"]
    (seen,) = application.wait(CONFIRM)
    time.sleep(0.1)

    assert seen.json["TransID"] == receipt
    assert application.got("/stk/") == []
    assert sandbox.state()["totals"]["money_received"] == "500.00"


def test_three_callbacks_may_come_at_once(sandbox: Sandbox, application: Application) -> None:
    every = threading.Barrier(3)

    def answer_when_all_are_here(seen: Seen) -> tuple[int, object]:
        if "/stk/" in seen.path:
            every.wait(PATIENCE_S)
        return 200, {}

    application.reply = answer_when_all_are_here
    sandbox.faults(daraja={"duplicate": True})
    sandbox.prompt()
    sandbox.pin()
    seen = application.wait("/stk/", 3)

    assert len({each.body for each in seen}) == 1
    assert not every.broken


def test_success_may_follow_failure(sandbox: Sandbox, application: Application) -> None:
    sandbox.faults(daraja={"late_success": True, "late_seconds": 1})
    sandbox.prompt()
    sandbox.pin()

    assert [seen.result for seen in application.wait("/stk/", 2)] == [1037, 0]


def test_failure_may_follow_success(sandbox: Sandbox, application: Application) -> None:
    sandbox.faults(daraja={"failure_after_success": True})
    sandbox.prompt()
    sandbox.pin()

    assert [seen.result for seen in application.wait("/stk/", 2)] == [0, 1032]


def test_another_amount_may_be_paid(sandbox: Sandbox, application: Application) -> None:
    sandbox.faults(daraja={"wrong_amount": True})
    sandbox.prompt(amount=500)
    sandbox.pin()
    (seen,) = application.wait("/stk/")
    (confirmation,) = application.wait(CONFIRM)

    assert metadata(seen)["Amount"] == 250
    assert confirmation.json["TransAmount"] == "250.00"
    assert sandbox.state()["totals"]["money_received"] == "250.00"


def metadata(seen: Any) -> dict[str, Any]:
    items = seen.json["Body"]["stkCallback"]["CallbackMetadata"]["Item"]
    return {item["Name"]: item.get("Value") for item in items}


def test_callbacks_claim_a_listed_address_unless_told(
    sandbox: Sandbox, application: Application
) -> None:
    sandbox.faults(daraja={"unlisted_address": {"next": 1}})
    sandbox.paybill()
    sandbox.paybill()
    claims = {seen.headers["X-Forwarded-For"] for seen in application.wait(CONFIRM, 2)}

    assert claims == {"203.0.113.9", "196.201.212.69"}


def test_callbacks_may_arrive_in_another_order(sandbox: Sandbox, application: Application) -> None:
    sandbox.faults(seed=5, daraja={"out_of_order": True, "out_of_order_seconds": 1.5})
    sent = [sandbox.paybill()["receipt"] for _ in range(8)]
    came = [seen.json["TransID"] for seen in application.wait(CONFIRM, 8)]

    assert sorted(came) == sorted(sent)
    assert came != sent


def test_the_same_seed_strikes_the_same_occasions(sandbox: Sandbox) -> None:
    struck = []
    for _ in range(2):
        sandbox.reset()
        sandbox.faults(seed=7, daraja={"html_503": 0.5})
        numbers = [f"2547000000{place:02}" for place in range(12)]
        struck.append([sandbox.push(number).status_code for number in numbers])

    assert struck[0] == struck[1]
    assert set(struck[0]) == {200, 503}


def test_callback_values_come_in_odd_shapes(sandbox: Sandbox, application: Application) -> None:
    sandbox.faults(
        daraja={
            "balance_item_missing": True,
            "items_shuffled": True,
            "masked_phone": True,
            "text_values": True,
        }
    )
    sandbox.prompt()
    sandbox.pin()
    (seen,) = application.wait("/stk/")
    items = seen.json["Body"]["stkCallback"]["CallbackMetadata"]["Item"]

    assert items[0]["Name"] == "PhoneNumber"
    assert metadata(seen)["PhoneNumber"] == "254708***149"
    assert metadata(seen)["Amount"] == "500.00"
    assert "Balance" not in metadata(seen)


def test_callbacks_may_be_repeated_until_answered(
    sandbox: Sandbox, application: Application
) -> None:
    sandbox.faults(daraja={"retries": 1})
    application.reply = lambda _: (500, {})
    sandbox.prompt()
    sandbox.pin("cancel")

    assert len(application.wait("/stk/", 2)) == 2


def test_a_fault_may_be_about_one_phone(sandbox: Sandbox) -> None:
    sandbox.token()
    sandbox.faults(daraja={"html_503": {"phone": "0708374149"}})

    assert sandbox.push("254700000001").status_code == 200
    assert sandbox.push(PHONE).status_code == 503
