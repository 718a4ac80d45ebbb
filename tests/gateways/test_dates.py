"""Times as providers write them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.gateways import dates

HALF_PAST_NINE = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)  # in Nairobi


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-05 09:30",
        "2026-01-05 09:30:00",
        "2026-01-05T09:30:00.000",
        "2026-01-05T06:30:00Z",
        "2026-01-05T09:30:00+03:00",
        "2026-01-05T09:30:00 03:00",
        "20260105093000",
        20260105093000,
        Decimal("20260105093000.0"),
        "202601050930",
        "2601050930",
        "260105093000",
        "05-Jan-2026 09:30",
        "05/01/2026 09:30",
        "1/5/2026 9:30:00 AM",
        "05.01.2026 09:30:00",
        "1767594600",
        "1767594600000",
        "/Date(1767594600000+0300)/",
    ],
    ids=repr,
)
def test_a_time_without_a_zone_is_east_africa_time(written: object) -> None:
    assert dates.read(written) == HALF_PAST_NINE


def test_beside_pm_the_month_comes_first_unless_there_is_no_such_month() -> None:
    assert dates.read("25/01/2026 09:30:00 PM") == datetime(2026, 1, 25, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [None, "", "soon", "0001-01-01T00:00:00", "9999-12-31 23:59", "2026-13-01 00:00", "9" * 14, 0],
)
def test_what_is_no_time_is_none(written: object) -> None:
    assert dates.read(written) is None


@settings(deadline=None)
@given(st.text() | st.integers() | st.from_regex(r"[0-9]{10,14}", fullmatch=True))
def test_no_text_makes_reading_a_time_raise(written: object) -> None:
    dates.read(written)
