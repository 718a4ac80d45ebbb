"""SendBulkSMS and Balance."""

from __future__ import annotations

from typing import Any

import falcon

from sandbox.onfon.calls import Call, envelope
from sandbox.onfon.gateway import GENERIC, Order, Refused
from sandbox.replies import Unreadable, drop, hold, read, write, write_html


class SendBulkSMS(Call):
    """POST SendBulkSMS."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Take the texts, then misbehave as asked."""
        if self._sick(req, resp):
            return
        try:
            order = read(req, Order)
        except Unreadable:
            raise Refused(GENERIC, "Unreadable request.", 400) from None
        numbers = order.numbers
        if self._too_busy(resp, numbers):
            return
        account = self._gateway.authorise(
            str(order.client_id), order.api_key, req.get_header("AccessKey")
        )
        rows: list[Any] | None = list(self._gateway.send(account, order))
        hit = self._faults.hit
        if hit("onfon.missing_row", *numbers) and rows:
            rows.pop()
        if hit("onfon.data_null", *numbers):
            rows = None
        answer = envelope(rows)
        if hit("onfon.description_null", *numbers):
            answer["ErrorDescription"] = None
        if hit("onfon.description_null_text", *numbers):
            answer["ErrorDescription"] = "null"
        if hit("onfon.code_as_text", *numbers):
            answer["ErrorCode"] = "000"
        write(resp, answer)
        self._spoil(req, resp, numbers)

    def _too_busy(self, resp: falcon.Response, numbers: list[str]) -> bool:
        hit = self._faults.hit
        if hit("onfon.http_429", *numbers) or self._gateway.too_fast():
            resp.set_header("Retry-After", "1")
            write(resp, envelope(None, 429, "Too many requests."), falcon.HTTP_429)
        elif hit("onfon.http_503", *numbers):
            write_html(resp, "503 Service Unavailable", falcon.HTTP_503)
        elif hit("onfon.http_500", *numbers):
            write_html(resp, "500 Internal Server Error", falcon.HTTP_500)
        else:
            return False
        return True

    def _spoil(self, req: falcon.Request, resp: falcon.Response, numbers: list[str]) -> None:
        """The texts are out; lose the answer."""
        hit = self._faults.hit
        if hit("onfon.accept_then_500", *numbers):
            write_html(resp, "500 Internal Server Error", falcon.HTTP_500)
        if hit("onfon.garbage", *numbers):
            write_html(resp, "Request processed", falcon.HTTP_200)
        if hit("onfon.slow", *numbers):
            hold(req, self._faults.number("onfon.slow_seconds"))
        if hit("onfon.drop", *numbers):
            drop(req)
        if hit("onfon.hang", *numbers):
            hold(req, self._faults.number("onfon.hang_seconds"))
            drop(req)


class Balance(Call):
    """GET Balance."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Credits, as text."""
        if self._sick(req, resp):
            return
        account = self._account(req, req.params)
        prefix = self._faults.flag("onfon.credits_prefix")
        shown = f"KSh{account.credits:,.2f}" if prefix else f"{account.credits:.2f}"
        write(resp, envelope([{"PluginType": "SMS", "Credits": shown}]))
