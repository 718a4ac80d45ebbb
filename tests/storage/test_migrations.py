"""The tables that migrations make are the tables the models mean."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playhouse.schema_diff import diff_models

from core import database
from core.models import TABLES
from tests import servers


def test_migrated_tables_equal_the_models(store: str) -> None:
    difference = diff_models(database.db.obj, list(TABLES))

    assert not difference, difference


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
