"""The one clock: UTC inside, Nairobi only for people, and a hand to hold it still in tests."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = [
    "NAIROBI",
    "advance",
    "freeze",
    "from_ms",
    "day_number",
    "ms",
    "now",
    "rfc3339",
    "to_ms",
    "unfreeze",
]

NAIROBI = ZoneInfo("Africa/Nairobi")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_lock = threading.Lock()
_held: datetime | None = None


def now() -> datetime:
    """The present instant in UTC, in whole milliseconds.

    Columns hold milliseconds, so a finer instant would differ from itself once stored.
    """
    held = _held
    if held is not None:
        return held
    real = datetime.now(UTC)
    return real.replace(microsecond=real.microsecond // 1000 * 1000)


def ms() -> int:
    """The present instant in milliseconds since 1970, as columns hold it."""
    held = _held
    return time.time_ns() // 1_000_000 if held is None else to_ms(held)


def to_ms(instant: datetime) -> int:
    """Milliseconds since 1970 of an instant that knows its zone; what is finer is cut off.

    Raises:
        ValueError: the instant has no zone, so nobody can say when it was.

    >>> to_ms(datetime(2026, 1, 1, 3, tzinfo=NAIROBI))
    1767225600000
    """
    if instant.tzinfo is None:
        raise ValueError("An instant needs a time zone.")
    return (instant - _EPOCH) // _MS


def from_ms(milliseconds: int) -> datetime:
    """The instant, in UTC, that a column holds.

    >>> from_ms(1767225600000)
    datetime.datetime(2026, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    return _EPOCH + timedelta(milliseconds=milliseconds)


def day_number(instant: datetime) -> int:
    """The Nairobi calendar day of an instant as yyyymmdd: the day of figures, caps and seals."""
    local = instant.astimezone(NAIROBI)
    return local.year * 10_000 + local.month * 100 + local.day


def rfc3339(instant: datetime) -> str:
    """An instant as the API writes it: UTC, milliseconds, ``Z``.

    Raises:
        ValueError: the instant has no zone.

    >>> rfc3339(datetime(2026, 1, 1, 3, tzinfo=NAIROBI))
    '2026-01-01T00:00:00.000Z'
    """
    if instant.tzinfo is None:
        raise ValueError("An instant needs a time zone.")
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def freeze(instant: datetime) -> None:
    """Stop the clock of this process at an instant, until ``unfreeze``. For tests."""
    global _held
    with _lock:
        _held = from_ms(to_ms(instant))


def advance(seconds: float) -> datetime:
    """Move a stopped clock on (or back, if negative) and answer the new time. For tests.

    Raises:
        RuntimeError: the clock is running.
    """
    global _held
    with _lock:
        if _held is None:
            raise RuntimeError("Only a frozen clock can be moved.")
        _held = from_ms(to_ms(_held + timedelta(seconds=seconds)))
        return _held


def unfreeze() -> None:
    """Let the clock run again. For tests."""
    global _held
    with _lock:
        _held = None
