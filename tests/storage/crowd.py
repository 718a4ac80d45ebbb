"""What the processes of these tests do, and the jobs they run; both are found by name."""

from __future__ import annotations

import os
import signal
import threading
import time

import psycopg

from core import database, pace, queue, quota
from core.database import execute, grouped, transaction
from core.queue import Periodic, job


def note(name: str) -> None:
    """Leave a trace that anybody can count."""
    grouped(lambda: execute("INSERT INTO pace (name, next_at) VALUES (%s, 0)", (name,)))


def noted(like: str) -> int:
    """Count the traces."""
    row = execute("SELECT COUNT(*) FROM pace WHERE name LIKE %s", (like,)).fetchone()
    return int(row[0])


def write_many(number: int, times: int) -> int:
    for each in range(times):
        note(f"p{number}-{each}")
    return times


def write_back_to_back(number: int, times: int) -> int:
    """Come back through the door the moment it has closed behind us."""
    for each in range(times):
        with transaction():
            note(f"turn-{number}-{each}")
            time.sleep(0.002)
    return times


def spend_permits(number: int, limit: int) -> int:
    """Take permits until there are none; gives how many there were."""
    permits = quota.Permits()
    taken = 0
    while permits.take("crowd", limit).allowed:
        taken += 1
    return taken


def take_turns(number: int, burst: int) -> int:
    return sum(pace.turn("crowd", every_ms=1000, burst=burst) for _ in range(burst + 1))


@job()
def works() -> None:
    """Leaves a trace."""
    note(f"works-{time.monotonic_ns()}")


@job()
def works_too(number: int) -> None:
    """Leaves a trace with a number."""
    note(f"too-{number}-{time.monotonic_ns()}")


@job(priority=10)
def hurries() -> None:
    """Goes before the others."""
    note(f"hurries-{time.monotonic_ns()}")


@job()
def fails() -> None:
    """Cannot be done."""
    note(f"fails-{time.monotonic_ns()}")
    raise RuntimeError("cannot be done")


TIMETABLE = (Periodic(works, every_s=60), Periodic(fails, every_s=60), Periodic(hurries, every_s=9))


def claim_due(number: int) -> list[str]:
    return [each.name for each in queue.claim_due(TIMETABLE)]


def work_until_noted(number: int, every: tuple[str, ...], patience_s: float) -> str:
    """Be a worker until all these traces are found, and end as an operator would end it."""

    def watch() -> None:
        end = time.monotonic() + patience_s
        while not all(map(noted, every)) and time.monotonic() < end:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
    queue.run_worker(TIMETABLE, workers=2)
    return "ended"


def break_connection() -> None:
    """Do to this thread's connection what a restart of the server does."""
    pid = execute("SELECT pg_backend_pid()").fetchone()[0]
    with psycopg.connect(
        host=database.db.obj.connect_params["host"],
        port=database.db.obj.connect_params["port"],
        user="postgres",
        dbname="postgres",
        autocommit=True,
    ) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
