"""A small memory with a short life, for what is asked at every request."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cache(Generic[K, V]):
    """Keeps at most `size` values, each for `life_s` seconds of real time; threads may share it.

    It belongs to one process, so what it holds may be that much out of date.
    """

    def __init__(self, *, life_s: float, size: int) -> None:
        self._life_s = life_s
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._age = 0

    @property
    def age(self) -> int:
        """How often it was cleared: give it back to `put`, so that nothing stale gets in."""
        return self._age

    def get(self, key: K) -> V | None:
        """Return what is kept under a key, unless it is too old."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            until, value = found
            if until <= time.monotonic():
                del self._kept[key]
                return None
            return value

    def put(self, key: K, value: V, *, age: int | None = None) -> None:
        """Keep a value; the oldest makes room. One read before a `clear` is not kept."""
        with self._lock:
            if age is not None and age != self._age:
                return
            self._kept[key] = (time.monotonic() + self._life_s, value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._age += 1
            self._kept.clear()
