"""Finding and opening accounts, and reading what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from core.database import opened, transaction
from core.ledger.models import Account
from core.money import Money


class Platform(StrEnum):
    """The operator's own accounts; the first migration opens them."""

    MPESA = "mpesa"
    CARD = "card"
    SUSPENSE = "suspense"
    REVENUE = "revenue"
    REFUNDS = "refunds"
    ADJUSTMENTS = "adjustments"
    TRIAL = "trial"
    ONFON_FLOAT = "onfon_float"
    ONFON_COST = "onfon_cost"
    VAT = "vat"
    PLAY_MONEY = "play_money"
    PLAY_REVENUE = "play_revenue"


class Purse(StrEnum):
    """A tenant's accounts: real money, and the play money behind test keys."""

    WALLET = "wallet"
    PLAY = "play"

    @property
    def revenue(self) -> Platform:
        """The platform account that earns what this purse spends."""
        return Platform.REVENUE if self is Purse.WALLET else Platform.PLAY_REVENUE


@dataclass(frozen=True, slots=True)
class Balance:
    """What a purse holds: `available` is what may still be spent, credit limit included."""

    available: Money
    held: Money
    credit_limit: Money


@lru_cache(maxsize=64)
def _platform_id(database: int, kind: Platform) -> int:
    return int(Account.get(Account.tenant_id.is_null(), Account.kind == kind.value).id)


def platform(kind: Platform) -> int:
    """Return the id of one of the operator's accounts."""
    return _platform_id(opened(), kind)


@lru_cache(maxsize=50_000)
def _purse_id(database: int, tenant_id: int, purse: Purse) -> int:
    return int(Account.get(Account.tenant_id == tenant_id, Account.kind == purse.value).id)


def purse_id(tenant_id: int, purse: Purse) -> int:
    """Return the id of a tenant's purse. Ids never change, so they are remembered."""
    return _purse_id(opened(), tenant_id, purse)


def open_purses(tenant_id: int, *, daily_cap: int | None) -> None:
    """Open a new tenant's two purses, both empty."""
    with transaction():
        for purse in Purse:
            Account.insert(
                kind=purse.value, tenant_id=tenant_id, daily_cap=daily_cap
            ).on_conflict_ignore().execute()


def balance(tenant_id: int, purse: Purse = Purse.WALLET) -> Balance:
    """Read a purse."""
    row = Account.get_by_id(purse_id(tenant_id, purse))
    owed = row.posted_credit - row.posted_debit
    return Balance(
        available=Money(owed - row.pending + row.credit_limit),
        held=Money(row.pending),
        credit_limit=Money(row.credit_limit),
    )


def set_credit_limit(tenant_id: int, limit: Money) -> bool:
    """Let a postpaid tenant owe us up to `limit`.

    Returns False, having changed nothing, when more than that is owed or held already.
    """
    with transaction():
        owed = Account.posted_credit - Account.posted_debit - Account.pending
        return bool(
            Account.update(credit_limit=limit.units)
            .where(Account.id == purse_id(tenant_id, Purse.WALLET), owed + limit.units >= 0)
            .execute()
        )


def daily_cap(tenant_id: int) -> Money | None:
    """Return the most a tenant may spend in a day; None without a limit."""
    cap = Account.get_by_id(purse_id(tenant_id, Purse.WALLET)).daily_cap
    return None if cap is None else Money(cap)


def set_daily_cap(tenant_id: int, cap: Money | None) -> None:
    """Limit what a tenant may spend in a day, of either purse; None takes the limit away."""
    with transaction():
        Account.update(daily_cap=None if cap is None else cap.units).where(
            Account.tenant_id == tenant_id
        ).execute()
