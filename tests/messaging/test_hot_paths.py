"""The quick ways of the hot paths do exactly what the plain ways say they mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import peewee
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock, database, ids
from core.errors import Refused
from core.ledger import accounts
from core.ledger.accounts import Purse
from core.ledger.models import Account, Hold
from core.messaging import accepting, recording
from core.messaging.models import Message
from core.messaging.naming import message_ids
from core.messaging.preparing import Row
from core.messaging.recording import Mark
from core.tenants.profiles import Profile
from tests.messaging.scene import NOON, Make, at, fresh_number, send

TESTED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
# Anything a phone could be sent: the database must neither cut nor change it.
WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=40)
ROWS = st.builds(
    Row,
    msisdn=st.from_regex(r"2547[0-9]{8}", fullmatch=True),
    body=WORDS,
    is_unicode=st.booleans(),
    segments=st.integers(1, 10),
    cost=st.integers(0, 80_000),
    reference=st.none() | WORDS,
    due_ms=st.none() | st.integers(0, 2**41),
)


class Undone(Exception):
    """Takes the transaction back."""


def tables_after(act: Callable[[], Any]) -> Any:
    """What an act leaves in the tables, and how it ended; the act itself is undone."""
    seen: list[Any] = []
    try:
        with database.transaction():
            try:
                with database.savepoint():
                    outcome = act()
            except (Refused, peewee.IntegrityError) as error:
                outcome = type(error)
            for table in (Account, Hold, Message):
                rows = table.select().order_by(table.id).tuples()
                seen.append([tuple(row) for row in rows])
            seen.append(outcome)
            raise Undone
    except Undone:
        return seen


@TESTED
@given(rows=st.lists(ROWS, min_size=1, max_size=8), data=st.data())
def test_accepting_quickly_is_accepting_plainly(
    make_tenant: Make, rows: list[Row], data: st.DataObject
) -> None:
    at(NOON)
    wallet = data.draw(st.sampled_from(["0", "2", "1000"]), "wallet")
    tenant = make_tenant(wallet=wallet)
    purse = accounts.purse_id(tenant.tenant_id, Purse.WALLET)
    Account.update(
        credit_limit=data.draw(st.sampled_from([0, 50_000]), "credit"),
        daily_cap=data.draw(st.none() | st.integers(0, 200_000), "cap"),
        spending_day=data.draw(st.sampled_from([0, 20260301, 20260302]), "day"),
        spent_that_day=data.draw(st.integers(0, 150_000), "spent"),
    ).where(Account.id == purse).execute()
    used = data.draw(st.none() | st.just("used"), "once")
    if used:
        Hold.create(
            id=ids.new("bat"),
            account_id=purse,
            amount=0,
            once=f"{used}:{tenant.tenant_id}",
            actor="x",
            created_at=0,
        )
    batch_id = ids.new("bat")
    batch = accepting.Batch(
        id=batch_id,
        purse_id=purse,
        once=data.draw(st.sampled_from([None, f"used:{tenant.tenant_id}", f"new:{batch_id}"])),
        actor="key:key_1",
        tenant_id=tenant.tenant_id,
        account_id=data.draw(st.integers(1, 3), "account"),
        lane=data.draw(st.integers(0, 1), "lane"),
        category=data.draw(st.sampled_from(["transactional", "promotional"]), "category"),
        sender="TUMA",
        created_ms=clock.ms(),
        day=20260302,
        ids=message_ids(batch_id, len(rows)),
        rows=rows,
        cost=sum(row.cost for row in rows),
    )

    assert tables_after(lambda: accepting.put(batch)) == tables_after(
        lambda: accepting.put_plainly(batch)
    )


def single(tenant: Profile, row: Row) -> accepting.Batch:
    """A batch of one text of a tenant's."""
    batch_id = ids.new("bat")
    return accepting.Batch(
        id=batch_id,
        purse_id=accounts.purse_id(tenant.tenant_id, Purse.WALLET),
        once=None,
        actor="key:key_1",
        tenant_id=tenant.tenant_id,
        account_id=1,
        lane=0,
        category="transactional",
        sender="TUMA",
        created_ms=clock.ms(),
        day=20260302,
        ids=message_ids(batch_id, 1),
        rows=[row],
        cost=row.cost,
    )


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
@TESTED
@given(rows=st.lists(st.tuples(st.integers(0, 2), ROWS), min_size=1, max_size=8), data=st.data())
def test_accepting_together_is_accepting_one_after_the_other(
    make_tenant: Make, store: str, rows: list[tuple[int, Row]], data: st.DataObject
) -> None:
    at(NOON)
    purses = data.draw(st.lists(st.sampled_from(["0", "2", "1000"]), min_size=3, max_size=3))
    tenants = [make_tenant(wallet=wallet) for wallet in purses]
    Account.update(daily_cap=data.draw(st.none() | st.integers(0, 200_000), "cap")).where(
        Account.tenant_id == tenants[0].tenant_id
    ).execute()
    batches = [single(tenants[whose], row) for whose, row in rows]

    def together() -> list[bool]:
        return [each is None for each in accepting._put_singles(batches)]

    def in_turn() -> list[bool]:
        return [accepting._put_postgres(each) is None for each in batches]

    assert tables_after(together) == tables_after(in_turn)


MARKS = st.builds(
    Mark,
    id=st.just(""),
    status=st.sampled_from(["submitted", "rejected", "unknown"]),
    charge=st.sampled_from(["taken", "released", "held"]),
    provider_id=st.none() | WORDS,
    reason=st.none() | WORDS,
)


@TESTED
@given(marks=st.lists(MARKS, max_size=8), spare=st.integers(0, 2))
def test_recording_quickly_is_recording_plainly(
    make_tenant: Make, marks: list[Mark], spare: int
) -> None:
    at(NOON)
    tenant = make_tenant(wallet="100")
    batch = send(tenant, *(fresh_number() for _ in range(len(marks) + spare + 1)))
    marks = [mark._replace(id=each.id) for mark, each in zip(marks, batch.messages, strict=False)]

    quickly = tables_after(lambda: recording._mark(marks))
    assert quickly == tables_after(lambda: recording._mark_plainly(marks))
