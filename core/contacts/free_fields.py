"""What a business notes about a contact beside name and language: texts under names of its own.

Templates call them by name. Case does not count in a name, nor what stands between its words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from core.errors import Invalid
from core.tenants import fields

FIELDS_MAX = 30
NAME_MAX = 60
VALUE_MAX = 500

_NAME = re.compile(r"[^\W_](?:[\w -]*\w)?").fullmatch
_BETWEEN = re.compile(r"[\s_-]+")
# What stands in every contact, so that a field of that name could never be told apart.
_TAKEN = frozenset({"name", "first_name", "phone"})


class FieldNameWrong(Invalid):
    """A name that no placeholder could call."""

    code = "field_name_wrong"
    title = "Field name not usable"
    sentence = (
        "{given} cannot name a field. Use up to 60 letters and digits, "
        "and not name, first_name or phone."
    )
    field = "fields"


class FieldNameMissing(FieldNameWrong):
    """A field without any name."""

    sentence = (
        "A field has no name. Give it one of up to 60 letters and digits, "
        "and not name, first_name or phone."
    )


class TooManyFields(Invalid):
    """More fields than a contact keeps."""

    code = "too_many_fields"
    title = "Too many fields"
    sentence = "A contact has {most} fields at most. Leave some out."
    field = "fields"


@lru_cache(4096)
def key(name: str) -> str:
    """Return a field's name as it is compared.

    >>> key("Amount Due") == key("amount_due")
    True
    """
    return _BETWEEN.sub("_", unicodedata.normalize("NFC", name).strip()).casefold()


def is_name(name: str) -> bool:
    """Say whether a field can have this name."""
    return len(name) <= NAME_MAX and _NAME(name) is not None and key(name) not in _TAKEN


def read(given: Mapping[str, str | None]) -> dict[str, str]:
    """Read fields: their names and values as they are kept; nothing stands for one to take away.

    Raises: FieldNameWrong, FieldTooLong, FieldUnprintable, TooManyFields.
    """
    if len(given) > FIELDS_MAX:
        raise TooManyFields(most=FIELDS_MAX)
    found: dict[str, str] = {}
    for said, value in given.items():
        name = " ".join(unicodedata.normalize("NFC", said).split())
        if not name:
            raise FieldNameMissing
        if not is_name(name):
            raise FieldNameWrong(given=ascii(said[:30])[1:-1])
        found[name] = _value(name, value)
    return found


def _value(name: str, value: str | None) -> str:
    try:
        return fields.line(value or "", f"fields.{name}", most=VALUE_MAX)
    except fields.FieldMissing:  # neither letter nor digit: nothing, or signs alone, such as "-"
        return " ".join((value or "").split())


def merge(before: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Write fields over those that are there; an empty value takes its field away.

    Raises: TooManyFields.
    """
    after = dict(before)
    names = {key(name): name for name in after}
    for name, value in given.items():
        kept = names.setdefault(key(name), name)
        if value:
            after[kept] = value
        else:
            after.pop(kept, None)
    if len(after) > FIELDS_MAX:
        raise TooManyFields(most=FIELDS_MAX)
    return after


def dump(values: Mapping[str, str]) -> str | None:
    """Write fields as they stand in a contact's row: JSON, or None when there is none."""
    return msgspec.json.encode(values).decode() if values else None


_decode = msgspec.json.Decoder(dict[str, str]).decode


def load(kept: str | None) -> dict[str, str]:
    """Read the fields of a contact's row."""
    return _decode(kept) if kept else {}
