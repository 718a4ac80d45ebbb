"""The kinds of fields that requests share, each with its limits and its line of documentation."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

import msgspec
from msgspec import UnsetType

from api.refusals import AmountNotText
from core.money import InvalidAmount, Money

Instant = Annotated[
    datetime,
    msgspec.Meta(
        tz=True,
        description="RFC 3339 with its zone.",
        examples=["2026-11-23T08:00:00+03:00"],
    ),
]
Day = Annotated[
    date, msgspec.Meta(description="A calendar day in Nairobi.", examples=["2026-11-23"])
]
Phone = Annotated[
    str,
    msgspec.Meta(
        max_length=40, description="A mobile number in any writing.", examples=["0712345678"]
    ),
]
Name = Annotated[str, msgspec.Meta(max_length=120)]
Reason = Annotated[str, msgspec.Meta(max_length=500, description="Why, for the audit trail.")]
SenderId = Annotated[
    str,
    msgspec.Meta(max_length=11, description="One of your approved sender IDs; ours when left out."),
]
Reference = Annotated[
    str, msgspec.Meta(max_length=100, description="Your own name for it, given back as it is.")
]
Words = Annotated[str, msgspec.Meta(max_length=10_000, description="The words of the text.")]

Kes = Annotated[
    str,
    msgspec.Meta(
        description="Shillings, with 2 to 4 decimals.",
        pattern=r"^-?[0-9]+\.[0-9]{2,4}$",
        examples=["1250.50"],
    ),
]
Price = Annotated[
    str,
    msgspec.Meta(
        description="Shillings a segment, with 4 decimals.",
        pattern=r"^[0-9]+\.[0-9]{4}$",
        examples=["0.8000"],
    ),
]

CURRENCY = "KES"


def utc(moment: datetime) -> datetime:
    """A moment that was reckoned in Nairobi, as every other time is written."""
    return moment.astimezone(UTC)


class Amount:
    """Money as a request writes it: text or whole shillings."""

    __slots__ = ("money",)

    def __init__(self, money: Money) -> None:
        self.money = money

    @classmethod
    def read(cls, given: object) -> Amount:
        """Read an amount. Raises: AmountNotText, InvalidAmount."""
        if isinstance(given, float):
            raise AmountNotText
        if isinstance(given, bool) or not isinstance(given, str | int):
            raise InvalidAmount(given="This")
        return cls(Money.parse(str(given), signed=True))


def money(given: Amount | UnsetType | None) -> Any:
    """The money of an amount that may be left out or null."""
    return given.money if isinstance(given, Amount) else given


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A body: every field named here may come, and no other."""


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A query string: every parameter named here may come, and no other."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """An answer."""


__all__ = [
    "CURRENCY",
    "Day",
    "Instant",
    "Amount",
    "Kes",
    "Price",
    "money",
    "Name",
    "Phone",
    "Query",
    "Reason",
    "Reference",
    "Request",
    "SenderId",
    "Shape",
    "Words",
]
