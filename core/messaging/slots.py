"""The right to talk to a gateway: so many requests at once, so many a second, for all workers."""

from __future__ import annotations

import time
from dataclasses import dataclass

from core import clock, ids
from core.database import execute, is_postgres, transaction
from core.messaging.models import GatewayAccount, GatewaySlot
from core.settings import settings

BACKOFF_S = (1, 2, 5, 10, 30, 60)
LEASE_MARGIN_S = 15


@dataclass(frozen=True, slots=True)
class Slot:
    """One connection's worth of a gateway account, ours until the lease runs out."""

    account_id: int
    number: int
    holder: str


def lease_ms() -> int:
    """Return how long a request may take before we must think its worker dead."""
    return int((settings().onfon.timeout_seconds + LEASE_MARGIN_S) * 1000)


_TAKE = """
    UPDATE gateway_slot SET holder = %s, lease_until = %s
    WHERE account_id = %s AND number = (
        SELECT number FROM gateway_slot
        WHERE account_id = %s AND lease_until < %s AND number < %s
        ORDER BY number LIMIT 1{skip})
    RETURNING number
"""


def take(account_id: int) -> Slot | None:
    """Lease a free slot of an account, or None when all are in use."""
    with transaction():
        slot = _take_free(account_id)
        if slot is None and _open_missing(account_id):
            slot = _take_free(account_id)
    return slot


def _take_free(account_id: int) -> Slot | None:
    holder = ids.new("wrk")
    now = clock.ms()
    # Whoever comes at the same moment takes the next one, rather than none.
    statement = _TAKE.format(skip=" FOR UPDATE SKIP LOCKED" if is_postgres() else "")
    row = execute(
        statement,
        (holder, now + lease_ms(), account_id, account_id, now, settings().onfon.connections),
    ).fetchone()
    return None if row is None else Slot(account_id, int(row[0]), holder)


def _open_missing(account_id: int) -> bool:
    """Make the rows of slots that were never used. Returns whether there were any to make."""
    connections = settings().onfon.connections
    there = GatewaySlot.select().where(GatewaySlot.account_id == account_id).count()
    if there >= connections:
        return False
    rows = [{"account_id": account_id, "number": number} for number in range(connections)]
    GatewaySlot.insert_many(rows).on_conflict_ignore().execute()
    return True


def give_back(slot: Slot) -> None:
    """Let somebody else have the slot."""
    with transaction():
        execute(
            "UPDATE gateway_slot SET lease_until = 0 "
            "WHERE account_id = %s AND number = %s AND holder = %s",
            (slot.account_id, slot.number, slot.holder),
        )


_KEEP = """
    UPDATE gateway_slot SET lease_until = %s
    WHERE account_id = %s AND number = %s AND holder = %s RETURNING 1
"""
_MOVE_ON = """
    UPDATE gateway_account
    SET next_slot_at = CASE WHEN next_slot_at > %s THEN next_slot_at ELSE %s END + %s
    WHERE id = %s AND paused_until <= %s RETURNING next_slot_at
"""


def wait_for_turn(slot: Slot) -> bool:
    """Keep a slot for another request, and wait until that may start.

    False when the slot was taken from us meanwhile, or the account is paused. Each caller moves the
    account's virtual clock on by one interval and sleeps until the moment it read there, so all
    workers together keep exactly the rate, without bursts.
    """
    rate = settings().onfon.rate_per_second
    interval = 0 if rate > 1000 else -(-1000 // rate)  # ms
    now = clock.ms()
    with transaction():
        kept = execute(
            _KEEP, (now + lease_ms(), slot.account_id, slot.number, slot.holder)
        ).fetchone()
        if kept is None:
            return False
        row = execute(_MOVE_ON, (now, now, interval, slot.account_id, now)).fetchone()
    if row is None:
        return False
    delay_ms = int(row[0]) - interval - now
    if delay_ms > 0:
        time.sleep(delay_ms / 1000)
    return True


def lock(account_id: int) -> None:
    """Keep others from claiming for an account until the transaction ends."""
    if is_postgres():
        execute("SELECT 1 FROM gateway_account WHERE id = %s FOR UPDATE", (account_id,))


def pause(account_id: int, why: str, *, retry_after_s: float | None = None) -> bool:
    """Leave an account alone for a while: longer each time it fails again.

    Returns False when it was being left alone already: several requests fail together, and their
    failure counts once.
    """
    now = clock.ms()
    with transaction():
        row = GatewayAccount.get_by_id(account_id)
        step = BACKOFF_S[min(row.failures, len(BACKOFF_S) - 1)]
        until = now + int(max(step, min(retry_after_s or 0, 300)) * 1000)
        changed = (
            GatewayAccount.update(
                paused_until=until, paused_why=why[:300], failures=GatewayAccount.failures + 1
            )
            .where(GatewayAccount.id == account_id, GatewayAccount.paused_until <= now)
            .execute()
        )
    return bool(changed)


def worked(account_id: int) -> None:
    """Forget earlier failures of an account that has just answered."""
    failed = GatewayAccount.select().where(
        GatewayAccount.id == account_id, GatewayAccount.failures > 0
    )
    if not failed.exists():  # almost always, and then no lock is needed
        return
    with transaction():
        GatewayAccount.update(failures=0, paused_why=None).where(
            GatewayAccount.id == account_id, GatewayAccount.failures > 0
        ).execute()
