"""Reading what a client sent: bounded bytes, strict JSON, strict queries."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import falcon
import msgspec

from api import faults, refusals
from api.fields import Amount
from api.problems import Refusals
from core.errors import Refused

T = TypeVar("T", bound=msgspec.Struct)

BODY_MAX = 1024 * 1024
# What is read and thrown away so that the sender of too much hears why before the line is cut.
DRAIN_MAX = 8 * BODY_MAX
DEPTH_MAX = 32

_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"?|([\[{])|([\]}])', re.DOTALL)


def body(req: falcon.Request, resp: falcon.Response, limit: int = BODY_MAX) -> bytes:
    """Read the body, however its length is told. Raises: TooLarge."""
    environ = req.env
    length = environ.get("CONTENT_LENGTH")
    stream = environ["wsgi.input"]
    if length:
        size = int(length) if length.isascii() and length.isdigit() else limit + 1
        if size <= limit:
            return stream.read(size)  # type: ignore[no-any-return]
    elif "HTTP_TRANSFER_ENCODING" not in environ:
        return b""
    else:
        size = DRAIN_MAX
        found: bytes = stream.read(limit + 1)
        if len(found) <= limit:
            return found
    drain(stream, size)
    resp.set_header("Connection", "close")
    told = f"{limit // 1024} kB" if limit < BODY_MAX else f"{limit // BODY_MAX} MB"
    raise refusals.TooLarge(limit=told)


def drain(stream: Any, size: int) -> None:
    """Read and throw away what comes, so that the sender of too much hears why."""
    left = min(size, DRAIN_MAX)
    while left > 0 and (chunk := stream.read(min(left, 65536))):
        left -= len(chunk)


def check_media_type(req: falcon.Request) -> None:
    """Refuse a body that says it is something else than JSON."""
    given = req.env.get("CONTENT_TYPE") or "application/json"
    kind = given.partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise refusals.UnsupportedMediaType


def decode_hook(kind: type, given: object) -> object:
    """Read the one type of ours that requests hold. Raises: AmountNotText, InvalidAmount."""
    if kind is not Amount:
        raise NotImplementedError(kind)
    return Amount.read(given)


def decoder(kind: type[T]) -> Callable[[bytes], T]:
    """Make a reader of bodies of one shape that tells everything wrong at once."""
    read = msgspec.json.Decoder(kind, dec_hook=decode_hook).decode

    def decode(raw: bytes) -> T:
        raw = raw or b"{}"  # nothing is no fields; which of them were needed is told by name
        # JSON can only write a zero character as an escape, and PostgreSQL stores none.
        if b"\\u0000" not in raw:
            try:
                return read(raw)
            except (ValueError, RecursionError, Refused) as error:
                failure: Exception = error
        else:
            failure = refusals.TextNotPlain()
        value = _untyped(raw)
        found = faults.in_body(kind, value)
        if found:
            raise Refusals(found)
        if isinstance(failure, refusals.TextNotPlain):
            return read(raw)  # an escaped backslash before "u0000": no zero character at all
        raise failure

    return decode


def _untyped(raw: bytes) -> object:
    """Read JSON of any shape. Raises: NotUtf8, NestedTooDeep, BadJson."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        raise refusals.NotUtf8(position=error.start + 1) from None
    if _is_deeper_than(raw, DEPTH_MAX):
        raise refusals.NestedTooDeep(limit=DEPTH_MAX)
    try:
        return msgspec.json.decode(raw)
    except (ValueError, RecursionError) as error:
        place = re.search(r"byte (\d+)", str(error))
        position = int(place[1]) + 1 if place else len(raw) + 1
        raise refusals.BadJson(position=position) from None


def _is_deeper_than(raw: bytes, limit: int) -> bool:
    depth = 0
    for match in _BRACKETS.finditer(raw):
        if match[1]:
            depth += 1
            if depth > limit:
                return True
        elif match[2]:
            depth -= 1
    return False


def query_reader(kind: type[T]) -> Callable[[falcon.Request], T]:
    """Make a reader of query strings of one shape. An unknown parameter is refused."""
    known = sorted(field.encode_name for field in msgspec.structs.fields(kind))

    def read(req: falcon.Request) -> T:
        given: dict[str, Any] = dict(req.params)
        for name, value in given.items():
            if name not in known:
                raise refusals.UnknownParameter(given=name[:30], known=", ".join(known) or "none")
            if isinstance(value, list):
                # Asked twice: nobody can say which was meant.
                raise Refusals(
                    [(name, refusals.WrongType(expected=["one value"], given="several"))]
                )
        try:
            made = msgspec.convert(given, kind, strict=False)
        except msgspec.ValidationError as error:
            found = faults.in_query(kind, given)
            if not found:
                raise
            raise Refusals(found) from error
        if any("\0" in value for value in given.values()):
            raise Refusals(
                [(name, refusals.TextNotPlain()) for name, v in given.items() if "\0" in v]
            )
        return made

    return read


def no_query(req: falcon.Request) -> None:
    """Refuse any parameter where none is known."""
    for name in req.params:
        raise refusals.UnknownParameter(given=name[:30], known="none")
