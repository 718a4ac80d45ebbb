"""M-Pesa as the tests need it: scripted answers, and the bodies that Safaricom posts."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.gateways.daraja import PushAnswer, QueryAnswer, Reason, RegisterAnswer, State
from core.gateways.outcome import Outcome

_numbers = itertools.count(1)

BUSY = PushAnswer(Outcome.BUSY, code="500.003.02", message="System is busy", reason=Reason.BUSY)
LOST = PushAnswer(Outcome.UNKNOWN, message="ReadTimeout", reason=Reason.NO_ANSWER)
LOCKED = PushAnswer(
    Outcome.REFUSED,
    code="500.001.1001",
    message="Unable to lock subscriber",
    reason=Reason.PHONE_BUSY,
    retry_after_s=60,
)
MISCONFIGURED = PushAnswer(
    Outcome.REFUSED,
    code="500.001.1001",
    message="Wrong credentials",
    reason=Reason.CONFIG,
    alarm=True,
)
OPEN = QueryAnswer(State.OPEN, "4999", "The transaction is still under processing")
DONT_KNOW = QueryAnswer(State.UNKNOWN, None, "HTTP 503")
TOO_FAST = QueryAnswer(State.BUSY)


def ended(code: str) -> QueryAnswer:
    return QueryAnswer(State.ENDED, code, "words that differ from channel to channel")


@dataclass(frozen=True)
class Pushed:
    """A push that reached M-Pesa."""

    phone: str
    amount: int
    reference: str
    description: str
    callback_url: str
    checkout_id: str

    @property
    def token(self) -> str:
        return self.callback_url.rpartition("/")[2]


class FakeMpesa:
    """Fits `MpesaGateway`. `during_push` happens after the prompt went out, before the answer."""

    def __init__(self) -> None:
        self.pushes: list[Pushed] = []
        self.queries: list[str] = []
        self.registered: list[tuple[str, str, str]] = []
        self.push_answers: list[PushAnswer | BaseException] = []
        self.query_answers: list[QueryAnswer] = []
        self.during_push: Callable[[Pushed], object] = lambda pushed: None
        self.during_query: Callable[[str], object] = lambda checkout_id: None

    def push(
        self, phone: str, amount_kes: int, reference: str, description: str, callback_url: str
    ) -> PushAnswer:
        checkout_id = f"ws_CO_{next(_numbers):020}"
        pushed = Pushed(phone, amount_kes, reference, description, callback_url, checkout_id)
        self.pushes.append(pushed)
        self.during_push(pushed)
        scripted = self.push_answers.pop(0) if self.push_answers else None
        if isinstance(scripted, BaseException):
            raise scripted
        return scripted or PushAnswer(
            Outcome.ACCEPTED, f"m-{checkout_id}", checkout_id, "0", "Success"
        )

    def query(self, checkout_request_id: str) -> QueryAnswer:
        self.queries.append(checkout_request_id)
        self.during_query(checkout_request_id)
        return self.query_answers.pop(0) if self.query_answers else OPEN

    def register_urls(
        self, confirmation: str, validation: str, response_type: str = "Completed"
    ) -> RegisterAnswer:
        self.registered.append((confirmation, validation, response_type))
        return RegisterAnswer(Outcome.ACCEPTED, "0", "Success")


def receipt() -> str:
    """A receipt nobody has had."""
    return f"UKN{next(_numbers):07d}"


def stk_paid(checkout_id: str, receipt: str | None, amount: float | None, **more: Any) -> bytes:
    """The callback of a push that was paid, its items in an order of their own."""
    items: list[dict[str, Any]] = [{"Name": "Balance"}]
    if receipt is not None:
        items.append({"Name": "MpesaReceiptNumber", "Value": receipt})
    items.append({"Name": "TransactionDate", "Value": 20261123100011})
    if amount is not None:
        items.append({"Name": "Amount", "Value": amount})
    return _stk(checkout_id, 0, CallbackMetadata={"Item": items}, **more)


def stk_failed(checkout_id: str, code: int | str) -> bytes:
    """The callback of a push that came to nothing: no metadata at all."""
    return _stk(checkout_id, code)


def _stk(checkout_id: str, code: int | str, **more: Any) -> bytes:
    inner = {
        "MerchantRequestID": f"m-{checkout_id}",
        "CheckoutRequestID": checkout_id,
        "ResultCode": code,
        "ResultDesc": "words",
        **more,
    }
    return json.dumps({"Body": {"stkCallback": inner}}).encode()


def c2b(receipt: str, amount: str, account: str, **more: Any) -> bytes:
    """A validation or confirmation of the paybill: all texts, names missing as they like."""
    body = {
        "TransactionType": "Pay Bill",
        "TransID": receipt,
        "TransTime": "20261123100012",
        "TransAmount": amount,
        "BusinessShortCode": "174379",
        "BillRefNumber": account,
        "InvoiceNumber": "",
        "OrgAccountBalance": "70000.00",
        "ThirdPartyTransID": "",
        "MSISDN": "2547 ***** 126",
        "FirstName": "ASHA",
        **more,
    }
    return json.dumps(body).encode()
