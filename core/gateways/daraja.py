"""Safaricom's Daraja: asking a phone for money, asking what became of it, registering our address.

Transport and arguments are here; `daraja_replies` holds the reading of what comes back.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import replace

import msgspec

from core import clock
from core.gateways import daraja_replies, http, reading
from core.gateways.daraja_answers import PushAnswer, QueryAnswer, Reason, RegisterAnswer, State
from core.gateways.daraja_news import C2bPayment, StkCallback, read_c2b, read_stk_callback
from core.gateways.daraja_replies import Said
from core.gateways.daraja_results import RESULTS, Charged, Result, result
from core.gateways.daraja_tokens import FreshToken, MemoryTokens, TokenStore
from core.gateways.daraja_urls import check_callback_url
from core.gateways.errors import GatewayDown, GatewayRefused
from core.gateways.http import NoReply
from core.gateways.outcome import Outcome

__all__ = [
    "AMOUNT_KES_MAX",
    "RESULTS",
    "C2bPayment",
    "Charged",
    "Daraja",
    "FreshToken",
    "MemoryTokens",
    "PushAnswer",
    "QueryAnswer",
    "Reason",
    "RegisterAnswer",
    "Result",
    "State",
    "StkCallback",
    "TokenStore",
    "check_callback_url",
    "read_c2b",
    "read_stk_callback",
    "result",
]

AMOUNT_KES_MAX = 250_000
_RAW_MAX = 64 * 1024
_PHONE = re.compile(r"254[17][0-9]{8}").fullmatch


class Daraja:
    """A client of one shortcode. `till` is set for a till, whose `shortcode` is the store number.

    Raises: ValueError (a base URL or keys that could never be sent).
    """

    def __init__(
        self,
        base_url: str,
        consumer_key: str,
        consumer_secret: str,
        shortcode: str,
        till: str | None,
        passkey: str,
        tokens: TokenStore,
        timeout_s: float = 20.0,
    ) -> None:
        if not re.match(r"https?://[^/]", base_url):
            raise ValueError("The base URL of Daraja starts with https://.")
        if not re.fullmatch(r"[!-~]*", consumer_key + consumer_secret):
            raise ValueError("The consumer keys of Daraja are plain letters, digits and signs.")
        self._base_url = base_url.rstrip("/")
        self._key = (consumer_key, consumer_secret)
        self._shortcode = shortcode
        self._till = till or None
        self._passkey = passkey
        self._tokens = tokens
        self._timeout_s = timeout_s

    def fetch_token(self) -> FreshToken:
        """A new token, which ends the one before it: for a `TokenStore` to call, nobody else.

        Raises: GatewayDown, GatewayRefused.
        """
        try:
            reply = http.call(
                "GET",
                f"{self._base_url}/oauth/v1/generate",
                query={"grant_type": "client_credentials"},
                basic=self._key,
                timeout_s=self._timeout_s,
            )
        except NoReply as lost:
            raise GatewayDown(provider="M-Pesa", why=lost.why) from lost
        held = reading.fields(reading.json(reply.text))
        token = reading.field_text(held, "accesstoken", limit=4000)
        if reply.status == 200 and token and re.fullmatch(r"[!-~]+", token):
            # "3599" or 3599; one hour is what every known answer says.
            expires_in_s = re.fullmatch(r"[0-9]{1,6}", reading.code(held.get("expiresin")) or "")
            return FreshToken(token, int(expires_in_s[0]) if expires_in_s else 3599)
        code = reading.field_text(held, "errorcode", limit=64)
        # Wrong keys, or the sandbox's keys in production, are a 400 with nothing in it. A page of
        # HTML, whatever its status, is trouble at some gate in between.
        is_page = reply.body.lstrip().startswith(b"<")
        if code or (400 <= reply.status < 500 and reply.status != 429 and not is_page):
            why = reading.field_text(held, "errormessage") or f"HTTP {reply.status}"
            raise GatewayRefused(provider="M-Pesa", why=why, said_code=code)
        raise GatewayDown(
            provider="M-Pesa", why=f"HTTP {reply.status}", retry_after_s=reply.retry_after_s
        )

    def push(
        self, phone: str, amount_kes: int, reference: str, description: str, callback_url: str
    ) -> PushAnswer:
        """Ask a phone (MSISDN) for whole shillings. There is no key against repetition.

        `reference` is what the customer reads in the prompt and the receipt: capitals, digits and
        dashes, 12 at most, the rest is dropped; likewise 13 of `description`.

        Raises: ValueError (an argument that M-Pesa would refuse; nothing was sent).
        """
        if not _PHONE(phone):
            raise ValueError("A phone is written 2547XXXXXXXX or 2541XXXXXXXX.")
        if type(amount_kes) is not int or not 1 <= amount_kes <= AMOUNT_KES_MAX:
            raise ValueError(f"An amount is 1 to {AMOUNT_KES_MAX} whole shillings.")
        account = re.sub(r"[^A-Z0-9-]", "", reference.upper())[:12]
        if not account:
            raise ValueError("A reference has a letter or digit in it.")
        check_callback_url(callback_url)
        words = " ".join(re.sub(r"[^A-Za-z0-9 -]", "", description).split())[:13].strip()
        return daraja_replies.pushed(
            self._post(
                "/mpesa/stkpush/v1/processrequest",
                self._signed()
                | {
                    "TransactionType": (
                        "CustomerBuyGoodsOnline" if self._till else "CustomerPayBillOnline"
                    ),
                    "Amount": amount_kes,
                    "PartyA": phone,
                    "PartyB": self._till or self._shortcode,
                    "PhoneNumber": phone,
                    "CallBackURL": callback_url,
                    "AccountReference": account,
                    # Called optional, but leaving it out is "Invalid Remarks".
                    "TransactionDesc": words or "Payment",
                },
            )
        )

    def query(self, checkout_request_id: str) -> QueryAnswer:
        """What became of a push. A few a minute at most; no substitute for the callback."""
        body = self._signed() | {"CheckoutRequestID": checkout_request_id}
        return daraja_replies.queried(self._post("/mpesa/stkpushquery/v1/query", body))

    def register_urls(
        self, confirmation: str, validation: str, response_type: str = "Completed"
    ) -> RegisterAnswer:
        """Register where C2B payments are told: once in production, freely in the sandbox.

        `response_type` is what M-Pesa does with a payment when validation does not answer.

        Raises: ValueError (an argument that M-Pesa would refuse; nothing was sent).
        """
        if response_type not in ("Completed", "Cancelled"):
            raise ValueError("A response type is Completed or Cancelled.")
        check_callback_url(confirmation)
        check_callback_url(validation)
        body = {
            "ShortCode": self._shortcode,
            "ResponseType": response_type,
            "ConfirmationURL": confirmation,
            "ValidationURL": validation,
        }
        return daraja_replies.registered(self._post("/mpesa/c2b/v2/registerurl", body))

    def _signed(self) -> dict[str, str | int]:
        """Shortcode, password and time; the time is made once, for it is part of the password."""
        timestamp = clock.now().astimezone(clock.NAIROBI).strftime("%Y%m%d%H%M%S")
        password = f"{self._shortcode}{self._passkey}{timestamp}".encode()
        return {
            "BusinessShortCode": self._shortcode,
            "Password": base64.b64encode(password).decode(),
            "Timestamp": timestamp,
        }

    def _post(self, path: str, body: Mapping[str, str | int]) -> Said:
        """Ask with the shared token, and once more with a new one if it turns out bad.

        A bad token is a refusal at the gate, so asking again cannot push twice. A new token that
        fails too is an alarm and no loop: the product is not enabled, or we are not live.
        """
        try:
            token = self._tokens.get(self.fetch_token)
            said = self._ask(path, body, token)
            if not said.is_token_bad:
                return said
            self._tokens.discard(token)
            said = self._ask(path, body, self._tokens.get(self.fetch_token))
        except GatewayDown as down:
            return Said(
                message=down.why,
                outcome=Outcome.BUSY,
                reason=Reason.BUSY,
                retry_after_s=down.retry_after_s,
            )
        except GatewayRefused as no:
            said = Said(code=no.said_code, message=no.why, is_token_bad=True)
        if said.is_token_bad:
            return replace(said, outcome=Outcome.REFUSED, reason=Reason.CONFIG, alarm=True)
        return said

    def _ask(self, path: str, body: Mapping[str, str | int], token: str) -> Said:
        try:
            reply = http.call(
                "POST",
                self._base_url + path,
                body=msgspec.json.encode(body),
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
                timeout_s=self._timeout_s,
            )
        except NoReply as lost:
            reason = Reason.BUSY if lost.outcome is Outcome.BUSY else Reason.NO_ANSWER
            return Said(outcome=lost.outcome, reason=reason, message=lost.why)
        raw = reading.redacted(reply.text, (*self._key, self._passkey, token))
        return replace(daraja_replies.read(reply), raw=raw[:_RAW_MAX].replace("\0", ""))
