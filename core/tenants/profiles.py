"""What an act needs to know of the business it is done for."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import NotAllowed, NotFound
from core.ledger.accounts import Purse
from core.money import Money
from core.settings import settings
from core.tenants.models import PLATFORM_TENANT, TENANT_ID_MAX, Tenant, TenantStatus

__all__ = [
    "PLATFORM_TENANT",
    "Profile",
    "TenantClosed",
    "TenantNotActive",
    "TenantRejected",
    "TenantSuspended",
    "TenantUnverified",
    "of",
    "profile",
]


class TenantNotActive(NotAllowed):
    """The business may not do this with real messages and money, or not yet."""

    code = "tenant_not_active"
    title = "Account not active"
    sentence = "This account waits for approval. Live keys work after it; the test key works now."


class TenantUnverified(TenantNotActive):
    """Its phone is not proved yet."""

    sentence = "This account is not verified yet. Enter the code we sent by SMS."


class TenantSuspended(TenantNotActive):
    """Stopped by the operator."""

    sentence = "This account is suspended. Contact us to have it opened again."


class TenantRejected(TenantNotActive):
    """Never approved."""

    sentence = "This account was not approved. Contact us, or sign up again."


class TenantClosed(TenantNotActive):
    """Gone."""

    sentence = "This account is closed. Contact us, or sign up again."


_REFUSALS: dict[TenantStatus, type[TenantNotActive]] = {
    TenantStatus.UNVERIFIED: TenantUnverified,
    TenantStatus.PENDING: TenantNotActive,
    TenantStatus.SUSPENDED: TenantSuspended,
    TenantStatus.REJECTED: TenantRejected,
    TenantStatus.CLOSED: TenantClosed,
}


@dataclass(frozen=True, slots=True)
class Profile:
    """A business as its acts see it; `price_units` (KES/4) is what a segment costs it now.

    `approval_units` is the most (KES/4) that a sender spends there without a second person's word;
    None is no limit.
    """

    tenant_id: int
    name: str
    status: TenantStatus
    language: str
    tier: str
    price_units: int
    is_test: bool = False
    approval_units: int | None = None

    @property
    def purse(self) -> Purse:
        """Where its money comes from: play money behind a test key."""
        return Purse.PLAY if self.is_test else Purse.WALLET

    @property
    def price(self) -> Money:
        """The price of a segment."""
        return Money(self.price_units)

    def require_active(self) -> None:
        """Refuse unless it may act now: approved, or rehearsing while it waits for that.

        Raises: TenantNotActive, or the kind of it that says what is the matter.
        """
        rehearsing = self.is_test and self.status is TenantStatus.PENDING
        if self.status is not TenantStatus.ACTIVE and not rehearsing:
            raise _REFUSALS[self.status]


def of(tenant: Tenant, *, is_test: bool = False) -> Profile:
    """Read the profile out of a tenant's row."""
    own = tenant.price_units
    return Profile(
        tenant_id=tenant.id,
        name=tenant.name,
        status=TenantStatus(tenant.status),
        language=tenant.language,
        tier=tenant.tier,
        price_units=settings().pricing.price_units(tenant.tier) if own is None else own,
        is_test=is_test,
        approval_units=settings().rules.approval_threshold_units
        if tenant.approval_units is None
        else tenant.approval_units,
    )


def profile(tenant_id: int, *, is_test: bool = False) -> Profile:
    """Find a business; PLATFORM_TENANT is the operator itself.

    Raises: NotFound.
    """
    if not PLATFORM_TENANT <= tenant_id <= TENANT_ID_MAX:
        raise NotFound
    tenant = Tenant.get_or_none(Tenant.id == tenant_id)
    if tenant is None:
        raise NotFound
    return of(tenant, is_test=is_test)
