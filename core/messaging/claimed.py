"""Texts in hand: read from the queue, locked, and about to leave it one way or another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from core.database import execute, is_postgres
from core.messaging import counts
from core.messaging.models import Status


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


def count(texts: Iterable[Claimed], after: Status) -> None:
    """Move claimed texts, which were queued, in the counts of their campaigns."""
    counts.move(
        counts.Move(text.batch_id, Status.QUEUED, after, 1, text.segments, text.cost)
        for text in texts
    )
