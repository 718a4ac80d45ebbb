"""The outbox: facts recorded in the transaction that made them true, for others to act on later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import peewee

from core import clock, ids
from core.database import InstantField, Model

_AT_ONCE = 1000


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
    record_all(name, tenant_id, [data])


def record_all(name: str, tenant_id: int | None, facts: Sequence[Mapping[str, object]]) -> None:
    """Note many facts of one kind at once, as `record` does one."""
    now = clock.now()
    rows = [
        {
            "id": each,
            "name": name,
            "tenant_id": tenant_id,
            "data": msgspec.json.encode(data).decode(),
            "created_at": now,
        }
        for each, data in zip(ids.block("evt", len(facts)), facts, strict=True)
    ]
    for at in range(0, len(rows), _AT_ONCE):
        Event.insert_many(rows[at : at + _AT_ONCE]).execute()
