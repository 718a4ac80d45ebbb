"""How soon an idle worker starts a job.

Run as a program it is that worker: the product's own loop and timetable, and one more job, which
tells when it was started.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator

from bench.place import HERE, KINDS, SQLITE, Place, place
from bench.rows import Row, at_most
from core import database, jobs, logs, queue
from core.leash import leashed
from core.queue import job

JOBS = 30  # a round
PAUSES_S = (0.03, 0.25)  # long enough that the worker has gone idle, and not in step with it
LIMITS = {SQLITE: (150, 60), "redis": (10, 3)}
THREADS = 8


@job(priority=10)
def tell(sent_at: float) -> None:
    """Print how long it took to get here, in ms."""
    print((time.monotonic() - sent_at) * 1000, flush=True)


def bench(rounds: int) -> Iterator[Row]:
    """Queue a job now and then, and see how long each waited. p99 over all rounds."""
    for kind in KINDS:
        with place(kind) as here:
            waits = _waits(here, JOBS * rounds)
            here.prove()
        name = SQLITE if kind == SQLITE else "redis"
        limit, aim = LIMITS[name]
        waits.sort()
        p99 = waits[min(len(waits) - 1, len(waits) * 99 // 100)]
        note = f"p50 {waits[len(waits) // 2]:.1f} ms, {len(waits)} jobs"
        yield at_most(f"job start on an idle worker, {name} queue, p99", [p99], limit, aim, note)


def _waits(here: Place, how_many: int) -> list[float]:
    chance = random.Random(254)
    worker = subprocess.Popen(
        leashed([sys.executable, "-m", "bench.starting"]),
        env=here.environment,
        cwd=HERE.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert worker.stdout is not None
    tell.later(time.monotonic())
    worker.stdout.readline()  # it is up
    time.sleep(1)
    waits = []
    try:
        for _ in range(how_many):
            time.sleep(chance.uniform(*PAUSES_S))
            tell.later(time.monotonic())
            waits.append(float(worker.stdout.readline()))
    finally:
        worker.terminate()
        worker.wait(timeout=30)
    return waits


if __name__ == "__main__":
    # The job's name has to be the one under which it was queued.
    queue._jobs["bench.starting.tell"] = tell
    logs.configure(part="worker")  # to stderr: stdout is for answers
    database.open_database()
    queue.run_worker(jobs.TIMETABLE, THREADS)
