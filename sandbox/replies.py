"""Reading requests and writing answers, for every stand-in."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar

import falcon
import msgspec

from sandbox.server import DROP, HOLD

T = TypeVar("T")

App: TypeAlias = "falcon.App[falcon.Request, falcon.Response]"


class Invalid(Exception):
    """One of our own doors was given something it cannot take; its text says what it wants."""


_encoder = msgspec.json.Encoder()


class Unreadable(Exception):
    """A body that is not what was asked for; its text says how."""


def read(req: falcon.Request, kind: type[T]) -> T:
    """The JSON body, whatever the content type says.

    Raises: Unreadable.
    """
    try:
        return msgspec.json.decode(req.bounded_stream.read(), type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error


def read_object(req: falcon.Request) -> dict[str, Any]:
    """The JSON object in the body; an empty body is an empty object.

    Raises: Unreadable.
    """
    raw = req.bounded_stream.read()
    try:
        return msgspec.json.decode(raw, type=dict[str, Any]) if raw.strip() else {}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error


def write(resp: falcon.Response, answer: object, status: str = falcon.HTTP_200) -> None:
    """Answer with JSON."""
    resp.status = status
    resp.data = _encoder.encode(answer)
    resp.content_type = "application/json;charset=UTF-8"


def write_html(resp: falcon.Response, title: str, status: str) -> None:
    """Answer with the kind of page a proxy in front shows when it is unwell."""
    resp.status = status
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    resp.data = page.encode()
    resp.content_type = "text/html"


def hold(req: falcon.Request, seconds: float) -> None:
    """Let the caller wait before the answer goes."""
    req.env[HOLD] = seconds


def drop(req: falcon.Request) -> None:
    """Close the connection instead of answering."""
    req.env[DROP] = True
