"""Account numbers for the paybill: short, easy to type, and wrong when mistyped.

Seven characters. The last makes a sum come out at zero in the field of 32 elements, where every
position has a weight of its own: so a single wrong character, or two neighbours changed over, is
always noticed, and never another customer's number.
"""

from __future__ import annotations

import secrets
from typing import Final

__all__ = ["ALPHABET", "LENGTH", "make", "normal", "read"]

# Without O and 0, I and 1, which people take for each other; 32 are left.
ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH: Final = 7
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_POLYNOMIAL = 0b100101  # x^5 + x^2 + 1: 2 then generates all 31 elements but zero


def _doubled(value: int) -> int:
    value <<= 1
    return value ^ _POLYNOMIAL if value & 32 else value


def _sum(characters: str) -> int:
    """Add up the characters, the last with weight 1, each further left with twice the weight."""
    total = 0
    for character in characters:
        total = _doubled(total) ^ _VALUES[character]
    return total


def _check(first: str) -> str:
    return ALPHABET[_doubled(_sum(first))]


def make() -> str:
    """Make a random account number. Whether it is taken, its unique column says."""
    first = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return first + _check(first)


def normal(typed: str) -> str:
    """What was typed, in capitals and with nothing left but letters and digits.

    >>> normal(" ab-23 cd.")
    'AB23CD'
    """
    return "".join(c for c in typed if c.isascii() and c.isalnum()).upper()


def read(typed: str) -> tuple[str, str] | None:
    """Find the account number a text begins with, and what follows it; None when there is none."""
    plain = normal(typed)
    number, rest = plain[:LENGTH], plain[LENGTH:]
    if len(number) < LENGTH or any(c not in _VALUES for c in number) or _sum(number):
        return None
    return number, rest
