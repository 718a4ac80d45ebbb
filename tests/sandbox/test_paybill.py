"""C2B payments, pull, and the calls answered by a result."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.outside import NAIROBI, PATIENCE_S, PHONE, Application, Sandbox, Seen

CONFIRM, VALIDATE = "/c2b/confirm", "/c2b/validate"
CREDENTIAL = base64.b64encode(b"x" * 256).decode()


def register(sandbox: Sandbox, version: int = 2, **more: Any) -> Any:
    body = {
        "ShortCode": sandbox.settings.mpesa.shortcode,
        "ResponseType": "Completed",
        "ConfirmationURL": f"{sandbox.callbacks}/own/c2b/confirm",
        "ValidationURL": f"{sandbox.callbacks}/own/c2b/validate",
    } | more
    return sandbox.daraja(f"/mpesa/c2b/v{version}/registerurl", body)


def test_a_payment_is_confirmed_with_its_receipt(
    sandbox: Sandbox, application: Application
) -> None:
    answer = sandbox.paybill(250, account="tm 7k")
    (seen,) = application.wait(CONFIRM)

    assert seen.path == f"/pay/in/{sandbox.settings.mpesa.callback_secret}/c2b/confirm"
    assert all(isinstance(value, str) for value in seen.json.values())
    assert seen.json == seen.json | {
        "TransactionType": "Pay Bill",
        "TransID": answer["receipt"],
        "TransAmount": "250.00",
        "BusinessShortCode": "174379",
        "BillRefNumber": "tm 7k",
        "OrgAccountBalance": "250.00",
        "MSISDN": "2547 ***** 149",
    }
    assert answer["status"] == "completed"
    assert f"{answer['receipt']} Confirmed. Ksh250.00" in answer["message"]


@pytest.mark.parametrize("amount", [0, -5, "10.5", 250_001, "many", None, "NaN"])
def test_only_whole_shillings_within_the_limit_can_be_paid(sandbox: Sandbox, amount: Any) -> None:
    assert sandbox.paybill(amount)["error"] == "invalid"


def test_a_paid_push_is_confirmed_too_with_the_same_receipt(
    sandbox: Sandbox, application: Application
) -> None:
    sandbox.prompt()
    receipt = sandbox.pin()["receipt"]
    (seen,) = application.wait(CONFIRM)

    assert (seen.json["TransID"], seen.json["BillRefNumber"]) == (receipt, "T7")
    assert sandbox.state()["totals"]["money_received"] == "500.00"


def test_a_paid_push_need_not_be_confirmed(sandbox: Sandbox, application: Application) -> None:
    sandbox.faults(daraja={"c2b_on_stk": False})
    sandbox.prompt()
    sandbox.pin()
    application.wait("/stk/")
    time.sleep(0.1)

    assert application.got(CONFIRM) == []


@pytest.mark.parametrize("c2b_first", [False, True])
def test_confirmation_and_callback_come_in_either_order(
    sandbox: Sandbox, application: Application, c2b_first: bool
) -> None:
    sandbox.faults(daraja={"c2b_delay": 1, "c2b_first": c2b_first})
    sandbox.prompt()
    sandbox.pin()
    callback, confirmation = application.wait("/stk/")[0], application.wait(CONFIRM)[0]

    assert (confirmation.at < callback.at) == c2b_first


def test_a_confirmation_may_come_three_times_or_never(
    sandbox: Sandbox, application: Application
) -> None:
    sandbox.faults(daraja={"c2b_duplicate": {"next": 1}})
    first = sandbox.paybill()["receipt"]
    application.wait(CONFIRM, 3)
    sandbox.faults(daraja={"c2b_silent": True})
    sandbox.paybill()
    time.sleep(0.1)

    assert [seen.json["TransID"] for seen in application.got(CONFIRM)] == [first] * 3


def test_names_may_be_missing(sandbox: Sandbox, application: Application) -> None:
    sandbox.faults(daraja={"c2b_names_missing": True})
    sandbox.paybill()

    assert "LastName" not in application.wait(CONFIRM)[0].json


def test_without_registered_addresses_payments_are_silent(
    sandbox: Sandbox, application: Application
) -> None:
    sandbox.faults(daraja={"c2b_unregistered": True})
    receipt = sandbox.paybill()["receipt"]
    time.sleep(0.1)

    assert application.seen == []
    assert sandbox.state()["payments"][0]["receipt"] == receipt


# Registration


@pytest.mark.parametrize(
    ("version", "shown"),
    [(1, hashlib.sha256(PHONE.encode()).hexdigest()), (2, "2547 ***** 149")],
)
def test_the_version_registered_decides_how_the_payer_is_hidden(
    sandbox: Sandbox, application: Application, version: int, shown: str
) -> None:
    answer = register(sandbox, version).json()
    sandbox.paybill()
    (seen,) = application.wait("/own/c2b/confirm")

    assert answer["ResponseCode"] == "0"
    assert "OriginatorCoversationID" in answer
    assert seen.json["MSISDN"] == shown


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"ShortCode": "600000"}, "ShortCode"),
        ({"ResponseType": "completed"}, "ResponseType"),
        ({"ConfirmationURL": "https://tuma.example/mpesa/c"}, "ConfirmationURL"),
        ({"ConfirmationURL": "https://tuma.example/5afe/exec"}, "ConfirmationURL"),
        ({"ValidationURL": "http://tuma.example/v"}, "ValidationURL"),
    ],
)
def test_a_wrong_registration_is_refused(
    sandbox: Sandbox, wrong: dict[str, Any], field: str
) -> None:
    answer = register(sandbox, **wrong)

    assert answer.status_code == 400
    assert answer.json()["errorMessage"] == f"Bad Request - Invalid {field}"


def test_in_production_addresses_are_registered_once(sandbox: Sandbox) -> None:
    sandbox.faults(daraja={"c2b_production": True})
    first, second = register(sandbox), register(sandbox)

    assert (first.status_code, second.status_code) == (200, 500)
    assert second.json()["errorMessage"] == "Urls are already registered."


# Validation


def validated(sandbox: Sandbox, application: Application, status: int, answer: object) -> Any:
    def reply(seen: Seen) -> tuple[int, object]:
        return (status, answer) if VALIDATE in seen.path else (200, {"ResultCode": 0})

    application.reply = reply
    sandbox.faults(daraja={"validation": True})
    return sandbox.paybill()


def test_validation_is_off_until_safaricom_enables_it(
    sandbox: Sandbox, application: Application
) -> None:
    sandbox.paybill()
    application.wait(CONFIRM)

    assert application.got(VALIDATE) == []


def test_an_accepted_payment_carries_our_id_into_the_confirmation(
    sandbox: Sandbox, application: Application
) -> None:
    answer = {"ResultCode": "0", "ResultDesc": "Accepted", "ThirdPartyTransID": "top_1"}
    paid = validated(sandbox, application, 200, answer)
    (asked,), (told,) = application.wait(VALIDATE), application.wait(CONFIRM)

    assert asked.json["TransID"] == told.json["TransID"] == paid["receipt"]
    assert (asked.json["OrgAccountBalance"], told.json["OrgAccountBalance"]) == ("", "250.00")
    assert told.json["ThirdPartyTransID"] == "top_1"


def test_a_rejected_payment_moves_no_money(sandbox: Sandbox, application: Application) -> None:
    answer = validated(
        sandbox, application, 200, {"ResultCode": "C2B00012", "ResultDesc": "Rejected"}
    )

    assert (answer["status"], answer["receipt"]) == ("rejected", None)
    assert "account number" in answer["message"]
    assert application.got(CONFIRM) == []
    assert sandbox.state()["totals"]["money_received"] == "0.00"


@pytest.mark.parametrize(
    ("kind", "status"), [("Completed", "completed"), ("Cancelled", "rejected")]
)
@pytest.mark.parametrize("answer", [(500, {}), (200, b"<html>"), (200, {"Result": 0})])
def test_an_unreadable_validation_leaves_it_to_the_registration(
    sandbox: Sandbox,
    application: Application,
    kind: str,
    status: str,
    answer: tuple[int, object],
) -> None:
    register(sandbox, ResponseType=kind)

    assert validated(sandbox, application, *answer)["status"] == status


def test_a_late_validation_is_not_waited_for(sandbox: Sandbox, application: Application) -> None:
    over = threading.Event()

    def reply(seen: Seen) -> tuple[int, object]:
        over.wait(PATIENCE_S)
        return 200, {"ResultCode": "C2B00012"}

    application.reply = reply
    sandbox.faults(daraja={"validation": True, "validation_seconds": 0.1})
    paid = sandbox.paybill()
    over.set()

    assert paid["status"] == "completed"


def test_a_customer_can_be_simulated(sandbox: Sandbox, application: Application) -> None:
    body = {
        "ShortCode": "174379",
        "CommandID": "CustomerPayBillOnline",
        "Amount": "75",
        "Msisdn": PHONE,
        "BillRefNumber": "TM7K",
    }
    answer = sandbox.daraja("/mpesa/c2b/v2/simulate", body).json()
    (seen,) = application.wait(CONFIRM)

    assert answer["ResponseCode"] == "0"
    assert (seen.json["TransAmount"], seen.json["BillRefNumber"]) == ("75.00", "TM7K")


# Pull


def pull(sandbox: Sandbox, **more: Any) -> Any:
    now = datetime.now(NAIROBI)
    body = {
        "ShortCode": "174379",
        "StartDate": f"{now - timedelta(hours=1):%Y-%m-%d %H:%M:%S}",
        "EndDate": f"{now + timedelta(hours=1):%Y-%m-%d %H:%M:%S}",
        "OffSetValue": "0",
    } | more
    return sandbox.daraja("/pulltransactions/v1/query", body)


def pull_register(sandbox: Sandbox) -> Any:
    body = {
        "ShortCode": "174379",
        "RequestType": "Pull",
        "NominatedNumber": PHONE,
        "CallBackURL": f"{sandbox.callbacks}/x",
    }
    return sandbox.daraja("/pulltransactions/v1/register", body)


def test_pull_wants_one_registration(sandbox: Sandbox) -> None:
    refused = pull(sandbox)
    codes = [pull_register(sandbox).json()["ResponseCode"] for _ in range(2)]

    assert refused.status_code == 400
    assert codes == ["1000", "1001"]


def test_pull_lists_the_ledger_inside_a_list(sandbox: Sandbox) -> None:
    pull_register(sandbox)
    receipts = [sandbox.paybill(amount)["receipt"] for amount in (100, 200, 300)]
    answer, rest = pull(sandbox).json(), pull(sandbox, OffSetValue="2").json()

    assert answer["ResponseCode"] == "1000"
    assert [row["transactionId"] for row in answer["Response"][0]] == receipts
    assert [row["amount"] for row in rest["Response"][0]] == ["300.00"]
    assert answer["Response"][0][0] == answer["Response"][0][0] | {
        "billreference": "TM7K",
        "transactiontype": "c2b-pay-bill-debit",
    }


@pytest.mark.parametrize(("as_text", "empty"), [(False, [[]]), (True, "[[]]")])
def test_an_empty_pull_is_an_empty_list_in_a_list(
    sandbox: Sandbox, as_text: bool, empty: object
) -> None:
    pull_register(sandbox)
    sandbox.faults(daraja={"pull_text_empty": as_text})
    answer = pull(sandbox).json()

    assert (answer["ResponseCode"], answer["Response"]) == ("1001", empty)


def test_pull_times_are_utc_or_nairobis(sandbox: Sandbox) -> None:
    pull_register(sandbox)
    sandbox.paybill()
    marked = pull(sandbox).json()["Response"][0][0]["trxDate"]
    sandbox.faults(daraja={"pull_zoneless": True})
    bare = pull(sandbox).json()["Response"][0][0]["trxDate"]

    assert marked.endswith("Z")
    assert datetime.fromisoformat(bare) - datetime.fromisoformat(marked[:-1]) == timedelta(hours=3)


# Results


def ask(sandbox: Sandbox, path: str, **more: Any) -> Any:
    body = {
        "Initiator": "testapi",
        "SecurityCredential": CREDENTIAL,
        "ResultURL": f"{sandbox.callbacks}/pay/in/5ec2e7/result/70ce4",
        "QueueTimeOutURL": f"{sandbox.callbacks}/pay/in/5ec2e7/timeout/70ce4",
        "Remarks": "check",
        "RecieverIdentifierType": "11",
    } | more
    return sandbox.daraja(path, body)


STATUS = "/mpesa/transactionstatus/v1/query"
REVERSAL = "/mpesa/reversal/v1/request"


def result(application: Application, count: int = 1) -> Any:
    return application.wait("/result/", count)[-1].json["Result"]


def values(said: Any) -> dict[str, Any]:
    pairs = said["ResultParameters"]["ResultParameter"]
    return {pair["Key"]: pair.get("Value") for pair in pairs}


def test_a_receipt_can_be_asked_about(sandbox: Sandbox, application: Application) -> None:
    receipt = sandbox.paybill(250)["receipt"]
    accepted = ask(sandbox, STATUS, TransactionID=receipt).json()
    said = result(application)

    assert accepted["ResponseCode"] == "0"
    assert said["ConversationID"] == accepted["ConversationID"]
    assert values(said)["ReceiptNo"] == receipt
    assert (values(said)["Amount"], values(said)["TransactionStatus"]) == ("250.00", "Completed")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"TransactionID": "UKN0000000"}, "R000002"),
        ({"Initiator": "nobody"}, 2001),
        ({"SecurityCredential": "c2hvcnQ="}, 2001),
    ],
)
def test_a_failed_result_has_no_parameters(
    sandbox: Sandbox, application: Application, wrong: dict[str, str], code: Any
) -> None:
    ask(sandbox, STATUS, **({"TransactionID": sandbox.paybill()["receipt"]} | wrong))
    said = result(application)

    assert said["ResultCode"] == code
    assert "ResultParameters" not in said


def test_a_payment_is_reversed_once(sandbox: Sandbox, application: Application) -> None:
    receipt = sandbox.paybill(250)["receipt"]
    for _ in range(2):
        ask(sandbox, REVERSAL, TransactionID=receipt, Amount="250", ReceiverParty="174379")
    codes = [seen.json["Result"]["ResultCode"] for seen in application.wait("/result/", 2)]

    assert sorted(map(str, codes)) == ["0", "R000001"]
    assert sandbox.state()["totals"]["money_reversed"] == "250.00"
    assert sandbox.state()["payments"][0]["status"] == "reversed"


def test_the_balance_is_a_line_of_accounts(sandbox: Sandbox, application: Application) -> None:
    sandbox.paybill(250)
    ask(sandbox, "/mpesa/accountbalance/v1/query")
    shown = values(result(application))["AccountBalance"]

    assert shown.startswith("Working Account|KES|250.00|250.00|0.00|0.00&Utility Account|")


def test_money_goes_out_once_for_an_id(sandbox: Sandbox, application: Application) -> None:
    sandbox.paybill(250)
    body = {"InitiatorName": "testapi", "OriginatorConversationID": "ours-1"}
    body |= {"Amount": "100", "PartyB": PHONE}
    first, second = (ask(sandbox, "/mpesa/b2c/v3/paymentrequest", **body) for _ in range(2))

    assert values(result(application))["TransactionAmount"] == 100
    assert second.json()["errorCode"] == "500.002.1001"
    assert first.json()["OriginatorConversationID"] == "ours-1"
    assert sandbox.state()["totals"]["money_sent"] == "100.00"


def test_a_result_may_come_thrice_never_or_as_a_time_out(
    sandbox: Sandbox, application: Application
) -> None:
    receipt = sandbox.paybill()["receipt"]
    for fault in ("result_duplicate", "result_silent", "result_timeout"):
        sandbox.faults(daraja={fault: {"next": 1}})
        ask(sandbox, STATUS, TransactionID=receipt)
    application.wait("/timeout/")

    assert len(application.wait("/result/", 3)) == 3
