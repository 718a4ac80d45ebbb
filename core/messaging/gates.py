"""Gates: a campaign's texts go only while its own is open.

The claim asks which of a tenant's batches are closed and passes over them by their range of ids, so
closing a gate holds back a million texts at once, without touching one of them.
"""

from __future__ import annotations

from datetime import datetime

from core import clock
from core.database import changed, execute, transaction
from core.messaging.models import Gate


def put(
    batch_id: str, tenant_id: int, *, opens_at: datetime, closes_at: datetime | None = None
) -> None:
    """Set a gate before a batch, before its first text is there. Setting it again keeps it."""
    with transaction():
        Gate.insert(
            batch_id=batch_id, tenant_id=tenant_id, opens_at=opens_at, closes_at=closes_at
        ).on_conflict_ignore().execute()


def shut(batch_id: str) -> bool:
    """Let nothing more of a batch go. Returns False when it was shut, or has no gate."""
    with transaction():
        return bool(
            changed(
                execute(
                    "UPDATE gate SET is_shut = %s WHERE batch_id = %s AND is_shut = %s",
                    (True, batch_id, False),
                )
            )
        )


def reopen(batch_id: str, *, closes_at: datetime | None) -> bool:
    """Let a batch go on until a moment. Returns False when it has no gate."""
    until = None if closes_at is None else clock.to_ms(closes_at)
    with transaction():
        return bool(
            changed(
                execute(
                    "UPDATE gate SET is_shut = %s, closes_at = %s WHERE batch_id = %s",
                    (False, until, batch_id),
                )
            )
        )


def lift(batch_id: str) -> None:
    """Take a gate away, when nothing stands before it any more."""
    with transaction():
        Gate.delete().where(Gate.batch_id == batch_id).execute()


_CLOSED = """
    SELECT batch_id FROM gate
    WHERE tenant_id = %s AND (is_shut = %s OR opens_at > %s OR closes_at <= %s)
"""


def closed(tenant_id: int) -> frozenset[str]:
    """Return the batches of a tenant that may not go at this moment."""
    now = clock.ms()
    rows = execute(_CLOSED, (tenant_id, True, now, now)).fetchall()
    return frozenset(row[0] for row in rows)
