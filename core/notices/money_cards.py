"""Cards of payments: one without an owner, and one that came in another amount than asked."""

from __future__ import annotations

from core import phone
from core.gateways.telegram import Button, Keyboard
from core.money import Money
from core.notices.cards import Drawn
from core.notices.markup import b, code, e, kes, lines
from core.notices.operators import moment, name_of
from core.payments import suspense
from core.payments.models import Payment, PaymentStatus, TopUp
from core.tenants import rows
from core.tenants.models import Audit, Tenant

SUGGESTED_MAX = 3


def draw_unmatched(receipt: str) -> Drawn | None:
    """Draw a payment that found no account, whose it may be, and the buttons to say so."""
    payment = Payment.get_or_none(Payment.receipt == receipt)
    if payment is None:
        return None
    is_open = payment.status == PaymentStatus.SUSPENSE.value
    guesses = suspense.suggestions(payment)[:SUGGESTED_MAX] if is_open else []
    return Drawn(
        lines(
            b(f"💰 Payment without an owner: {Money(payment.amount)}"),
            f"Receipt: {code(payment.receipt)}",
            f"Paid: {moment(payment.paid_at)}" if payment.paid_at else None,
            f"Account typed: {code(payment.account_typed) if payment.account_typed else 'none'}",
            f"Payer: {e(payer(payment))}",
            *(f"The payer may be {_named(each)}" for each in guesses),
            "" if not is_open else None,
            None if is_open else _assigned(payment),
        ),
        _choices(payment, guesses) if is_open else (),
    )


def payer(payment: Payment) -> str:
    """Name the payer as far as M-Pesa tells: a digest of the number tells people nothing."""
    shown = "" if len(payment.payer) > 40 else payment.payer
    if shown.isdecimal():
        shown = phone.pretty(shown)
    return " ".join(filter(None, (payment.payer_name, shown))) or "not told"


def _choices(payment: Payment, guesses: list[Tenant]) -> Keyboard:
    rows_ = [
        [
            Button(
                f"Assign to {each.id} {each.name[:24]}",
                f"assign:{payment.receipt}:{each.id}",
                "primary",
            )
        ]
        for each in guesses
    ]
    return [*rows_, [Button("Assign to...", f"assignto:{payment.receipt}")]]


def _assigned(payment: Payment) -> str:
    """Say who gave a payment to whom; a till's payment is matched by its push, by nobody."""
    owner = rows.find(payment.tenant_id) if payment.tenant_id is not None else None
    whose = "nobody" if owner is None else _named(owner)
    act = (
        Audit.select()
        .where(
            Audit.tenant_id == payment.tenant_id,
            Audit.act == "payment.assigned",
            Audit.subject == payment.receipt,
        )
        .first()
    )
    if act is None:
        at = f", {moment(payment.credited_at)}" if payment.credited_at else ""
        return f"✅ Matched to {whose} by itself{at}"
    return f"✅ Assigned to {whose} by {b(name_of(act.actor))}, {moment(act.created_at)}"


def draw_differing(topup_id: str) -> Drawn | None:
    """Draw a top-up that was paid with another amount than asked."""
    topup = TopUp.get_or_none(TopUp.id == topup_id)
    if topup is None:
        return None
    owner = rows.find(topup.tenant_id)
    paid = topup.paid if topup.paid is not None else 0
    asked_of = f" from {e(phone.pretty(topup.phone))}" if topup.phone else ""
    return Drawn(
        lines(
            b("⚖️ Another amount was paid than asked"),
            f"Business: {'gone' if owner is None else _named(owner)}",
            f"Asked: {kes(topup.amount)}{asked_of}",
            f"Paid and credited: {kes(paid)}",
            f"Receipt: {code(topup.receipt or 'none')}, {moment(topup.ended_at)}"
            if topup.ended_at
            else None,
            "The wallet has what was paid. Nothing needs to be done unless they complain.",
        ),
        [[Button(f"Business {topup.tenant_id}", f"show:{topup.tenant_id}")]],
    )


def _named(tenant: Tenant) -> str:
    return f"{b(f'{tenant.id} {tenant.name}', 80)} ({e(tenant.status)})"
