"""Following the gateway's balance beside our own books."""

from __future__ import annotations

from decimal import Decimal

import structlog

from core import clock
from core.database import transaction
from core.errors import Busy
from core.gateways.onfon import Onfon
from core.ledger.accounts import Platform, platform
from core.ledger.models import Account
from core.messaging.dispatch import gateway_of
from core.messaging.models import SHARED_ACCOUNT, GatewayAccount, GatewayBalance
from core.queue import job

log = structlog.get_logger(__name__)


def latest(account_id: int = SHARED_ACCOUNT) -> GatewayBalance | None:
    """Return what an account's gateway last said, if it ever did."""
    return (  # type: ignore[no-any-return]
        GatewayBalance.select()
        .where(GatewayBalance.account_id == account_id)
        .order_by(GatewayBalance.id.desc())
        .first()
    )


def sync(account_id: int) -> GatewayBalance:
    """Ask the gateway and write its answer beside what our books say.

    Raises: Busy (the gateway is down or turned us away).
    """
    gateway = gateway_of(account_id)
    assert isinstance(gateway, Onfon)
    said = gateway.balance()
    with transaction():
        return GatewayBalance.create(
            account_id=account_id,
            said=said.raw[:60],
            units=int(said.credits * Decimal(10_000)),
            is_money=said.is_money,
            booked=_booked() if account_id == SHARED_ACCOUNT else 0,
            created_at=clock.now(),
        )


def _booked() -> int:
    """Return what accepted segments have cost us in all: a total that is kept, not counted."""
    return int(Account.get_by_id(platform(Platform.ONFON_COST)).posted_debit)


@job()
def sync_balances() -> None:
    """Follow the balance of every real gateway account."""
    # All read first: on SQLite a question that is still open stands against our own write.
    for account in list(GatewayAccount.select().where(GatewayAccount.kind == "onfon")):
        try:
            sync(account.id)
        except Busy as error:
            log.warning("balance_not_read", account=account.id, why=error.words())
