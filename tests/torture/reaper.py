"""Death, who comes for one worker after the other."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence

from tests.stack import Stack


class Reaper:
    """Kills one of some workers (kill -9) every now and then, and starts it again at once.

    `struck` counts the dead, and `deaths` by what was going on, all of which `where` tells at each.
    It has no thread of its own: whatever a thread has started ends with that thread.
    """

    def __init__(
        self, stack: Stack, workers: Sequence[str], where: Callable[[], list[str]], *, seed: int
    ) -> None:
        self._stack, self._workers, self._where = stack, workers, where
        self._chance = random.Random(seed)
        self.deaths: Counter[str] = Counter()
        self.struck = 0

    def strike(self, worker: str) -> None:
        """Kill one worker now."""
        self.deaths.update(self._where())
        self.struck += 1
        self._stack.kill(worker)
        self._stack.start_worker(worker)

    def strike_all(self) -> None:
        """Kill every worker now: whoever is at it, too."""
        for worker in self._workers:
            self.strike(worker)

    def roam(self, until: Callable[[], object], seconds: float) -> None:
        """Strike again and again until something is so; fail when it is not in time."""
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, f"not so after {seconds} s"
            self.strike(self._chance.choice(self._workers))
            time.sleep(self._chance.uniform(1.5, 3.5))
