"""Giving money back for texts that were taken on but never arrived, where the rules say so."""

from __future__ import annotations

from collections import defaultdict

from core import clock
from core.database import execute, transaction
from core.ledger import accounts, transfers
from core.ledger.accounts import Platform, Purse
from core.messaging.models import SHARED_ACCOUNT
from core.money import Money
from core.queue import job
from core.settings import settings

_DUE = """
    UPDATE message SET charge = 'refunded'
    WHERE id IN (SELECT id FROM message
                 WHERE charge = 'taken' AND status IN ('undelivered', 'expired', 'failed')
                   AND account_id = %s AND final_at < %s AND cost > 0
                 ORDER BY id LIMIT 1000)
      AND charge = 'taken'
    RETURNING id, tenant_id, cost
"""


@job()
def refund_undelivered() -> None:
    """Refund texts that failed long enough ago. A later `delivered` does not charge again."""
    rules = settings().rules
    if not rules.refund_undelivered:
        return
    before = clock.ms() - rules.refund_after_hours * 3600 * 1000
    while _refund_some(before):
        pass


def _refund_some(before_ms: int) -> int:
    with transaction():
        rows = execute(_DUE, (SHARED_ACCOUNT, before_ms)).fetchall()
        owed: dict[int, int] = defaultdict(int)
        for _, tenant_id, cost in rows:
            owed[tenant_id] += cost
        for tenant_id, units in sorted(owed.items()):
            transfers.post(
                accounts.platform(Platform.REFUNDS),
                accounts.purse_id(tenant_id, Purse.WALLET),
                Money(units),
                kind="refund",
                once=f"refund:{min(row[0] for row in rows if row[1] == tenant_id)}",
                subject="undelivered",
                actor="system",
            )
    return len(rows)
