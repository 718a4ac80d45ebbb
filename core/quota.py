"""Counting what may happen only so often, across every process.

A window is a fixed stretch of time; its count is one row. A busy web process does not ask the
database for each request: it takes a handful of permits at a time and spends them itself.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import peewee

from core import clock
from core.database import Model, execute_unflushed, single


class Quota(Model):
    """How much of one scope's allowance is used in one window (`window_start` in seconds)."""

    scope = peewee.CharField(max_length=120)
    window_start = peewee.BigIntegerField()
    used = peewee.IntegerField()

    class Meta:
        primary_key = peewee.CompositeKey("scope", "window_start")


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a window, and in how many seconds the next one begins."""

    allowed: bool
    limit: int
    remaining: int
    reset_s: int


_TAKE = """
    INSERT INTO quota (scope, window_start, used) VALUES (%s, %s, %s)
    ON CONFLICT (scope, window_start) DO UPDATE SET used = quota.used + excluded.used
    WHERE quota.used + excluded.used <= %s
    RETURNING used
"""


def _window(seconds: int) -> tuple[int, int]:
    now_s = clock.ms() // 1000
    start = now_s - now_s % seconds
    return start, start + seconds - now_s


def take(scope: str, limit: int, *, seconds: int, count: int = 1) -> Allowance:
    """Use `count` of a scope's allowance, all or nothing."""
    start, reset_s = _window(seconds)
    if count > limit:
        return Allowance(False, limit, 0, reset_s)
    row = single(lambda: execute_unflushed(_TAKE, (scope, start, count, limit)))
    if row is None:
        return Allowance(False, limit, 0, reset_s)
    return Allowance(True, limit, limit - int(row[0]), reset_s)


def forget_before(second: int) -> int:
    """Delete windows that began before a moment. Returns how many."""
    return int(Quota.delete().where(Quota.window_start < second).execute())


class Permits:
    """A process's share of a per-minute allowance, fetched a handful at a time.

    The total over all processes is never above the limit; a process may hold back at most one
    handful (a twentieth of the limit) that another could have used.
    """

    def __init__(self, *, seconds: int = 60) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._held: dict[str, tuple[int, int, int]] = {}  # scope: window, permits, left beyond them

    def take(self, scope: str, limit: int) -> Allowance:
        """Use one permit of a scope."""
        start, reset_s = _window(self._seconds)
        with self._lock:
            window, permits, beyond = self._held.get(scope, (start, 0, 0))
            if window == start and permits:
                self._held[scope] = (start, permits - 1, beyond)
                return Allowance(True, limit, permits - 1 + beyond, reset_s)
        for handful in dict.fromkeys((max(1, limit // 20), 1)):
            got = take(scope, limit, seconds=self._seconds, count=handful)
            if got.allowed:
                self._put(scope, start, handful - 1, got.remaining)
                return Allowance(True, limit, handful - 1 + got.remaining, reset_s)
        return Allowance(False, limit, 0, reset_s)

    def _put(self, scope: str, start: int, permits: int, beyond: int) -> None:
        with self._lock:
            if len(self._held) > 10_000:
                self._held.clear()
            window, mine, _ = self._held.get(scope, (start, 0, 0))
            self._held[scope] = (start, permits + (mine if window == start else 0), beyond)
