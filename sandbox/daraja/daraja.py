"""Daraja as a whole."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import msgspec

from sandbox.courier import Courier
from sandbox.daraja.addresses import is_acceptable
from sandbox.daraja.c2b import C2b, Registration
from sandbox.daraja.errors import DarajaError, invalid
from sandbox.daraja.ledger import Ledger
from sandbox.daraja.post import Post
from sandbox.daraja.pull import Pull
from sandbox.daraja.results import Results
from sandbox.daraja.stk import Push, Stk, is_stale
from sandbox.daraja.tokens import Tokens
from sandbox.faults import Faults
from sandbox.numbers import is_msisdn
from sandbox.scheduler import Scheduler

AMOUNT_MAX = 250_000
REFERENCE_MAX = 12
DESCRIPTION_MAX = 13
STALE_SECONDS = 3600.0
"""Safaricom's tolerance is not known."""

PAYBILL, BUY_GOODS = "CustomerPayBillOnline", "CustomerBuyGoodsOnline"


class Merchant(msgspec.Struct, frozen=True):
    """What Safaricom knows about us."""

    consumer_key: str
    consumer_secret: str
    shortcode: str
    till: str
    passkey: str
    initiator: str
    registration: Registration


class Daraja:
    """All products of one merchant."""

    def __init__(
        self,
        merchant: Merchant,
        faults: Faults,
        scheduler: Scheduler,
        courier: Courier,
        is_busy: Callable[[str], bool],
    ) -> None:
        self.merchant = merchant
        self.ledger = Ledger()
        self.tokens = Tokens(faults, merchant.consumer_key, merchant.consumer_secret)
        post = Post(faults, scheduler, courier, merchant.shortcode)
        self.c2b = C2b(
            faults,
            self.ledger,
            post,
            merchant.shortcode,
            merchant.till,
            merchant.registration,
        )
        self.stk = Stk(faults, scheduler, self.ledger, post, self.c2b, is_busy)
        self.pull = Pull(faults, self.ledger, merchant.shortcode)
        self.results = Results(faults, self.ledger, post, merchant.shortcode, merchant.initiator)

    def read_push(self, body: dict[str, Any]) -> Push:
        """A push as asked for, every field checked.

        Raises: DarajaError.
        """
        text = {
            name: str(value) for name, value in body.items() if isinstance(value, str | int | float)
        }
        shortcode = text.get("BusinessShortCode", "")
        if not re.fullmatch(r"\d{5,7}", shortcode, re.ASCII):
            raise invalid("BusinessShortCode")
        stamp = text.get("Timestamp", "")
        if is_stale(stamp, STALE_SECONDS):
            raise invalid("Timestamp")
        if text.get("TransactionType") not in (PAYBILL, BUY_GOODS):
            raise invalid("TransactionType")
        amount = text.get("Amount", "")
        if not re.fullmatch(r"\d{1,6}", amount, re.ASCII) or not 1 <= int(amount) <= AMOUNT_MAX:
            raise invalid("Amount")
        for field in ("PartyA", "PhoneNumber"):
            if not is_msisdn(text.get(field, "")):
                raise invalid(field)
        if not is_acceptable(body.get("CallBackURL")):
            raise invalid("CallBackURL")
        reference = text.get("AccountReference", "")
        if not 1 <= len(reference) <= REFERENCE_MAX:
            raise invalid("AccountReference")
        description = text.get("TransactionDesc", "")
        if not description:
            raise invalid("Remarks")
        if len(description) > DESCRIPTION_MAX:
            raise invalid("TransactionDesc")
        self.check_password(text)
        is_till = text["TransactionType"] == BUY_GOODS
        payee = self.merchant.till if is_till else self.merchant.shortcode
        return Push(
            phone=text["PhoneNumber"],
            amount=int(amount),
            reference=reference,
            description=description,
            url=text["CallBackURL"],
            is_till=is_till,
            is_matched=text.get("PartyB") == payee,
        )

    def check_password(self, text: dict[str, str]) -> None:
        """Password is made of shortcode, passkey and the very Timestamp of the call.

        Raises: DarajaError.
        """
        shortcode, stamp = text.get("BusinessShortCode", ""), text.get("Timestamp", "")
        if shortcode != self.merchant.shortcode:
            raise DarajaError(500, "500.001.1001", "Merchant does not exist")
        made = base64.b64encode(f"{shortcode}{self.merchant.passkey}{stamp}".encode()).decode()
        if text.get("Password") != made:
            raise DarajaError(500, "500.001.1001", "Wrong credentials")

    def query(self, body: dict[str, Any]) -> dict[str, str]:
        """An STK query.

        Raises: DarajaError, SpikeArrest.
        """
        text = {name: str(value) for name, value in body.items()}
        if is_stale(text.get("Timestamp", ""), STALE_SECONDS):
            raise invalid("Timestamp")
        if not text.get("CheckoutRequestID"):
            raise invalid("CheckoutRequestID")
        self.check_password(text)
        return self.stk.query(text["CheckoutRequestID"])
