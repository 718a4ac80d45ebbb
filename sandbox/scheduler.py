"""Things that happen later, on threads of their own."""

from __future__ import annotations

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
        self._wake = threading.Condition()
        self._ready: queue.SimpleQueue[Task] = queue.SimpleQueue()
        threading.Thread(target=self._watch, name="scheduler", daemon=True).start()
        for _ in range(threads):
            threading.Thread(target=self._work, name="errand", daemon=True).start()

    def after(self, seconds: float, task: Task) -> None:
        """Run a task once, this many seconds from now."""
        if seconds <= 0:
            self._ready.put(task)
            return
        due = time.monotonic() + seconds
        with self._wake:
            heapq.heappush(self._due, (due, next(self._order), task))
            if self._due[0][0] == due:
                self._wake.notify()

    def forget(self) -> None:
        """Drop everything that has not begun."""
        with self._wake:
            self._due.clear()
        try:
            while True:
                self._ready.get_nowait()
        except queue.Empty:
            return

    def _watch(self) -> None:
        while True:
            with self._wake:
                while not self._due or (wait := self._due[0][0] - time.monotonic()) > 0:
                    self._wake.wait(wait if self._due else None)
                task = heapq.heappop(self._due)[2]
            self._ready.put(task)

    def _work(self) -> None:
        while True:
            task = self._ready.get()
            try:
                task()
            except Exception:
                log.exception("An errand failed")
