"""Message texts: how many segments a text takes, what makes it dear, and how to make it cheaper.

Source: 3GPP TS 23.038 section 6.2.1 (GSM 7-bit default alphabet and its extension table) and
TS 23.040 section 9.2.3.24 (concatenated short messages).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from core.errors import Invalid

__all__ = [
    "GSM7",
    "UCS2",
    "InvalidText",
    "Measure",
    "Offender",
    "Saving",
    "measure",
    "offenders",
    "rewrite",
    "rewrite_saving",
    "segments",
    "split",
    "tidy",
    "weigh",
]

GSM7: Final = "GSM-7"
UCS2: Final = "UCS-2"

# One segment alone, and one of several, which gives six octets up to the joining header.
_GSM7_ALONE, _GSM7_PART = 160, 153
_UCS2_ALONE, _UCS2_PART = 70, 67

_BASIC_CHARACTERS = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION_CHARACTERS = "\f^{}\\[~]|€"
_GSM7_SET = frozenset(_BASIC_CHARACTERS + _EXTENSION_CHARACTERS)

_basic = re.compile(f"[{re.escape(_BASIC_CHARACTERS)}]*").fullmatch
_gsm7 = re.compile(f"[{re.escape(_BASIC_CHARACTERS + _EXTENSION_CHARACTERS)}]*").fullmatch
_EXTENSION = re.compile(f"[{re.escape(_EXTENSION_CHARACTERS)}]")
_FOREIGN = re.compile(f"[^{re.escape(_BASIC_CHARACTERS + _EXTENSION_CHARACTERS)}]")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_ESCAPE = "\x1b"


class InvalidText(Invalid):
    """A text with something in it that no handset can show."""

    code = "invalid_text"
    title = "Text that cannot be sent"
    sentence = "Character {position} of the text ({name}) cannot be sent. Remove it and try again."


@dataclass(frozen=True, slots=True)
class Measure:
    """What a text takes on the air.

    ``units`` are septets in GSM-7 and 16-bit units in UCS-2; ``per_segment`` how many of them one
    segment of this text holds; ``left`` how many still fit before the next segment begins.
    """

    encoding: str
    units: int
    segments: int
    per_segment: int
    left: int


@dataclass(frozen=True, slots=True)
class Offender:
    """A character outside GSM-7, which turns the whole text into UCS-2.

    ``positions`` count characters from 1. ``suggestion`` is what ``rewrite`` would put there:
    ``""`` where it would only be dropped, ``None`` where nothing fits.
    """

    character: str
    positions: tuple[int, ...]
    name: str
    suggestion: str | None

    @property
    def position(self) -> int:
        """Where it stands first."""
        return self.positions[0]


@dataclass(frozen=True, slots=True)
class Saving:
    """A rewritten text, the segments it took and takes, and what could not be rewritten."""

    text: str
    before: int
    after: int
    left_over: list[Offender]

    @property
    def saved(self) -> int:
        """Segments saved for each recipient."""
        return self.before - self.after


def tidy(text: str) -> str:
    """The text as it is stored and priced: every line end a ``\\n``, every tab a space.

    Raises:
        InvalidText: a control character, which no handset shows, or half of a surrogate pair,
            which is no character at all.

    >>> tidy("Habari\\r\\nyako")
    'Habari\\nyako'
    """
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    for position, character in enumerate(text, 1):
        if character != "\n" and unicodedata.category(character) in ("Cc", "Cs"):
            raise InvalidText(position=position, name=_name(character))
    return text


def segments(text: str) -> int:
    """How many segments the text takes, and so how many times its price.

    >>> segments("a" * 160), segments("a" * 161), segments("ŵ" * 71)
    (1, 2, 2)
    """
    # Nearly every text ends here. The rest is rarer and may take longer.
    if _basic(text):
        count = len(text)
        return 1 if count <= _GSM7_ALONE else -(-count // _GSM7_PART)
    if _gsm7(text):
        count = len(text) + len(_EXTENSION.findall(text))
        return 1 if count <= _GSM7_ALONE else len(_gsm7_cuts(_escaped(text)))
    count = len(text)
    if count > _UCS2_ALONE or _ASTRAL.search(text):
        return _segments_ucs2(text)
    return 1


def weigh(text: str) -> tuple[bool, int]:
    """Whether the text takes UCS-2, and how many segments: what its price needs, and no more.

    >>> weigh("Habari"), weigh("ŵ" * 71)
    ((False, 1), (True, 2))
    """
    if _basic(text):
        count = len(text)
        return False, 1 if count <= _GSM7_ALONE else -(-count // _GSM7_PART)
    return not _gsm7(text), segments(text)


def _segments_ucs2(text: str) -> int:
    encoded = _utf16(text)
    count = len(encoded) // 2
    if count <= _UCS2_ALONE:
        return 1
    if count == len(text):
        return -(-count // _UCS2_PART)
    return len(_ucs2_cuts(encoded))


def measure(text: str) -> Measure:
    """What the text takes, in the cheapest encoding that carries it unchanged.

    >>> measure("Bei ni €5")
    Measure(encoding='GSM-7', units=10, segments=1, per_segment=160, left=150)
    """
    if _gsm7(text):
        escaped = _escaped(text)
        count = len(escaped)
        if count <= _GSM7_ALONE:
            return Measure(GSM7, count, 1, _GSM7_ALONE, _GSM7_ALONE - count)
        cuts = _gsm7_cuts(escaped)
        left = _GSM7_PART - (count - cuts[-1])
        return Measure(GSM7, count, len(cuts), _GSM7_PART, left)
    encoded = _utf16(text)
    count = len(encoded) // 2
    if count <= _UCS2_ALONE:
        return Measure(UCS2, count, 1, _UCS2_ALONE, _UCS2_ALONE - count)
    cuts = _ucs2_cuts(encoded)
    return Measure(UCS2, count, len(cuts), _UCS2_PART, _UCS2_PART - (count - cuts[-1]))


def split(text: str) -> list[str]:
    """The parts a handset receives, one a segment; together they are the text.

    A letter and its accent, or the people of a joined emoji, may part here: networks keep only
    escapes and surrogate pairs whole.
    """
    if _gsm7(text):
        escaped = _escaped(text)
        if len(escaped) <= _GSM7_ALONE:
            return [text]
        cuts = _gsm7_cuts(escaped)
        return [escaped[a:b].replace(_ESCAPE, "") for a, b in _spans(cuts, len(escaped))]
    encoded = _utf16(text)
    if len(encoded) // 2 <= _UCS2_ALONE:
        return [text]
    spans = _spans(_ucs2_cuts(encoded), len(encoded) // 2)
    return [encoded[2 * a : 2 * b].decode("utf-16-le", "surrogatepass") for a, b in spans]


def _escaped(text: str) -> str:
    """The text with one character a septet: an escape before each extension character."""
    return _EXTENSION.sub(_ESCAPE + r"\g<0>", text)


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _gsm7_cuts(escaped: str) -> list[int]:
    """Where each part begins. An escape never ends a part: it moves on with its character."""
    cuts = [0]
    end = _GSM7_PART
    while end < len(escaped):
        if escaped[end - 1] == _ESCAPE:
            end -= 1
        cuts.append(end)
        end += _GSM7_PART
    return cuts


def _ucs2_cuts(encoded: bytes) -> list[int]:
    """Where each part begins, in units. The first half of a surrogate pair never ends a part."""
    cuts = [0]
    end = _UCS2_PART
    while end < len(encoded) // 2:
        if encoded[2 * end - 1] & 0xFC == 0xD8:
            end -= 1
        cuts.append(end)
        end += _UCS2_PART
    return cuts


def _spans(cuts: list[int], end: int) -> Iterator[tuple[int, int]]:
    return zip(cuts, [*cuts[1:], end], strict=True)


def foreign(text: str) -> list[str]:
    """The characters that keep the text out of GSM-7, as often as they stand in it."""
    return _FOREIGN.findall(text)


def offenders(text: str) -> list[Offender]:
    """Each character that keeps the text out of GSM-7, once, in order of first appearance.

    >>> [(o.character, o.positions, o.suggestion) for o in offenders("“Karibu”")]
    [('“', (1,), '"'), ('”', (8,), '"')]
    """
    found: dict[str, list[int]] = {}
    for match in _FOREIGN.finditer(text):
        found.setdefault(match[0], []).append(match.start() + 1)
    return [
        Offender(character, tuple(positions), _name(character), _suggestion(character))
        for character, positions in found.items()
    ]


def rewrite(text: str) -> str:
    """The text with everything put into GSM-7 that means the same there.

    Typographic quotes, dashes, spaces and bullets become plain ones, letters lose accents that
    GSM-7 has not, invisible characters go. What has no counterpart, emoji above all, stays for
    its author to judge. A text that would grow dearer is left as it was.

    >>> rewrite("“Tũgũtũmĩra” – asante…")
    '"Tugutumira" - asante...'
    """
    if _gsm7(text):
        return text
    rewritten = _rewritten(text)
    return rewritten if segments(rewritten) <= segments(text) else text


def _rewritten(text: str) -> str:
    written: list[str] = []
    last = ""
    for character in unicodedata.normalize("NFC", text.translate(_DROPPED)):
        if character in _GSM7_SET:
            put = character
        elif _clings(character):
            # On plain text it is a leftover; on an emoji or in another script it has a meaning.
            put = "" if last == "" or last in _GSM7_SET else character
        else:
            counterpart = _counterpart(character)
            put = character if counterpart is None else counterpart
            if last.isdecimal() and "/" in put and character in _FRACTIONS:
                put = " " + put
        if put:
            written.append(put)
            last = put[-1]
    return "".join(written)


def rewrite_saving(text: str) -> Saving:
    """``rewrite``, with what it saves and what it leaves.

    >>> saving = rewrite_saving("’" + "a" * 100)
    >>> saving.before, saving.after, saving.left_over
    (2, 1, [])
    """
    rewritten = rewrite(text)
    return Saving(rewritten, segments(text), segments(rewritten), offenders(rewritten))


# Seen by nobody, meant by nobody: soft hyphen, zero-width space, word joiner, byte order mark,
# and the marks of writing direction that copying from a chat brings along.
_DROPPED = dict.fromkeys(
    [0x00AD, 0x200B, 0x2060, 0xFEFF, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)
_FRACTIONS = frozenset("¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞")
# What it is, what is put: signs first, then letters that Unicode does not take apart.
_ONE_BY_ONE = """
    … ... ⁄ / ∕ / × x ÷ / ± +/- ≈ ~ ∼ ~ ˜ ~ ≠ != ≤ <= ≥ >= → -> ← <- ⇒ => ¦ | © (C) ® (R) ™ TM ¢ c
    µ u º o ª a
    ł l Ł L đ d Đ D ð d Ð D þ th Þ Th ı i œ oe Œ OE ŋ ng Ŋ Ng ħ h Ħ H ŧ t Ŧ T ẞ SS
    ɓ b Ɓ B ɗ d Ɗ D ƙ k Ƙ K ɨ i Ɨ I ʉ u Ʉ U ɛ e Ɛ E ɔ o Ɔ O
"""
_COUNTERPARTS: Final[dict[str, str]] = {
    **dict.fromkeys("‘’‚‛′`´ʼʻʹˈ‹›", "'"),
    **dict.fromkeys("“”„‟″«»¨", '"'),
    **dict.fromkeys("‐‑‒–—―−⁃¯", "-"),
    **dict.fromkeys("•·∙▪▫●○◦‣■□◆◇", "-"),
    **dict.fromkeys("\t\u1680\u180e", " "),
    **dict.fromkeys("\u2028\u2029", "\n"),
    **dict(re.findall(r"(\S+) (\S+)", _ONE_BY_ONE)),
    "°": " deg",
    "℃": " deg C",
    "℉": " deg F",
}
# A small 2 raised or lowered is a power or an index: set plainly, 10² would read 102.
_MEANINGFUL = ("<super>", "<sub>", "<circle>")


def _clings(character: str) -> bool:
    """Whether the character only changes the one before it: accent, joiner, variant, keycap."""
    return unicodedata.category(character) == "Mn" or character in "\u200c\u200d\u20e3"


@lru_cache(4096)
def _counterpart(character: str) -> str | None:
    """What stands for the character in GSM-7, or ``None``."""
    if (known := _COUNTERPARTS.get(character)) is not None:
        return known
    if unicodedata.category(character) == "Zs":
        return " "
    if unicodedata.decomposition(character).startswith(_MEANINGFUL):
        return None
    apart = unicodedata.normalize("NFKD", character).replace("\u2044", "/")
    plain = "".join([part for part in apart if unicodedata.category(part) != "Mn"])
    return plain if plain.strip() and _gsm7(plain) else None


def _suggestion(character: str) -> str | None:
    if ord(character) in _DROPPED or _clings(character):
        return ""
    return _counterpart(character)


def _name(character: str) -> str:
    name = unicodedata.name(character, "").lower()
    return name or f"U+{ord(character):04X}"
