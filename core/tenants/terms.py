"""The operator's terms for one business: price, tier, credit, and money put right by hand."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from core.database import after_commit, transaction
from core.errors import Conflict, Invalid, NotFound
from core.ledger import accounts, transfers
from core.ledger.accounts import Platform, Purse, platform, purse_id
from core.money import Money
from core.settings import settings
from core.tenants import audit, fields, keys, rows
from core.tenants.models import Tenant

PRICE_MAX = Money.kes(1_000)


class InvalidPrice(Invalid):
    """A price that would give segments away, or is a slip of the finger."""

    code = "invalid_price"
    title = "Not a price"
    sentence = "A price per segment is more than 0 and at most KES {most}."
    field = "price"


class UnknownTier(Invalid):
    """A tier the settings do not have."""

    code = "unknown_tier"
    title = "Unknown tier"
    sentence = "There is no such tier. Choose one of: {offered}."
    field = "tier"


class NegativeCredit(Invalid):
    """A credit limit below nothing."""

    code = "negative_credit_limit"
    title = "Credit limit below zero"
    sentence = "A credit limit is 0 or more."
    field = "credit_limit"


class NegativeThreshold(Invalid):
    """Less than nothing, above which a second person is asked."""

    code = "negative_approval_threshold"
    title = "Approval threshold below zero"
    sentence = "An approval threshold is 0 or more; null goes back to the usual one."
    field = "approval_threshold"


class NegativeCap(Invalid):
    """A daily limit below nothing."""

    code = "negative_daily_cap"
    title = "Daily limit below zero"
    sentence = "A daily limit is 0 or more; null takes it away."
    field = "daily_cap"


class CreditInUse(Conflict):
    """A lower limit would leave the wallet below it."""

    code = "credit_in_use"
    title = "Credit in use"
    sentence = "More credit than that is in use now. Set a higher limit, or have it paid first."


class NothingToAdjust(Invalid):
    """An adjustment of nothing."""

    code = "nothing_to_adjust"
    title = "Amount is zero"
    sentence = "Give an amount to add, or with a minus one to take away."
    field = "amount"


def set_terms(
    tenant_id: int,
    *,
    price: Money | UnsetType | None = UNSET,
    tier: str | UnsetType = UNSET,
    credit_limit: Money | UnsetType = UNSET,
    daily_cap: Money | UnsetType | None = UNSET,
    actor: str,
    channel: str,
) -> Tenant:
    """Change the terms; what is left UNSET stays. A price of None is the tier's again, a daily cap
    of None is no limit.

    Texts already accepted keep the price they were accepted at.
    Raises: NotFound, InvalidPrice, UnknownTier, NegativeCredit, NegativeCap, CreditInUse.
    """
    changes = _checked(price, tier, credit_limit)
    if isinstance(daily_cap, Money) and daily_cap < Money(0):
        raise NegativeCap
    with transaction():
        tenant = rows.locked(tenant_id)
        if tenant is None:
            raise NotFound
        old = {"price_units": tenant.price_units, "tier": tenant.tier}
        before = {key: old[key] for key in changes}
        after = dict(changes)
        if changes:
            Tenant.update(**changes).where(Tenant.id == tenant_id).execute()
        if credit_limit is not UNSET:
            before["credit_limit"] = accounts.balance(tenant_id).credit_limit.text()
            after["credit_limit"] = credit_limit.text()
            if not accounts.set_credit_limit(tenant_id, credit_limit):
                raise CreditInUse
        if daily_cap is not UNSET:
            before["daily_cap"] = _text(accounts.daily_cap(tenant_id))
            after["daily_cap"] = _text(daily_cap)
            accounts.set_daily_cap(tenant_id, daily_cap)
        audit.record(
            tenant_id,
            actor,
            channel,
            "tenant.terms_set",
            subject=f"tenant:{tenant_id}",
            before=before,
            after=after,
        )
        after_commit(keys.forget_cached)
    return rows.get(tenant_id)


def _text(money: Money | None) -> str | None:
    return None if money is None else money.text()


def _checked(
    price: Money | UnsetType | None, tier: str | UnsetType, credit_limit: Money | UnsetType
) -> dict[str, object]:
    """Check the terms, and return those that are columns of the tenant."""
    changes: dict[str, object] = {}
    if price is not UNSET:
        if price is not None and not Money(0) < price <= PRICE_MAX:
            raise InvalidPrice(most=PRICE_MAX.text())
        changes["price_units"] = None if price is None else price.units
    if tier is not UNSET:
        offered = tiers()
        if tier not in offered:
            raise UnknownTier(offered=", ".join(offered))
        changes["tier"] = tier
    if credit_limit is not UNSET and credit_limit < Money(0):
        raise NegativeCredit
    return changes


def tiers() -> list[str]:
    """List the tiers: every one that has a price or a rate of its own."""
    own = {*settings().pricing.tiers, *settings().limits.requests_per_minute}
    return sorted(own | {"standard"})


def adjust_wallet(
    tenant_id: int, amount: Money, reason: str, *, once: str, actor: str, channel: str
) -> bool:
    """Add to a wallet by hand, or with a negative amount take from it what it can give.

    Returns False, having changed nothing, when this `once` was done before.
    Raises: NotFound, NothingToAdjust, CannotWithdraw, FieldMissing and its kin for the reason.
    """
    reason = fields.line(reason, "reason", most=300)
    if not amount:
        raise NothingToAdjust
    wallet, adjustments = _purse(tenant_id), platform(Platform.ADJUSTMENTS)
    entry = {
        "kind": "adjustment",
        "once": f"adjust:{tenant_id}:{once}",
        "subject": f"tenant:{tenant_id}",
        "actor": actor,
    }
    with transaction():
        if amount > Money(0):
            moved = transfers.post(adjustments, wallet, amount, **entry)
        else:
            moved = transfers.withdraw(wallet, adjustments, -amount, **entry)
        if moved:
            audit.record(
                tenant_id,
                actor,
                channel,
                "wallet.adjusted",
                subject=f"tenant:{tenant_id}",
                after={"amount": amount.text(), "reason": reason},
            )
    return moved


def _purse(tenant_id: int) -> int:
    rows.get(tenant_id)
    return purse_id(tenant_id, Purse.WALLET)
