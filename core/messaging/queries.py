"""Reading texts and figures back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import peewee

from core import clock, phone
from core.errors import Refused
from core.messaging.errors import MessageNotFound
from core.messaging.models import (
    REHEARSAL_ACCOUNT,
    Message,
    Report,
    Status,
    Submission,
    Usage,
)
from core.messaging.naming import message_range
from core.money import Money
from core.tenants.profiles import Profile


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a text."""

    status: str
    at: datetime
    detail: str | None = None


class UsageBy(StrEnum):
    """What usage can be grouped by."""

    DAY = "day"
    MONTH = "month"
    STATUS = "status"
    SENDER = "sender"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Texts, segments and their price under one key, such as a day or a status."""

    key: str
    messages: int
    segments: int
    cost: Money


def own(profile: Profile) -> peewee.ModelSelect[Message]:
    """Every query starts here: a tenant's own texts, test ones apart from real ones."""
    mode = (
        Message.account_id == REHEARSAL_ACCOUNT
        if profile.is_test
        else Message.account_id != REHEARSAL_ACCOUNT
    )
    return Message.select().where(Message.tenant_id == profile.tenant_id, mode)


def one(profile: Profile, message_id: str) -> Message:
    """Return one text. Raises: MessageNotFound."""
    message = own(profile).where(Message.id == message_id).first()
    if message is None:
        raise MessageNotFound
    return message  # type: ignore[no-any-return]


def listing(
    profile: Profile,
    *,
    status: str | None = None,
    to: str | None = None,
    campaign: str | None = None,
    batch: str | None = None,
    reference: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[Message]:
    """List texts, newest first. `after` is the id of the last one already seen."""
    query = own(profile)
    if status is not None:
        query = query.where(Message.status == status)
    if to is not None:
        try:
            query = query.where(Message.msisdn == phone.parse(to))
        except Refused as error:
            error.field = "to"
            raise
    if reference is not None:
        query = query.where(Message.reference == reference)
    for hold_id in (batch, campaign):
        if hold_id is not None:
            ends = message_range(hold_id)
            query = query.where(Message.batch_id == hold_id, Message.id.between(*ends))
    if since is not None:
        query = query.where(Message.created_at >= since)
    if until is not None:
        query = query.where(Message.created_at < until)
    if after is not None:
        query = query.where(Message.id < after)
    return list(query.order_by(Message.id.desc()).limit(limit))


def stream(profile: Profile, *, page: int = 1000, **filters: object) -> Iterator[Message]:
    """Go through every text that fits, newest first, holding one page of them at a time."""
    after: str | None = None
    while rows := listing(profile, after=after, limit=page, **filters):  # type: ignore[arg-type]
        yield from rows
        after = rows[-1].id


def timeline(message: Message) -> list[Step]:
    """Tell a text's life from what is stored: nothing is written for it alone."""
    steps = [Step(Status.QUEUED.value, message.created_at)]
    if message.due_at is not None:
        steps = [Step(Status.SCHEDULED.value, message.created_at, f"for {message.due_at:%F %T}Z")]
        if message.status != Status.SCHEDULED.value and message.submission_id is not None:
            steps.append(Step(Status.QUEUED.value, message.due_at))
    if message.submission_id is not None:
        submission = Submission.get_or_none(Submission.id == message.submission_id)
        if submission is not None:
            steps.append(Step(Status.SUBMITTING.value, submission.created_at))
    if message.submitted_at is not None:
        answered = {Status.REJECTED.value, Status.UNKNOWN.value}
        first = message.status if message.status in answered else Status.SUBMITTED.value
        steps.append(
            Step(first, message.submitted_at, message.reason if first in answered else None)
        )
    if message.provider_id is not None:
        reports = Report.select().where(
            Report.provider_id == message.provider_id,
            Report.account_id == message.account_id,
            Report.received_at <= clock.now(),  # a rehearsed one is written down before its time
        )
        for report in reports.order_by(Report.id):
            words = " ".join(filter(None, (report.word, report.error_code)))
            steps.append(Step(f"report.{report.verdict}", report.received_at, words))
    if message.final_at is not None and steps[-1].status != message.status:
        steps.append(Step(message.status, message.final_at, message.reason))
    return steps


# What the gateway refused was given back at once.
_CHARGED = peewee.Case(None, [(Usage.status == Status.REJECTED.value, 0)], Usage.cost)


def usage(profile: Profile, since: date, until: date, by: UsageBy) -> list[UsageRow]:
    """Sum what was handed over between two days, both included."""
    key = {
        UsageBy.DAY: Usage.day,
        UsageBy.MONTH: Usage.day / 100,
        UsageBy.STATUS: Usage.status,
        UsageBy.SENDER: Usage.sender,
        UsageBy.OPERATOR: Usage.operator,
    }[by]
    rows: Any = (
        Usage.select(
            key.alias("key"),
            peewee.fn.SUM(Usage.messages).alias("messages"),
            peewee.fn.SUM(Usage.segments).alias("segments"),
            peewee.fn.SUM(_CHARGED).alias("cost"),
        )
        .where(
            Usage.tenant_id == profile.tenant_id,
            Usage.is_test == profile.is_test,
            Usage.day.between(_number(since), _number(until)),
        )
        # By place: PostgreSQL takes the same expression with its own parameter for another one.
        .group_by(peewee.SQL("1"))
        .order_by(peewee.SQL("1"))
        .dicts()
    )
    return [
        UsageRow(
            _label(by, row["key"]),
            int(row["messages"]),
            int(row["segments"]),
            Money(int(row["cost"])),
        )
        for row in rows
        if row["messages"]
    ]


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def _label(by: UsageBy, key: object) -> str:
    text = str(key)
    if by is UsageBy.DAY:
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if by is UsageBy.MONTH:
        return f"{text[:4]}-{text[4:6]}"
    return text
