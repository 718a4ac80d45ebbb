"""Following the gateway's balance beside our own books."""

from __future__ import annotations

from decimal import Decimal

import structlog

from core import clock
from core.database import execute, transaction
from core.errors import Busy
from core.gateways.onfon import Onfon
from core.messaging.dispatch import gateway_of
from core.messaging.models import SHARED_ACCOUNT, GatewayAccount, GatewayBalance
from core.queue import job

log = structlog.get_logger(__name__)

_SEGMENTS = """
    SELECT COALESCE(SUM(segments), 0), COALESCE(SUM(cost), 0) FROM message
    WHERE account_id = %s AND charge IN ('taken', 'refunded')
      AND submitted_at >= %s AND submitted_at < %s
"""


def latest(account_id: int = SHARED_ACCOUNT) -> GatewayBalance | None:
    """Return what an account's gateway last said, if it ever did."""
    return (  # type: ignore[no-any-return]
        GatewayBalance.select()
        .where(GatewayBalance.account_id == account_id)
        .order_by(GatewayBalance.id.desc())
        .first()
    )


def sync(account_id: int) -> GatewayBalance:
    """Ask the gateway and write its answer beside what we spent since the last one.

    Raises: Busy (the gateway is down or turned us away).
    """
    gateway = gateway_of(account_id)
    assert isinstance(gateway, Onfon)
    said = gateway.balance()
    now = clock.ms()
    before = latest(account_id)
    since = 0 if before is None else clock.to_ms(before.created_at)
    with transaction():
        segments, spent = execute(_SEGMENTS, (account_id, since, now)).fetchone()
        return GatewayBalance.create(
            account_id=account_id,
            said=said.raw[:60],
            units=int(said.credits * Decimal(10_000)),
            is_money=said.is_money,
            segments_since=int(segments),
            spent_since=int(spent),
            created_at=now,
        )


@job()
def sync_balances() -> None:
    """Follow the balance of every real gateway account."""
    for account in GatewayAccount.select().where(GatewayAccount.kind == "onfon"):
        try:
            sync(account.id)
        except Busy as error:
            log.warning("balance_not_read", account=account.id, why=error.words())
