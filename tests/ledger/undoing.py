"""Trying one corruption after the other on the same books."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core import database


@contextmanager
def undone() -> Iterator[None]:
    """Take back whatever is written inside."""
    with database.db.obj.atomic() as around:
        yield
        around.rollback()
