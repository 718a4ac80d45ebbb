"""The words of a campaign for each person: the body in their language, its places filled in.

A body is read once. What a text takes in a cheaper writing is found on the way, because both the
sender who wants that and the one who should know of it pay by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from core import text
from core.campaigns import placeholders
from core.campaigns.audience import Recipient
from core.campaigns.models import Campaign, TemplateVersion
from core.campaigns.placeholders import Parsed, Place, ValueMissing
from core.messaging import rules
from core.messaging.bulk.spool import Written
from core.messaging.models import Category

NAME, FIRST_NAME, PHONE = "name", "first_name", "phone"
# Known of everybody, or of nobody, without any field.
BUILT_IN = frozenset({NAME, FIRST_NAME, PHONE})

_fields = msgspec.json.Decoder(dict[str, str | None]).decode


class Priced(NamedTuple):
    """One person's text, and the segments that its cheaper writing saves."""

    text: Written
    saved: int


def clean(value: str) -> str:
    """A value as it is put into a text: one line, without what no handset shows."""
    if value.isprintable():
        return value.strip()
    line = " ".join(value.split())
    return "".join(each for each in line if each.isprintable())


def first_name(name: str) -> str:
    """What a person is called by: the first word of the name."""
    return name.partition(" ")[0]


def local(msisdn: str) -> str:
    """A number as a person here would dial it."""
    return "0" + msisdn[3:] if msisdn.startswith("254") else "+" + msisdn


class _Body:
    """The words in one language."""

    def __init__(
        self, body: str, params: Mapping[str, str], category: Category, rewrite: bool
    ) -> None:
        self.parsed = placeholders.parse(rules.with_suffix(text.tidy(body), category))
        self._rewrite = rewrite
        self._places = [(place.key, _fallback(place, params)) for place in self.parsed.places]
        self._has_fields = any(key not in BUILT_IN for key, _ in self._places)
        suffix = rules.with_suffix("", category)
        literals = "".join(self.parsed.literals).removesuffix(suffix)
        self._suffix = suffix
        self._may_be_empty = not literals.strip()
        self._plain = _plainer(self.parsed)
        self._known: dict[str, Priced] = {}

    def values(self, who: Recipient) -> list[str | None]:
        """What is filled in for somebody, in order; None where nothing is known."""
        own = _own(who) if self._has_fields else {}
        found: list[str | None] = []
        for key, fallback in self._places:
            if key == NAME:
                value = clean(who.name)
            elif key == FIRST_NAME:
                value = first_name(clean(who.name))
            elif key == PHONE:
                value = local(who.msisdn)
            else:
                value = own.get(key, "")
            found.append(value or fallback)
        return found

    def write(self, who: Recipient) -> Priced | None:
        """Write somebody's text; None when a value is missing. An empty text has no segments."""
        if not self._places:
            body = self.parsed.literals[0]
            if (priced := self._known.get(body)) is None:
                priced = self._known[body] = self._priced(body, [])
            return priced
        values = self.values(who)
        body_ = self.parsed.join(values)
        return None if body_ is None else self._priced(body_, values)

    def _priced(self, body: str, values: Sequence[str | None]) -> Priced:
        if self._may_be_empty and not body.removesuffix(self._suffix).strip():
            return Priced(Written(body, False, 0), 0)
        is_unicode, segments = text.weigh(body)
        if not is_unicode:
            return Priced(Written(body, False, segments), 0)
        cheaper = self._rewritten(body, values)
        after_unicode, after = text.weigh(cheaper)
        if self._rewrite:
            return Priced(Written(cheaper, after_unicode, after), segments - after)
        return Priced(Written(body, True, segments), max(0, segments - after))

    def _rewritten(self, body: str, values: Sequence[str | None]) -> str:
        """A body in a cheaper writing: that of its literals, found once, and plain values."""
        if self._plain is not None and values:
            cheaper = self._plain.join(values)
            if cheaper is not None and not text.weigh(cheaper)[0]:
                return cheaper if text.segments(cheaper) <= text.segments(body) else body
        return text.rewrite(body)


def _fallback(place: Place, params: Mapping[str, str]) -> str | None:
    return params.get(place.key) or place.default


def _own(who: Recipient) -> dict[str, str]:
    if not who.fields:
        return {}
    return {
        placeholders.key(name): clean(value) for name, value in _fields(who.fields).items() if value
    }


def _plainer(parsed: Parsed) -> Parsed | None:
    """The same text with its literals rewritten, when that leaves nothing dear in them."""
    if any(literal and not literal[0].isascii() for literal in parsed.literals[1:]):
        return None  # it may belong to what comes before it: an accent, or a fraction
    literals = tuple(text.rewrite(literal) for literal in parsed.literals)
    if any(text.weigh(literal)[0] for literal in literals):
        return None
    return placeholders.made(literals, parsed.places)


class Wording:
    """All words of a campaign or a template, by language."""

    def __init__(
        self,
        bodies: Mapping[str, str],
        language: str,
        *,
        params: Mapping[str, str] | None = None,
        category: Category = Category.TRANSACTIONAL,
        rewrite: bool = False,
    ) -> None:
        """Read the bodies. Raises: PlaceholderWrong, InvalidText."""
        given = {placeholders.key(name): clean(value) for name, value in (params or {}).items()}
        self._bodies = {
            spoken: _Body(body, given, category, rewrite) for spoken, body in bodies.items()
        }
        self._language = language
        self._default = self._bodies[language]

    def body(self, language: str | None) -> _Body:
        """The words for somebody who speaks a language, or has not said which."""
        return self._bodies.get(language or self._language, self._default)

    def language(self, who: Recipient) -> str:
        """The language in which somebody is written to."""
        return who.language if who.language in self._bodies else self._language

    def write(self, who: Recipient) -> Priced | None:
        """Write somebody's text; None when a value is missing."""
        return self.body(who.language).write(who)

    def missing(self, who: Recipient) -> list[str]:
        """Name the places that stay empty for somebody, as they are written."""
        body = self.body(who.language)
        return body.parsed.empty(body.values(who))

    def shown(self, who: Recipient) -> str:
        """Write somebody's text with the empty places left to be seen."""
        body = self.body(who.language)
        return body.parsed.shown(body.values(who))

    def text_for(self, who: Recipient) -> Written:
        """Write somebody's text. Raises: ValueMissing."""
        priced = self.write(who)
        if priced is None:
            name = ", ".join(self.missing(who))
            raise ValueMissing(name=name, count=1, numbers=local(who.msisdn))
        return priced.text

    @property
    def names(self) -> tuple[str, ...]:
        """Every place of every language, as it is looked up, once."""
        return tuple(
            dict.fromkeys(name for body in self._bodies.values() for name in body.parsed.names)
        )

    @property
    def is_same_for_all(self) -> bool:
        """Whether everybody who speaks one language gets the same words."""
        return not self.names


def of_version(
    version: TemplateVersion,
    *,
    params: Mapping[str, str] | None = None,
    category: Category = Category.TRANSACTIONAL,
    rewrite: bool = False,
) -> Wording:
    """The words of a template's version."""
    bodies = msgspec.json.decode(version.bodies, type=dict[str, str])
    return Wording(bodies, version.language, params=params, category=category, rewrite=rewrite)


def of_campaign(campaign: Campaign) -> Wording:
    """The words of a campaign, whether its own or a template's as they were when it was made.

    Raises: PlaceholderWrong, InvalidText.
    """
    params = msgspec.json.decode(campaign.params or "{}", type=dict[str, str])
    category = Category(campaign.category)
    if campaign.template_id is not None:
        version = TemplateVersion.get(
            TemplateVersion.template_id == campaign.template_id,
            TemplateVersion.version == campaign.template_version,
        )
        return of_version(version, params=params, category=category, rewrite=campaign.rewrite)
    bodies = {"": campaign.message or ""}
    return Wording(bodies, "", params=params, category=category, rewrite=campaign.rewrite)
