"""Texts in hand: read from the queue, locked, and about to leave it one way or another."""

from __future__ import annotations

from typing import NamedTuple

from core.database import execute, is_postgres


class Claimed(NamedTuple):
    """One text on its way."""

    id: str
    batch_id: str
    sender: str
    is_unicode: bool
    category: str
    msisdn: str
    body: str
    segments: int
    cost: int


def mark(ids_: list[str], changes: str, params: tuple[object, ...]) -> None:
    """Change claimed rows, which are locked and queued."""
    if is_postgres():
        execute(f"UPDATE message SET {changes} WHERE id = ANY(%s)", (*params, ids_))  # noqa: S608
        return
    marks = ", ".join(["%s"] * len(ids_))
    execute(f"UPDATE message SET {changes} WHERE id IN ({marks})", (*params, *ids_))  # noqa: S608
