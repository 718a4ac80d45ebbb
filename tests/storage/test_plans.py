"""What runs every second reads what waits, however much has been done already.

SQLite's plans are looked at: it keeps no figures of its tables, so it takes the same way through
an empty one as through a full one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from core import clock, database
from core.gateways.onfon import Report, Verdict
from core.messaging import dispatch, jobs, queries, reports
from core.messaging.models import SHARED_ACCOUNT
from core.payments import news, pushing, querying
from core.tenants.profiles import Profile

# What grows with every text and every payment.
LARGE = ("message", "report", "submission", "mpesa_news", "stk_push", "payment", "hold", "transfer")


def fold_a_stray() -> None:
    clock.freeze(clock.now())
    reports.receive(SHARED_ACCOUNT, Report("nobody-knows", "254712000001", "X", Verdict.DELIVERED))
    clock.advance(60)
    reports.fold()


JOBS: tuple[Callable[[], object], ...] = (
    jobs.queue_scheduled,
    dispatch.sweep,
    lambda: dispatch.dispatch(SHARED_ACCOUNT),
    dispatch.resolve,
    reports.retry_waiting,
    fold_a_stray,
    news.digest,
    pushing.sweep,
    querying.sweep,
)


def whole_tables_read(statement: str, params: tuple[object, ...]) -> list[str]:
    plan = database.execute(f"EXPLAIN QUERY PLAN {statement}", params or ()).fetchall()
    lines = [row[3] for row in plan]
    names = dict.fromkeys(LARGE) | {"t1": None}
    return [
        line
        for line in lines
        if line.startswith("SCAN ")
        and line.split()[1] in names
        and not any(f"INDEX {partial}" in line for partial in partial_indexes())
    ]


def partial_indexes() -> list[str]:
    rows = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %' "
        "AND sql NOT LIKE '%IS NOT NULL%'"
    ).fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("act", JOBS)
def test_what_runs_every_second_reads_no_table_from_end_to_end(
    store: str, caplog: pytest.LogCaptureFixture, act: Callable[[], object]
) -> None:
    with caplog.at_level(logging.DEBUG, logger="peewee"):
        act()
    asked: list[Any] = [record.msg for record in caplog.records if record.name == "peewee"]

    assert asked
    found = [
        (statement, line)
        for statement, params in asked
        if statement.split()[0] in ("SELECT", "UPDATE", "DELETE")
        for line in whole_tables_read(statement, params)
    ]
    assert found == []


@pytest.mark.parametrize("asked", [{"to": "0712000001"}, {"reference": "order-7"}])
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_number_or_a_reference_is_found_by_its_own_index(
    make_tenant: Callable[..., Profile], caplog: pytest.LogCaptureFixture, asked: dict[str, str]
) -> None:
    tenant = make_tenant()
    with caplog.at_level(logging.DEBUG, logger="peewee"):
        queries.listing(tenant, **asked, limit=50)  # type: ignore[arg-type]
    said: list[Any] = [record.msg for record in caplog.records if record.name == "peewee"]
    statement, params = said[0]
    (line,) = database.execute(f"EXPLAIN QUERY PLAN {statement}", params).fetchall()

    column = "msisdn" if "to" in asked else "reference"
    assert line[3].endswith(f"INDEX message_{column} (tenant_id=? AND {column}=?)")
