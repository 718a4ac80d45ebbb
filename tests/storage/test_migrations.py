"""The tables that migrations make are the tables the models mean."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import peewee
import pytest
from playhouse.migrations import Runner
from playhouse.schema_diff import diff_models

from core import database
from core.contacts import book, groups
from core.models import TABLES
from tests import servers


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, of each kind in turn. Gives its URL."""
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/empty.db" if is_sqlite else servers.fresh_database()
    database.open_database(url)
    yield url
    database.close_all()
    if not is_sqlite:
        servers.drop_database(url)


def test_migrated_tables_equal_the_models(store: str) -> None:
    difference = diff_models(database.db.obj, list(TABLES))

    assert not difference, difference


def test_contacts_come_through_the_migrations_and_back(empty: str) -> None:
    runner = Runner(database.db.obj, directory=str(database.MIGRATIONS))
    runner.up("0001_initial")
    database.execute(
        "INSERT INTO contact (id, tenant_id, msisdn, name, status, created_at) VALUES "
        "('con_1', 1, '254712345678', 'Asha', 'active', 5), "
        "('con_2', 2, '254712345678', 'Juma', 'active', 6)"
    )
    database.execute(
        "INSERT INTO contact_group (id, tenant_id, name, name_key, created_at) "
        "VALUES ('grp_1', 1, 'Staff', 'staff', 5)"
    )
    database.execute(
        "INSERT INTO contact_group_member (tenant_id, group_id, contact_id) "
        "VALUES (1, 'grp_1', 'con_1')"
    )
    there = "SELECT id, tenant_id, msisdn, name, status, created_at FROM contact ORDER BY id"
    before = database.execute(there).fetchall()

    runner.up()

    assert database.execute(there).fetchall() == before
    assert [row.id for row in groups.members(1, "grp_1")] == ["con_1"]
    assert groups.one(1, "grp_1").size == 1
    assert (book.size(1), book.size(2)) == (1, 1)
    runner.down("0002_bulk")
    assert database.execute(there).fetchall() == before
    members = "SELECT group_id, contact_id FROM contact_group_member"
    assert database.execute(members).fetchall() == [("grp_1", "con_1")]
    with pytest.raises(peewee.IntegrityError):
        database.execute(
            "INSERT INTO contact (id, tenant_id, msisdn, name, status, created_at) "
            "VALUES ('con_3', 1, '254712345678', 'Twin', 'active', 7)"
        )
    database.recover()


def test_every_index_of_the_models_is_there(store: str) -> None:
    """Partial indexes are written by hand, so they are compared by name."""
    missing = []
    for model in TABLES:
        present = {index.name for index in database.db.obj.get_indexes(model._meta.table_name)}
        meant = {each._name for each in model._meta.indexes if hasattr(each, "_name")}
        missing += sorted(meant - present)

    assert missing == []


def test_every_table_is_listed(store: str) -> None:
    """A model that is not in the list would never get its table."""
    known = {model.__name__ for model in TABLES}
    made = {
        model.__name__
        for model in database.Model.__subclasses__()
        if model.__module__.startswith("core.")
    }

    assert made <= known


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_migrations_started_together_do_not_collide(kind: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db" if kind == "sqlite" else servers.fresh_database()
    environment = {**os.environ, "TUMA_DATABASE__URL": url}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "core", "migrate"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    ended = [(process.communicate(timeout=200), process.returncode) for process in started]

    assert [code for _, code in ended] == [0, 0, 0, 0], ended
    assert sum("0001_initial" in said for (said, _), _ in ended) == 1, ended
