"""Texts with places to fill in: read once into literals and names, then joined for each person.

A place is `{{name}}`, with a default `{{name|friend}}`. Values are text and are never looked into:
braces in them stay braces, and no name reaches anything but the value that was given under it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from core.contacts import free_fields
from core.errors import Invalid

OPENS, _CLOSES = "{{", "}}"
# Letters, digits and what a column's heading has between them; the default is any plain text.
_PLACE = re.compile(
    r"\{\{[ \t]{0,9}([^\W_](?:[\w -]{0,58}\w)?)[ \t]{0,9}(?:\|([^{}|]{0,160}))?\}\}"
)


class PlaceholderWrong(Invalid):
    """Two opening braces that begin no placeholder."""

    code = "placeholder_wrong"
    title = "Placeholder not understood"
    sentence = (
        "Character {position} begins a placeholder we cannot read. "
        "Write it like {{{{name}}}} or {{{{name|friend}}}}."
    )
    field = "message"


class PlaceholderUnopened(PlaceholderWrong):
    """Two closing braces that end no placeholder."""

    sentence = (
        "Character {position} ends a placeholder that never begins. "
        "Write it like {{{{name}}}} or {{{{name|friend}}}}."
    )


class ValueMissing(Invalid):
    """A placeholder without a value or a default."""

    code = "value_missing"
    title = "Value missing"
    sentence = (
        "No value for {name}. People concerned: {count}, such as {numbers}. "
        "Add it, or a default, as in {{{{name|friend}}}}."
    )
    field = "message"


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a text: the name as it is looked up, as it was written, and the default."""

    key: str
    name: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text read into what stands and what is filled in: a literal before each place, one behind.

    `names` has each key once, in order.
    """

    literals: tuple[str, ...]
    places: tuple[Place, ...]
    names: tuple[str, ...]
    _form: str

    def written(self) -> str:
        """The text as it was written."""
        return self.shown(
            [
                f"{{{{{each.name}}}}}"
                if each.default is None
                else f"{{{{{each.name}|{each.default}}}}}"
                for each in self.places
            ]
        )

    def render(self, values: Mapping[str, str]) -> str:
        """Fill in the values, which stand under their keys. An empty value is none.

        Raises: ValueMissing, naming every place that stays empty.
        """
        found = [values.get(place.key) or place.default for place in self.places]
        if (text := self.join(found)) is None:
            raise ValueMissing(name=", ".join(self.missing(values)), count=1, numbers="-")
        return text

    def join(self, values: Sequence[str | None]) -> str | None:
        """Fill in one value a place, in order; None when one of them is None."""
        return None if None in values else self._form % tuple(values)

    def missing(self, values: Mapping[str, str]) -> list[str]:
        """Name, as they are written, the places that these values leave empty."""
        return self.empty([values.get(place.key) or place.default for place in self.places])

    def empty(self, values: Sequence[str | None]) -> list[str]:
        """Name, as they are written, the places for which there is None; each once."""
        pairs = zip(self.places, values, strict=True)
        return list(dict.fromkeys(place.name for place, value in pairs if value is None))

    def shown(self, values: Sequence[str | None]) -> str:
        """Fill in what there is, and leave the rest of the places to be seen."""
        pairs = zip(self.places, values, strict=True)
        return self._form % tuple(
            f"{{{{{place.name}}}}}" if value is None else value for place, value in pairs
        )


# A name as it is looked up: case does not count, nor what stands between its words.
key = lru_cache(4096)(free_fields.key)


def parse(text: str) -> Parsed:
    """Read a text. Two opening braces always begin a placeholder.

    Raises: PlaceholderWrong.
    """
    literals: list[str] = []
    places: list[Place] = []
    at = 0
    while (opens := text.find(OPENS, at)) >= 0:
        match = _PLACE.match(text, opens)
        if match is None:
            raise PlaceholderWrong(position=opens + 1)
        name, default = match[1], match[2]
        literals.append(text[at:opens])
        places.append(Place(key(name), name, None if default is None else default.strip()))
        at = match.end()
    literals.append(text[at:])
    return made(literals, places)


def check(text: str) -> None:
    """See that a text that somebody has just written reads as they mean it.

    Raises: PlaceholderWrong, also for two closing braces that end no placeholder.
    """
    at = 0
    parsed = parse(text)
    for literal, place in zip_longest(parsed.literals, _PLACE.finditer(text)):
        if (closes := literal.find(_CLOSES)) >= 0:
            raise PlaceholderUnopened(position=at + closes + 1)
        at = 0 if place is None else place.end()


def made(literals: Sequence[str], places: Sequence[Place]) -> Parsed:
    """Put a text together from its parts: a literal before each place, and one behind."""
    # The quickest join there is; a percent sign is the only thing it would look at.
    form = "%s".join(literal.replace("%", "%%") for literal in literals)
    names = tuple(dict.fromkeys(place.key for place in places))
    return Parsed(tuple(literals), tuple(places), names, form)
