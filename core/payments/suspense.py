"""Money for nobody we know, until a person says whose it is."""

from __future__ import annotations

import hashlib
import re

from core.database import is_postgres, transaction
from core.errors import NotFound
from core.ledger.accounts import Platform
from core.money import Money
from core.payments import c2b, crediting
from core.payments.errors import AlreadyAssigned, ReceiptNotFound
from core.payments.models import Payment, PaymentStatus
from core.tenants import audit
from core.tenants.models import PLATFORM_TENANT, Tenant

# As Safaricom masks a payer: "2547 ***** 126".
_MASKED = re.compile(r"(254\d{1,3})\D*\*+\D*(\d{3})", re.ASCII).fullmatch
_HASHED = re.compile(r"[0-9a-f]{64}").fullmatch


def listing(after: str | None = None, limit: int = 50) -> list[Payment]:
    """List unmatched payments, newest first, from behind the receipt `after`."""
    query = Payment.select().where(Payment.status == PaymentStatus.SUSPENSE.value)
    if after is not None and (last := Payment.get_or_none(Payment.receipt == after)):
        earlier = Payment.created_at < last.created_at
        beside = (Payment.created_at == last.created_at) & (Payment.receipt < after)
        query = query.where(earlier | beside)
    return list(query.order_by(Payment.created_at.desc(), Payment.receipt.desc()).limit(limit))


def assign(receipt: str, tenant_id: int, *, actor: str, channel: str = "admin") -> Payment:
    """Give an unmatched payment to a tenant: its money moves from suspense into the wallet, once.

    Raises: ReceiptNotFound, NotFound (no such tenant), AlreadyAssigned.
    """
    receipt = receipt.strip().upper()
    with transaction():
        query = Payment.select().where(Payment.receipt == receipt)
        if is_postgres():
            query = query.for_update()
        payment = query.first()
        if payment is None:
            raise ReceiptNotFound(receipt=receipt[:20])
        if payment.status != PaymentStatus.SUSPENSE:
            raise AlreadyAssigned(receipt=receipt, tenant_id=payment.tenant_id)
        exists = Tenant.select().where(Tenant.id == tenant_id).exists()
        if tenant_id == PLATFORM_TENANT or not exists:
            raise NotFound
        topup = c2b.confirming(tenant_id, Money(payment.amount))
        crediting.credit(payment, tenant_id, topup, origin=Platform.SUSPENSE, actor=actor[:60])
        audit.record(
            tenant_id,
            actor,
            channel,
            "payment.assigned",
            subject=receipt,
            after={"amount": Money(payment.amount).text(), "account_typed": payment.account_typed},
        )
    return Payment.get_by_id(receipt)


def suggestions(payment: Payment) -> list[Tenant]:
    """List the tenants whose own phone may have paid: a hint for a person, never a decision.

    The payer comes masked, or as the SHA-256 of the number. We compare with the numbers we have,
    and never try to turn the digest back.
    """
    payer = payment.payer.strip()
    tenants = Tenant.select().where(Tenant.id != PLATFORM_TENANT).order_by(Tenant.id)
    if masked := _MASKED(payer.replace(" ", "")):
        start, end = masked.groups()
        return list(tenants.where(Tenant.phone.startswith(start), Tenant.phone.endswith(end)))
    if _HASHED(payer.lower()):
        return [each for each in tenants if _digest(each.phone) == payer.lower()]
    return list(tenants.where(Tenant.phone == payer)) if payer else []


def _digest(msisdn: str) -> str:
    return hashlib.sha256(msisdn.encode()).hexdigest()
