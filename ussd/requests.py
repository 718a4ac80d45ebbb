"""Reading what a gateway sent: query, form or JSON, by any method, in any spelling of a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from core.gateways import reading

BODY_MAX = 64 * 1024
_FIELDS_MAX = 60


class Unreadable(Exception):
    """A request that cannot be a hop; `why` is for the operator's log, never for the person."""

    def __init__(self, why: str, *names: str) -> None:
        super().__init__(why)
        self.why, self.names = why, names


@dataclass(frozen=True, slots=True)
class Request:
    """A request's fields, by lower-case names; those of an inner object are `outer.inner`.

    `raw` holds the values as they came, for dialects that must hand them back unchanged.
    """

    method: str = "POST"
    raw: Mapping[str, object] = field(default_factory=dict)
    wrong: Unreadable | None = None
    path: tuple[str, ...] = ()  # what follows the dialect in the address

    def get(self, name: str) -> str:
        """A field as text; nothing when it is not there."""
        return _text(self.raw.get(name.lower()))

    def has(self, name: str) -> bool:
        """Whether the field was sent, be it empty."""
        return name.lower() in self.raw

    def echo(self, name: str) -> object:
        """A field exactly as it was sent; an empty text when it was not."""
        return self.raw.get(name.lower(), "")

    def need(self, *names: str) -> list[str]:
        """Fields that must hold something. Raises: Unreadable."""
        if self.wrong is not None:
            raise self.wrong
        if missing := [name for name in names if not self.get(name).strip()]:
            raise Unreadable("fields are missing", *missing)
        return [self.get(name).strip() for name in names]


def read(environ: Mapping[str, Any], path: tuple[str, ...] = ()) -> Request:
    """Read a WSGI request. What is wrong with it is noted, not raised: it still gets an answer."""
    method = str(environ.get("REQUEST_METHOD", "GET"))
    query = str(environ.get("QUERY_STRING", "")).encode("latin-1", "replace")
    body = _body(environ)
    try:
        pairs = [*_pairs(query), *_posted(body)]
    except ValueError:
        return Request(method, {}, Unreadable("there are too many fields"), path)
    raw: dict[str, object] = {}
    wrong = None
    for name, value in pairs:
        known = name.lower()
        if known in raw and _text(raw[known]) != _text(value):
            wrong = Unreadable("a field has two values", name)
            continue
        raw[known] = value
    return Request(method, raw, wrong, path)


def _body(environ: Mapping[str, Any]) -> bytes:
    length = str(environ.get("CONTENT_LENGTH") or "")
    if length.isascii() and length.isdigit():
        return bytes(environ["wsgi.input"].read(min(int(length), BODY_MAX)))
    if "HTTP_TRANSFER_ENCODING" in environ:
        return bytes(environ["wsgi.input"].read(BODY_MAX))
    return b""


def _posted(body: bytes) -> Iterable[tuple[str, object]]:
    """A body by what it looks like: gateways are careless with its content type."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        read = reading.json(body.decode("utf-8-sig", "replace"))
        return _members(read) if isinstance(read, dict) else ()
    return _pairs(body)


def _pairs(raw: bytes) -> Iterable[tuple[str, object]]:
    text = raw.decode("utf-8", "replace")
    return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=_FIELDS_MAX)


def _members(held: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    for name, value in held.items():
        if isinstance(value, dict):
            for inner, deeper in value.items():
                yield f"{name}.{inner}", deeper
        yield name, value


def _text(value: object) -> str:
    """A field as text. PostgreSQL takes no NUL, and no encoder half a surrogate pair."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    return reading.text(value) or ""
