"""The texts that were sent: one, many, as a file, and taken back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from api.calls import TenantCall
from api.fields import CURRENCY, Instant, Kes, Phone, Shape
from api.operations import Download, for_tenant
from api.pages import Page, Paging, page
from core import clock, text
from core.messaging import cancelling, counts, queries, reasons
from core.messaging.errors import MessageNotFound, TooLateToCancel
from core.messaging.models import Charge, Message, Status
from core.money import Money
from core.phone import InvalidNumber

READ = "messages:read"

COLUMNS = (
    "id", "to", "status", "class", "sender_id", "segments", "encoding", "cost", "currency",
    "reference", "batch_id", "created_at", "schedule_at", "submitted_at", "final_at", "reason",
    "message", "campaign", "charged",
)  # fmt: skip


class MessageFilter(Paging, frozen=True, kw_only=True):
    """Which texts to list."""

    status: Status | None = None
    to: Phone | None = None
    campaign: str | None = None
    batch: str | None = None
    reference: str | None = None
    since: Instant | None = msgspec.field(name="from", default=None)
    until: Instant | None = None
    format: Literal["json", "csv"] = "json"

    def filters(self) -> dict[str, Any]:
        """The conditions alone."""
        return {
            "status": self.status and self.status.value,
            "to": self.to,
            "campaign": self.campaign,
            "batch": self.batch,
            "reference": self.reference,
            "since": self.since,
            "until": self.until,
        }


class MessageShape(Shape, frozen=True, kw_only=True):
    """One text and where it stands. `reason` is for programs, `detail` says it in words.

    `cost` is the price of the text, `charged` what has been taken for it: nothing while it waits
    or is in doubt, and nothing when it was refused, held back, taken back or refunded. The sum of
    `charged` is what your statement says.
    """

    id: str
    to: str
    status: Status
    class_: str = msgspec.field(name="class")
    sender_id: str
    message: str
    segments: int
    encoding: str
    cost: Kes
    charged: Kes
    currency: str
    reference: str | None
    batch_id: str
    campaign: str | None
    created_at: Instant
    schedule_at: Instant | None
    submitted_at: Instant | None
    final_at: Instant | None
    reason: str | None
    detail: str | None


class MessageEvent(Shape, frozen=True, kw_only=True):
    """One thing that happened to a text."""

    status: str
    at: Instant
    detail: str | None


class MessageDetail(MessageShape, frozen=True, kw_only=True):
    """One text and all that happened to it."""

    events: list[MessageEvent]


def values(row: Message, language: str = "en") -> dict[str, Any]:
    """Read what is shown of a text; why it did not go in the words of a language."""
    return {
        "id": row.id,
        "to": row.msisdn,
        "status": Status(row.status),
        "class_": row.category,
        "sender_id": row.sender,
        "message": row.body,
        "segments": row.segments,
        "encoding": text.UCS2 if row.is_unicode else text.GSM7,
        "cost": Money(row.cost).text(),
        "charged": Money(row.cost if row.charge == Charge.TAKEN.value else 0).text(),
        "currency": CURRENCY,
        "reference": row.reference,
        "batch_id": row.batch_id,
        "campaign": row.batch_id if counts.is_counted(row.batch_id) else None,
        "created_at": row.created_at,
        "schedule_at": row.due_at,
        "submitted_at": row.submitted_at,
        "final_at": row.final_at,
        "reason": row.reason,
        "detail": reasons.words_of(row.reason, language, sender=row.sender),
    }


def _detail(row: Message, language: str) -> MessageDetail:
    events = [
        MessageEvent(status=step.status, at=step.at, detail=step.detail)
        for step in queries.timeline(row)
    ]
    return MessageDetail(**values(row, language), events=events)


class Messages:
    """GET /api/{tenant}/sms/messages"""

    @for_tenant("listMessages", scope=READ, refuses=(InvalidNumber,))
    def on_get(self, call: TenantCall, where: MessageFilter) -> Page[MessageShape] | Download:
        """List texts, newest first, or download all that fit as CSV."""
        filters = where.filters()
        if where.format == "csv":
            return Download("text/csv; charset=utf-8", "messages.csv", _csv(call, filters))
        return page(
            call,
            where,
            lambda after, limit: queries.listing(call.profile, after=after, limit=limit, **filters),
            lambda row: MessageShape(**values(row, call.profile.language)),
            key=lambda row: row.id,
        )


class OneMessage:
    """GET /api/{tenant}/sms/messages/{id}"""

    @for_tenant("getMessage", scope=READ, refuses=(MessageNotFound,))
    def on_get(self, call: TenantCall, id: str) -> MessageDetail:
        """One text, and what happened to it so far."""
        return _detail(queries.one(call.profile, id), call.profile.language)


class CancelMessage:
    """POST /api/{tenant}/sms/messages/{id}/cancel"""

    @for_tenant(
        "cancelMessage",
        scope="messages:send",
        refuses=(MessageNotFound, TooLateToCancel),
        while_suspended=True,
    )
    def on_post(self, call: TenantCall, id: str) -> MessageDetail:
        """Take a scheduled or queued text back; its price is yours again."""
        message = cancelling.cancel(call.profile, id, actor=call.actor)
        return _detail(message, call.profile.language)


def _csv(call: TenantCall, filters: dict[str, Any]) -> Iterator[bytes]:
    """A file of texts, some hundreds of rows at a time."""
    out = io.StringIO()
    write = csv.writer(out).writerow
    write(COLUMNS)
    for count, row in enumerate(queries.stream(call.profile, **filters), start=1):
        shown = values(row)
        shown["class"] = shown.pop("class_")
        write([_cell(shown[column]) for column in COLUMNS])
        if count % 500 == 0:
            yield _emptied(out)
    yield _emptied(out)


def _emptied(out: io.StringIO) -> bytes:
    """What was written so far, taken out."""
    said = out.getvalue().encode()
    out.seek(0)
    out.truncate()
    return said


def _cell(value: Any) -> str:
    """One cell: a spreadsheet would run what looks like a formula, so an apostrophe stops it."""
    if value is None:
        return ""
    if hasattr(value, "tzinfo"):
        return clock.rfc3339(value)
    written = str(value)
    if written.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
        return f"'{written}"
    return written
