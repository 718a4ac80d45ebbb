"""Times as people type them, and as they are told them."""

from __future__ import annotations

import doctest
from datetime import datetime, timedelta

import pytest

from core import clock
from core.flows import recipients, when
from core.flows.visits import Visit
from core.flows.when import NotATime, TimePassed, read_time, span

NOON = datetime(2026, 3, 12, 12, 0, tzinfo=clock.NAIROBI)


@pytest.mark.parametrize("module", [when, recipients])
def test_examples_run(module: object) -> None:
    found = doctest.testmod(module)  # type: ignore[arg-type]
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("14:30", "12/03/2026 14:30"),
        ("1430", "12/03/2026 14:30"),
        ("14h30", "12/03/2026 14:30"),
        ("14*30", "12/03/2026 14:30"),
        ("today 15", "12/03/2026 15:00"),
        ("leo 15:05", "12/03/2026 15:05"),
        ("2 pm", "12/03/2026 14:00"),
        ("Tomorrow 9am", "13/03/2026 09:00"),
        ("9.15 kesho", "13/03/2026 09:15"),
        ("kesho", "13/03/2026 08:00"),
        ("25/12 9:00", "25/12/2026 09:00"),
        ("25-12 saa 9", "25/12/2026 09:00"),
        ("1/2", "01/02/2027 08:00"),
        ("1/2/2027 10:00", "01/02/2027 10:00"),
        ("1/2/27 10:00", "01/02/2027 10:00"),
        ("12am tomorrow", "13/03/2026 00:00"),
    ],
)
def test_a_time_is_read_as_it_is_meant(typed: str, meant: str) -> None:
    assert f"{read_time(typed, NOON):%d/%m/%Y %H:%M}" == meant


@pytest.mark.parametrize(
    "typed", ["", "soon", "25:00", "9:60", "32/1", "30/2 9:00", "9 10", "13pm", "²", "kesho leo"]
)
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(NotATime):
        read_time(typed, NOON)


@pytest.mark.parametrize("typed", ["11:59", "12:00", "leo 8", "11/3/2026 9:00"])
def test_a_time_that_has_passed_is_refused(typed: str) -> None:
    with pytest.raises(TimePassed):
        read_time(typed, NOON)


@pytest.mark.parametrize(
    ("starts", "lasts", "told"),
    [
        (timedelta(), timedelta(), "now"),
        (timedelta(minutes=-5), timedelta(minutes=50), "now-12:45"),
        (timedelta(hours=2), timedelta(seconds=30), "today 14:00"),
        (timedelta(hours=20), timedelta(hours=2), "tomorrow 08:00-10:00"),
        (timedelta(days=5), timedelta(days=1), "17/03 12:00-18/03 12:00"),
    ],
)
def test_a_span_is_told_briefly(starts: timedelta, lasts: timedelta, told: str) -> None:
    clock.freeze(NOON)
    visit = Visit("ussd", "254712345671", "254712345671", "en")

    assert span(visit, NOON + starts, NOON + starts + lasts) == told
