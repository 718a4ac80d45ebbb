"""A set of telephone numbers that stays small however many there are."""

from __future__ import annotations

import mmap

__all__ = ["NumberSet"]

# Kenya's mobile numbers are 254 1xx xxx xxx and 254 7xx xxx xxx: so many of each, one bit a number.
_RANGE = 100_000_000
_PLANES = {"2541": 0, "2547": _RANGE}


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
        plane = _PLANES.get(msisdn[:4])
        if plane is None or len(msisdn) != 12:
            is_new = msisdn not in self._others
            self._others.add(msisdn)
            return is_new
        bits = self._bits
        if bits is None:
            bits = self._bits = mmap.mmap(-1, 2 * _RANGE // 8)
        place = plane + int(msisdn[4:])
        at, mask = place >> 3, 1 << (place & 7)
        before = bits[at]
        if before & mask:
            return False
        bits[at] = before | mask
        self._count += 1
        return True

    def __contains__(self, msisdn: object) -> bool:
        if not isinstance(msisdn, str):
            return False
        plane = _PLANES.get(msisdn[:4])
        if plane is None or len(msisdn) != 12:
            return msisdn in self._others
        if self._bits is None:
            return False
        place = plane + int(msisdn[4:])
        return bool(self._bits[place >> 3] & 1 << (place & 7))

    def __len__(self) -> int:
        return self._count + len(self._others)
