"""What admins do, each in the words of its outcome.

The acts are those of the REST door: guarded where they are, so that of two admins, or two taps, one
does it and the other hears who did. The person is checked before any of this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bots.desk.hearing import Heard
from core.errors import NotFound
from core.ledger import accounts
from core.messaging import operations
from core.money import Money
from core.notices import tenant_cards
from core.notices.markup import b, e, i
from core.notices.operators import moment, name_of
from core.payments import errors as payment_errors
from core.payments import suspense
from core.payments.models import Payment
from core.tenants import rows, tenants
from core.tenants.models import Tenant
from core.tenants.tenants import WrongState

CHANNEL = "telegram"
# More than this, and whatever is taken away, has to be pressed twice.
ALONE_MAX = Money.kes(5_000)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an act: words in markup, and whose cards show it."""

    text: str
    subjects: tuple[str, ...] = field(default=())
    changed: bool = True


def named(tenant: Tenant) -> str:
    """Name a business in markup."""
    return b(f"{tenant.id} {tenant.name}", 80)


def cards_of(tenant_id: int) -> tuple[str, ...]:
    """Name the cards that show a business."""
    return f"tenant:{tenant_id}", f"account:{tenant_id}"


def tenant_of(typed: str) -> Tenant:
    """Find a business by its number. Raises: NotFound."""
    number = typed.strip().lstrip("#")
    if not number.isascii() or not number.isdecimal() or len(number) > 10:
        raise NotFound
    return rows.get(int(number))


def approve(heard: Heard, tenant_id: int) -> Done:
    """Let a waiting business in."""
    return _decide(
        tenant_id,
        lambda: tenants.approve(tenant_id, actor=heard.actor, channel=CHANNEL),
        "✅ Approved",
    )


def reject(heard: Heard, tenant_id: int, reason: str) -> Done:
    """Turn a waiting business away."""
    return _decide(
        tenant_id,
        lambda: tenants.reject(tenant_id, reason, actor=heard.actor, channel=CHANNEL),
        "❌ Rejected",
    )


def suspend(heard: Heard, tenant_id: int, reason: str) -> Done:
    """Stop a business."""
    return _decide(
        tenant_id,
        lambda: tenants.suspend(tenant_id, reason, actor=heard.actor, channel=CHANNEL),
        "⛔️ Suspended",
    )


def resume(heard: Heard, tenant_id: int) -> Done:
    """Open a suspended business again."""
    return _decide(
        tenant_id,
        lambda: tenants.resume(tenant_id, actor=heard.actor, channel=CHANNEL),
        "🟢 Resumed",
    )


def _decide(tenant_id: int, act: Callable[[], Tenant], words: str) -> Done:
    try:
        tenant = act()
    except WrongState:
        return Done(standing(tenant_id), cards_of(tenant_id), changed=False)
    why = f": {i(tenant.status_reason)}" if tenant.status_reason else ""
    return Done(f"{words}: {named(tenant)}{why}", cards_of(tenant_id))


def standing(tenant_id: int) -> str:
    """Say how a business stands and who brought it there: for whoever came second."""
    tenant = rows.get(tenant_id)
    who = tenant_cards.decided(tenant)
    return f"Nothing was changed. {named(tenant)} is {e(tenant.status)}. {who or ''}".strip()


def credit(heard: Heard, tenant_id: int, amount: Money, reason: str, *, once: str) -> Done:
    """Add to a wallet, or take from it."""
    tenant = rows.get(tenant_id)
    moved = tenants.adjust_wallet(
        tenant_id, amount, reason, once=once, actor=heard.actor, channel=CHANNEL
    )
    left = accounts.balance(tenant_id).available
    if not moved:
        return Done(f"That was done before. {named(tenant)} has {b(left)}.", changed=False)
    did = f"added to {named(tenant)}" if amount > Money(0) else f"taken from {named(tenant)}"
    return Done(
        f"✅ {b(abs(amount))} {did}: {i(reason)}. It has {b(left)} now.",
        (f"account:{tenant_id}",),
    )


def needs_second_press(amount: Money) -> bool:
    """Say whether an amount is large enough, or negative, to be asked about again."""
    return amount < Money(0) or amount > ALONE_MAX


def assign(heard: Heard, receipt: str, tenant_id: int) -> Done:
    """Give an unmatched payment to a business."""
    subject = f"payment:{receipt.upper()}"
    try:
        payment = suspense.assign(receipt, tenant_id, actor=heard.actor, channel=CHANNEL)
    except payment_errors.AlreadyAssigned:
        payment = Payment.get_by_id(receipt.upper())
        whose = named(rows.get(payment.tenant_id)) if payment.tenant_id else "nobody"
        at = f" since {moment(payment.credited_at)}" if payment.credited_at else ""
        return Done(
            f"Nothing was changed. {e(receipt)} belongs to {whose}{at}.", (subject,), changed=False
        )
    return Done(
        f"✅ {b(Money(payment.amount))} of {e(payment.receipt)} is in the wallet of "
        f"{named(rows.get(tenant_id))}",
        (subject, f"account:{tenant_id}"),
    )


def pause(heard: Heard, reason: str) -> Done:
    """Stop all sending."""
    if operations.pause_sending(reason, actor=heard.actor, channel=CHANNEL):
        return Done("⏸ All sending is stopped. Texts are taken on and wait. /unpause goes on.")
    return Done(paused() or "Sending goes on.", changed=False)


def paused() -> str | None:
    """Say who stopped all sending, if it is stopped."""
    stop = operations.sending_paused()
    if stop is None:
        return None
    return f"⏸ Sending is stopped since {moment(stop.since)} by {b(name_of(stop.actor))}: " + i(
        stop.reason
    )


def unpause(heard: Heard, since_ms: int | None = None) -> Done:
    """Let sending go on; with `since_ms` only if it is that stop which is still on."""
    subjects = () if since_ms is None else (f"sending:{since_ms}",)
    if operations.resume_sending(actor=heard.actor, channel=CHANNEL, since_ms=since_ms):
        return Done("▶️ Sending goes on where it stopped.", subjects)
    words = paused() if since_ms is not None else None
    return Done(f"Nothing was changed. {words or 'Sending goes on.'}", subjects, changed=False)


# What a second press or words carry out, by the name kept in the question.


def carry_out(
    heard: Heard, act: str, args: Mapping[str, Any], question_id: str, words: str
) -> Done:
    """Do what a question was about. Raises: whatever the act refuses."""
    match act:
        case "suspend":
            return suspend(heard, int(args["tenant_id"]), str(args.get("reason") or words))
        case "reject":
            return reject(heard, int(args["tenant_id"]), words)
        case "credit":
            amount = Money(int(args["units"]))
            reason = str(args["reason"])
            return credit(heard, int(args["tenant_id"]), amount, reason, once=question_id)
        case "assign":
            return assign(heard, str(args["receipt"]), int(args["tenant_id"]))
        case "pause":
            return pause(heard, str(args["reason"]))
        case _:
            raise NotFound
