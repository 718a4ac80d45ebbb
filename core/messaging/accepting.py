"""The accept path: hold the money and store the texts, in one step. A hot path.

`put` does it in one SQL statement on PostgreSQL and in a few on SQLite, and shares its commit with
those who want the same wallet, or the same file. `put_plainly` is the same act in plain Peewee and
states what it means; a property test holds the three equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from core.database import changed, execute, execute_many, is_postgres, single, transaction
from core.ledger import holds
from core.ledger.models import Account, Hold
from core.messaging.models import Message, Status
from core.messaging.preparing import Row


class Batch(NamedTuple):
    """Texts to be accepted together, and the hold that pays for them."""

    id: str
    purse_id: int
    once: str | None
    actor: str
    tenant_id: int
    account_id: int
    lane: int
    category: str
    sender: str
    created_ms: int
    day: int
    ids: Sequence[str]
    rows: Sequence[Row]
    cost: int


def status_of(row: Row) -> str:
    """Return the status a text starts with."""
    return Status.QUEUED.value if row.due_ms is None else Status.SCHEDULED.value


def put(batch: Batch) -> int:
    """Hold the batch's cost and store its texts. Returns what is available afterwards (KES/4).

    Raises: NotEnough, DailyCapReached (nothing is stored), peewee.IntegrityError (this `once` has
    been used: the batch exists).
    """
    store = _put_postgres if is_postgres() else _put_sqlite
    available = single(lambda: store(batch), row=batch.purse_id)
    if available is None:
        raise holds.refusal(batch.purse_id, batch.cost)
    return available


_HOLD_AND_STORE = """
    WITH purse AS (
        {guarded}
        RETURNING posted_credit - posted_debit - pending + credit_limit AS available
    ), held AS (
        INSERT INTO hold (id, account_id, amount, taken, released, once, actor, created_at)
        SELECT %s, %s, %s, 0, 0, %s, %s, %s FROM purse
    ), stored AS (
        INSERT INTO message
            (tenant_id, batch_id, account_id, lane, category, sender, charge, created_at,
             id, msisdn, body, is_unicode, segments, cost, reference, due_at, status)
        SELECT %s, %s, %s, %s, %s, %s, 'held', %s, {texts}
    )
    SELECT available FROM purse
"""
_ONE = _HOLD_AND_STORE.format(
    guarded=holds.GUARDED_HOLD, texts="%s, %s, %s, %s, %s, %s, %s, %s::int8, %s FROM purse"
)
_MANY = _HOLD_AND_STORE.format(
    guarded=holds.GUARDED_HOLD,
    texts="""
               r.id, r.msisdn, r.body, r.is_unicode, r.segments, r.cost, r.reference, r.due_ms,
               CASE WHEN r.due_ms IS NULL THEN 'queued' ELSE 'scheduled' END
        FROM purse, json_to_recordset(%s)
             AS r (id text, msisdn text, body text, is_unicode bool, segments int2, cost int8,
                   reference text, due_ms int8)""",
)


def _put_postgres(batch: Batch) -> int | None:
    row = execute(
        _ONE if len(batch.rows) == 1 else _MANY,
        (
            *holds.guard_params(batch.purse_id, batch.cost, batch.day),
            *(batch.id, batch.purse_id, batch.cost, batch.once, batch.actor, batch.created_ms),
            *(batch.tenant_id, batch.id, batch.account_id, batch.lane, batch.category),
            *(batch.sender, batch.created_ms),
            *_texts(batch),
        ),
    ).fetchone()
    return None if row is None else int(row[0])


def _texts(batch: Batch) -> tuple[object, ...]:
    """One text as it is; many as one JSON value, which costs a fraction of an array a column."""
    if len(batch.rows) == 1:
        return (batch.ids[0], *batch.rows[0], status_of(batch.rows[0]))
    rows = [{"id": each, **row._asdict()} for each, row in zip(batch.ids, batch.rows, strict=True)]
    return (msgspec.json.encode(rows).decode(),)


_STORE_HOLD = """
    INSERT INTO hold (id, account_id, amount, taken, released, once, actor, created_at)
    VALUES (%s, %s, %s, 0, 0, %s, %s, %s)
"""
_STORE_MESSAGE = """
    INSERT INTO message
        (id, tenant_id, batch_id, account_id, lane, category, sender, charge, created_at,
         msisdn, body, is_unicode, segments, cost, reference, due_at, status)
    VALUES (%s, %s, %s, %s, %s, %s, %s, 'held', %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def _put_sqlite(batch: Batch) -> int | None:
    row = execute(
        holds.GUARDED_HOLD + " RETURNING posted_credit - posted_debit - pending + credit_limit",
        holds.guard_params(batch.purse_id, batch.cost, batch.day),
    ).fetchone()
    if row is None:
        return None
    execute(
        _STORE_HOLD,
        (batch.id, batch.purse_id, batch.cost, batch.once, batch.actor, batch.created_ms),
    )
    shared = (
        *(batch.tenant_id, batch.id, batch.account_id, batch.lane, batch.category),
        *(batch.sender, batch.created_ms),
    )
    execute_many(
        _STORE_MESSAGE,
        [
            (each, *shared, *row, status_of(row))
            for each, row in zip(batch.ids, batch.rows, strict=True)
        ],
    )
    return int(row[0])


def put_plainly(batch: Batch) -> int:
    """Do what `put` does, one plain step after the other."""
    with transaction():
        held = changed(
            execute(holds.GUARDED_HOLD, holds.guard_params(batch.purse_id, batch.cost, batch.day))
        )
        if not held:
            raise holds.refusal(batch.purse_id, batch.cost)
        Hold.create(
            id=batch.id,
            account_id=batch.purse_id,
            amount=batch.cost,
            once=batch.once,
            actor=batch.actor,
            created_at=batch.created_ms,
        )
        for each, row in zip(batch.ids, batch.rows, strict=True):
            Message.create(
                id=each,
                tenant_id=batch.tenant_id,
                batch_id=batch.id,
                account_id=batch.account_id,
                lane=batch.lane,
                category=batch.category,
                sender=batch.sender,
                msisdn=row.msisdn,
                body=row.body,
                is_unicode=row.is_unicode,
                segments=row.segments,
                cost=row.cost,
                status=status_of(row),
                reference=row.reference,
                due_at=row.due_ms,
                created_at=batch.created_ms,
            )
        account = Account.get_by_id(batch.purse_id)
        return int(
            account.posted_credit - account.posted_debit - account.pending + account.credit_limit
        )
