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
