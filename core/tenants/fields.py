"""What people say about themselves and their business, checked before it is kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from core import words
from core.errors import Invalid
from core.settings import settings

_CONTROL = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
# Marks that turn the direction of writing can make one name look like another.
_DIRECTION = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
).fullmatch
# Source: Kenya Revenue Authority; A for people, P for companies and other bodies.
_KRA_PIN = re.compile(r"[AP][0-9]{9}[A-Z]").fullmatch

# What the languages are called.
NAMES: Mapping[str, str] = MappingProxyType({"en": "English", "sw": "Swahili"})


class FieldMissing(Invalid):
    """Nothing was given where something is needed."""

    code = "field_missing"
    title = "Something is missing"
    sentence = "Nothing is given here. Fill it in and try again."


class FieldTooLong(Invalid):
    """More than there is room for."""

    code = "field_too_long"
    title = "Too long"
    sentence = "This is too long: {most} characters at most."


class FieldUnprintable(Invalid):
    """Characters nobody can see, which no name needs."""

    code = "field_unprintable"
    title = "Characters that cannot be shown"
    sentence = "This has characters that cannot be shown. Type it again on one line."


class InvalidEmail(Invalid):
    """Not the shape of an e-mail address."""

    code = "invalid_email"
    title = "Not an e-mail address"
    sentence = "This is not an e-mail address. Write it like jina@example.com."


class UnknownLanguage(Invalid):
    """A language we do not speak."""

    code = "unknown_language"
    title = "Language not offered"
    sentence = "We do not speak this language. Choose one of: {offered}."

    def words(self, language: str = "en") -> str:
        """Name the languages, too, and in the person's own."""
        codes = str(self.fields["offered"]).split(", ")
        named = [f"{words.say(language, NAMES[each])} ({each})" for each in codes if each in NAMES]
        return words.say(language, self.sentence, offered=", ".join(named or codes))


class InvalidKraPin(Invalid):
    """Not the shape of a PIN of the Kenya Revenue Authority."""

    code = "invalid_kra_pin"
    title = "Not a KRA PIN"
    sentence = "This is not a KRA PIN. It looks like P051234567X."


def line(text: str, field: str, *, most: int) -> str:
    """Read one line of text: trimmed, single spaces, composed letters.

    Raises: FieldMissing, FieldTooLong, FieldUnprintable.
    """
    # Long before anything slower looks at it; composing letters never makes more than this of it.
    if len(text) > 4 * most:
        raise FieldTooLong(field=field, most=most)
    if any(unicodedata.category(c) in _CONTROL or c in _DIRECTION for c in text.strip()):
        raise FieldUnprintable(field=field)
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    if not any(unicodedata.category(c)[0] in "LN" for c in plain):
        raise FieldMissing(field=field)
    if len(plain) > most:
        raise FieldTooLong(field=field, most=most)
    return plain


def email(text: str | None, field: str = "email") -> str | None:
    """Read an e-mail address; None and nothing are none.

    Raises: InvalidEmail.
    """
    bare = (text or "").strip()
    if not bare:
        return None
    name, _, host = bare.rpartition("@")
    if len(bare) > 254 or not _EMAIL(bare) or ".." in name or name[0] == "." or name[-1] == ".":
        raise InvalidEmail(field=field)
    return f"{name}@{host.lower()}"


def language(code: str | None, field: str = "language") -> str:
    """Read a language; without one it is the first of the settings.

    Raises: UnknownLanguage.
    """
    offered = settings().app.languages
    if code is None or code == "":
        return offered[0]
    if code not in offered:
        raise UnknownLanguage(field=field, offered=", ".join(offered))
    return code


def kra_pin(text: str | None, field: str = "kra_pin") -> str | None:
    """Read a KRA PIN; None and nothing are none.

    Raises: InvalidKraPin.
    """
    bare = (text or "").strip().upper()
    if not bare:
        return None
    if not _KRA_PIN(bare):
        raise InvalidKraPin(field=field)
    return bare
