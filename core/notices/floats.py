"""Money that runs out: tenants' wallets, and the operator's float at the gateway."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import peewee

from core import clock, events
from core.database import transaction
from core.ledger.accounts import Platform, Purse, platform
from core.ledger.models import Account, Transfer
from core.messaging import balances
from core.messaging.models import SHARED_ACCOUNT, GatewayBalance, Usage
from core.money import SCALE, Money
from core.notices import alerts, troubles
from core.notices.models import LowBalance
from core.settings import settings
from core.tenants.models import Tenant, TenantStatus

WEEK = 7
# Told when what is left lasts less than this at the last week's pace; told anew only after it was
# clearly better in between.
LOW_DAYS, WELL_DAYS = 3, 5
FLOAT_LOW_DAYS, FLOAT_OUT_DAYS = 3, 1
# The balance is read every few minutes.
UNREAD_AFTER = timedelta(hours=2)
FLOAT_AGAIN = timedelta(hours=12)


def check_wallets() -> int:
    """Record which tenants' money runs out soon, once until it is better. Returns how many."""
    spent = _spent_in_a_week()
    available = _available_of(list(spent))
    told = 0
    with transaction():
        known = {row.tenant_id for row in LowBalance.select()}
        for tenant_id, left in sorted(available.items()):
            week = spent[tenant_id]
            if left * WEEK < week * LOW_DAYS:
                told += _is_low(tenant_id, left, week)
            elif tenant_id in known and left * WEEK >= week * WELL_DAYS:
                LowBalance.delete().where(LowBalance.tenant_id == tenant_id).execute()
    return told


def _is_low(tenant_id: int, left: int, week: int) -> int:
    marked = (
        LowBalance.insert(tenant_id=tenant_id, since=clock.now())
        .on_conflict_ignore()
        .as_rowcount()
        .execute()
    )
    if marked:
        events.record(
            "balance.low",
            tenant_id,
            available=Money(left).text(),
            currency="KES",
            days_left=max(0, left * WEEK // week),
        )
    return int(marked)


def _spent_in_a_week() -> dict[int, int]:
    """Add up what each active tenant's texts cost in the last seven days, as `days_left` does."""
    active = Tenant.select(Tenant.id).where(
        Tenant.status == TenantStatus.ACTIVE.value, Tenant.id > 0
    )
    rows: Any = (
        Usage.select(Usage.tenant_id, peewee.fn.SUM(Usage.cost))
        .where(Usage.day >= _number(_first_day()), ~Usage.is_test, Usage.tenant_id.in_(active))
        .group_by(Usage.tenant_id)
        .tuples()
    )
    return {tenant_id: int(cost) for tenant_id, cost in rows if cost > 0}


def _first_day() -> date:
    return clock.now().astimezone(clock.NAIROBI).date() - timedelta(days=WEEK - 1)


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def _available_of(tenants: list[int]) -> dict[int, int]:
    left = Account.posted_credit - Account.posted_debit - Account.pending + Account.credit_limit
    rows: Any = (
        Account.select(Account.tenant_id, left)
        .where(Account.kind == Purse.WALLET.value, Account.tenant_id.in_(tenants))
        .tuples()
    )
    return {tenant_id: int(available) for tenant_id, available in rows}


@dataclass(frozen=True, slots=True)
class Float:
    """What is left at the gateway and how long it lasts; None where nobody can tell."""

    said: GatewayBalance
    days_left: int | None
    is_old: bool


def read() -> Float | None:
    """Read the float as the gateway last told it; None when it never did."""
    said = balances.latest(SHARED_ACCOUNT)
    if said is None:
        return None
    per_week = _cost_in_a_week()
    # Credits are shillings on some accounts and segments on others.
    units = said.units if said.is_money else _priced(said.units)
    days = None if per_week <= 0 else max(0, units * WEEK // per_week)
    return Float(said, days, said.created_at < clock.now() - UNREAD_AFTER)


def _priced(credits_scaled: int) -> int:
    return credits_scaled * settings().onfon.unit_cost_units // SCALE


def _cost_in_a_week() -> int:
    """Add up what accepted segments have cost us at the gateway in the last seven days."""
    day = _first_day()
    start = datetime(day.year, day.month, day.day, tzinfo=clock.NAIROBI)
    found = (
        Transfer.select(peewee.fn.SUM(Transfer.amount))
        .where(
            Transfer.debit_id == platform(Platform.ONFON_COST),
            Transfer.created_at >= clock.to_ms(start),
        )
        .scalar()
    )
    return int(found or 0)


def told() -> str:
    """Put the float into words."""
    now = read()
    if now is None:
        return "not known"
    days = f", about {now.days_left} days" if now.days_left is not None else ""
    local = now.said.created_at.astimezone(clock.NAIROBI)
    as_of = f" (as of {local.day} {local:%b %H:%M})" if now.is_old else ""
    return f"{now.said.said}{days}{as_of}"


def check_float() -> None:
    """Alarm the operators while the float runs low, is nearly out, or cannot be read."""
    now = read()
    if now is None:
        return
    with transaction():
        if now.is_old:
            alerts.raise_alert(
                troubles.FLOAT_UNREAD, f"Last read: {told()}", again_after=FLOAT_AGAIN
            )
        elif now.days_left is not None and now.days_left < FLOAT_LOW_DAYS:
            is_out = now.days_left < FLOAT_OUT_DAYS
            cause = troubles.FLOAT_OUT if is_out else troubles.FLOAT_LOW
            alerts.raise_alert(cause, f"Left: {told()}", again_after=FLOAT_AGAIN)
