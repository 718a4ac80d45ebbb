"""Times as providers write them: many shapes, no zone, East Africa Time meant."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from core.clock import NAIROBI
from core.gateways import reading

__all__ = ["read"]

# The order matters only where a text fits two shapes: day before month, except beside AM or PM,
# which is how .NET writes a time for Americans.
_SHAPES = (
    "%d-%b-%Y %H:%M:%S",
    "%d-%b-%Y %H:%M",
    "%d-%b-%Y",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%d/%m/%Y %I:%M:%S %p",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
)
# No other shape begins with a year and dashes; most reports do, and trying shapes is slow.
_ISO = re.compile(r"[0-9]{4}-").match
_DIGITS = re.compile(r"[0-9]{10}|[0-9]{12}|[0-9]{14}").fullmatch
_EPOCH_S = re.compile(r"1[0-9]{9}").fullmatch
_EPOCH_MS = re.compile(r"(?:/Date\()?(1[0-9]{12})(?:[+-][0-9]{4})?(?:\)/)?").fullmatch
# An unencoded "+03:00" arrives in a query as " 03:00".
_LOST_PLUS = re.compile(r"(T[0-9:.]+) ([0-9]{2}:?[0-9]{2})$")


def read(value: object) -> datetime | None:
    """The instant meant, in UTC; None when it cannot be made out. Never raises.

    A time without a zone is East Africa Time. Years outside 2000 to 2099 are some system's way of
    saying nothing.
    """
    words = reading.code(value)
    if words is None:
        return None
    try:
        when = _parsed(words)
        if when.tzinfo is None:
            when = when.replace(tzinfo=NAIROBI)
        return when.astimezone(UTC) if 2000 <= when.year < 2100 else None
    except (ValueError, OverflowError):
        return None


def _parsed(words: str) -> datetime:
    """Raises: ValueError, OverflowError."""
    if epoch := _EPOCH_MS(words):
        return datetime.fromtimestamp(int(epoch[1]) // 1000, UTC)
    if _EPOCH_S(words):
        return datetime.fromtimestamp(int(words), UTC)
    if _DIGITS(words):
        # SMPP reports carry yyMMddHHmm; twelve digits that begin with 20 are a whole year's.
        if len(words) == 10 or (len(words) == 12 and not words.startswith("20")):
            words = "20" + words
        words = words.ljust(14, "0") if len(words) == 12 else words
        return datetime.strptime(words, "%Y%m%d%H%M%S")  # noqa: DTZ007 - the caller adds the zone
    if _ISO(words):
        return datetime.fromisoformat(_LOST_PLUS.sub(r"\1+\2", words))
    for shape in _SHAPES:
        try:
            return datetime.strptime(words, shape)  # noqa: DTZ007 - the caller adds the zone
        except ValueError:
            continue
    return datetime.fromisoformat(words)
