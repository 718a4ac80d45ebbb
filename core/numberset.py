"""A set of telephone numbers that stays small however many there are."""

from __future__ import annotations

import mmap

__all__ = ["NumberSet"]

# Kenya's mobile numbers are 254 1xx xxx xxx and 254 7xx xxx xxx: so many of each, one bit a number.
_RANGE = 100_000_000
_FIRST_1 = 254_100_000_000
_FIRST_7 = 254_700_000_000


class NumberSet:
    """Numbers seen so far: 25 MB at most for all of Kenya's mobiles, however many are in it.

    A Python set of a million texts takes over 100 MB. The pages of the bitmap are only taken from
    the system when a number first falls on them. Whatever is no Kenyan mobile number, such as a
    foreign one or a pseudonym, is kept in a plain set beside it.

    >>> seen = NumberSet()
    >>> seen.add("254712345678"), seen.add("254712345678"), len(seen)
    (True, False, 1)
    """

    __slots__ = ("_bits", "_count", "_others")

    def __init__(self) -> None:
        self._bits: mmap.mmap | None = None
        self._others: set[str] = set()
        self._count = 0

    def add(self, msisdn: str) -> bool:
        """Put a number in, and say whether it was not in yet."""
        try:
            place = int(msisdn) - _FIRST_1
        except ValueError:
            return self._add_other(msisdn)
        if not 0 <= place < _RANGE:
            place += _FIRST_1 - _FIRST_7 + _RANGE
            if not _RANGE <= place < 2 * _RANGE:
                return self._add_other(msisdn)
        if len(msisdn) != 12:
            return self._add_other(msisdn)
        bits = self._bits
        if bits is None:
            bits = self._bits = mmap.mmap(-1, 2 * _RANGE // 8)
        at, mask = place >> 3, 1 << (place & 7)
        before = bits[at]
        if before & mask:
            return False
        bits[at] = before | mask
        self._count += 1
        return True

    def _add_other(self, msisdn: str) -> bool:
        if msisdn in self._others:
            return False
        self._others.add(msisdn)
        return True

    def __contains__(self, msisdn: object) -> bool:
        if not isinstance(msisdn, str):
            return False
        if len(msisdn) != 12 or msisdn[:4] not in ("2541", "2547") or not msisdn.isdigit():
            return msisdn in self._others
        if self._bits is None:
            return False
        place = int(msisdn[4:]) + (_RANGE if msisdn[3] == "7" else 0)
        return bool(self._bits[place >> 3] & 1 << (place & 7))

    def __len__(self) -> int:
        return self._count + len(self._others)
