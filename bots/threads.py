"""The threads in which the core is called: it is synchronous, and would hold up everybody."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from core.database import close_all

# Each thread keeps a connection to the database; more would only wait for each other there.
COUNT = 8


class Threads(ThreadPoolExecutor):
    """A pool whose threads close their connections when it is shut down."""

    def __init__(self, count: int = COUNT) -> None:
        self._count = count
        super().__init__(count, thread_name_prefix="core")

    def close(self) -> None:
        """Close every thread's connection, then end the threads. Nothing may be running."""
        # All meet before they close, so that none does it twice and another never.
        all_here = threading.Barrier(self._count)
        for done in [self.submit(_close, all_here) for _ in range(self._count)]:
            done.result(timeout=10)
        self.shutdown()


def _close(all_here: threading.Barrier) -> None:
    all_here.wait(timeout=5)
    close_all()
