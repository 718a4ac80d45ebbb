"""What an answer asks for: no more texts, texts again, or nothing of the kind.

Only the first word counts, whole, in any writing of it: "Stop.", "ACHA tafadhali" and "stop Mama
Njeri" are a no, "stopping by later" is not.
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
    found = _words(body[:200])
    if not found:
        return None
    word, second = found[0], found[1] if len(found) > 1 else ""
    rules = settings().rules
    stops = _known(rules.stop_words)
    bare = next((word.removesuffix(each) for each in _EVERY if word.endswith(each)), "")
    if bare in stops:
        return Wish(Verdict.OPT_OUT, word, is_for_all=True)
    if word in stops:
        return Wish(Verdict.OPT_OUT, word, is_for_all=second in _EVERY)
    if word in _known(rules.start_words):
        return Wish(Verdict.OPT_IN, word)
    return None


def _known(words: Iterable[str]) -> frozenset[str]:
    return frozenset(each for word in words for each in _words(word)[:1])


def _words(body: str) -> list[str]:
    """The words of a text in plain capitals: no accents, no signs, no wide letters."""
    parts = unicodedata.normalize("NFKD", body)
    plain = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return [each.upper() for each in _WORD.findall(plain)]
