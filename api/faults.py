"""The slow second look at a request that did not fit its shape: everything wrong, field by field.

The fast reader stops at the first fault. A person who made three mistakes wants to hear of three,
so the same declared shape is walked again by hand, only when reading has failed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import inspect

from api import refusals
from api.fields import Amount
from core.errors import Refused

Found = tuple[str, Refused]

FAULTS_MAX = 50

_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (str, "text"),
    (int, "a whole number"),
    (float, "a decimal number"),
    (list, "a list"),
    (dict, "an object"),
    (type(None), "null"),
)
_EXPECTED: dict[type[inspect.Type], str] = {
    inspect.BoolType: "true or false",
    inspect.StrType: "text in quotes",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.ListType: "a list",
    inspect.DictType: "an object",
    inspect.StructType: "an object",
    inspect.NoneType: "null",
    inspect.LiteralType: "text in quotes",
    inspect.EnumType: "text in quotes",
    inspect.DateTimeType: "a time in quotes",
    inspect.DateType: "a day in quotes",
    inspect.CustomType: "an amount in quotes",
}
_ZONE = re.compile(r"([zZ]|[+-]\d{2}:?\d{2})$")


def in_body(kind: type[Any], value: object) -> list[Found]:
    """Everything wrong with a JSON value that should have had a shape."""
    return _first(_faults(inspect.type_info(kind), value, ""))


def in_query(kind: type[Any], given: dict[str, str]) -> list[Found]:
    """Everything wrong with the parameters of a query that should have had a shape."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    nodes = {field.encode_name: field.type for field in info.fields}
    return _first(
        found
        for name, value in given.items()
        for found in _faults(nodes[name], _plain(nodes[name], value), name)
    )


def in_form(kind: type[Any], given: dict[str, str]) -> list[Found]:
    """Everything wrong with the fields of a form that should have had a shape."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    nodes = {field.encode_name: field.type for field in info.fields}
    plain = {
        name: _plain(nodes[name], value) if name in nodes else value
        for name, value in given.items()
    }
    return in_body(kind, plain)


def _first(found: Iterator[Found]) -> list[Found]:
    return [each for each, _ in zip(found, range(FAULTS_MAX), strict=False)]


def _plain(node: inspect.Type, value: str) -> object:
    """What a query's text stands for, where it stands for a number or a choice of yes and no."""
    kinds = [type(each) for each in _branches(node)]
    if inspect.IntType in kinds and re.fullmatch(r"-?\d{1,18}", value, re.ASCII):
        return int(value)
    if inspect.BoolType in kinds and value in {"true", "false"}:
        return value == "true"
    return value


def _branches(node: inspect.Type) -> list[inspect.Type]:
    """The kinds a value may be of, without what is only written about them."""
    if isinstance(node, inspect.Metadata):
        return _branches(node.type)
    if isinstance(node, inspect.UnionType):
        return [branch for each in node.types for branch in _branches(each)]
    return [node]


def _faults(node: inspect.Type, value: object, path: str) -> Iterator[Found]:
    branches = _branches(node)
    if len(branches) == 1:
        yield from _checked(branches[0], value, path)
        return
    offered = [each for each in branches if not isinstance(each, inspect.NoneType)]
    # Where a word may stand for something else, another word is not one of the words only.
    takes = _has_kind if len(offered) == 1 else _may_be
    fitting = [each for each in branches if takes(each, value)]
    if fitting:
        yield from _checked(fitting[0], value, path)
    else:
        wanted = [words for each in offered for words in _offered(each)]
        yield path, refusals.WrongType(expected=wanted, given=_said(value))


def _checked(node: inspect.Type, value: object, path: str) -> Iterator[Found]:
    if not _has_kind(node, value):
        yield path, refusals.WrongType(expected=[_expected(node)], given=_said(value))
    elif isinstance(node, inspect.StructType) and isinstance(value, dict):
        yield from _in_object(node, value, path)
    elif isinstance(node, inspect.ListType) and isinstance(value, list):
        yield from _size(node.min_length, node.max_length, len(value), path, many=True)
        for at, item in enumerate(value):
            yield from _faults(node.item_type, item, f"{path}[{at}]")
    elif isinstance(node, inspect.DictType) and isinstance(value, dict):
        for key, item in value.items():
            yield from _faults(node.value_type, item, f"{path}.{key[:40]}")
    elif isinstance(value, str) and "\0" in value:
        yield path, refusals.TextNotPlain()
    else:
        yield from _scalar(node, value, path)


def _in_object(node: inspect.StructType, value: dict[str, Any], path: str) -> Iterator[Found]:
    fields = {field.encode_name: field for field in node.fields}
    for name in value:
        if name not in fields:
            yield _join(path, name[:60]), _unknown(name, list(fields))
    for name, field in fields.items():
        if name in value:
            yield from _faults(field.type, value[name], _join(path, name))
        elif field.required:
            yield _join(path, name), refusals.MissingField(given=name)


def _unknown(name: str, known: list[str]) -> Refused:
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    shown = ascii(name[:40])[1:-1]
    if near:
        return refusals.UnknownField(given=shown, nearest=near[0])
    return refusals.UnknownFieldAlone(given=shown)


def _scalar(node: inspect.Type, value: object, path: str) -> Iterator[Found]:
    match node:
        case inspect.StrType() if isinstance(value, str):
            yield from _size(node.min_length, node.max_length, len(value), path, many=False)
        case inspect.IntType() if isinstance(value, int):
            if (node.ge is not None and value < node.ge) or (
                node.le is not None and value > node.le
            ):
                yield path, refusals.OutOfRange(range=_range(node))
        case inspect.LiteralType() if value not in node.values:
            yield path, refusals.NotOneOf(choices=", ".join(map(str, node.values)))
        case inspect.EnumType() if value not in {each.value for each in node.cls}:
            yield path, refusals.NotOneOf(choices=", ".join(each.value for each in node.cls))
        case inspect.DateTimeType() if isinstance(value, str):
            if (wrong := _time_fault(value)) is not None:
                yield path, wrong
        case inspect.DateType() if isinstance(value, str) and not _fits(value, date):
            yield path, refusals.InvalidDate()
        case inspect.CustomType():
            yield from _amount(value, path)


def _amount(value: object, path: str) -> Iterator[Found]:
    try:
        Amount.read(value)
    except Refused as wrong:
        yield path, wrong


def _time_fault(value: str) -> Refused | None:
    if _fits(value, datetime):
        return None if _ZONE.search(value) else refusals.TimeWithoutZone()
    return refusals.InvalidTime()


def _fits(value: object, kind: type[Any]) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _size(
    least: int | None, most: int | None, size: int, path: str, *, many: bool
) -> Iterator[Found]:
    if most is not None and size > most:
        yield path, refusals.TooManyItems(limit=most) if many else refusals.TooLong(limit=most)
    if least is not None and size < least:
        yield path, refusals.TooShort(limit=least)


def _range(node: inspect.IntType) -> str:
    if node.ge is not None and node.le is not None:
        return f"{node.ge}-{node.le}"
    return f">= {node.ge}" if node.ge is not None else f"<= {node.le}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _has_kind(node: inspect.Type, value: object) -> bool:
    """Say whether a JSON value is at all of the kind a type is written as."""
    match node:
        case inspect.AnyType():
            return True
        case inspect.NoneType():
            return value is None
        case inspect.BoolType():
            return isinstance(value, bool)
        case inspect.IntType():
            return isinstance(value, int) and not isinstance(value, bool)
        case inspect.FloatType():
            return isinstance(value, int | float) and not isinstance(value, bool)
        case inspect.ListType():
            return isinstance(value, list)
        case inspect.StructType() | inspect.DictType():
            return isinstance(value, dict)
        case inspect.CustomType():
            return isinstance(value, str | int | float) and not isinstance(value, bool)
        case _:
            return isinstance(value, str)


def _may_be(node: inspect.Type, value: object) -> bool:
    if isinstance(node, inspect.LiteralType):
        return value in node.values
    return _has_kind(node, value)


def _offered(node: inspect.Type) -> list[str]:
    """Say what a value may be: some kind, or just one of these words."""
    if isinstance(node, inspect.LiteralType):
        return [f'"{each}"' for each in node.values]
    return [_expected(node)]


def _expected(node: inspect.Type) -> str:
    return _EXPECTED.get(type(node), "something else")


def _said(value: object) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "something else")
