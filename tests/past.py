"""Doing something as if it were long ago."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from core import clock, ids

DAY_S = 24 * 3600


@contextmanager
def days_ago(monkeypatch: pytest.MonkeyPatch, days: float) -> Iterator[None]:
    """Do something as if it were then, with ids of that time."""
    began, now = time.time_ns, clock.now()
    ids._forget()
    with monkeypatch.context() as patched:
        patched.setattr(ids.time, "time_ns", lambda: began() - int(days * DAY_S * 1e9))
        clock.freeze(clock.from_ms(clock.to_ms(now) - int(days * DAY_S * 1000)))
        yield
    clock.unfreeze()
    ids._forget()
