"""Money is exact, and reads only what is plainly an amount."""

from decimal import Decimal
from operator import add, floordiv, lt, sub
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import SCALE, ZERO, InvalidAmount, Money

AMOUNTS = st.integers(-(10**16) + 1, 10**16 - 1).map(Money)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("0", 0),
        ("1", 10_000),
        ("500", 5_000_000),
        ("007", 70_000),
        ("0.75", 7_500),
        ("0.2850", 2_850),
        ("0.0001", 1),
        ("1,250.50", 12_505_000),
        ("1,234,567", 12_345_670_000),
        ("  20 ", 200_000),
        ("999999999999.9999", 9_999_999_999_999_999),
    ],
)
def test_an_amount_is_read_to_the_ten_thousandth(text: str, units: int) -> None:
    assert Money.parse(text) == Money(units)


NOT_AMOUNTS = """
    . , .5 5. 1.23456 1,25 1,2345 12,34,567 ,100 1,,000 1000,000 1_000 +5 -5 --5 1e9 1E3 inf nan
    Infinity 0x10 ٣ १२ ５ ² ½ KES5 5/= 1234567890123 1,234,567,890,123 1.2.3 1,000.5,0
"""


@pytest.mark.parametrize("text", ["", "  ", "1 000", "- 5", "5\n", "\u00a05", *NOT_AMOUNTS.split()])
def test_what_is_not_plainly_an_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidAmount):
        Money.parse(text)


def test_a_minus_is_read_only_where_it_is_expected() -> None:
    assert Money.parse("-1,000.25", signed=True) == Money(-10_002_500)
    with pytest.raises(InvalidAmount):
        Money.parse("+1", signed=True)


def test_a_refused_amount_is_quoted_short_enough_for_a_screen() -> None:
    with pytest.raises(InvalidAmount) as refused:
        Money.parse("9" * 5000)

    assert len(refused.value.words("en")) < 120


@given(AMOUNTS)
def test_an_amount_survives_its_text(amount: Money) -> None:
    assert Money.parse(amount.text(), signed=True) == amount
    assert Money.parse(amount.price_text(), signed=True) == amount
    assert Decimal(amount.text()) * SCALE == amount.units


@given(AMOUNTS)
def test_a_text_has_two_to_four_decimals_and_no_needless_zero(amount: Money) -> None:
    decimals = amount.text().partition(".")[2]

    assert 2 <= len(decimals) <= 4
    assert len(decimals) == 2 or not decimals.endswith("0")


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_sums_do_not_depend_on_order(a: Money, b: Money, c: Money) -> None:
    assert (a + b) + c == a + (b + c) == sum([c, b, a], ZERO)
    assert a - b == a + -b
    assert a - a == ZERO


@given(AMOUNTS, st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_multiplying_is_repeated_adding(a: Money, m: int, n: int) -> None:
    assert a * (m + n) == a * m + n * a


@given(st.integers(0, 10**12).map(Money), st.integers(1, 10**6).map(Money))
def test_dividing_tells_how_many_fit(available: Money, price: Money) -> None:
    count = available // price

    assert price * count <= available < price * (count + 1)


@given(AMOUNTS, AMOUNTS)
def test_amounts_order_as_their_units_do(a: Money, b: Money) -> None:
    assert (a < b) == (a.units < b.units)
    assert bool(a) == (a.units != 0)
    assert abs(a).units == abs(a.units)


@pytest.mark.parametrize("times", [1.5, Decimal(2), "3", True, None, Money(2)])
def test_multiplying_by_anything_but_a_whole_number_is_a_bug(times: Any) -> None:
    with pytest.raises(TypeError):
        Money(1) * times


@pytest.mark.parametrize("other", [1, 1.5, Decimal(1), "one", None])
def test_money_mixes_with_nothing_else(other: Any) -> None:
    for mix in (add, sub, floordiv, lt):
        with pytest.raises(TypeError):
            mix(Money(1), other)


@pytest.mark.parametrize("units", [1.0, Decimal(1), "one", True, None])
def test_money_counts_only_whole_units(units: Any) -> None:
    with pytest.raises(TypeError):
        Money(units)


def test_people_see_the_currency_and_thousands() -> None:
    assert str(Money.parse("1234567.5")) == "KES 1,234,567.50"
    assert str(Money(-1)) == "KES -0.0001"
    assert f"{ZERO}" == "KES 0.00"


@given(st.integers(-(10**9), 10**9))
def test_whole_shillings_and_cents_come_back_as_they_went_in(count: int) -> None:
    assert Money.kes(count).to_kes() == count
    assert Money.kes(count).is_whole
    assert Money.cents(count).to_cents() == count


def test_a_fraction_is_never_dropped_silently() -> None:
    assert not Money.parse("1.50").is_whole
    with pytest.raises(ValueError, match="shillings"):
        Money.parse("1.50").to_kes()
    with pytest.raises(ValueError, match="cents"):
        Money.parse("0.285").to_cents()
