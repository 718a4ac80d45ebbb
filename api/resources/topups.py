"""Paying into the wallet."""

from __future__ import annotations

from api.calls import TenantCall
from api.fields import CURRENCY, Amount, Instant, Kes, Phone, Request, Shape
from api.operations import for_tenant
from api.pages import Page, Paging, page
from api.problems import about
from core.money import InvalidAmount, Money
from core.payments import errors, explaining, topups
from core.payments.models import TopUp, TopUpStatus
from core.phone import InvalidNumber

REFUSES = (
    errors.MethodNotOffered,
    errors.AmountNotWhole,
    errors.AmountOutOfRange,
    errors.PhoneWithoutMpesa,
    errors.PhoneBusy,
    errors.TooManyPushes,
    InvalidAmount,
    InvalidNumber,
)


class TopUpRequest(Request, frozen=True, kw_only=True):
    """How much to pay, and from which phone."""

    amount: Amount
    phone: Phone
    method: str = "mpesa"


class TopUpFilter(Paging, frozen=True, kw_only=True):
    """Which top-ups to list."""

    status: TopUpStatus | None = None


class TopUpShape(Shape, frozen=True, kw_only=True):
    """A payment into the wallet. `amount` was asked, `paid` came; what came is credited."""

    id: str
    status: TopUpStatus
    method: str
    amount: Kes
    paid: Kes | None
    currency: str
    phone: str
    receipt: str | None
    result_code: str | None
    detail: str
    created_at: Instant
    ended_at: Instant | None


def _shape(call: TenantCall, row: TopUp) -> TopUpShape:
    return TopUpShape(
        id=row.id,
        status=TopUpStatus(row.status),
        method=row.method,
        amount=Money(row.amount).text(),
        paid=None if row.paid is None else Money(row.paid).text(),
        currency=CURRENCY,
        phone=row.phone,
        receipt=row.receipt,
        result_code=row.result_code,
        detail=explaining.explain(row, call.profile.language),
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


class TopUps:
    """GET and POST /api/{tenant}/topups"""

    @for_tenant("listTopUps", scope="billing:read")
    def on_get(self, call: TenantCall, where: TopUpFilter) -> Page[TopUpShape]:
        """List top-ups, newest first."""
        return page(
            call,
            where,
            lambda after, limit: topups.listing(
                call.profile, status=where.status, after=after, limit=limit
            ),
            lambda row: _shape(call, row),
            key=lambda row: row.id,
        )

    @for_tenant("createTopUp", scope="billing:write", status=202, refuses=REFUSES, needs_key=True)
    def on_post(self, call: TenantCall, asked: TopUpRequest) -> TopUpShape:
        """Ask a phone to pay into your wallet; its owner types the M-Pesa PIN.

        The Idempotency-Key is required. What is really paid is credited, whatever was asked.
        """
        assert call.once is not None
        with about("phone", InvalidNumber):
            made = topups.request(
                call.profile,
                asked.amount.money,
                asked.phone,
                method=asked.method,
                once=call.once,
                actor=call.actor,
            )
        return _shape(call, made)


class OneTopUp:
    """GET /api/{tenant}/topups/{id}"""

    @for_tenant("getTopUp", scope="billing:read", refuses=(errors.TopUpNotFound,))
    def on_get(self, call: TenantCall, id: str) -> TopUpShape:
        """One top-up and where it stands."""
        return _shape(call, topups.one(call.profile, id))
