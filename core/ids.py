"""Ids that say what they name, sort by when they were made, and never repeat."""

from __future__ import annotations

import os
import re
import threading
import time

__all__ = ["block", "floor", "kind", "new"]

# Crockford's alphabet: no i, l, o, u, so an id read out over the telephone survives. It is in
# ASCII order, so ids sort as the numbers behind them do.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_RANDOM_BITS = 52
_SHIFTS = tuple(range(90, -1, -10))
_HEAD_SHIFTS = _SHIFTS[:-1]
_FORM = re.compile(rf"([a-z]{{2,8}})_[{_ALPHABET}]{{20}}").fullmatch


class _Sequence:
    """The last number given out in this process, and the lock around it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.last = 0

    def take(self, count: int) -> int:
        """The first of ``count`` consecutive numbers, all above every earlier one.

        A number is 48 bits of milliseconds and 52 random bits. Within one millisecond, or after
        the machine's clock was set back, it goes on from the last one instead.
        """
        fresh = time.time_ns() // 1_000_000 << _RANDOM_BITS
        fresh |= int.from_bytes(os.urandom(7), "big") >> 4
        with self.lock:
            first = fresh if fresh > self.last else self.last + 1
            self.last = first + count - 1
        return first


_sequence = _Sequence()


def _forget() -> None:
    """Start afresh in a forked child, which would otherwise count on from its parent's last id."""
    global _sequence
    _sequence = _Sequence()


os.register_at_fork(after_in_child=_forget)


def new(prefix: str) -> str:
    """A new id such as ``msg_`` and 20 letters and digits, later than every earlier one here."""
    value = _sequence.take(1)
    return prefix + "_" + "".join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS])


def block(prefix: str, count: int) -> list[str]:
    """``count`` new ids in order, for one batch of rows.

    Consecutive ids differ only in their tail, so the head is written once per 1024 of them.
    """
    if count < 1:
        return []
    value = _sequence.take(count)
    end = value + count
    made: list[str] = []
    while value < end:
        head = prefix + "_" + "".join([_PAIRS[value >> shift & 1023] for shift in _HEAD_SHIFTS])
        tail = value & 1023
        here = min(1024 - tail, end - value)
        made += [head + pair for pair in _PAIRS[tail : tail + here]]
        value += here
    return made


def floor(prefix: str, ago_ms: int) -> str:
    """Below every id made in the last ``ago_ms`` milliseconds, by the machine's own clock.

    It narrows a search through ids; whoever needs the exact moment asks a column of instants too.
    """
    value = max(0, time.time_ns() // 1_000_000 - ago_ms) << _RANDOM_BITS
    return prefix + "_" + "".join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS])


def kind(text: str) -> str:
    """The prefix of an id, or nothing when the text is not formed like one of ours.

    >>> kind(new("msg"))
    'msg'
    >>> kind("msg_1")
    ''
    """
    match = _FORM(text)
    return match[1] if match else ""
