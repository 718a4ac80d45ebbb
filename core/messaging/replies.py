"""What an answer asks for: no more texts, texts again, or nothing of the kind.

Only the first word behind polite ones counts, whole, in any writing of it: "Stop.", "S T O P",
"ST0P", "tafadhali acha" and "stop Mama Njeri" are a no, "stopping by later" is not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from core.settings import settings

_WORD = re.compile(r"[^\W_]+")
# Behind a stop word, or grown together with it: texts of every kind.
_EVERY = frozenset({"ALL", "EVERYTHING", "ZOTE", "YOTE"})
# Digits as they are put for letters.
_LETTERS = str.maketrans("015", "OIS")
# "Stop by the shop" asks for a visit, and "please cancel my order" is about an order...
_OTHER = frozenset({"BY"})
_OTHER_POLITE = _OTHER | {"AT", "FOR", "IN", "MY", "NEAR", "ON", "OUR", "OVER", "THE", "YOUR"}
# ...unless it goes on about texts.
_TEXTS = frozenset(
    {
        *("ADVERT", "ADVERTS", "MARKETING", "MATANGAZO", "MESEJI", "MESSAGE", "MESSAGES", "MSG"),
        *("MSGS", "SENDING", "SMS", "TEXT", "TEXTING", "TEXTS", "UJUMBE"),
    }
)


class Verdict(StrEnum):
    """What an answer did besides arriving."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    IGNORED = "ignored"  # nobody's, and an admin has seen it


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked for, in which word; `is_for_all` means texts of both classes."""

    verdict: Verdict
    word: str
    is_for_all: bool = False


def wish(body: str) -> Wish | None:
    """Read what a text asks for; None for an ordinary one.

    >>> wish(" Acha, tafadhali ")
    Wish(verdict=<Verdict.OPT_OUT: 'opt_out'>, word='ACHA', is_for_all=False)
    >>> wish("STOP ALL").is_for_all
    True
    >>> wish("stopping by later") is None
    True
    """
    rules = settings().rules
    found = _spelled(_words(body[:200]))
    polite = _known(rules.polite_words)
    first = next((at for at, word in enumerate(found) if word not in polite), len(found))
    if first == len(found):
        return None
    word, rest = found[first], found[first + 1 :]
    second = rest[0] if rest else ""
    if (is_for_all := _is_stop_all(word)) or _squeezed(word) in _stops():
        is_other = second in (_OTHER_POLITE if first else _OTHER) and _TEXTS.isdisjoint(rest)
        return None if is_other else Wish(Verdict.OPT_OUT, word, is_for_all or second in _EVERY)
    if first == 0 and word in _known(rules.start_words):
        return Wish(Verdict.OPT_IN, word)
    return None


def _stops() -> frozenset[str]:
    return frozenset(map(_squeezed, _known(settings().rules.stop_words)))


def _is_stop_all(word: str) -> bool:
    """Say whether a stop word has grown together with "all"."""
    return any(
        word.endswith(each) and _squeezed(word.removesuffix(each)) in _stops() for each in _EVERY
    )


def _squeezed(word: str) -> str:
    """A word without digits for letters and doubled letters: ST0P and STOPP are STOP."""
    return re.sub(r"(.)\1+", r"\1", word.translate(_LETTERS))


def _spelled(words: list[str]) -> list[str]:
    """Put the letters of a word together that was written one by one: S T O P."""
    letters = next((at for at, word in enumerate(words) if len(word) > 1), len(words))
    return ["".join(words[:letters]), *words[letters:]] if letters > 1 else words


def _known(words: Iterable[str]) -> frozenset[str]:
    return frozenset(each for word in words for each in _words(word)[:1])


def _words(body: str) -> list[str]:
    """The words of a text in plain capitals: no accents, no signs, no wide letters."""
    parts = unicodedata.normalize("NFKD", body)
    plain = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return [each.upper() for each in _WORD.findall(plain)]
