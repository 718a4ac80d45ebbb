"""Reading what others wrote."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.gateways import reading


@pytest.mark.parametrize(
    "raw",
    [b"", b"<html>", b'{"a": 1', b"[" * 100_000, b"\xff", b"9" * 5000, b"1e-99999999999999999999"],
)
def test_what_is_no_json_is_none(raw: bytes) -> None:
    assert reading.json(raw) is None


@settings(deadline=None)
@given(st.binary())
def test_no_bytes_make_reading_raise(raw: bytes) -> None:
    reading.fields(reading.json(raw))


def test_decimals_are_read_exactly() -> None:
    assert str(reading.json(b"1.10")) == "1.10"


def test_names_are_one_in_any_spelling_and_the_first_that_holds_something_wins() -> None:
    said = {"Message_Id": "", "messageId": "a", "MESSAGE-ID": "b", "x y": None}

    assert reading.fields(said) == {"messageid": "a", "xy": None}
    assert reading.fields([1]) == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" a\0b ", "ab"),
        ("\ud800!", "?!"),
        (7, "7"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E+999999"), "1E+999999"),
        (True, None),
        (None, None),
        ("  ", None),
        (["a"], None),
        ("a" * 2000, "a" * 1000),
    ],
)
def test_a_text_is_one_that_a_database_can_hold(value: object, text: str | None) -> None:
    assert reading.text(value) == text


def test_a_field_repeated_in_a_form_gives_its_last_value() -> None:
    assert reading.field_text({"a": [], "b": ["1", "2"]}, "a", "b") == "2"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0, "0"),
        ("0", "0"),
        ("000", "0"),
        (Decimal("0.0"), "0"),
        ("007", "7"),
        (Decimal("1.5"), "1.5"),
        (Decimal("1E+999999"), "1E+999999"),
        ("500.001.1001", "500.001.1001"),
        ("null", None),
        ("", None),
        (None, None),
    ],
    ids=repr,
)
def test_a_code_is_the_same_however_it_is_written(value: object, code: str | None) -> None:
    assert reading.code(value) == code


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (Decimal("500.00"), "500.00"),
        (10, "10"),
        ("1,250.50", "1250.50"),
        (Decimal("5E+2"), "500"),
        (Decimal("1E+999999"), None),
        (Decimal("1E-999999"), None),
        (-1, None),
        ("1e3", None),
        ("²", None),
        (None, None),
    ],
)
def test_an_amount_is_exact_or_none(value: object, amount: str | None) -> None:
    read = reading.amount(value)

    assert (None if read is None else str(read)) == amount


def test_a_secret_that_was_echoed_is_hidden_and_a_short_one_is_no_secret() -> None:
    assert reading.redacted("key=s3cret-key of me", ["s3cret-key", "me"]) == "key=*** of me"
