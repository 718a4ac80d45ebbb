"""What every dialect is: a hop read from a request, and an answer written for the gateway."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from ussd.hops import Answer, Hop
from ussd.phones import KENYA
from ussd.phones import read as read_phone
from ussd.requests import Request, Unreadable

PLAIN = "text/plain; charset=utf-8"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Wire:
    """An answer as it goes over the wire, always with status 200."""

    body: bytes
    content_type: str = PLAIN
    headers: dict[str, str] = field(default_factory=dict)


class Dialect(Protocol):
    """One gateway's way of speaking. It keeps nothing between two requests."""

    @property
    def name(self) -> str:
        """As it stands in the address."""
        ...

    @property
    def screen_limit(self) -> int | None:
        """The longest screen, in GSM-7 units, where the gateway takes less than others."""
        ...

    def read(self, request: Request) -> Hop:
        """Understand a request. Raises: Unreadable."""
        ...

    def write(self, request: Request, answer: Answer) -> Wire:
        """Write an answer. It must work for any request, also one that could not be read."""
        ...


def phone(request: Request, name: str, country: str = KENYA) -> str:
    """The MSISDN in a field. Raises: Unreadable."""
    found = read_phone(request.get(name), country)
    if found is None:
        raise Unreadable("the phone is no number", name)
    return found


def flag(request: Request, name: str) -> bool:
    """A yes or no, however it is written."""
    return request.get(name).strip().lower() in {"true", "1", "yes"}


def con_end(answer: Answer) -> bytes:
    """The commonest form. One stray character before the word, and the gateway hangs up."""
    return f"{'CON' if answer.goes_on else 'END'} {answer.text}".encode()


def as_json(**fields: Any) -> Wire:
    """Write fields as JSON."""
    return Wire(msgspec.json.encode(fields), JSON)
