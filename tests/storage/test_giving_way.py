"""Whoever writes much on SQLite sees when others want to write, and keeps nothing half done."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core import database
from core.database import execute, is_postgres, is_wanted, transaction

ROOT = Path(__file__).parents[2]
WRITE = """
import sys
from core import database
database.open_database(sys.argv[1])
print("coming", flush=True)
with database.transaction():
    print("inside", flush=True)
"""


def becomes(claim: Callable[[], bool]) -> bool:
    """Say whether something comes to be so before long."""
    end = time.monotonic() + 60
    while not claim() and time.monotonic() < end:
        time.sleep(0.01)
    return claim()


@contextmanager
def another_thread() -> Iterator[None]:
    def write() -> None:
        with transaction():
            pass
        database.db.obj.close()

    other = threading.Thread(target=write)
    other.start()
    yield
    other.join()


@contextmanager
def another_process(url: str) -> Iterator[None]:
    command = [sys.executable, "-c", WRITE, url]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"coming\n"
        yield
        assert other.stdout.readline() == b"inside\n"


@pytest.mark.parametrize("kind", ["thread", "process"])
def test_a_writer_sees_that_another_waits(store: str, kind: str) -> None:
    if is_postgres():
        pytest.skip("On PostgreSQL all write at once.")
    other = another_thread() if kind == "thread" else another_process(store)
    with transaction():
        assert not is_wanted()
        stack = other
        stack.__enter__()
        assert becomes(is_wanted)
    stack.__exit__(None, None, None)

    with transaction():
        assert not is_wanted()


def test_nobody_waits_for_anybody_on_postgresql(store: str) -> None:
    with transaction():
        assert not is_wanted()


def test_after_much_writing_each_commit_is_flushed_again(store: str) -> None:
    with database.bulk() as carry_over:
        with transaction():
            execute("INSERT INTO timetable (name, next_at) VALUES ('a', 1)")
        carry_over()

    assert execute("SELECT COUNT(*) FROM timetable WHERE name = 'a'").fetchone()[0] == 1
    if not is_postgres():
        assert execute("PRAGMA synchronous").fetchone()[0] == 2
        assert execute("PRAGMA wal_autocheckpoint").fetchone()[0] == 1000
