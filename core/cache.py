"""A small memory with a short life, for what is asked at every request."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class TTLCache(Generic[K, V]):
    """Keeps at most `size` values, each for so many seconds of real time; threads may share it.

    It belongs to one process, so what it holds may be that much out of date.
    """

    def __init__(self, *, seconds: float, size: int) -> None:
        self._seconds = seconds
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._times_cleared = 0

    def get(self, key: K, read: Callable[[], V]) -> V:
        """Return what is kept under a key, or read and keep it. What `read` raises is not kept."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None and found[0] > time.monotonic():
                return found[1]
            era = self._times_cleared
        # Two threads may read at once; that costs less than making every other key wait.
        started = time.monotonic()
        value = read()
        with self._lock:
            # What was read before a `clear` may be the very thing that had to be forgotten.
            if era == self._times_cleared:
                self._kept[key] = (started + self._seconds, value)
                self._kept.move_to_end(key)
                while len(self._kept) > self._size:
                    self._kept.popitem(last=False)
        return value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._times_cleared += 1
            self._kept.clear()
