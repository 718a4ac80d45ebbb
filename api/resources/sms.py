"""Sending texts, and knowing beforehand what that costs."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from api.calls import TenantCall
from api.fields import (
    CURRENCY,
    Instant,
    Kes,
    Phone,
    Price,
    Reference,
    Request,
    SenderId,
    Shape,
    Words,
)
from api.operations import for_tenant
from core.errors import Invalid
from core.ledger.errors import DailyCapReached, NotEnough
from core.messaging import errors, preparing, sending
from core.messaging.models import Category
from core.messaging.sending import Order, Text
from core.tenants.profiles import Profile
from core.text import InvalidText

RECIPIENTS_MAX = 1000

SEND = "messages:send"
REFUSES = (
    errors.NoRecipients,
    errors.TooManyRecipients,
    errors.EmptyText,
    errors.TextTooLong,
    InvalidText,
    errors.SenderNotApproved,
    errors.SenderWrongClass,
    errors.ScheduleInPast,
    errors.ScheduleTooFar,
)
REFUSES_TO_SEND = (*REFUSES, NotEnough, DailyCapReached)

Numbers = Annotated[list[Phone], msgspec.Meta(min_length=1, max_length=RECIPIENTS_MAX)]


class DuplicateRecipient(Invalid):
    """In `errors` of a send: the same number written again, in this way or another."""

    code = "duplicate"
    title = "Number given more than once"
    sentence = preparing.DUPLICATE


class OptedOut(Invalid):
    """In `errors` of a send: a number that wants no texts of this class from you."""

    code = "opted_out"
    title = "Number has opted out"
    sentence = preparing.OPTED_OUT


class Common(Request, frozen=True, kw_only=True):
    """What single and bulk sends share."""

    sender_id: SenderId | None = None
    class_: Category = msgspec.field(name="class", default=Category.TRANSACTIONAL)
    schedule_at: Instant | None = None
    rewrite: Literal["never", "gsm7"] = "never"


class SendRequest(Common, frozen=True, kw_only=True):
    """One text to one number or to a list of them."""

    to: Phone | Numbers
    message: Words
    reference: Reference | None = None

    def order(self) -> Order:
        """What the act is asked to do."""
        to = [self.to] if isinstance(self.to, str) else self.to
        return Order(
            [Text(number, self.message, self.reference) for number in to],
            self.sender_id,
            self.class_,
            self.schedule_at,
            self.rewrite == "gsm7",
        )


class BulkText(Request, frozen=True, kw_only=True):
    """One of many different texts."""

    to: Phone
    message: Words
    reference: Reference | None = None


class BulkRequest(Common, frozen=True, kw_only=True):
    """Many different texts."""

    messages: Annotated[list[BulkText], msgspec.Meta(min_length=1, max_length=RECIPIENTS_MAX)]

    def order(self) -> Order:
        """What the act is asked to do."""
        return Order(
            [Text(each.to, each.message, each.reference) for each in self.messages],
            self.sender_id,
            self.class_,
            self.schedule_at,
            self.rewrite == "gsm7",
        )


class AcceptedText(Shape, frozen=True, kw_only=True):
    """A text that was taken on."""

    id: str
    to: str
    status: str
    segments: int
    encoding: str
    cost: Kes
    reference: str | None


class DeclinedText(Shape, frozen=True, kw_only=True):
    """A recipient that gets nothing, and why: one of the codes of /docs/errors."""

    to: str
    code: str
    detail: str


class SendAnswer(Shape, frozen=True, kw_only=True):
    """What was taken on, what was not, and what it costs."""

    batch_id: str
    accepted: int
    rejected: int
    cost: Kes
    currency: str
    balance: Kes
    messages: list[AcceptedText]
    errors: list[DeclinedText]


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


class EstimateAnswer(Shape, frozen=True, kw_only=True):
    """What a send would do and cost; nothing has happened."""

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


class Send:
    """POST /api/{tenant}/sms/send"""

    @for_tenant("sendText", scope=SEND, status=202, refuses=REFUSES_TO_SEND)
    def on_post(self, call: TenantCall, asked: SendRequest) -> SendAnswer:
        """Send one text to one number or many.

        A number written several ways is one text; the repeats are named in `errors`. When the money
        does not reach for all, nothing is sent.
        """
        batch = sending.send(call.profile, asked.order(), once=call.once, actor=call.actor)
        return _answer(batch)


class Bulk:
    """POST /api/{tenant}/sms/bulk"""

    @for_tenant("sendTexts", scope=SEND, status=202, refuses=REFUSES_TO_SEND)
    def on_post(self, call: TenantCall, asked: BulkRequest) -> SendAnswer:
        """Send many different texts at once.

        When the money does not reach for all, nothing is sent.
        """
        batch = sending.send(call.profile, asked.order(), once=call.once, actor=call.actor)
        return _answer(batch)


class Estimate:
    """POST /api/{tenant}/sms/estimate"""

    @for_tenant("estimateText", scope=SEND, refuses=REFUSES, while_suspended=True)
    def on_post(self, call: TenantCall, asked: SendRequest) -> EstimateAnswer:
        """Say what a send would reach and cost, and when it would go, without sending."""
        return _estimate(call.profile, sending.estimate(call.profile, asked.order()))


def _estimate(profile: Profile, made: sending.Estimate) -> EstimateAnswer:
    return EstimateAnswer(
        recipients=made.recipients,
        segments=SegmentSpan(
            min=made.segments_min, max=made.segments_max, total=made.segments_total
        ),
        encoding=made.encoding,
        offending=[
            OffendingCharacter(
                character=each.character,
                positions=list(each.positions),
                name=each.name,
                suggestion=each.suggestion,
            )
            for each in made.offenders
        ],
        rewrite=None
        if made.rewrite is None
        else Rewriting(message=made.rewrite, saves=made.rewrite_saves.text()),
        price=profile.price.price_text(),
        cost=made.cost.text(),
        currency=CURRENCY,
        balance_after=made.balance_after.text(),
        goes_at=made.goes_at,
        errors=[_declined(each) for each in made.errors],
    )


def _declined(each: errors.Declined) -> DeclinedText:
    return DeclinedText(to=each.to, code=each.code, detail=each.detail)


def _answer(batch: sending.Batch) -> SendAnswer:
    return SendAnswer(
        batch_id=batch.id,
        accepted=len(batch.messages),
        rejected=len(batch.errors),
        cost=batch.cost.text(),
        currency=CURRENCY,
        balance=batch.balance.text(),
        messages=[
            AcceptedText(
                id=each.id,
                to=each.to,
                status=each.status,
                segments=each.segments,
                encoding=each.encoding,
                cost=each.cost.text(),
                reference=each.reference,
            )
            for each in batch.messages
        ],
        errors=[_declined(each) for each in batch.errors],
    )
