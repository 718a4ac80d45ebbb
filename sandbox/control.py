"""The doors a tester and the handset page use: state, faults, and the customer's fingers."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import falcon

from sandbox.daraja.c2b import Rejected
from sandbox.daraja.ledger import Payment
from sandbox.daraja.stk import CANCELLED, PAID, UNANSWERED, WRONG_PIN, NoPrompt, Prompt
from sandbox.faults import Unknown, Wrong
from sandbox.numbers import is_msisdn, msisdn
from sandbox.onfon.accounts import plain
from sandbox.replies import App, Invalid, Unreadable, read_object, write
from sandbox.server import OUTAGE
from sandbox.times import iso, nairobi_now
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
    """Hang the doors into an application."""
    app.add_route("/healthz", Health())
    app.add_route("/state", State(world))
    app.add_route("/state/counts", Counts(world))
    app.add_route("/faults", FaultTable(world))
    app.add_route("/reset", Reset(world))
    app.add_route("/outage", Outage())
    app.add_route("/mpesa/pin", Pin(world))
    app.add_route("/mpesa/paybill", Paybill(world))
    app.add_error_handler(Invalid, _invalid)
    app.add_error_handler(Unreadable, _unreadable)


class Door:
    """A resource that sees the whole world."""

    def __init__(self, world: World) -> None:
        self._world = world


class Health:
    """GET /healthz"""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Alive."""
        write(resp, {"status": "ok"})


class State(Door):
    """GET /state"""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Everything held; lists are oldest first and `limit` keeps the newest of each."""
        to = msisdn(req.get_param("to") or "")
        since = _since(req.get_param("since"))
        limit = req.get_param_as_int("limit", min_value=0)
        world, daraja = self._world, self._world.daraja

        def cut(rows: list[Any]) -> list[Any]:
            return rows if limit is None else rows[len(rows) - limit :] if limit else []

        prompts = [
            prompt.shown()
            for prompt in daraja.stk.prompts()
            if (not to or prompt.phone == to) and prompt.at >= since
        ]
        payments = [
            payment.shown()
            for payment in daraja.ledger.every()
            if (not to or payment.phone == to) and payment.at >= since
        ]
        callbacks = [made for made in world.courier.callbacks() if made.at >= since]
        accounts = world.onfon.accounts
        write(
            resp,
            {
                "texts": cut(world.onfon.network.texts(to, since)),
                "prompts": cut(prompts),
                "payments": cut(payments),
                "callbacks": cut(callbacks),
                "credits": plain(accounts.platform.credits),
                "accounts": [account.shown() for account in accounts.every()],
                "faults": world.faults.changed(),
                "registered": _registered(world),
                "totals": self._totals(),
                "now": iso(nairobi_now()),
            },
        )

    def _totals(self) -> dict[str, Any]:
        ledger = self._world.daraja.ledger
        return self._world.onfon.network.totals() | {
            "payments": ledger.count,
            "money_received": f"{ledger.received}.00",
            "money_reversed": f"{ledger.reversed}.00",
            "money_sent": f"{ledger.sent}.00",
            "tokens": self._world.daraja.tokens.issued,
            "callbacks": self._world.courier.counts(),
        }


class Counts(Door):
    """GET /state/counts"""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """How often each text was accepted for each number; `over` leaves smaller counts out."""
        network = self._world.onfon.network
        to, over = msisdn(req.get_param("to") or ""), req.get_param_as_int("over") or 0
        totals = network.totals()
        write(resp, {"texts": totals["texts"], "counts": network.counts(to, over)})


class FaultTable(Door):
    """GET and POST /faults"""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """All switches, with a sentence each."""
        write(resp, self._world.faults.table())

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Merge positions into the present ones; {"reset": true} first puts all of them back."""
        faults = self._world.faults
        try:
            faults.set(read_object(req))
        except Unknown as unknown:
            answer = {
                "error": "unknown_fault",
                "detail": f"There is no fault {unknown}.",
                "known": faults.known(),
            }
            write(resp, answer, falcon.HTTP_422)
        except Wrong as wrong:
            write(resp, {"error": "wrong_value", "detail": str(wrong)}, falcon.HTTP_422)
        else:
            write(resp, faults.table())


class Reset(Door):
    """POST /reset"""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """As just started, faults included."""
        self._world.reset()
        write(resp, {"status": "ok"})


class Outage:
    """POST /outage"""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Refuse every connection for some `seconds`, this door's too."""
        seconds = read_object(req).get("seconds", 1)
        if not isinstance(seconds, int | float) or not 0 < seconds <= 600:
            raise Invalid("seconds is a number up to 600.")
        req.env[OUTAGE] = float(seconds)
        write(resp, {"refusing_for_seconds": seconds})


class Pin(Door):
    """POST /mpesa/pin"""

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


class Paybill(Door):
    """POST /mpesa/paybill"""

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


def _since(given: str | None) -> str:
    if not given:
        return ""
    try:
        if re.fullmatch(r"\d+(\.\d+)?", given, re.ASCII):
            return iso(datetime.fromtimestamp(float(given), UTC))
        # A plus sign that was not escaped in the query arrives as a space.
        moment = datetime.fromisoformat(given.replace(" ", "+"))
    except (ValueError, OverflowError):
        raise Invalid("since is a time like 2026-11-23T09:30:00Z, or seconds since 1970.") from None
    return iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _registered(world: World) -> dict[str, Any]:
    registration = world.daraja.c2b.registration
    return {
        "version": registration.version,
        "response_type": registration.response_type,
        "confirmation_url": world.courier.masked(registration.confirmation_url),
        "validation_url": world.courier.masked(registration.validation_url),
    }


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


def _invalid(
    req: falcon.Request, resp: falcon.Response, error: Invalid, params: dict[str, Any]
) -> None:
    write(resp, {"error": "invalid", "detail": str(error)}, falcon.HTTP_422)


def _unreadable(
    req: falcon.Request, resp: falcon.Response, error: Unreadable, params: dict[str, Any]
) -> None:
    write(resp, {"error": "unreadable", "detail": str(error)}, falcon.HTTP_400)
