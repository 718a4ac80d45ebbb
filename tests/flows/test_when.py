"""Times as people type them, and as they are told them."""

from __future__ import annotations

import doctest
from datetime import datetime, time, timedelta

import pytest

from core import clock
from core.flows import recipients, saa, when
from core.flows.visits import Visit
from core.flows.when import NotATime, TimePassed, read_time, span

NOON = datetime(2026, 3, 12, 12, 0, tzinfo=clock.NAIROBI)


@pytest.mark.parametrize("module", [when, saa, recipients])
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
        ("1/2", "01/02/2027 08:00"),
        ("1/2/2027 10:00", "01/02/2027 10:00"),
        ("1/2/27 10:00", "01/02/2027 10:00"),
        ("12am tomorrow", "13/03/2026 00:00"),
    ],
)
def test_a_time_is_read_as_it_is_meant(typed: str, meant: str) -> None:
    assert f"{read_time(typed, NOON):%d/%m/%Y %H:%M}" == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kesho saa 3", "13/03 09:00"),
        ("kesho saa 3 asubuhi", "13/03 09:00"),
        ("Kesho asubuhi, saa tatu na nusu", "13/03 09:30"),
        ("kesho saa tatu kasorobo", "13/03 08:45"),
        ("saa 12 kamili ya asubuhi kesho", "13/03 06:00"),
        ("leo saa 8", "12/03 14:00"),
        ("leo saa 8:15 mchana", "12/03 14:15"),
        ("leo saa kumi alasiri", "12/03 16:00"),
        ("leo saa kumi na moja unusu jioni", "12/03 17:30"),
        ("leo saa 12", "12/03 18:00"),
        ("leo saa moja jioni", "12/03 19:00"),
        ("saa 3 usiku", "12/03 21:00"),
        ("25-12 saa 9", "25/12 15:00"),
        ("25/12 saa 11 alfajiri", "25/12 05:00"),
    ],
)
def test_an_hour_of_the_swahili_clock_is_read_by_it(typed: str, meant: str) -> None:
    assert f"{read_time(typed, NOON):%d/%m %H:%M}" == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("saa 3", "13/03 09:00"),
        ("saa 9", "12/03 15:00"),
        ("saa 4 asubuhi", "13/03 10:00"),
        ("leo saa 8 usiku", "13/03 02:00"),
    ],
)
def test_a_swahili_hour_is_the_next_of_its_name(typed: str, meant: str) -> None:
    assert f"{read_time(typed, NOON):%d/%m %H:%M}" == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kesho saa 14:30", "13/03 14:30"),
        ("kesho saa 09:00", "13/03 09:00"),
        ("kesho saa 3pm", "13/03 15:00"),
        ("tomorrow at 3", "13/03 03:00"),
    ],
)
def test_an_hour_that_only_the_other_clock_has_is_read_by_that(typed: str, meant: str) -> None:
    assert f"{read_time(typed, NOON):%d/%m %H:%M}" == meant


def test_an_hour_told_in_swahili_is_read_as_itself() -> None:
    times = [time(*divmod(minutes, 60)) for minutes in range(24 * 60)]

    assert [found and found.at for found in map(saa.find, map(saa.told, times))] == times


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "soon",
        "25:00",
        "9:60",
        "32/1",
        "30/2 9:00",
        "9 10",
        "13pm",
        "²",
        "kesho leo",
        "saa 3 mchana",
        "saa 9 asubuhi",
    ],
)
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(NotATime):
        read_time(typed, NOON)


@pytest.mark.parametrize(
    "typed", ["11:59", "12:00", "leo 8", "leo saa 3", "leo saa 4 asubuhi", "11/3/2026 9:00"]
)
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


@pytest.mark.parametrize(
    ("starts", "lasts", "told"),
    [
        (timedelta(), timedelta(minutes=45), "sasa-12:45"),
        (timedelta(hours=21), timedelta(), "kesho saa 3 asubuhi (09:00)"),
        (timedelta(hours=2, minutes=30), timedelta(hours=1), "leo saa 8:30 mchana (14:30-15:30)"),
        (timedelta(days=5), timedelta(days=1), "17/03 saa 6 mchana (12:00-18/03 12:00)"),
    ],
)
def test_in_swahili_a_span_is_told_by_both_clocks(
    starts: timedelta, lasts: timedelta, told: str
) -> None:
    clock.freeze(NOON)
    visit = Visit("telegram", "254712345671", "254712345671", "sw")

    assert span(visit, NOON + starts, NOON + starts + lasts) == told
