"""Who is working on a campaign: one worker at a time, until it is done or its lease runs out."""

from __future__ import annotations

from core import clock, ids
from core.database import changed, execute, transaction

LEASE_MS = 15_000


def take(campaign_id: str) -> str | None:
    """Lease a campaign that nobody works on. Returns the name of the lease, or None."""
    holder, now = ids.new("lea"), clock.ms()
    return holder if _set(campaign_id, holder, now + LEASE_MS, "lease_until < %s", now) else None


def renew(campaign_id: str, holder: str) -> bool:
    """Keep a lease. Returns False when it ran out and somebody else has it."""
    return _set(campaign_id, holder, clock.ms() + LEASE_MS, "holder = %s", holder)


def give_back(campaign_id: str, holder: str) -> None:
    """End a lease."""
    _set(campaign_id, "", 0, "holder = %s", holder)


def _set(campaign_id: str, holder: str, until: int, condition: str, given: object) -> bool:
    with transaction():
        return bool(
            changed(
                execute(
                    "UPDATE campaign SET holder = %s, lease_until = %s "  # noqa: S608
                    f"WHERE id = %s AND {condition}",
                    (holder, until, campaign_id, given),
                )
            )
        )
