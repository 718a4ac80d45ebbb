"""What each kind of news means, and what is done about it, in the transaction of its row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core import clock
from core.gateways.daraja import StkCallback, read_c2b, read_stk_callback, result
from core.payments import c2b, crediting, transitions
from core.payments.alarms import Cause, raise_alarm
from core.payments.models import MpesaNews, NewsState, StkPush, TopUp, TopUpStatus

# Why news is held back. Stable words: a release lets a row through for this reason only.
UNLISTED = "came from an address that is not listed"
UNKNOWN_TOKEN = "no push has this token"  # noqa: S105 - a reason, not a secret
OTHER_CHECKOUT = "the CheckoutRequestID is not this push's"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a row of news, and why if that is not plain."""

    state: NewsState
    why: str | None = None


DONE = Verdict(NewsState.DONE)


def stk(news: MpesaNews) -> Verdict:
    """Take in the result of a push. Its words differ from channel to channel; its code counts."""
    callback = read_stk_callback(bytes(news.body))
    if callback is None:
        return _unreadable(news, "not an STK callback")
    push = StkPush.get_or_none(StkPush.token == news.token)
    if (doubt := _doubt(push, callback)) and not _is_released(news, doubt):
        return _quarantined(news, doubt)
    topup = TopUp.get_by_id(push.topup_id) if push is not None else None
    verdict = _ended(callback, topup)
    if push is not None:
        _note_callback(push, callback)
    return verdict


def _doubt(push: StkPush | None, callback: StkCallback) -> str | None:
    """Say why a callback cannot be believed: these are unsigned, so anybody might have sent it."""
    if push is None:
        return UNKNOWN_TOKEN
    if push.checkout_request_id is not None:
        return OTHER_CHECKOUT if push.checkout_request_id != callback.checkout_request_id else None
    # The answer to our push is lost or still on its way; the callback tells us the id first.
    others = StkPush.select().where(
        StkPush.checkout_request_id == callback.checkout_request_id,
        StkPush.topup_id != push.topup_id,
    )
    return OTHER_CHECKOUT if others.exists() else None


def _ended(callback: StkCallback, topup: TopUp | None) -> Verdict:
    if callback.result_code == "0":
        return _paid(callback, topup)
    if topup is None:
        return DONE
    if not result(callback.result_code).final:
        return Verdict(NewsState.DONE, f"code {callback.result_code} is no end; still waiting")
    was_confirming = topup.status == TopUpStatus.CONFIRMING
    if not transitions.fail(topup, callback.result_code, even_confirming=True):
        return Verdict(NewsState.DONE, f"ignored: the top-up is {topup.status}")
    if was_confirming:
        raise_alarm(
            Cause.CONTRADICTION,
            f"M-Pesa said first that a push was paid, then that it failed with "
            f"{callback.result_code}.",
            tenant_id=topup.tenant_id,
            topup=topup.id,
        )
    return DONE


def _paid(callback: StkCallback, topup: TopUp | None) -> Verdict:
    amount = crediting.money(callback.amount)
    receipt = callback.receipt
    if receipt is None or len(receipt) > crediting.RECEIPT_MAX or amount is None:
        # Never credit without both: a made-up key beside a later confirmation credits twice.
        if topup is not None:
            transitions.confirm(topup)
        return Verdict(NewsState.DONE, "paid, but without a usable receipt and amount")
    crediting.receive(
        crediting.Receipt(
            receipt=receipt,
            amount=amount,
            source="stk",
            topup=topup,
            payer=topup.phone if topup is not None else "",
            paid_at=callback.paid_at,
        )
    )
    return DONE


def _note_callback(push: StkPush, callback: StkCallback) -> None:
    values: dict[str, object] = {"heard_at": clock.now()}
    if push.checkout_request_id is None:
        values["checkout_request_id"] = callback.checkout_request_id
        values["merchant_request_id"] = callback.merchant_request_id
    StkPush.update(**values).where(StkPush.topup_id == push.topup_id).execute()


def c2b_confirm(news: MpesaNews) -> Verdict:
    """Take in money that has reached the paybill. It cannot be refused any more."""
    payment = read_c2b(bytes(news.body))
    amount = crediting.money(payment.amount) if payment is not None else None
    if payment is None or amount is None or len(payment.receipt) > crediting.RECEIPT_MAX:
        return _unreadable(news, "not a C2B confirmation")
    typed = payment.account_typed or ""
    found = c2b.whose(typed, amount)
    crediting.receive(
        crediting.Receipt(
            receipt=payment.receipt,
            amount=amount,
            source="c2b",
            tenant_id=found.tenant_id,
            topup=found.topup,
            account_typed=typed,
            payer=payment.payer or "",
            payer_name=payment.name or "",
            paid_at=payment.paid_at,
        )
    )
    return DONE


def nothing_waits(news: MpesaNews) -> Verdict:
    """Keep a result that no request of ours is waiting for."""
    return Verdict(NewsState.DONE, f"no request of ours waits for this {news.kind}")


HANDLERS: Mapping[str, Callable[[MpesaNews], Verdict]] = {
    "stk": stk,
    "c2b_confirm": c2b_confirm,
    "result": nothing_waits,
    "timeout": nothing_waits,
}


def _is_released(news: MpesaNews, doubt: str) -> bool:
    return news.released_by is not None and news.why == doubt


def _quarantined(news: MpesaNews, doubt: str) -> Verdict:
    cause = Cause.UNKNOWN_TOKEN if doubt == UNKNOWN_TOKEN else Cause.OTHER_CHECKOUT
    raise_alarm(
        cause,
        f"An STK callback from {news.address} is held back: {doubt}. "
        "It may be forged. Compare it with the organisation portal before releasing it.",
        news=news.id,
    )
    return Verdict(NewsState.QUARANTINED, doubt)


def _unreadable(news: MpesaNews, why: str) -> Verdict:
    raise_alarm(
        Cause.UNREADABLE,
        f"Payment news {news.id} ({news.kind}) cannot be read: {why}.",
        news=news.id,
    )
    return Verdict(NewsState.UNREADABLE, why)
