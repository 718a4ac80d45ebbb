"""Jobs are nudges that never stop the worker, and the timetable fires once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from core import clock, queue
from core.queue import Periodic, Timetable
from tests import servers
from tests.processes import apart
from tests.races import together
from tests.storage import crowd

# The queue does not know the database, so one kind of that will do.
ONE_STORE = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


@pytest.fixture(params=["sqlite", "redis"])
def queued(request: pytest.FixtureRequest, store: str) -> Any:
    """The queue, of each kind in turn."""
    if request.param == "redis":
        queue.open_queue(servers.redis())
    return queue.current()


def names_in(held: Any) -> list[str]:
    """Take everything out of the queue, in the order a worker would."""
    found = []
    while held.storage.queue_size():  # asking an empty one may wait a second
        found.append(held.dequeue().args[0].rpartition(".")[2])
    return found


def drain(held: Any) -> None:
    """Do what a worker does with all that waits."""
    while held.storage.queue_size():
        held.execute(held.dequeue())


def until_there(held: Any, wanted: int, patience_s: float = 60.0) -> None:
    """Wait until so many jobs have come in, and a moment for those that come too many."""
    end = time.monotonic() + patience_s
    while held.storage.queue_size() < wanted:
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(queue._Nudger.PAUSE_S * 5)


@ONE_STORE
def test_a_thousand_nudges_are_a_handful_of_jobs(queued: Any) -> None:
    for _ in range(1000):
        crowd.works.nudge()
        crowd.works_too.nudge(7)
        crowd.works_too.nudge(8)
    until_there(queued, 3)
    found = Counter(names_in(queued))

    assert 1 <= found["works"] <= 10
    assert 2 <= found["works_too"] <= 20


@ONE_STORE
def test_each_distinct_nudge_arrives(queued: Any) -> None:
    for number in range(20):
        crowd.works_too.nudge(number)
    until_there(queued, 20)
    drain(queued)

    assert all(crowd.noted(f"too-{number}-%") >= 1 for number in range(20))


@ONE_STORE
def test_a_nudge_that_cannot_be_queued_stops_no_later_one(queued: Any) -> None:
    crowd.works_too.nudge(threading.Lock())  # cannot be written down
    crowd.works.nudge()
    until_there(queued, 1)

    assert "works" in names_in(queued)


@ONE_STORE
def test_a_job_that_fails_is_told_and_the_next_one_runs(
    queued: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    crowd.fails.later()
    crowd.works.later()
    drain(queued)

    assert (crowd.noted("fails-%"), crowd.noted("works-%")) == (1, 1)
    assert "job_failed" in capsys.readouterr().out


@ONE_STORE
def test_a_job_nobody_knows_is_told_and_the_next_one_runs(
    queued: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    queue._run("core.gone.forever", [])
    crowd.works.later()
    drain(queued)

    assert crowd.noted("works-%") == 1
    assert "job_failed" in capsys.readouterr().out


@ONE_STORE
def test_a_job_in_a_hurry_goes_first(queued: Any) -> None:
    crowd.works.later()
    crowd.hurries.later()

    assert names_in(queued) == ["hurries", "works"]


@ONE_STORE
def test_a_delayed_job_waits_for_its_time(queued: Any) -> None:
    crowd.works.later(delay_s=3600)
    drain(queued)

    assert crowd.noted("works-%") == 0
    assert queued.storage.schedule_size() == 1


def test_a_job_called_is_a_job_done(store: str) -> None:
    crowd.works_too(3)

    assert crowd.noted("too-3-%") == 1


MONDAY = datetime(2026, 3, 2, 9, tzinfo=clock.NAIROBI)
CROWDS: list[Callable[..., list[Any]]] = [
    lambda count, act: together(count, act),
    lambda count, act: apart(count, act),
]


@pytest.mark.parametrize("at_once", CROWDS, ids=["threads", "processes"])
def test_each_due_entry_fires_once_over_a_crowd(
    store: str, at_once: Callable[..., list[Any]]
) -> None:
    clock.freeze(MONDAY)

    def fired() -> Counter[str]:
        return Counter(
            name.rpartition(".")[2] for won in at_once(16, crowd.claim_due) for name in won
        )

    assert fired() == {"works": 1, "fails": 1, "hurries": 1}
    assert fired() == {}
    clock.advance(9)
    assert fired() == {"hurries": 1}


DAILY = [Periodic(crowd.works, every_s=0, at=20)]


def test_a_daily_entry_fires_at_its_time_in_nairobi(store: str) -> None:
    clock.freeze(MONDAY)
    assert queue.claim_due(DAILY) == []
    clock.freeze(MONDAY.replace(hour=23, minute=59))
    assert queue.claim_due(DAILY) == []
    clock.freeze(MONDAY.replace(day=3, hour=0, minute=20))
    assert queue.claim_due(DAILY) == [crowd.works]
    assert queue.claim_due(DAILY) == []
    clock.advance(24 * 3600)
    assert queue.claim_due(DAILY) == [crowd.works]


def test_a_daily_entry_missed_for_days_fires_once(store: str) -> None:
    clock.freeze(MONDAY)
    queue.claim_due(DAILY)
    clock.freeze(MONDAY + timedelta(days=4))

    assert queue.claim_due(DAILY) == [crowd.works]
    assert queue.claim_due(DAILY) == []
    assert Timetable.get().next_at == MONDAY.replace(day=7, hour=0, minute=20)


def test_a_worker_outlives_failing_jobs_and_ends_when_asked(store: str) -> None:
    every = ("fails-%", "works-%", "hurries-%")
    assert apart(1, crowd.work_until_noted, every, 60.0) == ["ended"]
    assert all(map(crowd.noted, every))
