"""Sends looked back on: the latest of a tenant, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import peewee

from core.messaging import counts, queries
from core.messaging.errors import MessageNotFound
from core.messaging.models import Charge, Message
from core.messaging.naming import message_range
from core.money import Money
from core.tenants.profiles import Profile


@dataclass(frozen=True, slots=True)
class Summary:
    """One send: when it was taken on, its texts by status, and what it has cost so far."""

    id: str
    at: datetime
    counts: Mapping[str, int]
    cost: Money

    @property
    def count(self) -> int:
        """How many texts it has."""
        return sum(self.counts.values())


def recent(profile: Profile, limit: int) -> list[Summary]:
    """Summarise a tenant's latest sends, newest first; campaigns have counts of their own."""
    found: list[Summary] = []
    before: str | None = None
    while len(found) < limit:
        page = queries.listing(profile, after=before, limit=1)
        if not page:
            break
        if not counts.is_counted(page[0].batch_id):
            found.append(_summary(profile, page[0].batch_id))
        before = message_range(page[0].batch_id)[0]
        # The first text itself may be the one we stand at; nothing of this batch is before it.
    return found


def one(profile: Profile, batch_id: str) -> Summary:
    """Summarise one send. Raises: MessageNotFound."""
    return _summary(profile, batch_id)


_KEPT = (Charge.HELD.value, Charge.TAKEN.value)


def _summary(profile: Profile, batch_id: str) -> Summary:
    # Counted by the database, whole: a send has a thousand texts at most.
    cost = peewee.Case(None, [(Message.charge.in_(_KEPT), Message.cost)], 0)
    rows: Any = (
        queries.own(profile)
        .select(
            Message.status,
            peewee.fn.COUNT(Message.id),
            peewee.fn.MIN(Message.created_at),
            peewee.fn.SUM(cost),
        )
        .where(Message.id.between(*message_range(batch_id)), Message.batch_id == batch_id)
        .group_by(Message.status)
        .order_by(Message.status)
        .tuples()
    )
    found = list(rows)
    if not found:
        raise MessageNotFound
    return Summary(
        batch_id,
        min(at for _, _, at, _ in found),
        {status: int(count) for status, count, _, _ in found},
        Money(sum(int(units) for _, _, _, units in found)),
    )
