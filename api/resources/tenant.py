"""A business as it sees itself: its profile, its money, its figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from api.calls import TenantCall
from api.fields import (
    CURRENCY,
    Amount,
    Day,
    Instant,
    Kes,
    Name,
    Price,
    Query,
    Request,
    Shape,
    money,
)
from api.operations import for_tenant
from api.refusals import PeriodBackwards
from core import clock
from core.ledger import accounts
from core.messaging import balances, operations, queries, routing
from core.messaging.models import REHEARSAL_ACCOUNT, SHARED_ACCOUNT
from core.messaging.queries import UsageBy
from core.money import ZERO, Money
from core.privacy import retention
from core.tenants import fields, profiles, tenants, terms
from core.tenants.models import Tenant, TenantStatus

USAGE_DAYS = 7
USAGE_USUAL_DAYS = 30
MESSAGE_DAYS_MAX = 3650


class TenantShape(Shape, frozen=True, kw_only=True):
    """A business."""

    id: int
    name: str
    contact_name: str
    phone: str
    email: str | None
    language: str
    status: TenantStatus
    status_reason: str | None
    tier: str
    price: Price
    currency: str
    account_number: str
    kra_pin: str | None
    address: str | None
    message_days: int
    approval_threshold: Kes | None
    created_at: Instant
    verified_at: Instant | None
    approved_at: Instant | None


class TenantPatch(Request, frozen=True, kw_only=True):
    """What a business may change about itself; what is left out stays, null takes it away."""

    name: Name | UnsetType = UNSET
    contact_name: Name | UnsetType = UNSET
    email: Annotated[str, msgspec.Meta(max_length=254)] | UnsetType | None = UNSET
    language: str | UnsetType = UNSET
    kra_pin: Annotated[str, msgspec.Meta(max_length=20)] | UnsetType | None = UNSET
    address: Annotated[str, msgspec.Meta(max_length=300)] | UnsetType | None = UNSET
    message_days: (
        Annotated[
            int,
            msgspec.Meta(
                ge=1,
                le=MESSAGE_DAYS_MAX,
                description="How many days the words of texts and replies are kept.",
            ),
        ]
        | UnsetType
        | None
    ) = UNSET
    approval_threshold: (
        Annotated[
            Amount,
            msgspec.Meta(
                description="KES that a sender in your team spends without a second person's word.",
                examples=["5000.00"],
            ),
        ]
        | UnsetType
        | None
    ) = UNSET


class GatewayCredit(Shape, frozen=True, kw_only=True):
    """What Onfon last said of an account of your own there."""

    credits: str
    as_of: Instant
    status: str


class BalanceShape(Shape, frozen=True, kw_only=True):
    """What may still be spent: in money, in texts of one segment, in days."""

    currency: str
    available: Kes
    held: Kes
    credit_limit: Kes
    price: Price
    units: int
    days_left: int | None
    onfon: GatewayCredit | None


class UsageQuery(Query, frozen=True, kw_only=True):
    """Which days to sum, and by what."""

    since: Day | None = msgspec.field(name="from", default=None)
    until: Day | None = None
    by: UsageBy = UsageBy.DAY


class UsageRowShape(Shape, frozen=True, kw_only=True):
    """Texts, segments and their price under one key, such as a day or a status."""

    key: str
    messages: int
    segments: int
    cost: Kes


class UsageShape(Shape, frozen=True, kw_only=True):
    """What was handed over between two days, both included."""

    since: Day = msgspec.field(name="from")
    until: Day
    by: UsageBy
    currency: str
    data: list[UsageRowShape]


def tenant_shape(row: Tenant) -> TenantShape:
    """A business as the API shows it."""
    most = profiles.of(row).approval_units
    return TenantShape(
        id=row.id,
        name=row.name,
        contact_name=row.contact_name,
        phone=row.phone,
        email=row.email,
        language=row.language,
        status=TenantStatus(row.status),
        status_reason=row.status_reason,
        tier=row.tier,
        price=profiles.of(row).price.price_text(),
        currency=CURRENCY,
        account_number=row.account_number,
        kra_pin=row.kra_pin,
        address=row.address,
        message_days=retention.days(row.message_days),
        approval_threshold=None if most is None else Money(most).text(),
        created_at=row.created_at,
        verified_at=row.verified_at,
        approved_at=row.approved_at,
    )


class OwnTenant:
    """GET and PATCH /api/{tenant}"""

    @for_tenant("getTenant")
    def on_get(self, call: TenantCall) -> TenantShape:
        """Your profile, status and terms."""
        return tenant_shape(tenants.get(call.tenant_id))

    @for_tenant(
        "updateTenant",
        scope="admin",
        refuses=(
            fields.FieldMissing,
            fields.FieldTooLong,
            fields.FieldUnprintable,
            fields.InvalidEmail,
            fields.UnknownLanguage,
            fields.InvalidKraPin,
            terms.NegativeThreshold,
        ),
    )
    def on_patch(self, call: TenantCall, asked: TenantPatch) -> TenantShape:
        """Change your profile; what is left out stays as it is."""
        given = msgspec.structs.asdict(asked) | {
            "approval_threshold": money(asked.approval_threshold)
        }
        return tenant_shape(
            tenants.update_profile(call.tenant_id, **given, actor=call.actor, channel="api")
        )


class Balance:
    """GET /api/{tenant}/balance"""

    @for_tenant("getBalance", scope="billing:read")
    def on_get(self, call: TenantCall) -> BalanceShape:
        """What may still be spent, and how long that lasts at the pace of the last seven days."""
        profile = call.profile
        purse = accounts.balance(profile.tenant_id, profile.purse)
        return BalanceShape(
            currency=CURRENCY,
            available=purse.available.text(),
            held=purse.held.text(),
            credit_limit=purse.credit_limit.text(),
            price=profile.price.price_text(),
            units=max(0, purse.available // profile.price) if profile.price else 0,
            days_left=_days_left(call, purse.available),
            onfon=_own_gateway(call),
        )


def _days_left(call: TenantCall, available: Money) -> int | None:
    """Days the money lasts at last week's pace; null when nothing was spent."""
    today = clock.now().astimezone(clock.NAIROBI).date()
    since = today - timedelta(days=USAGE_DAYS - 1)
    rows = queries.usage(call.profile, since, today, UsageBy.DAY)
    spent = sum((row.cost for row in rows), ZERO)
    return max(0, (available * USAGE_DAYS) // spent) if spent > ZERO else None


def _own_gateway(call: TenantCall) -> GatewayCredit | None:
    """The credit of a tenant's own gateway account. The operator's is nobody else's business."""
    account_id = routing.route(call.profile).account_id
    if account_id in (SHARED_ACCOUNT, REHEARSAL_ACCOUNT):
        return None
    said = balances.latest(account_id)
    if said is None:
        return None
    paused = any(
        row.id == account_id and row.paused_until > clock.now() for row in operations.accounts()
    )
    return GatewayCredit(
        credits=said.said, as_of=said.created_at, status="paused" if paused else "ok"
    )


class Usage:
    """GET /api/{tenant}/usage"""

    @for_tenant("getUsage", scope="billing:read", refuses=(PeriodBackwards,))
    def on_get(self, call: TenantCall, where: UsageQuery) -> UsageShape:
        """Texts, segments and money by day, month, status, sender ID or operator."""
        until = where.until or clock.now().astimezone(clock.NAIROBI).date()
        since = where.since or until - timedelta(days=USAGE_USUAL_DAYS - 1)
        if since > until:
            raise PeriodBackwards
        rows = queries.usage(call.profile, since, until, where.by)
        return UsageShape(
            since=since,
            until=until,
            by=where.by,
            currency=CURRENCY,
            data=[
                UsageRowShape(
                    key=row.key, messages=row.messages, segments=row.segments, cost=row.cost.text()
                )
                for row in rows
            ],
        )
