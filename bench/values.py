"""Telephone numbers and segments: our fast paths against the obvious way, in turns."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

import phonenumbers

from bench.rows import Row, in_turns, ratio
from core import phone, text

COUNT = 4000

_GSM7 = frozenset(text._BASIC_CHARACTERS)
_EXTENSION = frozenset(text._EXTENSION_CHARACTERS)


def bench(rounds: int) -> Iterator[Row]:
    """Parse numbers and count segments, after checking that both ways agree."""
    chance = random.Random(254)
    clean = [f"2547{chance.randrange(10**8):08d}" for _ in range(COUNT)]
    spaced = [f"0{n[3:6]} {n[6:9]}-{n[9:]}" for n in clean]
    letters = "abcdefghij klmnop qrstuvwxyz ABCDEFG 0123456789,.é"
    messages = ["".join(chance.choices(letters, k=117)) for _ in range(COUNT)]

    assert [phone.parse(number) for number in clean] == [_by_library(n) for n in clean] == clean
    assert [phone.parse(number) for number in spaced] == clean
    assert [text.segments(m) for m in messages] == [_by_loop(m) for m in messages]

    library = "phone fast path ÷ phonenumbers"
    yield ratio(library, _pairs(rounds, phone.parse, _by_library, clean), 10, 20)
    yield ratio(f"{library}, separators", _pairs(rounds, phone.parse, _by_library, spaced), 10)
    segments = _pairs(rounds, text.segments, _by_loop, messages)
    yield ratio("segment count, 117 GSM-7 characters ÷ naive loop", segments, 4, 8)


def _by_library(number: str) -> str:
    parsed = phonenumbers.parse(number, "KE")
    assert phonenumbers.is_valid_number(parsed)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)[1:]


def _by_loop(message: str) -> int:
    units = 0
    for character in message:
        if character in _GSM7:
            units += 1
        elif character in _EXTENSION:
            units += 2
        else:
            count = len(message.encode("utf-16-le")) // 2
            return 1 if count <= 70 else -(-count // 67)
    return 1 if units <= 160 else -(-units // 153)


def _pairs(
    rounds: int,
    ours: Callable[[str], object],
    raw: Callable[[str], object],
    given: list[str],
) -> list[tuple[float, float]]:
    return in_turns(rounds, lambda: _rate(ours, given), lambda: _rate(raw, given))


def _rate(work: Callable[[str], object], given: list[str]) -> float:
    started = time.perf_counter()
    for one in given:
        work(one)
    return len(given) / (time.perf_counter() - started)
