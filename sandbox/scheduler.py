"""Things that happen later, on threads of their own."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable

Task = Callable[[], object]

log = logging.getLogger(__name__)


class Scheduler:
    """Run tasks after a delay, several at once; tasks due together start in the order given."""

    def __init__(self, threads: int) -> None:
        self._due: list[tuple[float, int, Task]] = []
        self._order = itertools.count()
        self._change = threading.Condition()
        self._ready: queue.SimpleQueue[tuple[int, Task]] = queue.SimpleQueue()
        self._under_way = 0
        self._life = 0
        self._own = threading.local()
        threading.Thread(target=self._watch, name="scheduler", daemon=True).start()
        for _ in range(threads):
            threading.Thread(target=self._work, name="errand", daemon=True).start()

    def after(self, seconds: float, task: Task) -> None:
        """Run a task once, this many seconds from now."""
        due = time.monotonic() + seconds
        with self._change:
            if getattr(self._own, "life", self._life) != self._life:
                return  # asked for by an errand that was itself forgotten
            if seconds <= 0:
                self._start(task)
                return
            heapq.heappush(self._due, (due, next(self._order), task))
            if self._due[0][0] == due:
                self._change.notify_all()

    def _start(self, task: Task) -> None:
        self._under_way += 1
        self._ready.put((self._life, task))

    def forget(self, patience_seconds: float) -> None:
        """Drop everything that has not begun, and wait a while for what has."""
        with self._change:
            self._life += 1
            self._due.clear()
            with contextlib.suppress(queue.Empty):
                while True:
                    self._ready.get_nowait()
                    self._under_way -= 1
            self._change.wait_for(lambda: self._under_way == 0, patience_seconds)

    def _watch(self) -> None:
        with self._change:
            while True:
                while self._due and self._due[0][0] <= time.monotonic():
                    self._start(heapq.heappop(self._due)[2])
                self._change.wait(self._due[0][0] - time.monotonic() if self._due else None)

    def _work(self) -> None:
        while True:
            self._own.life, task = self._ready.get()
            try:
                task()
            except Exception:
                log.exception("An errand failed")
            with self._change:
                self._under_way -= 1
                if self._under_way == 0:
                    self._change.notify_all()
