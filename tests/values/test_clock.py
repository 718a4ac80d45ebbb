"""The clock keeps UTC, whole milliseconds, and still when told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
INSTANTS = st.datetimes(
    min_value=datetime(1980, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(clock.NAIROBI)
)


@pytest.fixture(autouse=True)
def _running_again() -> Iterator[None]:
    yield
    clock.unfreeze()


def test_now_is_utc_in_whole_milliseconds() -> None:
    now = clock.now()

    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0
    assert abs(datetime.now(UTC) - now) < timedelta(seconds=5)


def test_a_frozen_clock_stands_until_moved() -> None:
    clock.freeze(NEW_YEAR)
    assert clock.now() == clock.now() == NEW_YEAR

    moved = clock.advance(90)

    assert clock.now() == moved == NEW_YEAR + timedelta(seconds=90)
    assert clock.ms() == clock.to_ms(NEW_YEAR) + 90_000


def test_a_clock_let_go_runs_again() -> None:
    clock.freeze(NEW_YEAR)

    clock.unfreeze()

    assert clock.now() > NEW_YEAR


def test_a_running_clock_cannot_be_moved() -> None:
    with pytest.raises(RuntimeError):
        clock.advance(1)


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 1, 1)
    for use in (clock.to_ms, clock.rfc3339, clock.freeze):
        with pytest.raises(ValueError, match="zone"):
            use(naive)


@given(INSTANTS)
def test_an_instant_survives_its_column_to_the_millisecond(instant: datetime) -> None:
    stored = clock.from_ms(clock.to_ms(instant))

    assert timedelta(0) <= instant - stored < timedelta(milliseconds=1)


@given(INSTANTS)
def test_an_instant_survives_its_rfc_3339_text(instant: datetime) -> None:
    text = clock.rfc3339(instant)

    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == clock.from_ms(clock.to_ms(instant))


def test_nairobi_is_three_hours_ahead_all_year() -> None:
    assert NEW_YEAR.astimezone(clock.NAIROBI).hour == 3
    assert NEW_YEAR.replace(month=7).astimezone(clock.NAIROBI).hour == 3
