"""Businesses, as the operator sees and steers them."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from api.calls import AdminCall
from api.fields import (
    CURRENCY,
    Amount,
    Instant,
    Kes,
    Price,
    Reason,
    Request,
    SenderId,
    Shape,
    money,
)
from api.operations import for_admin
from api.pages import Page, Paging, page
from api.resources.tenant import TenantShape, tenant_shape
from core import ids
from core.errors import NotFound
from core.ledger import accounts
from core.ledger.errors import CannotWithdraw
from core.messaging import senders
from core.messaging.models import Category, Sender, SenderStatus
from core.money import Money
from core.tenants import fields, tenants, terms
from core.tenants.models import Tenant, TenantStatus
from core.tenants.tenants import WrongState


class TenantFilter(Paging, frozen=True, kw_only=True):
    """Which businesses to list."""

    status: TenantStatus | None = None


class Why(Request, frozen=True, kw_only=True):
    """Why something is done."""

    reason: Reason


class Adjustment(Request, frozen=True, kw_only=True):
    """Money put right by hand: a positive amount is added, a negative one taken."""

    amount: Amount
    reason: Reason


class Terms(Request, frozen=True, kw_only=True):
    """The operator's terms; what is left out stays.

    A price of null is the tier's again, a daily_cap of null is no limit.
    """

    price: Amount | UnsetType | None = UNSET
    tier: str | UnsetType = UNSET
    credit_limit: Amount | UnsetType = UNSET
    daily_cap: Amount | UnsetType | None = UNSET


class SenderRequest(Request, frozen=True, kw_only=True):
    """A sender ID as the networks approved it; case counts."""

    name: SenderId
    class_: Category = msgspec.field(name="class", default=Category.TRANSACTIONAL)


class SenderShape(Shape, frozen=True, kw_only=True):
    """A sender ID of a business; it may use an approved one."""

    id: str
    name: str
    class_: str = msgspec.field(name="class")
    status: SenderStatus
    created_at: Instant


class AdminTenantShape(TenantShape, frozen=True, kw_only=True):
    """A business with its money."""

    own_price: Price | None
    available: Kes
    held: Kes
    credit_limit: Kes
    daily_cap: Kes | None
    sender_ids: list[SenderShape]


def _detail(row: Tenant) -> AdminTenantShape:
    purse, cap = accounts.balance(row.id), accounts.daily_cap(row.id)
    return AdminTenantShape(
        **msgspec.structs.asdict(tenant_shape(row)),
        own_price=None if row.price_units is None else Money(row.price_units).price_text(),
        available=purse.available.text(),
        held=purse.held.text(),
        credit_limit=purse.credit_limit.text(),
        daily_cap=None if cap is None else cap.text(),
        sender_ids=[_sender(each) for each in senders.listing(row.id)],
    )


def _sender(row: Sender) -> SenderShape:
    return SenderShape(
        id=row.public_id or "",
        name=row.name,
        class_=row.category,
        status=SenderStatus(row.status),
        created_at=row.created_at,
    )


class Tenants:
    """GET /admin/tenants"""

    @for_admin("adminListTenants")
    def on_get(self, call: AdminCall, where: TenantFilter) -> Page[TenantShape]:
        """List businesses, newest first."""
        return page(
            call,
            where,
            lambda after, limit: tenants.listing(
                status=where.status, after=None if after is None else int(after), limit=limit
            ),
            tenant_shape,
            key=lambda row: row.id,
        )


class OneTenant:
    """GET and PATCH /admin/tenants/{tenant}"""

    @for_admin("adminGetTenant", refuses=(NotFound,))
    def on_get(self, call: AdminCall, tenant: int) -> AdminTenantShape:
        """One business with its money."""
        return _detail(tenants.get(tenant))

    @for_admin(
        "adminSetTerms",
        refuses=(
            NotFound,
            terms.InvalidPrice,
            terms.UnknownTier,
            terms.NegativeCredit,
            terms.NegativeCap,
            terms.CreditInUse,
        ),
    )
    def on_patch(self, call: AdminCall, tenant: int, asked: Terms) -> AdminTenantShape:
        """Set price, tier, credit limit and daily cap; accepted texts keep their price."""
        done = tenants.set_terms(
            tenant,
            price=money(asked.price),
            tier=asked.tier,
            credit_limit=money(asked.credit_limit),
            daily_cap=money(asked.daily_cap),
            actor=call.actor,
            channel="admin",
        )
        return _detail(done)


class ApproveTenant:
    """POST /admin/tenants/{tenant}/approve"""

    @for_admin("adminApproveTenant", refuses=(NotFound, WrongState))
    def on_post(self, call: AdminCall, tenant: int) -> AdminTenantShape:
        """Let a waiting business send."""
        return _detail(tenants.approve(tenant, actor=call.actor, channel="admin"))


class RejectTenant:
    """POST /admin/tenants/{tenant}/reject"""

    @for_admin("adminRejectTenant", refuses=(NotFound, WrongState, fields.FieldMissing))
    def on_post(self, call: AdminCall, tenant: int, asked: Why) -> AdminTenantShape:
        """Turn a waiting business away, saying why."""
        done = tenants.reject(tenant, asked.reason, actor=call.actor, channel="admin")
        return _detail(done)


class SuspendTenant:
    """POST /admin/tenants/{tenant}/suspend"""

    @for_admin("adminSuspendTenant", refuses=(NotFound, WrongState, fields.FieldMissing))
    def on_post(self, call: AdminCall, tenant: int, asked: Why) -> AdminTenantShape:
        """Stop a business, saying why. Its money stays where it is."""
        done = tenants.suspend(tenant, asked.reason, actor=call.actor, channel="admin")
        return _detail(done)


class ResumeTenant:
    """POST /admin/tenants/{tenant}/resume"""

    @for_admin("adminResumeTenant", refuses=(NotFound, WrongState))
    def on_post(self, call: AdminCall, tenant: int) -> AdminTenantShape:
        """Let a suspended business go on."""
        return _detail(tenants.resume(tenant, actor=call.actor, channel="admin"))


class AdjustmentShape(Shape, frozen=True, kw_only=True):
    """What a wallet holds after it was put right."""

    tenant: int
    amount: Kes
    currency: str
    available: Kes


class AdjustWallet:
    """POST /admin/tenants/{tenant}/adjust"""

    @for_admin(
        "adminAdjustWallet",
        refuses=(NotFound, terms.NothingToAdjust, fields.FieldMissing, CannotWithdraw),
    )
    def on_post(self, call: AdminCall, tenant: int, asked: Adjustment) -> AdjustmentShape:
        """Add money to a wallet by hand, or with a minus take from it what it can give."""
        once = call.once or ids.new("adj")
        tenants.adjust_wallet(
            tenant, asked.amount.money, asked.reason, once=once, actor=call.actor, channel="admin"
        )
        return AdjustmentShape(
            tenant=tenant,
            amount=asked.amount.money.text(),
            currency=CURRENCY,
            available=accounts.balance(tenant).available.text(),
        )


class SenderIds:
    """POST /admin/tenants/{tenant}/sender-ids"""

    @for_admin("adminRegisterSenderId", status=201, refuses=(NotFound, senders.InvalidSenderId))
    def on_post(self, call: AdminCall, tenant: int, asked: SenderRequest) -> SenderShape:
        """Let a business send under a name; registering it again changes its class."""
        return _sender(
            senders.register(tenant, asked.name, asked.class_, actor=call.actor, channel="admin")
        )
