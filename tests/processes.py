"""Doing one thing in many processes at the same moment."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from functools import cache
from multiprocessing.connection import Connection
from typing import Any

from core import clock, database, queue
from core import settings as settings_module
from core.errors import Refused
from core.settings import Settings

PATIENCE_S = 120.0


@cache
def _forkserver() -> Any:
    """A process without threads, with our code read in, from which forking is quick and safe."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["core.jobs", "core.messaging.cancelling", "tests.processes"])
    return context


def apart(count: int, act: Callable[..., Any], *args: Any) -> list[Any]:
    """Run `act(number, *args)` in so many processes at once, each with this test's settings.

    Gives what each returned, or the class name of the refusal it met. `act` is a function of a
    module, for it is found again by its name.
    """
    context = _forkserver()
    start = context.Barrier(count)
    started = []
    for number in range(count):
        ours, theirs = context.Pipe(duplex=False)
        held = clock.now() if clock._held is not None else None
        told = (start, theirs, database_url(), settings_module.settings(), held)
        child = context.Process(target=_run, args=(*told, act, number, *args), daemon=True)
        child.start()
        theirs.close()
        started.append((child, ours))
    return [_outcome(child, ours) for child, ours in started]


def database_url() -> str:
    """The address of the database this test has open."""
    held = database.db.obj
    if not database.is_postgres():
        return f"sqlite:///{held.database}"
    told = held.connect_params
    return f"postgresql://{told['user']}@{told['host']}:{told['port']}/{held.database}"


def _outcome(child: Any, ours: Connection) -> Any:
    assert ours.poll(PATIENCE_S), "a process of the test does not answer"
    outcome = ours.recv()
    ours.close()
    child.join(PATIENCE_S)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _run(
    start: Any,
    theirs: Connection,
    url: str,
    settings: Settings,
    held: Any,
    act: Callable[..., Any],
    number: int,
    *args: Any,
) -> None:
    """What a child does: open what the test has open, wait for the others, act, tell."""
    try:
        settings_module.use(settings)
        if held is not None:
            clock.freeze(held)
        database.open_database(url)
        queue.open_queue()
        database.ping()
        start.wait(PATIENCE_S)
        outcome = act(number, *args)
    except Refused as refusal:
        outcome = type(refusal).__name__
    except BaseException as error:  # the test must hear of it, whatever it is
        outcome = RuntimeError(f"in process {os.getpid()}: {error!r}")
    theirs.send(outcome)
    database.close_all()
