"""The words of a campaign for each person: the body in their language, its places filled in.

A body is read once. What a text takes in a cheaper writing is found on the way, because both the
sender who wants that and the one who should know of it pay by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import msgspec

from core import text
from core.campaigns import placeholders
from core.campaigns.audience import Recipient
from core.campaigns.models import Campaign, TemplateVersion
from core.campaigns.placeholders import Parsed, ValueMissing
from core.messaging import rules
from core.messaging.models import Category

NAME, FIRST_NAME, PHONE, FIELD = "name", "first_name", "phone", ""
# Known of everybody, or of nobody, without any field.
BUILT_IN = frozenset({NAME, FIRST_NAME, PHONE})
# What people call these when they think of their own list. A field of that name comes first.
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("jina", "jina_kamili", "full_name"), NAME),
        **dict.fromkeys(("jina_la_kwanza", "firstname"), FIRST_NAME),
        **dict.fromkeys(
            ("simu", "namba", "nambari", "namba_ya_simu", "nambari_ya_simu", "phone_number"), PHONE
        ),
    }
)

_fields = msgspec.json.Decoder(dict[str, str | None]).decode


class Priced(msgspec.Struct, frozen=True, gc=False):
    """One person's text, what it takes on the air, and what its cheaper writing saves of that.

    `saved` are segments. A text with nothing in it has none.
    """

    body: str
    is_unicode: bool
    segments: int
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
        self._suffix = rules.with_suffix("", category)
        literals = "".join(self.parsed.literals).removesuffix(self._suffix)
        self._may_be_empty = not literals.strip()
        self._plain = _plainer(self.parsed)
        self._same: Priced | None = None
        # How each wanted field is spelt, as far as contacts have shown; each place has the list.
        self._spelt: dict[str, list[str]] = {
            place.key: [] for place in self.parsed.places if place.key not in BUILT_IN
        }
        self._seen: set[str] = set()
        self._places = [
            (
                place.key if place.key in BUILT_IN else FIELD,
                self._spelt.get(place.key, []),
                None if place.key in params else ALIASES.get(place.key),
                _given(place.key, params) or place.default,
            )
            for place in self.parsed.places
        ]

    def values(self, who: Recipient) -> list[str | None]:
        """What is filled in for somebody, in order; None where nothing is known."""
        own = self._own(who.fields) if who.fields and self._spelt else None
        found: list[str | None] = []
        value: str | None
        for kind, spelt, alias, fallback in self._places:
            value = None
            if kind is FIELD:
                if own:
                    for name in spelt:
                        if value := own.get(name):
                            value = clean(value)
                            break
                if not value and alias is not None:
                    value = _built_in(alias, who)
            else:
                value = _built_in(kind, who)
            found.append(value or fallback)
        return found

    def _own(self, kept: str) -> dict[str, str | None]:
        own = _fields(kept)
        if not own.keys() <= self._seen:
            for name in own.keys() - self._seen:
                self._seen.add(name)
                self._spelt.get(placeholders.key(name), []).append(name)
        return own

    def write(self, who: Recipient) -> Priced | None:
        """Write somebody's text; None when a value is missing."""
        if not self._places:
            if self._same is None:
                self._same = self._priced(self.parsed.literals[0], [])
            return self._same
        values = self.values(who)
        body = self.parsed.join(values)
        return None if body is None else self._priced(body, values)

    def _priced(self, body: str, values: Sequence[str | None]) -> Priced:
        if self._may_be_empty and not body.removesuffix(self._suffix).strip():
            return Priced(body, False, 0, 0)
        is_unicode, segments = text.weigh(body)
        if not is_unicode:
            return Priced(body, False, segments, 0)
        cheaper = self._rewritten(body, values)
        after_unicode, after = text.weigh(cheaper)
        if self._rewrite:
            return Priced(cheaper, after_unicode, after, segments - after)
        return Priced(body, True, segments, max(0, segments - after))

    def _rewritten(self, body: str, values: Sequence[str | None]) -> str:
        """A body in a cheaper writing: that of its literals, found once, and plain values."""
        if self._plain is not None and values:
            cheaper = self._plain.join(values)
            if cheaper is not None and not text.weigh(cheaper)[0]:
                return cheaper if text.segments(cheaper) <= text.segments(body) else body
        return text.rewrite(body)


def _built_in(kind: str, who: Recipient) -> str:
    """What everybody has without any field."""
    if kind == FIRST_NAME:
        return first_name(clean(who.name))
    return clean(who.name) if kind == NAME else local(who.msisdn)


def _given(key: str, params: Mapping[str, str]) -> str | None:
    """What everybody gets who has nothing of their own."""
    if key in params:
        return params[key]
    if (alias := ALIASES.get(key)) is not None:
        return _given(alias, params)
    return first_name(params.get(NAME, "")) if key == FIRST_NAME else None


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
        self._message = bodies[language]
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

    def text_for(self, who: Recipient) -> Priced:
        """Write somebody's text. Raises: ValueMissing."""
        priced = self.write(who)
        if priced is None:
            name = ", ".join(self.missing(who))
            raise ValueMissing(name=name, count=1, numbers=local(who.msisdn))
        return priced

    @property
    def writer(self) -> Callable[[Recipient], Priced | None]:
        """`write`, by the shortest way there is."""
        return self._default.write if len(self._bodies) == 1 else self.write

    @property
    def cheaper(self) -> str:
        """The words of those without a language, as they were written, in a cheaper writing."""
        return cheaper(self._message)

    @property
    def names(self) -> tuple[str, ...]:
        """Every place of every language, as it is looked up, once."""
        return tuple(
            dict.fromkeys(name for body in self._bodies.values() for name in body.parsed.names)
        )


def cheaper(body: str) -> str:
    """Words as they were written, in a cheaper writing; the places keep their names.

    Raises: PlaceholderWrong, InvalidText.
    """
    parsed = placeholders.parse(text.tidy(body))
    places = [
        replace(each, default=None if each.default is None else text.rewrite(each.default))
        for each in parsed.places
    ]
    return placeholders.made([text.rewrite(each) for each in parsed.literals], places).written()


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
