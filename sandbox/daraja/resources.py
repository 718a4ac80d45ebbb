"""Daraja's addresses."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

import falcon

from sandbox.daraja.c2b import Rejected
from sandbox.daraja.daraja import BUY_GOODS, PAYBILL, Daraja
from sandbox.daraja.errors import DarajaError, invalid
from sandbox.daraja.stk import SpikeArrest
from sandbox.daraja.tokens import EmptyRefusal
from sandbox.faults import Faults
from sandbox.numbers import is_msisdn, msisdn
from sandbox.replies import App, Unreadable, drop, hold, read_object, write, write_html
from sandbox.world import World

PREFIX = "/daraja"

# How each product refuses a bad token.
ON_STK = (404, "404.001.03")
ON_C2B = (400, "400.003.01")
ON_BALANCE = (401, "401.002.01")
ON_PULL = (401, "401.003.01")

Act = Callable[[dict[str, Any]], Any]


def add_routes(app: App, world: World) -> None:
    """Hang Daraja into an application."""

    def daraja() -> Daraja:
        return world.daraja

    app.add_route(f"{PREFIX}/oauth/v1/generate", Generate(world))
    app.add_route(f"{PREFIX}/mpesa/stkpush/v1/processrequest", StkPush(world))
    products: dict[str, tuple[tuple[int, str], Act]] = {
        "/mpesa/stkpushquery/v1/query": (ON_STK, lambda body: daraja().query(body)),
        "/mpesa/transactionstatus/v1/query": (
            ON_C2B,
            lambda body: daraja().results.status(body),
        ),
        "/mpesa/accountbalance/v1/query": (
            ON_BALANCE,
            lambda body: daraja().results.balance(body),
        ),
        "/mpesa/reversal/v1/request": (ON_STK, lambda body: daraja().results.reversal(body)),
        "/mpesa/b2c/v3/paymentrequest": (ON_STK, lambda body: daraja().results.pay_out(body)),
        "/pulltransactions/v1/register": (ON_PULL, lambda body: daraja().pull.register(body)),
        "/pulltransactions/v1/query": (ON_PULL, lambda body: daraja().pull.query(body)),
    }
    for version in (1, 2):
        products[f"/mpesa/c2b/v{version}/registerurl"] = (
            ON_C2B,
            partial(_register, daraja, version),
        )
        products[f"/mpesa/c2b/v{version}/simulate"] = (ON_C2B, partial(_simulate, world))
    for path, (refusal, act) in products.items():
        app.add_route(PREFIX + path, Product(world, refusal, act))
    app.add_sink(_not_found, PREFIX + "/")
    app.add_error_handler(DarajaError, _refuse)
    app.add_error_handler(SpikeArrest, _spike_arrest)


class Sick:
    """Daraja in no state to read a call."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _faults(self) -> Faults:
        return self._world.faults

    def _sick(self, req: falcon.Request, resp: falcon.Response) -> bool:
        if self._faults.hit("daraja.reset"):
            drop(req)
            return True
        if self._faults.hit("daraja.down"):
            write_html(resp, "503 Service Temporarily Unavailable", falcon.HTTP_503)
            return True
        return False


class Generate(Sick):
    """GET a token."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """A token for the app's key and secret."""
        if self._sick(req, resp):
            return
        if self._faults.hit("daraja.token_html"):
            write_html(resp, "Request unsuccessful. Incapsula incident", falcon.HTTP_200)
            return
        try:
            token = self._world.daraja.tokens.issue(req)
        except EmptyRefusal:
            resp.status = falcon.HTTP_400
            return
        seconds = int(self._faults.number("daraja.token_seconds"))
        as_text = self._faults.flag("daraja.expires_in_text")
        write(resp, {"access_token": token, "expires_in": str(seconds) if as_text else seconds})


class Product(Sick):
    """POST with a token and a JSON object."""

    def __init__(self, world: World, refusal: tuple[int, str], act: Act | None = None) -> None:
        super().__init__(world)
        self._refusal = refusal
        self._act = act

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Only the token call is a GET."""
        raise DarajaError(404, "404.001.04", "Invalid Authentication Header")

    def on_put(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Not offered."""
        raise DarajaError(405, "405.001", "Method Not Allowed")

    on_delete = on_patch = on_put

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Check the token, read, act, answer."""
        if self._sick(req, resp):
            return
        assert self._act is not None
        write(resp, self._act(self._read(req)))

    def _read(self, req: falcon.Request) -> dict[str, Any]:
        self._world.daraja.tokens.check(req, self._refusal)
        try:
            return read_object(req)
        except Unreadable:
            raise DarajaError(400, "400.002.05", "Invalid Request Payload") from None


class StkPush(Product):
    """POST an STK push."""

    def __init__(self, world: World) -> None:
        super().__init__(world, ON_STK)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Put a prompt on a phone, then misbehave as asked."""
        if self._sick(req, resp):
            return
        body = self._read(req)
        phone = str(body.get("PhoneNumber", ""))
        if self._too_busy(resp, phone):
            return
        try:
            prompt = self._world.daraja.stk.push(self._world.daraja.read_push(body))
        except DarajaError as error:
            if self._faults.hit("daraja.error_in_200", phone):
                error.status = falcon.HTTP_200
            raise
        accepted = "Success. Request accepted for processing"
        write(
            resp,
            {
                "MerchantRequestID": prompt.merchant_request_id,
                "CheckoutRequestID": prompt.checkout_request_id,
                "ResponseCode": "0",
                "ResponseDescription": accepted,
                "CustomerMessage": accepted,
            },
        )
        self._spoil(req, phone)

    def _too_busy(self, resp: falcon.Response, phone: str) -> bool:
        if self._faults.hit("daraja.html_503", phone):
            write_html(resp, "503 Service Temporarily Unavailable", falcon.HTTP_503)
            return True
        if self._faults.hit("daraja.empty_400", phone):
            resp.status = falcon.HTTP_400
            return True
        if self._faults.hit("daraja.http_429", phone):
            raise SpikeArrest
        if self._faults.hit("daraja.system_busy", phone):
            raise DarajaError(500, "500.003.02", "System is busy. Please try again.")
        return False

    def _spoil(self, req: falcon.Request, phone: str) -> None:
        """The prompt is out; lose the answer."""
        if self._faults.hit("daraja.slow", phone):
            hold(req, self._faults.number("daraja.slow_seconds"))
        if self._faults.hit("daraja.drop", phone):
            drop(req)
        if self._faults.hit("daraja.hang", phone):
            hold(req, self._faults.number("daraja.hang_seconds"))
            drop(req)
        if self._faults.hit("daraja.error_after_accept", phone):
            raise DarajaError(500, "500.003.1001", "Internal Server Error")


def _register(daraja: Callable[[], Daraja], version: int, body: dict[str, Any]) -> dict[str, str]:
    daraja().c2b.register(version, body)
    return {
        "OriginatorCoversationID": _conversation(),
        "ResponseCode": "0",
        "ResponseDescription": "Success",
    }


def _simulate(world: World, body: dict[str, Any]) -> dict[str, str]:
    """A customer pays, without a customer."""
    daraja = world.daraja
    amount, phone = str(body.get("Amount", "")), msisdn(body.get("Msisdn", ""))
    if str(body.get("ShortCode")) not in (daraja.merchant.shortcode, daraja.merchant.till):
        raise invalid("ShortCode")
    if body.get("CommandID") not in (PAYBILL, BUY_GOODS):
        raise invalid("CommandID")
    if not amount.isdecimal() or not int(amount):
        raise invalid("Amount")
    if not is_msisdn(phone):
        raise invalid("Msisdn")
    kind = "till" if body["CommandID"] == BUY_GOODS else "simulate"
    account = str(body.get("BillRefNumber") or "")

    def pay() -> None:
        try:
            daraja.c2b.pay(phone, int(amount), account, kind)
        except Rejected:
            return

    world.scheduler.after(0, pay)
    return {
        "OriginatorCoversationID": _conversation(),
        "ResponseCode": "0",
        "ResponseDescription": "Accept the service request successfully.",
    }


def _conversation() -> str:
    return f"{secrets.token_hex(2)}-{secrets.token_hex(2)}-{secrets.token_hex(6)}"


def _not_found(req: falcon.Request, resp: falcon.Response, **_: Any) -> None:
    raise DarajaError(404, "404.001.01", "Resource not found")


def _refuse(
    req: falcon.Request, resp: falcon.Response, error: DarajaError, params: dict[str, Any]
) -> None:
    body = {"requestId": _conversation(), "errorCode": error.code, "errorMessage": str(error)}
    write(resp, body, error.status)


def _spike_arrest(
    req: falcon.Request, resp: falcon.Response, error: SpikeArrest, params: dict[str, Any]
) -> None:
    words = "Spike arrest violation. Allowed rate : MessageRate{capacity=5, period=Minutes}"
    code = "policies.ratelimit.SpikeArrestViolation"
    fault = {"faultstring": words, "detail": {"errorcode": code}}
    write(resp, {"fault": fault}, falcon.HTTP_429)
