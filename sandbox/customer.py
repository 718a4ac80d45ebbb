"""The customer's fingers: answering an M-Pesa prompt, paying the paybill."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

import falcon

from sandbox.daraja.c2b import Rejected
from sandbox.daraja.ledger import Payment
from sandbox.daraja.outcomes import CANCELLED, PAID, UNANSWERED, WRONG_PIN, Prompt
from sandbox.daraja.stk import NoPrompt
from sandbox.numbers import is_msisdn, msisdn
from sandbox.replies import App, Invalid, read_object, write
from sandbox.times import nairobi_now
from sandbox.world import World

WRONG = "0000"
"""The PIN that is always wrong."""

ACTS = {
    "pay": PAID,
    "ok": PAID,
    "paid": PAID,
    "cancel": CANCELLED,
    "cancelled": CANCELLED,
    "timeout": UNANSWERED,
    "ignore": UNANSWERED,
    "wrong": WRONG_PIN,
    "wrong_pin": WRONG_PIN,
}

AMOUNT_MAX = 250_000
ACCOUNT_MAX = 20


def add_routes(app: App, world: World) -> None:
    """Hang the customer's doors into an application."""
    app.add_route("/mpesa/pin", Pin(world))
    app.add_route("/mpesa/paybill", Paybill(world))


class Pin:
    """POST /mpesa/pin"""

    def __init__(self, world: World) -> None:
        self._world = world

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """A person answers the prompt on a phone."""
        body = read_object(req)
        phone = _phone(body)
        code = _code(body)
        checkout = str(body.get("checkout_request_id", ""))
        try:
            prompt = self._world.daraja.stk.answer(phone, code, checkout)
        except NoPrompt:
            detail = f"There is no open M-Pesa prompt on {phone}."
            write(resp, {"error": "no_prompt", "detail": detail}, falcon.HTTP_404)
            return
        receipt = prompt.receipt or None
        answer = {"status": prompt.status, "receipt": receipt, "result_code": prompt.result_code}
        message = _message(prompt, self._world.daraja.ledger.find(prompt.receipt))
        write(resp, answer | {"message": message, "prompt": prompt.shown()})


class Paybill:
    """POST /mpesa/paybill"""

    def __init__(self, world: World) -> None:
        self._world = world

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """A person pays the paybill from the M-Pesa menu."""
        body = read_object(req)
        phone, amount = _phone(body), _amount(body.get("amount"))
        account = str(body.get("account", "")).strip()
        if len(account) > ACCOUNT_MAX:
            raise Invalid(f"account has at most {ACCOUNT_MAX} characters.")
        seen = {"phone": phone, "amount": amount, "account": account}
        try:
            payment = self._world.daraja.c2b.pay(phone, amount, account, "paybill")
        except Rejected as rejected:
            answer = {"status": "rejected", "receipt": None, "message": str(rejected)}
            write(resp, answer | seen)
            return
        answer = {
            "status": payment.status,
            "receipt": payment.receipt,
            "message": _confirmed(payment.receipt, amount, account),
        }
        write(resp, answer | seen)


def _phone(body: dict[str, Any]) -> str:
    phone = msisdn(body.get("phone", ""))
    if not is_msisdn(phone):
        raise Invalid("phone is a Kenyan mobile number.")
    return phone


def _amount(given: object) -> int:
    try:
        amount = Decimal(str(given).replace(",", ""))
    except InvalidOperation:
        raise Invalid("amount is a number of shillings.") from None
    if not amount.is_finite() or amount != int(amount) or not 1 <= amount <= AMOUNT_MAX:
        raise Invalid(f"amount is whole shillings from 1 to {AMOUNT_MAX}.")
    return int(amount)


def _code(body: dict[str, Any]) -> int:
    """The result of what the person does: a PIN, a word in its place, or a result code outright."""
    result = body.get("result")
    if isinstance(result, int) and not isinstance(result, bool):
        return result
    for word in ("cancel", "timeout"):
        if body.get(word):
            return ACTS[word]
    given = str(body.get("pin", body.get("action", ""))).strip().lower()
    if given in ACTS:
        return ACTS[given]
    if given == WRONG:
        return WRONG_PIN
    if re.fullmatch(r"\d{4,6}", given, re.ASCII):
        return PAID
    raise Invalid('pin is four digits, "cancel" or "timeout".')


def _message(prompt: Prompt, payment: Payment | None) -> str:
    """What the phone shows."""
    if payment is not None:
        return _confirmed(payment.receipt, payment.amount, payment.account)
    shown = {
        "cancelled": "You cancelled. No money was taken.",
        "timed_out": "The request was not answered.",
        "wrong_pin": "Wrong PIN. No money was taken.",
    }
    return shown.get(prompt.status, "The request failed. No money was taken.")


def _confirmed(receipt: str, amount: int, account: str) -> str:
    now = nairobi_now()
    when = f"{now.day}/{now.month}/{now:%y} at {now:%I:%M %p}".replace(" 0", " ")
    to = f" for account {account}" if account else ""
    return f"{receipt} Confirmed. Ksh{amount:,}.00 sent to TUMA{to} on {when}."
