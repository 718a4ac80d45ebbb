"""The Swahili clock, which counts the hours from six: an hour as it is said, and as it is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from types import MappingProxyType
from typing import NamedTuple

NIGHT = "usiku"
# The hours that each part of the day is said of: the first one, and how many there are.
PARTS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "alfajiri": (3, 4),
        "asubuhi": (4, 8),
        "mchana": (10, 8),
        "alasiri": (14, 5),
        "jioni": (15, 7),
        NIGHT: (18, 12),
    }
)
# Whoever names no part means the day: nobody sends texts at three in the morning.
_BY_DAY = (7, 12)
# What an hour is told with: up to which one, and the part of the day it falls into.
_TOLD = ((4, NIGHT), (6, "alfajiri"), (12, "asubuhi"), (16, "mchana"), (19, "jioni"), (24, NIGHT))
_NUMBERS = (
    *("moja", "mbili", "tatu", "nne", "tano", "sita", "saba", "nane", "tisa", "kumi"),
    *("kumi na moja", "kumi na mbili"),
)
_HOURS = {each: hour for hour, name in enumerate(_NUMBERS, 1) for each in (name, str(hour))}
_QUARTERS = {"na nusu": 30, "unusu": 30, "na robo": 15, "kasorobo": -15, "kasoro robo": -15}


def _any_of(said: Mapping[str, object]) -> str:
    return "|".join(sorted(said, key=len, reverse=True))


_SAA = re.compile(
    rf"\bsaa ?(?P<hour>{_any_of(_HOURS)})(?:[:.*h]?(?P<minute>[0-5][0-9]))?"
    rf"(?![0-9a-z:.*])(?: (?P<quarter>{_any_of(_QUARTERS)})\b)?(?: kamili\b)?"
)
_PART = re.compile(rf"\b(?:[yzw]a )?(?P<part>{_any_of(PARTS)})\b")


class Hour(NamedTuple):
    """An hour that somebody said, the part of the day they named, and whatever else they said."""

    at: time
    part: str
    rest: str

    @property
    def is_after_midnight(self) -> bool:
        """Whether it belongs to the night of the day before."""
        return self.part == NIGHT and self.at.hour < PARTS[NIGHT][0] - 12


def find(text: str) -> Hour | None:
    """Find an hour of the Swahili clock; None where there is none, or none that can be.

    A number that only the other clock has, such as `saa 15` or `saa 09:00`, is not of this one.

    >>> [f"{find(each).at:%H:%M}" for each in ("saa 3", "saa tatu na nusu usiku", "saa 11 jioni")]
    ['09:00', '21:30', '17:00']
    >>> find("saa 3 mchana"), find("saa 14:30"), find("9:00")
    (None, None, None)
    """
    plain = " ".join(text.split())
    said = _SAA.search(plain)
    if said is None:
        return None
    rest = plain[: said.start()] + plain[said.end() :]
    named = _PART.search(rest)
    first, count = PARTS[named["part"]] if named else _BY_DAY
    hour = _HOURS[said["hour"]] % 12 + 6
    if (hour - first) % 24 >= count:
        hour += 12
    if (hour - first) % 24 >= count:
        return None
    minutes = hour * 60 + int(said["minute"] or 0) + _QUARTERS.get(said["quarter"], 0)
    at = time(minutes // 60 % 24, minutes % 60)
    rest = rest if named is None else rest[: named.start()] + rest[named.end() :]
    return Hour(at, named["part"] if named else "", rest)


def told(at: time) -> str:
    """Tell a time by the Swahili clock.

    >>> told(time(9)), told(time(14, 30)), told(time(0, 5))
    ('saa 3 asubuhi', 'saa 8:30 mchana', 'saa 6:05 usiku')
    """
    hour = (at.hour - 6) % 12 or 12
    part = next(part for before, part in _TOLD if at.hour < before)
    minute = f":{at:%M}" if at.minute else ""
    return f"saa {hour}{minute} {part}"
