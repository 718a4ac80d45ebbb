"""Businesses and keys, made the short way."""

from __future__ import annotations

from dataclasses import dataclass

from core import clock
from core.database import transaction
from core.ledger import accounts, transfers
from core.ledger.accounts import Platform, Purse, platform, purse_id
from core.money import Money
from core.tenants import admin_keys, keys
from core.tenants.models import Tenant, TenantStatus


@dataclass(frozen=True)
class Business:
    """A business and its keys."""

    id: int
    live: str
    test: str

    @property
    def path(self) -> str:
        return f"/api/{self.id}"


def make_business(
    name: str = "Acme Ltd", *, wallet: str = "0", status: TenantStatus = TenantStatus.ACTIVE
) -> Business:
    """A business with money, and with one key of each mode."""
    with transaction():
        row = Tenant.create(
            name=name,
            contact_name="Asha Njeri",
            phone="254712345678",
            email="asha@example.com",
            status=status.value,
            account_number=f"A{Tenant.select().count():05d}",
            created_at=clock.now(),
        )
        accounts.open_purses(row.id, daily_cap=None)
        for purse, source in (
            (Purse.WALLET, Platform.ADJUSTMENTS),
            (Purse.PLAY, Platform.PLAY_MONEY),
        ):
            money = Money.parse(wallet) if purse is Purse.WALLET else Money.kes(1000)
            if money:
                transfers.post(
                    platform(source),
                    purse_id(row.id, purse),
                    money,
                    kind="adjustment",
                    once=f"make:{row.id}:{purse.value}",
                    subject="test",
                    actor="test",
                )
    return Business(row.id, make_key(row.id, "live"), make_key(row.id, "test"))


def make_key(tenant_id: int, mode: keys.Mode = "live", **terms: object) -> str:
    """A key of a business."""
    return keys.create(
        tenant_id,
        "test",
        mode=mode,
        actor="test",
        channel="cli",
        **terms,  # type: ignore[arg-type]
    )[1]


def make_admin_key(name: str = "Wanjiku") -> str:
    """A key of the operator."""
    return admin_keys.create(name)


def set_status(tenant_id: int, status: TenantStatus) -> None:
    """Put a business into a state, however it came there."""
    Tenant.update(status=status.value).where(Tenant.id == tenant_id).execute()
    keys.forget_cached()
