"""Money for nobody we know, and payment news that was held back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, cast

import msgspec

from api.calls import AdminCall
from api.fields import CURRENCY, Instant, Kes, Request, Shape
from api.operations import for_admin
from api.pages import Page, Paging, page
from core.errors import NotFound
from core.money import Money
from core.payments import errors, news, suspense
from core.payments.models import Payment
from core.payments.news import Held


class AssignRequest(Request, frozen=True, kw_only=True):
    """Whose money it is."""

    tenant_id: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class PaymentShape(Shape, frozen=True, kw_only=True):
    """One M-Pesa receipt."""

    receipt: str
    amount: Kes
    currency: str
    status: str
    source: str
    tenant: int | None
    topup: str | None
    account_typed: str
    payer: str
    payer_name: str
    paid_at: Instant | None
    created_at: Instant
    credited_at: Instant | None


class HeldNews(Shape, frozen=True, kw_only=True):
    """Payment news that was held back, word for word."""

    id: int
    kind: str
    address: str
    why: str | None
    received_at: Instant
    body: str


class ReleasedNews(Shape, frozen=True, kw_only=True):
    """News that is worked on now."""

    id: int
    status: str


def _payment(row: Payment) -> PaymentShape:
    return PaymentShape(
        receipt=row.receipt,
        amount=Money(row.amount).text(),
        currency=CURRENCY,
        status=row.status,
        source=row.source,
        tenant=row.tenant_id,
        topup=row.topup_id,
        account_typed=row.account_typed,
        payer=row.payer,
        payer_name=row.payer_name,
        paid_at=row.paid_at,
        created_at=row.created_at,
        credited_at=row.credited_at,
    )


def _held(row: Held) -> HeldNews:
    return HeldNews(
        id=row.id,
        kind=row.kind,
        address=row.address,
        why=row.why,
        received_at=cast("datetime", row.received_at),
        body=row.body,
    )


class Suspense:
    """GET /admin/suspense"""

    @for_admin("adminListSuspense")
    def on_get(self, call: AdminCall, where: Paging) -> Page[PaymentShape]:
        """List payments that found no account, newest first."""
        return page(call, where, suspense.listing, _payment, key=lambda row: row.receipt)


class AssignPayment:
    """POST /admin/suspense/{receipt}/assign"""

    @for_admin(
        "adminAssignPayment", refuses=(errors.ReceiptNotFound, errors.AlreadyAssigned, NotFound)
    )
    def on_post(self, call: AdminCall, receipt: str, asked: AssignRequest) -> PaymentShape:
        """Give an unmatched payment to the business it was meant for, once."""
        return _payment(suspense.assign(receipt, asked.tenant_id, actor=call.actor))


class Quarantine:
    """GET /admin/payment-news"""

    @for_admin("adminListHeldNews")
    def on_get(self, call: AdminCall, where: Paging) -> Page[HeldNews]:
        """List payment news that was held back, newest first, and why."""
        return page(
            call,
            where,
            lambda after, limit: news.quarantine(None if after is None else int(after), limit),
            _held,
            key=lambda row: row.id,
        )


class ReleaseNews:
    """POST /admin/payment-news/{news}/release"""

    @for_admin("adminReleaseNews", refuses=(errors.NewsNotFound, errors.NotQuarantined))
    def on_post(self, call: AdminCall, news_id: int) -> ReleasedNews:
        """Let held-back news through, in spite of why it was held back."""
        news.release(news_id, actor=call.actor)
        return ReleasedNews(id=news_id, status="new")
