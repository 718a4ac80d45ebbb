"""Reading what others wrote: nothing here raises, and nothing here believes a type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

__all__ = ["Fields", "amount", "code", "field_text", "fields", "json", "redacted", "text"]

Fields = dict[str, object]

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_INTEGER = re.compile(r"-?[0-9]{1,18}").fullmatch
_AMOUNT = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,10})?").fullmatch
_EMPTY = frozenset({"", "null", "none", "undefined"})


def json(raw: bytes | str) -> object:
    """The value a JSON text holds, its decimals exact; None when it is no JSON.

    Nesting beyond Python's own depth, numbers of thousands of digits and bytes that are no UTF-8
    are no JSON to us either.
    """
    try:
        return _decoder.decode(raw)
    except (ValueError, RecursionError, ArithmeticError):
        return None


def fields(value: object) -> Fields:
    """An object's fields under plain names: no case, spaces, dashes or underscores.

    `MessageId`, `messageId` and `message_id` are one name. Where two spellings meet, the first
    that holds something wins. Anything but an object has no fields.
    """
    if not isinstance(value, Mapping):
        return {}
    plain: Fields = {}
    for name, held in value.items():
        key = re.sub(r"[\s_-]+", "", str(name)).casefold()
        if plain.get(key) in (None, ""):
            plain[key] = held
    return plain


def text(value: object, limit: int = 1000) -> str | None:
    """A text or number as a trimmed text any database can hold; None when there is nothing.

    PostgreSQL takes no NUL, and no encoder takes half a surrogate pair.
    """
    if isinstance(value, Decimal):
        value = format(value, "f") if -20 < value.adjusted() < 20 else str(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    clean = value.replace("\0", "").encode("utf-8", "replace").decode().strip()
    return clean[:limit] or None


def field_text(held: Fields, *names: str, limit: int = 1000) -> str | None:
    """The first of these fields that holds a text; a list, as forms make them, gives its last."""
    for name in names:
        value = held.get(name)
        if isinstance(value, list):
            value = value[-1] if value else None
        if (found := text(value, limit)) is not None:
            return found
    return None


def code(value: object) -> str | None:
    """A code as one text, however it was written: 0, "0", "000" and 0.0 are all "0".

    None when there is none, or the word "null" stands in its place.
    """
    if isinstance(value, Decimal) and value.adjusted() < 18 and value == value.to_integral_value():
        value = int(value)
    found = text(value, 64)
    if found is None or found.casefold() in _EMPTY:
        return None
    return str(int(found)) if _INTEGER(found) else found


def amount(value: object) -> Decimal | None:
    """An exact amount of money from a JSON number or a text like "1,250.00"; None if it is none.

    Never negative, never infinite, and of a size that any ledger can hold.
    """
    if isinstance(value, Decimal) and not -20 < value.adjusted() < 20:
        return None
    plain = (text(value, 64) or "").replace(",", "")
    return Decimal(plain) if _AMOUNT(plain) else None


def redacted(said: str, secrets: Iterable[str]) -> str:
    """A text without our secrets, should somebody have echoed them."""
    for secret in secrets:
        if len(secret) >= 6:
            said = said.replace(secret, "***")
    return said
