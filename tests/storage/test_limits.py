"""What may happen only so often happens no oftener, over all threads and processes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core import clock, pace, quota
from core.quota import Permits, Quota
from tests.processes import apart
from tests.races import together
from tests.storage import crowd


@pytest.fixture(autouse=True)
def _held(store: str) -> None:
    clock.freeze(datetime(2026, 3, 2, 9, 0, 15, tzinfo=UTC))


def test_an_allowance_is_used_all_or_nothing() -> None:
    assert quota.take("s", 10, seconds=60, count=7) == quota.Allowance(True, 10, 3, 45)
    assert quota.take("s", 10, seconds=60, count=4) == quota.Allowance(False, 10, 0, 45)
    assert quota.take("s", 10, seconds=60, count=3).remaining == 0
    assert not quota.take("s", 10, seconds=60).allowed
    assert not quota.take("new", 10, seconds=60, count=11).allowed


def test_scopes_do_not_share() -> None:
    assert quota.take("a", 1, seconds=60).allowed
    assert quota.take("b", 1, seconds=60).allowed


def test_the_next_window_begins_afresh() -> None:
    assert quota.take("s", 1, seconds=60).allowed
    clock.advance(44.999)
    assert quota.take("s", 1, seconds=60) == quota.Allowance(False, 1, 0, 1)
    clock.advance(0.001)

    assert quota.take("s", 1, seconds=60).allowed


def test_old_windows_are_forgotten() -> None:
    quota.take("s", 1, seconds=60)
    clock.advance(3600)
    quota.take("s", 1, seconds=60)

    assert quota.forget_before(clock.ms() // 1000 - 1800) == 1
    assert Quota.select().count() == 1


def test_a_crowd_gets_exactly_the_allowance() -> None:
    found = together(16, lambda _: quota.take("s", 10, seconds=60).allowed)

    assert found.count(True) == 10


@pytest.mark.parametrize("limit", [1, 19, 100, 237])
def test_permits_give_one_process_the_whole_limit(limit: int) -> None:
    permits = Permits()
    left = [permits.take("s", limit) for _ in range(limit)]

    assert all(each.allowed for each in left)
    assert [each.remaining for each in left] == list(range(limit - 1, -1, -1))
    assert not permits.take("s", limit).allowed


def test_permits_shared_by_threads_never_exceed_the_limit() -> None:
    permits = Permits()
    limit, handful = 200, 10

    def spend(_: int) -> int:
        return sum(permits.take("s", limit).allowed for _ in range(20))

    taken = sum(together(16, spend))
    assert limit - 16 * handful <= taken <= limit


def test_permits_of_many_processes_never_exceed_the_limit() -> None:
    assert sum(apart(16, crowd.spend_permits, 200)) == 200


def test_permits_are_not_carried_into_the_next_window() -> None:
    permits = Permits()
    permits.take("s", 100)
    clock.advance(60)

    assert sum(permits.take("s", 100).allowed for _ in range(150)) == 100


def test_a_turn_comes_every_interval() -> None:
    assert pace.turn("n", every_ms=1000)
    assert not pace.turn("n", every_ms=1000)
    clock.advance(0.999)
    assert not pace.turn("n", every_ms=1000)
    clock.advance(0.001)

    assert pace.turn("n", every_ms=1000)
    assert pace.turn("another", every_ms=1000)


def test_a_burst_is_taken_after_a_rest_and_no_more() -> None:
    def taken() -> int:
        return sum(pace.turn("n", every_ms=1000, burst=3) for _ in range(10))

    assert taken() == 3
    clock.advance(1)
    assert taken() == 1
    clock.advance(60)
    assert taken() == 3


def test_no_turn_is_given_twice_over_processes() -> None:
    assert sum(apart(16, crowd.take_turns, 3)) == 3
