"""What became of a send, told once: when all is known, or after some minutes what is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import peewee

from core import clock, phone, words
from core.messaging import reasons
from core.messaging.models import Message, Status
from core.messaging.naming import message_range
from core.notices.models import Notice
from core.notices.saying import Later, Nothing, Said, say

# Most reports come within seconds; whoever waits longer would rather know what is known.
PATIENCE = timedelta(minutes=5)
LOOK_AGAIN = timedelta(seconds=15)

ACCEPTED = "batch.accepted"
REFUSED = reasons.WORDS[reasons.SENDER_REFUSED]
ONE = "Your SMS to {phone}: {parts}."
MANY = "Your SMS to {count} numbers: {parts}."

# In the order in which they are told: the sentence, and the statuses it counts.
PARTS: tuple[tuple[str, tuple[Status, ...]], ...] = (
    ("{count} delivered", (Status.DELIVERED,)),
    ("{count} sent, no report yet", (Status.SUBMITTED,)),
    (
        "{count} not delivered",
        (Status.UNDELIVERED, Status.EXPIRED, Status.FAILED, Status.REJECTED),
    ),
    ("{count} opted out", (Status.SUPPRESSED,)),
    ("{count} cancelled", (Status.CANCELLED,)),
    ("{count} being checked", (Status.UNKNOWN,)),
    ("{count} still waiting", (Status.QUEUED, Status.SUBMITTING, Status.SCHEDULED)),
)
# What one text alone is called, where counting it would sound odd.
ALONE: dict[str, str] = {
    "{count} delivered": "delivered",
    "{count} sent, no report yet": "sent, no report yet",
    "{count} not delivered": "not delivered",
    "{count} opted out": "not sent, the number has opted out",
    "{count} cancelled": "cancelled",
    "{count} being checked": "being checked with the network",
    "{count} still waiting": "still waiting to go",
}
_OPEN = frozenset(
    {
        Status.SCHEDULED.value,
        Status.QUEUED.value,
        Status.SUBMITTING.value,
        Status.SUBMITTED.value,
        Status.UNKNOWN.value,
    }
)


def result(batch_id: str, language: str) -> Said:
    """Tell what became of a batch, or say when to look again."""
    first, last = message_range(batch_id)
    mine = (Message.id.between(first, last)) & (Message.batch_id == batch_id)
    began_at = peewee.fn.MAX(peewee.fn.COALESCE(Message.due_at, Message.created_at))
    rows: Any = (
        Message.select(Message.status, peewee.fn.COUNT(Message.id), began_at.coerce(False))
        .where(mine)
        .group_by(Message.status)
        .tuples()
    )
    found = [(str(status), int(count), int(began_ms)) for status, count, began_ms in rows]
    if not found:
        return Nothing("The batch is gone.")
    counts = {status: count for status, count, _ in found}
    began = clock.from_ms(max(began_ms for _, _, began_ms in found))
    now = clock.now()
    if _OPEN & counts.keys() and now < began + PATIENCE:
        return Later(max(now, began) + LOOK_AGAIN)
    refused = _refused_sender(batch_id) if counts.get(Status.REJECTED.value) else None
    if refused is not None and len(counts) == 1:
        return say(language, REFUSED, {}, sender=refused)
    if sum(counts.values()) == 1:
        number = phone.pretty(Message.get(mine).msisdn)
        return say(language, ONE, {}, phone=number, parts=parts(counts, language)[0])
    total = f"{sum(counts.values()):,}"
    told = say(language, MANY, {}, count=total, parts=", ".join(parts(counts, language)))
    if refused is None:
        return told
    why = say(language, REFUSED, {}, sender=refused)
    return replace(told, whole=f"{told.whole} {why.whole}")


def awaited(tenant_id: int, person_id: str, limit: int) -> dict[str, datetime]:
    """The sends of somebody that wait for their time, with about when that is, the next first."""
    rows = (
        Notice.select(Notice.data, Notice.due_at)
        .where(
            peewee.SQL("state = 'new'"),  # a literal, or the index of what waits is not used
            Notice.recipient == f"person:{person_id}",
            Notice.kind == ACCEPTED,
            Notice.tenant_id == tenant_id,
            Notice.due_at > clock.now() + PATIENCE,
        )
        .order_by(Notice.due_at)
        .limit(limit)
    )
    return {msgspec.json.decode(row.data)["batch"]: row.due_at for row in rows}


def _refused_sender(batch_id: str) -> str | None:
    """Find the sender ID that the networks refused, if that is why texts of a batch did not go."""
    first, last = message_range(batch_id)
    row = (
        Message.select(Message.sender)
        .where(
            Message.id.between(first, last),
            Message.status == Status.REJECTED.value,
            Message.reason == reasons.SENDER_REFUSED,
        )
        .limit(1)
        .first()
    )
    return None if row is None else str(row.sender)


def parts(counts: Mapping[str, int], language: str) -> list[str]:
    """Put the counts into words, good news first."""
    is_one = sum(counts.values()) == 1
    found = []
    for sentence, statuses in PARTS:
        count = sum(counts.get(status.value, 0) for status in statuses)
        if count:
            told = ALONE[sentence] if is_one else sentence
            found.append(words.say(language, told, count=f"{count:,}"))
    return found
