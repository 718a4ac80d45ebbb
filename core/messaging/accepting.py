"""The accept path: hold the money and store the texts, in one step. A hot path.

`put` does it in one SQL statement on PostgreSQL, which it shares with those who come while another
is under way, and in a few on SQLite, where it shares its commit. `put_plainly` is the same act in
plain Peewee and states what it means; a property test holds them equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import peewee

from core.database import (
    changed,
    execute,
    execute_many,
    grouped,
    in_transaction,
    is_postgres,
    transaction,
)
from core.ledger import holds
from core.ledger.models import Account, Hold
from core.line import Gathering
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
    available = _put(batch)
    if available is None:
        raise holds.refusal(batch.purse_id, batch.cost)
    return available


def _put(batch: Batch) -> int | None:
    if not is_postgres() or in_transaction():
        store = _put_postgres if is_postgres() else _put_sqlite
        return grouped(lambda: store(batch))
    return _singles.do(batch) if len(batch.rows) == 1 else _put_postgres(batch)


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


# Those who come while a statement is under way share the next. The wallets are locked in one order,
# so that two processes never wait for each other in a circle.
_HOLD_AND_STORE_SINGLES = """
    WITH asked AS MATERIALIZED (
        SELECT * FROM json_to_recordset(%s)
            AS r (batch text, purse int, once text, actor text, tenant int, account int, lane int2,
                  category text, sender text, created int8, day int, id text, msisdn text,
                  body text, is_unicode bool, segments int2, cost int8, reference text,
                  due_ms int8)
    ), sums AS (
        SELECT purse, SUM(cost)::int8 AS cost, MAX(day) AS day FROM asked GROUP BY purse
    ), locked AS MATERIALIZED (
        SELECT id FROM account WHERE id IN (SELECT purse FROM sums) ORDER BY id FOR UPDATE
    ), purse AS (
        UPDATE account
        SET pending = pending + s.cost,
            spent_that_day = CASE WHEN spending_day >= s.day THEN spent_that_day ELSE 0 END
                             + s.cost,
            spending_day = CASE WHEN spending_day >= s.day THEN spending_day ELSE s.day END
        FROM locked JOIN sums s ON s.purse = locked.id
        WHERE account.id = locked.id
          AND posted_credit - posted_debit - pending + credit_limit >= s.cost
          AND (daily_cap IS NULL
               OR CASE WHEN spending_day >= s.day THEN spent_that_day ELSE 0 END + s.cost
                  <= daily_cap)
        RETURNING account.id, posted_credit - posted_debit - pending + credit_limit AS available
    ), held AS (
        INSERT INTO hold (id, account_id, amount, taken, released, once, actor, created_at)
        SELECT a.batch, a.purse, a.cost, 0, 0, a.once, a.actor, a.created
        FROM asked a JOIN purse ON purse.id = a.purse
    ), stored AS (
        INSERT INTO message
            (tenant_id, batch_id, account_id, lane, category, sender, charge, created_at,
             id, msisdn, body, is_unicode, segments, cost, reference, due_at, status)
        SELECT a.tenant, a.batch, a.account, a.lane, a.category, a.sender, 'held', a.created,
               a.id, a.msisdn, a.body, a.is_unicode, a.segments, a.cost, a.reference, a.due_ms,
               CASE WHEN a.due_ms IS NULL THEN 'queued' ELSE 'scheduled' END
        FROM asked a JOIN purse ON purse.id = a.purse
    )
    SELECT id, available FROM purse
"""


def _put_singles(batches: Sequence[Batch]) -> list[int | Exception | None]:
    """Store batches of one text each, those of a wallet that can pay for all of its own.

    Of a wallet that cannot, each is tried alone.
    """
    if len(batches) == 1:
        return [_put_postgres(batches[0])]
    asked = msgspec.json.encode([_asked(batch) for batch in batches]).decode()
    available: dict[int, int] = dict(execute(_HOLD_AND_STORE_SINGLES, (asked,)).fetchall())
    return [
        available[batch.purse_id] if batch.purse_id in available else _try(batch)
        for batch in batches
    ]


def _try(batch: Batch) -> int | Exception | None:
    """Store one of several: what is wrong with it is nobody else's trouble."""
    try:
        return _put_postgres(batch)
    except Exception as error:
        return error


def _asked(batch: Batch) -> dict[str, object]:
    row = batch.rows[0]
    return {
        "batch": batch.id,
        "purse": batch.purse_id,
        "once": batch.once,
        "actor": batch.actor,
        "tenant": batch.tenant_id,
        "account": batch.account_id,
        "lane": batch.lane,
        "category": batch.category,
        "sender": batch.sender,
        "created": batch.created_ms,
        "day": batch.day,
        "id": batch.ids[0],
        **row._asdict(),
    }


_singles: Gathering[Batch, int | None] = Gathering(
    _put_singles, undone=(peewee.IntegrityError, peewee.DataError)
)


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
