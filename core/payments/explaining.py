"""Telling a customer in plain words how a top-up stands."""

from __future__ import annotations

from datetime import timedelta

from core import clock, phone, words
from core.gateways.daraja import PushAnswer, Reason, result
from core.gateways.outcome import Outcome
from core.ledger.accounts import Purse, balance
from core.money import Money
from core.payments.models import PushState, StkPush, TopUp, TopUpStatus
from core.settings import settings
from core.tenants.models import Tenant

SENT = "We sent an M-Pesa request for KES {amount} to {phone}. Enter your M-Pesa PIN on that phone."
PAID = "Paid. KES {amount} received, receipt {receipt}. Your balance is KES {balance}."
PAID_LATE = (
    "Good news: your M-Pesa payment {receipt} of KES {amount} came through and has been added."
)
EXPIRED = "No payment came for this request. If M-Pesa took money, send us its receipt code."
SILENT_AGAIN = (
    "No request on that phone? Dial *234# to update M-Pesa, "
    "or pay: Paybill {paybill}, account {account}."
)
STILL_UNKNOWN = result("no such code").words

_SILENT = "1037"
_REASONS = {reason.value: reason for reason in Reason}


def explain(topup: TopUp, language: str = "en", *, late: bool = False) -> str:
    """Say how a top-up stands and what to do, in at most one text message.

    `late` is for a payment that came after we had said it failed, as its event tells.
    """
    match TopUpStatus(topup.status):
        case TopUpStatus.COMPLETED:
            return _paid(topup, language, late)
        case TopUpStatus.CONFIRMING:
            return words.say(language, result("0").words)
        case TopUpStatus.EXPIRED:
            return words.say(language, EXPIRED)
        case TopUpStatus.FAILED:
            return _failed(topup, language)
        case TopUpStatus.PENDING:
            return _pending(topup, language)


def _paid(topup: TopUp, language: str, late: bool) -> str:
    purse = Purse.PLAY if topup.is_test else Purse.WALLET
    paid = topup.amount if topup.paid is None else topup.paid
    return words.say(
        language,
        PAID_LATE if late else PAID,
        amount=_kes(paid),
        receipt=topup.receipt,
        balance=balance(topup.tenant_id, purse).available.text(),
    )


def _pending(topup: TopUp, language: str) -> str:
    push = StkPush.get_or_none(StkPush.topup_id == topup.id)
    if push is not None and push.state == PushState.UNKNOWN:
        return words.say(language, STILL_UNKNOWN)
    return words.say(language, SENT, amount=_kes(topup.amount), phone=phone.pretty(topup.phone))


def _failed(topup: TopUp, language: str) -> str:
    code = topup.result_code or ""
    if code == _SILENT and _was_silent_before(topup):
        return words.say(
            language,
            SILENT_AGAIN,
            paybill=settings().mpesa.shortcode,
            account=Tenant.get_by_id(topup.tenant_id).account_number,
        )
    if code in _REASONS:
        refused = PushAnswer(Outcome.REFUSED, reason=_REASONS[code]).words
        return words.say(language, refused or STILL_UNKNOWN)
    return words.say(language, result(code).words)


def _was_silent_before(topup: TopUp) -> bool:
    """Whether that phone stayed silent an hour ago or less, too: then its SIM may be old."""
    # A till has no account number that could be typed.
    if settings().mpesa.till:
        return False
    recent = StkPush.select(StkPush.topup_id).where(
        StkPush.phone == topup.phone, StkPush.created_at > clock.now() - timedelta(hours=1)
    )
    return bool(
        TopUp.select()
        .where(
            TopUp.id.in_(recent),
            TopUp.tenant_id == topup.tenant_id,
            TopUp.id < topup.id,
            TopUp.result_code == _SILENT,
        )
        .exists()
    )


def _kes(units: int) -> str:
    text = Money(units).text()
    return text.removesuffix(".00")
