"""An answer in time, whatever happens inside: the network hangs up on a slow one."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context

import structlog

from core.settings import settings
from ussd.hops import Answer

log = structlog.get_logger(__name__)

# Gateways wait five to ten seconds; some of ours is spent before and after.
ANSWER_S = 4.5
# Each keeps a connection to the database, so there are no more than a busy process needs.
THREADS = 16

_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="ussd")
_behind: set[Future[Answer]] = set()  # what goes on after its time


class Watch:
    """One hop's time, and what is known by the time it has run out."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.seconds = ANSWER_S
        self.language = settings().app.languages[0]
        self.is_secret = False  # a PIN may be in what was typed

    @property
    def elapsed_ms(self) -> int:
        """How long it has been."""
        return int((time.monotonic() - self._started) * 1000)

    @property
    def is_over(self) -> bool:
        """Whether the person has been given up on."""
        return self.elapsed_ms >= self.seconds * 1000


def in_time(work: Callable[[Watch], Answer], late: Callable[[Watch], Answer]) -> Answer:
    """Do the work and give its answer, or another when it takes too long.

    Work that has begun goes on behind and keeps what it finds; work that has not is dropped.
    """
    watch = Watch()
    if len(_behind) >= THREADS:  # all are stuck, and whoever waits would wait in vain
        log.warning("ussd_stuck")
        return late(watch)
    begun = _pool.submit(copy_context().run, work, watch)
    try:
        return begun.result(timeout=watch.seconds)
    except TimeoutError:
        if not begun.cancel():
            _behind.add(begun)
            begun.add_done_callback(_behind.discard)
        log.warning("ussd_late")
        return late(watch)


def rest(seconds: float = 30.0) -> None:
    """Wait for the work that goes on behind."""
    wait(list(_behind), timeout=seconds)
