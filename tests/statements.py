"""What goes to the database while something is done: so that lists cost no more for being long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core import database


@contextmanager
def noted() -> Iterator[list[str]]:
    """Write down every statement that is made meanwhile, in their order."""
    store = database.db.obj
    found: list[str] = []
    execute = store.execute_sql

    def note(sql: str, *args: Any, **more: Any) -> Any:
        found.append(sql)
        return execute(sql, *args, **more)

    store.execute_sql = note
    try:
        yield found
    finally:
        del store.execute_sql
