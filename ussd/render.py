"""Drawing a screen for the smallest phone: plain letters, whole items, pages by length.

Networks cut a screen that is too long in two, with keys of their own in place of ours, and one
letter outside the GSM alphabet halves the room. So everything is measured here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core import text as texts
from core.dialogue.screens import Screen

Say = Callable[[str], str]

MORE, BACK, HOME = "98", "0", "00"
_MORE_NUMBER = int(MORE)
# Room for items beside a title that stands on every page; a longer title is paged as text.
_ROOM_FOR_ITEMS = 48
_ASCII = {
    "`": "'", "£": "GBP ", "€": "EUR ", "¥": "JPY ", "¡": "!", "¿": "?", "§": "S",
    "Æ": "AE", "æ": "ae", "Ø": "O", "ø": "o", "ß": "ss",
}  # fmt: skip
_plain = re.compile(r"[\n -_a-~]*").fullmatch


def units(text: str) -> int:
    """The room a text takes on a screen, in GSM-7 units."""
    return texts.measure(text).units


def plain(text: str) -> str:
    """A text in plain ASCII. What has no plain form becomes one question mark.

    >>> plain("Ng’ombe 🐄 — café")
    "Ng'ombe ? - cafe"
    """
    text = text.replace("\r\n", "\n")
    if _plain(text):
        return text
    drawn: list[str] = []
    unknown = False
    for character in unicodedata.normalize("NFC", texts.rewrite(text)):
        known = _plain_character(character)
        if known is not None:
            drawn.append(known)
        elif not unknown:  # an emoji of several characters is one thing to whoever reads it
            drawn.append("?")
        unknown = known is None
    return "".join(drawn)


@lru_cache(2048)
def _plain_character(character: str) -> str | None:
    if _plain(character):
        return character
    if (put := _ASCII.get(character)) is not None:
        return put
    if unicodedata.category(character) in ("Cc", "Zs"):
        return " "
    if unicodedata.category(character) == "Mn":
        return ""
    apart = unicodedata.normalize("NFKD", texts.rewrite(character))
    letters = "".join(each for each in apart if unicodedata.category(each) != "Mn")
    return letters if letters and _plain(letters) else None


def number_of(place: int) -> int:
    """The number that the item at a place (from 0) is shown with: 98 is taken."""
    return place + 1 if place + 1 < _MORE_NUMBER else place + 2


def place_of(number: int) -> int:
    """The place of the item shown with a number."""
    return number - 1 if number < _MORE_NUMBER else number - 2


@dataclass(frozen=True, slots=True)
class _Keys:
    """The lines that say what the keys do."""

    say: Say
    can_go_back: bool
    is_home: bool
    ends: bool

    def line(self, *, first: bool, last: bool) -> str:
        """Those of one page."""
        if self.ends and last:
            return ""
        ways = []
        if self.can_go_back or not first:
            ways.append(f"{BACK}. {self.say('Back')}")
        if not self.is_home:
            ways.append(f"{HOME}. {self.say('Home')}")
        lines = [] if last else [f"{MORE}. {self.say('More')}"]
        return "\n".join([*lines, "  ".join(ways)]).strip("\n")


def pages(screen: Screen, say: Say, limit: int) -> list[str]:
    """Cut a screen into pages of at most so many units; a short notice stands on each.

    The title is on every page and the numbers run on; no item is cut in two, and one that is too
    long alone loses its end. A long text is cut between words.
    """
    notice, text = plain(screen.notice or "").strip(), plain(screen.text).strip()
    room = limit - (units(notice) + 1 if notice else 0)
    if notice and room < limit * 2 // 3:
        text, notice, room = f"{notice}\n{text}", "", limit
    items = [
        f"{number_of(place)}. {' '.join(plain(option.label).split())}"
        for place, option in enumerate(screen.options)
    ]
    keys = _Keys(say, screen.can_go_back, screen.is_home, screen.ends)
    made = _with_items(text, items, keys, room) if items else _of_text(text, keys, room)
    return [_joined(notice, page) for page in made]


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _room(limit: int, keys: str, head: str = "") -> int:
    """What is left of a page, the line ends counted."""
    return limit - sum(units(part) + 1 for part in (keys, head) if part)


def _of_text(text: str, keys: _Keys, limit: int) -> list[str]:
    made: list[str] = []
    while True:
        first = not made
        last_keys = keys.line(first=first, last=True)
        if units(text) <= _room(limit, last_keys):
            return [*made, _joined(text, last_keys)]
        more_keys = keys.line(first=first, last=False)
        part, text = _cut(text, _room(limit, more_keys))
        made.append(_joined(part, more_keys))


def _with_items(text: str, items: Sequence[str], keys: _Keys, limit: int) -> list[str]:
    made: list[str] = []
    head = brief = text
    if units(text) > _room(limit, keys.line(first=False, last=False)) - _ROOM_FOR_ITEMS:
        brief = _brief(text, limit // 4)
    rest = list(items)
    while rest:
        first = not made
        last_keys, more_keys = (keys.line(first=first, last=last) for last in (True, False))
        if _fitting(rest, _room(limit, last_keys, head)) == len(rest):
            return [*made, _joined(head, *rest, last_keys)]
        room = _room(limit, more_keys)
        count = _fitting(rest, room - units(head) - 1)
        if count:
            made.append(_joined(head, *rest[:count], more_keys))
            rest, head = rest[count:], brief
        elif units(head) > units(brief):
            # The words first, as many pages as they take; then the items under a short title.
            part, head = _cut(head, room)
            made.append(_joined(part, more_keys))
            head = head or brief
        else:
            rest[0] = shortened(
                rest[0], min(_room(limit, each, head) for each in (more_keys, last_keys))
            )
    return made


def _fitting(items: Sequence[str], room: int) -> int:
    """How many of the items, from the first on, have room together."""
    left = room + 1  # the last of them needs no line end
    for count, item in enumerate(items):
        left -= units(item) + 1
        if left < 0:
            return count
    return len(items)


def _cut(text: str, room: int) -> tuple[str, str]:
    """The words that have room, and the rest; a single word longer than that is cut."""
    end = len(text)
    while units(text[:end]) > room:
        end -= max(1, (units(text[:end]) - room) // 2)
    if end < len(text) and not text[end].isspace():
        space = max(text.rfind(" ", 0, end), text.rfind("\n", 0, end))
        end = space if space > 0 else end
    return text[:end].rstrip(), text[end:].lstrip()


def _brief(text: str, room: int) -> str:
    return shortened(text.split("\n", 1)[0], max(8, room))


def shortened(text: str, room: int) -> str:
    """A text that loses its end, with three dots for it, when it has no room."""
    if units(text) <= room:
        return text
    while text and units(text) + 3 > room:
        text = text[:-1]
    return text.rstrip() + "..."
