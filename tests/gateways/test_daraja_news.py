"""What Safaricom posts to us, and what its result codes mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.gateways.daraja import (
    RESULTS,
    C2bPayment,
    Charged,
    StkCallback,
    read_c2b,
    read_stk_callback,
    result,
)

PAID_AT = datetime(2026, 11, 23, 11, 30, 11, tzinfo=UTC)
ITEMS = (
    '{"Name":"Amount","Value":500.00}',
    '{"Name":"MpesaReceiptNumber","Value":"UKN3A7X2QP"}',
    '{"Name":"Balance"}',
    '{"Name":"TransactionDate","Value":20261123143011}',
    '{"Name":"PhoneNumber","Value":"254708***149"}',
)


def callback(*items: str, code: str = "0", metadata: bool = True) -> bytes:
    more = f',"CallbackMetadata":{{"Item":[{",".join(items)}]}}' if metadata else ""
    return (
        '{"Body":{"stkCallback":{"MerchantRequestID":"7c1e-4a0b","CheckoutRequestID":"ws_CO_1",'
        f'"ResultCode":{code},"ResultDesc":"Words."{more}}}}}}}'
    ).encode()


@pytest.mark.parametrize("items", [ITEMS, ITEMS[::-1], ITEMS[:2] + ITEMS[3:4]])
def test_a_paid_push_tells_receipt_exact_amount_and_time(items: tuple[str, ...]) -> None:
    read = read_stk_callback(callback(*items))

    assert read == StkCallback(
        "7c1e-4a0b", "ws_CO_1", "0", "Words.", "UKN3A7X2QP", Decimal("500.00"), PAID_AT
    )
    assert str(read.amount) == "500.00"


def test_numbers_may_come_as_text() -> None:
    read = read_stk_callback(
        callback(
            '{"Name":"Amount","Value":"500.00"}',
            '{"Name":"MpesaReceiptNumber","Value":" ukn3a7x2qp "}',
            '{"Name":"TransactionDate","Value":"20261123143011"}',
            code='"0"',
        )
    )

    assert read is not None
    assert (read.result_code, read.receipt, read.amount) == ("0", "UKN3A7X2QP", Decimal(500))
    assert read.paid_at == PAID_AT


@pytest.mark.parametrize("code", ["1032", '"1032"', "1032.0"])
def test_a_failed_push_has_no_metadata_at_all(code: str) -> None:
    read = read_stk_callback(callback(code=code, metadata=False))

    assert read == StkCallback("7c1e-4a0b", "ws_CO_1", "1032", "Words.")


@pytest.mark.parametrize(
    "items",
    [
        ('{"Name":"Amount","Value":1e999999}',),
        ('{"Name":"Amount","Value":-5}', '{"Name":"TransactionDate","Value":"soon"}'),
        ('{"Name":"MpesaReceiptNumber","Value":null}', "7", "null", "[]"),
        ('{"Name":"MpesaReceiptNumber","Value":{"a":1}}',),
    ],
)
def test_items_that_make_no_sense_are_none(items: tuple[str, ...]) -> None:
    read = read_stk_callback(callback(*items))

    assert read == StkCallback("7c1e-4a0b", "ws_CO_1", "0", "Words.")


def test_a_code_of_letters_is_text() -> None:
    read = read_stk_callback(callback(code='"SFC_IC0003"', metadata=False))

    assert read is not None
    assert read.result_code == "SFC_IC0003"


C2B = {
    "TransactionType": "Pay Bill",
    "TransID": "ukn3a7x2qp",
    "TransTime": "20261123143011",
    "TransAmount": "250.00",
    "BusinessShortCode": "600984",
    "BillRefNumber": " tuma 7 ",
    "InvoiceNumber": "",
    "OrgAccountBalance": "",
    "ThirdPartyTransID": "",
    "MSISDN": "2547 ***** 126",
    "FirstName": "Asha",
    "MiddleName": "",
    "LastName": "Otieno",
}


def read(**more: Any) -> C2bPayment | None:
    return read_c2b(json.dumps(C2B | more).encode())


def test_a_paybill_payment_is_read_word_for_word() -> None:
    assert read() == C2bPayment(
        receipt="UKN3A7X2QP",
        amount=Decimal("250.00"),
        paid_at=PAID_AT,
        account_typed="tuma 7",
        payer="2547 ***** 126",
        name="Asha Otieno",
        shortcode="600984",
        kind="Pay Bill",
    )


def test_a_till_payment_may_lack_account_and_names() -> None:
    raw = json.dumps({"TransID": "UKN3A7X2QP", "TransAmount": 10, "FirstName": "Asha"}).encode()

    assert read_c2b(raw) == C2bPayment("UKN3A7X2QP", Decimal(10), name="Asha")


@pytest.mark.parametrize("payer", ["a" * 64, "254705912645", 254705912645], ids=repr)
def test_a_payer_is_any_text(payer: object) -> None:
    payment = read(MSISDN=payer)

    assert payment is not None
    assert payment.payer == str(payer)


@pytest.mark.parametrize(
    "more", [{"TransID": ""}, {"TransID": None}, {"TransAmount": ""}, {"TransAmount": "-5"}]
)
def test_without_a_receipt_or_an_amount_there_is_no_payment(more: dict[str, Any]) -> None:
    assert read(**more) is None


BROKEN = {
    "empty": b"",
    "html": b"<html>",
    "truncated": callback(*ITEMS)[:-30],
    "not UTF-8": callback(*ITEMS).replace(b"Words", b"\xff"),
    "deep": b'{"Body":' * 100_000,
    "huge": callback(*ITEMS, *(ITEMS[0],) * 5000),
    "huge number": b'{"TransAmount":' + b"9" * 50_000 + b"}",
    "list": b"[1]",
    "null": b"null",
    "no callback": b'{"Body":{}}',
    "callback is text": b'{"Body":{"stkCallback":"x"}}',
    "no id": callback(metadata=False).replace(b"CheckoutRequestID", b"Other"),
    "no code": callback(metadata=False).replace(b"ResultCode", b"Other"),
    "code is true": callback(code="true", metadata=False),
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN.keys())
def test_a_body_that_cannot_be_read_is_none_and_never_raises(raw: bytes) -> None:
    assert read_stk_callback(raw) is None
    assert read_c2b(raw) is None


def json_values() -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
    names = st.sampled_from(["Body", "stkCallback", "Item", "Name", "Value", "TransID", "Amount"])
    return st.recursive(
        leaves, lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=20
    )


@settings(deadline=None)
@given(json_values())
def test_no_json_makes_reading_raise(value: Any) -> None:
    for held in (value, {"Body": {"stkCallback": value}}, C2B | {"TransAmount": value}):
        raw = json.dumps(held).encode()
        read_stk_callback(raw)
        read_c2b(raw)


FINAL = "0 1 2 3 4 8 11 17 1001 1019 1025 1032 1037 2001 2028 2029 8006 9999 E3008 SFC_IC0003"
NOT_FINAL = "26 4999 500.001.1001"
ALARMS = "2 8 2028 2029 SFC_IC0003"


def test_every_code_that_was_ever_seen_is_final_or_not() -> None:
    assert {code for code in RESULTS if RESULTS[code].final} == set(FINAL.split())
    assert {code for code in RESULTS if not RESULTS[code].final} == set(NOT_FINAL.split())
    assert {code for code in RESULTS if RESULTS[code].alarm} == set(ALARMS.split())


def test_only_zero_took_money_and_silence_only_probably_did_not() -> None:
    by_charge = {
        charge: {code for code in RESULTS if RESULTS[code].charged is charge} for charge in Charged
    }

    assert by_charge[Charged.YES] == {"0"}
    assert by_charge[Charged.PROBABLY_NOT] == {"26", "1019", "1037"}
    assert by_charge[Charged.UNKNOWN] == {"1001", "4999", "500.001.1001"}


def test_a_code_nobody_has_met_is_no_end_and_no_failure() -> None:
    met = result(" 31337 ")

    assert (met.code, met.final, met.charged) == ("31337", False, Charged.UNKNOWN)
    assert result("1032 ") is RESULTS["1032"]


def test_the_same_amount_waits_two_minutes() -> None:
    assert result("17").wait_s == 120
