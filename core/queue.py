"""The job queue: Huey behind one decorator, a nudge that coalesces, and a timetable.

Huey is at-most-once on every storage, so nothing depends on a job arriving: rows in the database
say what is due, a job only says "look now", and the timetable's sweeps find what a lost job left.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec

import huey as huey_library
import peewee
import structlog
from huey.consumer import Consumer

from core import clock
from core.database import InstantField, Model, execute, recover, transaction
from core.settings import settings

P = ParamSpec("P")
log = structlog.get_logger(__name__)

_jobs: dict[str, Callable[..., object]] = {}
_queue: Any = None
_run: Any = None


def open_queue(url: str | None = None) -> Any:
    """Build the queue a URL names: Redis, or by default an SQLite file beside the database."""
    global _queue, _run
    url = settings().queue.url if url is None else url
    options: dict[str, Any] = {"name": "tuma", "results": False, "utc": True}
    if url.startswith(("redis", "unix")):
        _queue = huey_library.PriorityRedisExpireHuey(url=url, **options)
    else:
        path = url.removeprefix("sqlite:///") or _beside_the_database()
        _queue = huey_library.SqliteHuey(filename=path, timeout=10, **options)
    _run = _queue.task(name="run", retries=0)(_run_by_name)
    return _queue


def _beside_the_database() -> str:
    url = settings().database.url
    if url.startswith("sqlite:///"):
        return url.removeprefix("sqlite:///") + ".queue"
    return "var/queue.db"


def current() -> Any:
    """Return the queue, opening it at first use."""
    return _queue if _queue is not None else open_queue()


def ping() -> None:
    """Ask the queue the smallest question. Raises whatever is wrong with it."""
    current().storage.queue_size()


def _run_by_name(name: str, args: list[Any]) -> None:
    """Run a job that came out of the queue: the edge where its errors are caught and told."""
    recover()
    try:
        _jobs[name](*args)
    except Exception:
        log.exception("job_failed", job=name)
        recover()


class Job(Generic[P]):
    """A function that can run now, later, or soon-but-once."""

    def __init__(self, act: Callable[P, object], *, priority: int) -> None:
        self._act = act
        self._priority = priority
        self.name = f"{act.__module__}.{act.__qualname__}"
        self.__doc__ = act.__doc__
        _jobs[self.name] = act

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> object:
        """Run it here and now."""
        return self._act(*args, **kwargs)

    def later(self, *args: Any, delay_s: float = 0) -> None:
        """Put it in the queue."""
        current()
        if delay_s:
            _run.schedule((self.name, list(args)), delay=delay_s, priority=self._priority)
        else:
            _run(self.name, list(args), priority=self._priority)

    def nudge(self, *args: Any) -> None:
        """Put it in the queue once for all the nudges of the next few milliseconds.

        A lost nudge costs a second or so: the timetable's sweep finds the work.
        """
        _nudger.add(self, args)


def job(*, priority: int = 0) -> Callable[[Callable[P, object]], Job[P]]:
    """Make a function a job. It takes ids, is safe to run twice or never, and is short."""

    def wrap(act: Callable[P, object]) -> Job[P]:
        return Job(act, priority=priority)

    return wrap


class _Nudger:
    """Collects nudges and enqueues each distinct one at most every PAUSE_S."""

    PAUSE_S = 0.1

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: dict[tuple[str, tuple[Any, ...]], Job[Any]] = {}
        self._wake = threading.Event()
        self._pid = 0

    def add(self, what: Job[Any], args: tuple[Any, ...]) -> None:
        key = (what.name, args)
        # What still waits to be told will be told after this, so once is enough.
        if key in self._due and self._pid == os.getpid():
            return
        with self._lock:
            self._due[key] = what
            if self._pid != os.getpid():  # a fork takes the thread's memory but not the thread
                self._pid = os.getpid()
                threading.Thread(target=self._loop, daemon=True, name="nudger").start()
        self._wake.set()

    def _loop(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            with self._lock:
                due, self._due = self._due, {}
            for (_, args), what in due.items():
                try:
                    what.later(*args)
                except Exception:
                    log.exception("nudge_lost", job=what.name)
            time.sleep(self.PAUSE_S)


_nudger = _Nudger()


class Timetable(Model):
    """When each periodic job is next due; whoever moves the row on, runs it."""

    name = peewee.CharField(max_length=60, primary_key=True)
    next_at = InstantField()


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job and how often it runs. With `at` (minutes past midnight, Nairobi) it is daily."""

    job: Job[Any]
    every_s: int
    at: int | None = None


def next_time(entry: Periodic, now_ms: int) -> int:
    """Say when an entry is due after now, in ms."""
    if entry.at is None:
        return now_ms + entry.every_s * 1000
    local = clock.from_ms(now_ms).astimezone(clock.NAIROBI)
    today = local.replace(hour=entry.at // 60, minute=entry.at % 60, second=0, microsecond=0)
    due = clock.to_ms(today)
    return due if due > now_ms else due + 24 * 3600 * 1000


def claim_due(timetable: Sequence[Periodic]) -> list[Job[Any]]:
    """Move on every entry that is due, and return the jobs whose move was ours.

    Many workers call this at once; each entry is won by exactly one of them.
    """
    now = clock.ms()
    known = {row.name: clock.to_ms(row.next_at) for row in Timetable.select()}
    won: list[Job[Any]] = []
    for entry in timetable:
        name = entry.job.name
        if known.get(name, 0) > now:
            continue
        with transaction():
            if name not in known:
                first = now if entry.at is None else next_time(entry, now)
                Timetable.insert(name=name, next_at=first).on_conflict_ignore().execute()
            moved = execute(
                "UPDATE timetable SET next_at = %s WHERE name = %s AND next_at <= %s RETURNING 1",
                (next_time(entry, now), name, now),
            ).fetchone()
        if moved is not None:
            won.append(entry.job)
    return won


def _tick_forever(timetable: Sequence[Periodic], stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            recover()
            for due in claim_due(timetable):
                due.later()
        except Exception:
            log.exception("timetable_failed")
        stop.wait(0.5)


def run_worker(timetable: Sequence[Periodic], workers: int) -> None:
    """Work the queue with threads until told to stop; SIGTERM lets running jobs finish."""
    queue = current()
    # Huey tells of each job it starts and ends, several a second; ours tell what they did.
    logging.getLogger("huey").setLevel(logging.WARNING)
    stop = threading.Event()
    ticker = threading.Thread(target=_tick_forever, args=(timetable, stop), daemon=True)
    ticker.start()
    consumer = Consumer(
        queue,
        workers=workers,
        worker_type="thread",
        periodic=False,
        initial_delay=0.02,
        max_delay=0.1,
        backoff=1.15,
        scheduler_interval=1,
        graceful_signal="TERM",
        shutdown_timeout=25,
    )
    try:
        consumer.run()
    finally:
        stop.set()
