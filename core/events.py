"""The outbox: facts recorded in the transaction that made them true, for others to act on later."""

from __future__ import annotations

import msgspec
import peewee

from core import clock, ids
from core.database import InstantField, Model


class Event(Model):
    """One fact, such as `topup.completed`.

    Whoever consumes facts goes by `noticed_at`, not by the highest `sequence` seen: PostgreSQL
    gives a number before it commits the row, so a slow transaction's fact appears behind others.
    """

    sequence = peewee.BigAutoField()
    id = peewee.CharField(max_length=30, unique=True)
    name = peewee.CharField(max_length=40)
    tenant_id = peewee.IntegerField(null=True)
    data = peewee.TextField()
    created_at = InstantField()
    # When it was written down whom to tell of it; see `core.notices`.
    noticed_at = InstantField(null=True)


Event.add_index(Event.index(Event.tenant_id, Event.sequence, name="event_tenant"))
Event.add_index(
    Event.index(Event.sequence, where=peewee.SQL("noticed_at IS NULL"), name="event_unnoticed")
)


def record(name: str, tenant_id: int | None, **data: object) -> None:
    """Note a fact. Call it inside the transaction that makes the fact true."""
    Event.create(
        id=ids.new("evt"),
        name=name,
        tenant_id=tenant_id,
        data=msgspec.json.encode(data).decode(),
        created_at=clock.now(),
    )
