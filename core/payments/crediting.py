"""The heart of payments: one receipt, heard of any number of times and ways, is credited once.

News of a payment comes from the STK callback and from the paybill's confirmation, in either order,
repeated, or at the same moment. Whichever comes first writes the `Payment` row, whose key is the
receipt; that row and the journal's unique `once` make a second credit impossible. What comes later
only adds what was not known yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core import clock, events, ids
from core.database import is_postgres, transaction
from core.ledger import transfers
from core.ledger.accounts import Platform, Purse, platform, purse_id
from core.money import SCALE, Money
from core.payments import transitions
from core.payments.alarms import Cause, raise_alarm
from core.payments.models import Payment, PaymentStatus, TopUp, TopUpStatus

RECEIPT_MAX = 20
# More than any honest payment, and far from what a column cannot hold.
_AMOUNT_MAX = 10**9 * SCALE


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one source says of one payment. Without a tenant the money waits in suspense."""

    receipt: str
    amount: Money
    source: str
    tenant_id: int | None = None
    topup: TopUp | None = None
    account_typed: str = ""
    payer: str = ""
    payer_name: str = ""
    paid_at: datetime | None = None
    actor: str = "mpesa"


def money(amount: Decimal | None) -> Money | None:
    """Return an amount that can be credited; None for nothing, zero, or what no payment can be."""
    if amount is None:
        return None
    units = amount * SCALE
    if units != units.to_integral_value() or not 0 < units <= _AMOUNT_MAX:
        return None
    return Money(int(units))


def receive(news: Receipt) -> Payment:
    """Take in what one source says of a payment, crediting it when nobody has before.

    Joins the caller's transaction, so that the news is done exactly when its money has moved.
    """
    with transaction():
        tenant_id = news.topup.tenant_id if news.topup is not None else news.tenant_id
        if _is_first(news):
            payment = _locked(news.receipt)
            if tenant_id is None:
                _put_in_suspense(payment)
            else:
                credit(payment, tenant_id, news.topup, origin=Platform.MPESA, actor=news.actor)
            return payment
        payment = _locked(news.receipt)
        _add_facts(payment, news)
        if tenant_id is None:
            return payment
        if payment.status == PaymentStatus.SUSPENSE:
            # A till's confirmation names nobody; the callback of the push behind it does.
            credit(payment, tenant_id, news.topup, origin=Platform.SUSPENSE, actor=news.actor)
        elif payment.tenant_id != tenant_id:
            raise_alarm(
                Cause.RECEIPT_CONFLICT,
                f"Receipt {payment.receipt} is credited to account {payment.tenant_id}, and now "
                f"{news.source} says it belongs to account {tenant_id}. Nothing was moved.",
                tenant_id=payment.tenant_id,
                receipt=payment.receipt,
            )
        elif news.topup is not None and payment.topup_id != news.topup.id:
            _join(payment, news.topup)
        return payment


def _is_first(news: Receipt) -> bool:
    """Write the payment unless it is there. On PostgreSQL a twin waits here for our commit."""
    written = (
        Payment.insert(
            receipt=news.receipt,
            amount=news.amount.units,
            status=PaymentStatus.SUSPENSE.value,
            source=news.source,
            account_typed=news.account_typed[:60],
            payer=news.payer[:120],
            payer_name=news.payer_name[:120],
            paid_at=news.paid_at,
            created_at=clock.now(),
        )
        .on_conflict_ignore()
        .as_rowcount()
        .execute()
    )
    return bool(written)


def _locked(receipt: str) -> Payment:
    """Read a payment, and on PostgreSQL keep others from changing it until we commit."""
    query = Payment.select().where(Payment.receipt == receipt)
    if is_postgres():
        query = query.for_update()
    return query.get()


def _put_in_suspense(payment: Payment) -> None:
    transfers.post(
        platform(Platform.MPESA),
        platform(Platform.SUSPENSE),
        Money(payment.amount),
        kind="suspense",
        once=f"suspense:{payment.receipt}",
        subject=payment.receipt,
        actor="mpesa",
    )
    events.record(
        "payment.unmatched",
        None,
        receipt=payment.receipt,
        amount=Money(payment.amount).text(),
        currency="KES",
        account_typed=payment.account_typed,
        payer=payment.payer,
        payer_name=payment.payer_name,
        paid_at=payment.paid_at,
    )


def credit(
    payment: Payment, tenant_id: int, topup: TopUp | None, *, origin: Platform, actor: str
) -> None:
    """Move a payment's money into a wallet, and complete the top-up it is for.

    A payment nobody asked for through us, typed at the paybill, gets a top-up of its own, so that
    each credit has exactly one. The caller has the payment locked and not yet credited.
    """
    amount = Money(payment.amount)
    moved = transfers.post(
        platform(origin),
        purse_id(tenant_id, Purse.WALLET),
        amount,
        kind="topup",
        # The same key wherever the money comes from: one receipt reaches one wallet, once.
        once=f"mpesa:{payment.receipt}",
        subject=payment.receipt,
        actor=actor,
    )
    if not moved:
        raise RuntimeError(f"Receipt {payment.receipt} is in the journal but not in its row.")
    if topup is None or not transitions.complete(topup, payment.receipt, amount):
        topup = _own_topup(payment, tenant_id, actor)
    Payment.update(
        status=PaymentStatus.CREDITED.value,
        tenant_id=tenant_id,
        topup_id=topup.id,
        credited_at=clock.now(),
    ).where(Payment.receipt == payment.receipt).execute()
    if origin is Platform.SUSPENSE:
        events.record(
            "payment.matched", tenant_id, receipt=payment.receipt, topup=topup.id, actor=actor
        )


def _own_topup(payment: Payment, tenant_id: int, actor: str) -> TopUp:
    """Make the top-up of a payment that has no request of its own."""
    topup = TopUp.create(
        id=ids.new("top"),
        tenant_id=tenant_id,
        method="mpesa",
        amount=payment.amount,
        phone="",
        code="",
        once=f"mpesa:{payment.receipt}",
        actor=actor,
        created_at=clock.now(),
    )
    transitions.complete(topup, payment.receipt, Money(payment.amount))
    return topup


def _add_facts(payment: Payment, news: Receipt) -> None:
    """Fill in what an earlier source did not say, and contradict it in nothing."""
    if news.amount.units != payment.amount:
        raise_alarm(
            Cause.AMOUNT_CONFLICT,
            f"Receipt {payment.receipt} is KES {Money(payment.amount).text()} by "
            f"{payment.source}, and now KES {news.amount.text()} by {news.source}. "
            "The first amount stands.",
            tenant_id=payment.tenant_id,
            receipt=payment.receipt,
        )
    heard = [payment.source, *payment.other_sources.split()]
    if news.source not in heard:
        payment.other_sources = " ".join([*heard[1:], news.source])
    payment.account_typed = payment.account_typed or news.account_typed[:60]
    payment.payer = payment.payer or news.payer[:120]
    payment.payer_name = payment.payer_name or news.payer_name[:120]
    payment.paid_at = payment.paid_at or news.paid_at
    payment.save(
        only=[
            Payment.other_sources,
            Payment.account_typed,
            Payment.payer,
            Payment.payer_name,
            Payment.paid_at,
        ]
    )


def _join(payment: Payment, topup: TopUp) -> None:
    """Complete a top-up whose receipt was credited before anybody knew what it was for.

    Its money counts already, under the top-up that was made for it then; that one was told to the
    tenant and stays. This one is complete too, by the same receipt, and counts nothing.
    """
    if topup.status != TopUpStatus.COMPLETED:
        transitions.complete(topup, payment.receipt, Money(payment.amount), counted=False)
