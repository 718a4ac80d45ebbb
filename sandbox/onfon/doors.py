"""Our own doors: what Onfon's people do by hand, and what a handset sends."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import falcon

from sandbox.numbers import msisdn
from sandbox.onfon.accounts import Account
from sandbox.onfon.calls import Call
from sandbox.replies import Invalid, read_object, write


class AccountDoor(Call):
    """customers of Onfon besides the platform, and credits."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """All customers, without keys."""
        write(resp, {"accounts": [one.shown() for one in self._gateway.accounts.every()]})

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Make or change the customer `client_id` (default: the platform)."""
        body = read_object(req)
        accounts = self._gateway.accounts
        account = accounts.find(str(body.get("client_id", accounts.platform.client_id)))
        if account is None:
            account = Account(str(body["client_id"]), "", "", set(), "")
        with accounts.lock:
            self._fill(account, body)
            accounts.put(account)
        write(resp, account.shown())

    def _fill(self, account: Account, body: dict[str, Any]) -> None:
        account.api_key = str(body.get("api_key", account.api_key))
        account.access_key = str(body.get("access_key", account.access_key))
        account.sender_ids = set(map(str, body.get("sender_ids", account.sender_ids)))
        default_url = account.callback_url or self._gateway.accounts.platform.callback_url
        account.callback_url = str(body.get("callback_url", default_url))
        if "credits" in body:
            account.credits = _decimal(body["credits"])


class SenderDoor(Call):
    """Onfon's people approving sender IDs."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Approve `sender_id`, or with `approved: false` withdraw it."""
        body = read_object(req)
        accounts = self._gateway.accounts
        account = accounts.find(str(body.get("client_id", accounts.platform.client_id)))
        name = body.get("sender_id")
        if account is None or not isinstance(name, str) or not name:
            write(resp, {"error": "invalid", "detail": "Give a sender_id."}, falcon.HTTP_422)
            return
        with accounts.lock:
            change = account.sender_ids.add
            if body.get("approved", True) is False:
                change = account.sender_ids.discard
            change(name)
        write(resp, account.shown())


class InboundDoor(Call):
    """a handset answers."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """`from` sends `text` to `to` (default: the short code)."""
        body = read_object(req)
        sender, text = msisdn(body.get("from")), str(body.get("text", ""))
        account = self._gateway.accounts.platform
        to = str(body.get("to", account.shortcode))
        status = self._gateway.inbound(account, sender, to, text)
        write(resp, {"from": sender, "text": text, "callback_status": status})


def _decimal(given: object) -> Decimal:
    try:
        return Decimal(str(given))
    except InvalidOperation:
        raise Invalid("credits is a number.") from None
