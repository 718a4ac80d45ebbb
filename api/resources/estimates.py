"""What a send or a campaign would do: the shapes of its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from api.fields import CURRENCY, Instant, Kes, Price, Shape, utc
from core.campaigns.estimating import Estimate
from core.campaigns.findings import Offending
from core.messaging import reach
from core.messaging.errors import Declined, SenderNotAtOperator
from core.money import Money
from core.tenants.profiles import Profile


class DeclinedText(Shape, frozen=True, kw_only=True):
    """A recipient that gets nothing, and why: one of the codes of /docs/errors."""

    to: str
    code: str
    detail: str

    @classmethod
    def of(cls, each: Declined) -> DeclinedText:
        """Show it."""
        return cls(to=each.to, code=each.code, detail=each.detail)


class OffendingCharacter(Shape, frozen=True, kw_only=True):
    """A character that makes the whole text dearer; positions count from 1."""

    character: str
    positions: list[int]
    name: str
    suggestion: str | None


class SegmentSpan(Shape, frozen=True, kw_only=True):
    """Segments of each text, the shortest and the longest, and of all of them together."""

    min: int
    max: int
    total: int


class Rewriting(Shape, frozen=True, kw_only=True):
    """A cheaper way to write the text; `saves` is for all recipients."""

    message: str
    saves: Kes


class OperatorWindow(Shape, frozen=True, kw_only=True):
    """An operator's hours for promotional texts in Nairobi, and when the next may go there."""

    operator: str
    opens: str
    closes: str
    goes_at: Instant


class ClosedOperator(Shape, frozen=True, kw_only=True):
    """An operator that has not approved the sender ID, and how many are left out for it."""

    operator: str
    recipients: int
    detail: str


class MissingValue(Shape, frozen=True, kw_only=True):
    """A placeholder that some people have no value for, and the first of them."""

    name: str
    count: int
    numbers: list[str]


class Obstacle(Shape, frozen=True, kw_only=True):
    """Why something did not start, or cannot: one of the codes of /docs/errors."""

    code: str
    detail: str


Spread = Annotated[
    dict[str, int], msgspec.Meta(description="How many people get a text of so many segments.")
]
LeftOut = Annotated[
    dict[str, int], msgspec.Meta(description="How many people get nothing, by the reason.")
]


class EstimateAnswer(Shape, frozen=True, kw_only=True):
    """What a send would do and cost; nothing has happened.

    With groups, contacts or a campaign it says more: how many texts take how many segments, who is
    left out, for how many people the money reaches, and until about when it goes.
    """

    recipients: int
    segments: SegmentSpan
    encoding: str
    offending: list[OffendingCharacter]
    rewrite: Rewriting | None
    price: Price
    cost: Kes
    currency: str
    balance_after: Kes
    goes_at: Instant
    errors: list[DeclinedText]
    spread: Spread | UnsetType = UNSET
    left_out: LeftOut | UnsetType = UNSET
    affordable: int | UnsetType = UNSET
    until: Instant | UnsetType = UNSET
    windows: list[OperatorWindow] | UnsetType = UNSET
    closed: list[ClosedOperator] | UnsetType = UNSET
    without_consent: int | UnsetType = UNSET
    missing: list[MissingValue] | UnsetType = UNSET
    obstacle: Obstacle | UnsetType | None = UNSET


def shown(profile: Profile, made: Estimate, price: Money) -> EstimateAnswer:
    """Show the estimate of a campaign, or of what could be one."""
    rewrite = None
    if made.rewrite is not None:
        rewrite = Rewriting(message=made.rewrite, saves=made.rewrite_saves.text())
    obstacle = made.obstacle or made.shortage
    return EstimateAnswer(
        recipients=made.recipients,
        segments=SegmentSpan(
            min=made.segments_min, max=made.segments_max, total=made.segments_total
        ),
        encoding=made.encoding,
        offending=_offending(made.offenders),
        rewrite=rewrite,
        price=price.price_text(),
        cost=made.cost.text(),
        currency=CURRENCY,
        balance_after=made.balance_after.text(),
        goes_at=utc(made.goes_at),
        errors=[],
        spread={str(segments): people for segments, people in made.spread.items()},
        left_out=dict(made.left_out),
        affordable=made.affordable,
        until=utc(made.until),
        windows=[
            OperatorWindow(
                operator=each.operator,
                opens=f"{each.opens:%H:%M}",
                closes=f"{each.closes:%H:%M}",
                goes_at=utc(each.goes_at),
            )
            for each in made.windows
        ],
        closed=[
            ClosedOperator(
                operator=operator,
                recipients=people,
                detail=SenderNotAtOperator(
                    sender=made.sender_id, operator=reach.named([operator])
                ).words(profile.language),
            )
            for operator, people in made.closed.items()
        ],
        without_consent=made.without_consent,
        missing=[
            MissingValue(name=each.name, count=each.count, numbers=each.numbers)
            for each in made.missing
        ],
        obstacle=None
        if obstacle is None
        else Obstacle(code=obstacle.code, detail=obstacle.words(profile.language)),
    )


def _offending(found: Sequence[Offending]) -> list[OffendingCharacter]:
    return [
        OffendingCharacter(
            character=each.character,
            positions=[each.position],
            name=each.name,
            suggestion=each.suggestion,
        )
        for each in found
    ]
