"""Putting what happened into words: one text message at most where it goes by SMS."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core import text, words
from core.dialogue.screens import Document
from core.gateways.telegram import Keyboard
from core.money import Money

SMS_UNITS: Final = 160
_LEAST = 8  # characters of a name that still tell whose it is


@dataclass(frozen=True, slots=True)
class Words:
    """What to say: whole where there is room, and in one GSM-7 segment.

    The rest is for chats alone: buttons, a picture or a file with the words beside it. With
    `follow` the message is edited from then on to show how that subject stands. `is_chat_only`
    keeps what is worth no text message from being one.
    """

    whole: str
    short: str
    buttons: Keyboard = ()
    picture: bytes | None = None
    document: Document | None = None
    follow: str = ""
    is_chat_only: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """There is nothing to say yet; ask again then."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is no longer anything to say."""

    why: str


Said = Words | Later | Nothing


def say(language: str, sentence: str, names: Mapping[str, str], /, **fields: object) -> Words:
    """Say a sentence; in the short form the names in it give way until it fits one segment."""
    whole = words.say(language, sentence, **fields, **names)
    plain = {key: gsm(value) for key, value in names.items()}
    rest = {key: gsm(str(value)) for key, value in fields.items()}
    kept = {key: len(value) for key, value in plain.items()}
    while True:
        cut = {key: brief(value, kept[key]) for key, value in plain.items()}
        short = words.say(language, sentence, **rest, **cut)
        longest = max(kept, key=lambda key: kept[key], default=None)
        if fits(short) or longest is None or kept[longest] <= _LEAST:
            return Words(whole, clip(short))
        kept[longest] -= 1


def plainly(said: str) -> Words:
    """Words that were made to fit already; made sure of."""
    return Words(said, clip(gsm(said)))


def fits(said: str) -> bool:
    """Say whether a text is one GSM-7 segment."""
    measured = text.measure(said)
    return measured.encoding == text.GSM7 and measured.units <= SMS_UNITS


def clip(said: str) -> str:
    """Cut a text in GSM-7 to one segment; sentences are made so that it never comes to this."""
    while not fits(said):
        said = brief(said, len(said) - 1)
    return said


def gsm(said: str) -> str:
    """Write a text in GSM-7; what has no counterpart there is left out.

    >>> gsm("Salon “Zũri” 💇")
    'Salon "Zuri"'
    """
    # Letter by letter, because a text that stays dear is otherwise left as it is.
    plain = "".join(text.rewrite(letter) for letter in said)
    dear = {each.character for each in text.offenders(plain)}
    kept = "".join(letter for letter in plain if letter not in dear)
    return re.sub(" {2,}", " ", kept).strip()


def brief(said: str, most: int) -> str:
    """Cut a text to so many characters, showing that it was cut.

    >>> brief("Wanjiku Hair and Beauty Parlour", 16)
    'Wanjiku Hair...'
    """
    return said if len(said) <= most else said[: max(0, most - 3)].rstrip() + "..."


def kes(amount: Money) -> str:
    """Write an amount as people say it, without the currency: no cents where there are none.

    >>> kes(Money.kes(1250)), kes(Money.parse("0.75"))
    ('1,250', '0.75')
    """
    return str(amount).removeprefix("KES ").removesuffix(".00")
