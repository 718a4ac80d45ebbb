"""Transactions, shared commits and broken connections, alike on both databases."""

from __future__ import annotations

import itertools
import threading
import time
from datetime import UTC, datetime

import peewee
import pytest

from core import clock, database
from core.database import execute, grouped, savepoint, transaction
from core.pace import Pace
from tests.processes import apart
from tests.races import together
from tests.storage import crowd
from tests.storage.crowd import break_connection


class Odd(Exception):
    """Somebody's own mistake."""


def insert(name: str) -> str:
    execute("INSERT INTO pace (name, next_at) VALUES (%s, 0)", (name,))
    return name


def names() -> set[str]:
    return {row.name for row in Pace.select()}


def test_a_failing_neighbour_hurts_nobody_who_shares_its_commit(store: str) -> None:
    insert("taken")

    def write(number: int) -> object:
        def work() -> str:
            if number % 4 == 1:
                insert(f"lost-{number}")
                raise Odd(number)
            time.sleep(0.002)  # so that others arrive meanwhile
            return insert("taken" if number % 4 == 2 else f"kept-{number}")

        try:
            return grouped(work)
        except (Odd, peewee.IntegrityError) as error:
            return error

    outcomes = together(24, write)

    for number, outcome in enumerate(outcomes):
        if number % 4 == 1:
            assert isinstance(outcome, Odd)
            assert outcome.args == (number,)
        elif number % 4 == 2:
            assert isinstance(outcome, peewee.IntegrityError)
        else:
            assert outcome == f"kept-{number}"
    assert names() == {
        "taken",
        *(f"kept-{number}" for number in range(24) if number % 4 in (0, 3)),
    }


def test_writes_that_wait_for_each_other_share_a_commit(store: str) -> None:
    """On SQLite whoever gets the lock first serves all who came while it waited."""
    served_by: set[int] = set()

    def work(number: int) -> None:
        served_by.add(threading.get_ident())
        insert(f"n-{number}")

    with transaction():  # as long as this lasts, nobody gets in
        crowd_ = threading.Thread(
            target=together, args=(16, lambda number: grouped(lambda: work(number)))
        )
        crowd_.start()
        if not database.is_postgres():
            while database._line.length < 16:
                time.sleep(0.005)
    crowd_.join()

    assert len(names()) == 16
    assert len(served_by) == (16 if database.is_postgres() else 1)


def test_many_processes_write_at_once_and_nothing_is_lost(store: str) -> None:
    assert sum(apart(8, crowd.write_many, 10)) == 80
    assert len(names()) == 80


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_busy_process_lets_the_others_in_between_its_writes(store: str) -> None:
    apart(2, crowd.write_back_to_back, 60)

    order = [row[0].split("-")[1] for row in execute("SELECT name FROM pace ORDER BY rowid")]
    turns = [each for each, _ in itertools.groupby(order)]
    assert len(turns) > 60  # of 120: not all, for a busy machine may let one of them sleep


def test_an_inner_transaction_shares_the_fate_of_the_outer(store: str) -> None:
    def both() -> None:
        with transaction():
            with transaction():
                insert("inner")
            raise Odd

    with pytest.raises(Odd):
        both()
    assert names() == set()


def test_what_fails_in_a_savepoint_is_undone_alone(store: str) -> None:
    def work() -> None:
        with savepoint(), transaction():
            insert("inside")
            insert("before")

    with transaction():
        insert("before")
        with pytest.raises(peewee.IntegrityError):
            work()
        insert("after")

    assert names() == {"before", "after"}


def test_grouped_work_that_fails_inside_a_transaction_is_undone_alone(store: str) -> None:
    def work() -> None:
        insert("inside")
        insert("before")

    with transaction():
        insert("before")
        with pytest.raises(peewee.IntegrityError):
            grouped(work)
        insert("after")

    assert names() == {"before", "after"}


def test_what_is_for_after_the_commit_waits_for_the_outermost(store: str) -> None:
    done: list[str] = []
    with transaction():
        with transaction():
            database.after_commit(lambda: done.append("inner"))
        assert done == []
    assert done == ["inner"]

    def fail() -> None:
        with transaction():
            database.after_commit(lambda: done.append("never"))
            raise Odd

    with pytest.raises(Odd):
        fail()
    assert done == ["inner"]
    database.after_commit(lambda: done.append("at once"))
    assert done == ["inner", "at once"]


def test_a_broken_connection_is_replaced_by_the_next_question(store: str) -> None:
    if not database.is_postgres():
        return  # a file does not hang up
    insert("before")
    break_connection()
    with pytest.raises(peewee.PeeweeException):
        insert("lost")
    database.recover()

    assert names() == {"before"}
    database.ping()


def test_a_connection_that_breaks_inside_a_transaction_is_replaced_too(store: str) -> None:
    if not database.is_postgres():
        return

    def work() -> None:
        with transaction():
            insert("lost")
            break_connection()
            insert("lost too")

    with pytest.raises(peewee.PeeweeException):
        work()
    database.recover()

    with transaction():
        insert("kept")
    assert names() == {"kept"}


def test_a_moment_is_read_as_it_was_written_and_knows_its_zone(store: str) -> None:
    moment = datetime(2026, 3, 1, 12, 0, 0, 123_000, tzinfo=clock.NAIROBI)
    Pace.create(name="x", next_at=moment)

    assert Pace.get().next_at == datetime(2026, 3, 1, 9, 0, 0, 123_000, tzinfo=UTC)
    with pytest.raises(ValueError):
        Pace.create(name="y", next_at=datetime(2026, 3, 1))
