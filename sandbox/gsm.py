"""How many segments the operator counts; written apart from ours, so that one can check the other.

Source: 3GPP TS 23.038 section 6.2.1, TS 23.040 section 9.2.3.24.
"""

from __future__ import annotations

from functools import lru_cache

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
GSM = BASIC | EXTENSION


def is_gsm(text: str) -> bool:
    """Whether a text fits the 7-bit alphabet."""
    return GSM.issuperset(text)


def units(text: str) -> int:
    """The room a text takes on a screen: septets, or two of them for each letter outside."""
    if not is_gsm(text):
        return sum(2 if ord(character) <= 0xFFFF else 4 for character in text)
    return sum(2 if character in EXTENSION else 1 for character in text)


def cut(text: str, most: int) -> str:
    """As much of a text as a screen of so many units shows; all of it for 0."""
    if not most or units(text) <= most:
        return text
    kept = len(text)
    while units(text[:kept]) > most:
        kept -= 1
    return text[:kept]


@lru_cache(maxsize=4096)
def segments(text: str, unicode: bool) -> int:
    """The segments a text takes on the air, in the 7-bit alphabet or, if flagged, in UCS-2."""
    if unicode or not is_gsm(text):
        return _parts([2 if ord(character) > 0xFFFF else 1 for character in text], 70, 67)
    return _parts([2 if character in EXTENSION else 1 for character in text], 160, 153)


def _parts(widths: list[int], alone: int, joined: int) -> int:
    """A character of two units is never split between segments."""
    if sum(widths) <= alone:
        return 1
    parts, room = 1, joined
    for width in widths:
        if width > room:
            parts, room = parts + 1, joined
        room -= width
    return parts
