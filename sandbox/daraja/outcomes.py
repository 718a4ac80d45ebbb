"""How a prompt can end, and how Daraja puts it."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

import msgspec

from sandbox.daraja.ledger import Payment
from sandbox.times import compact

PAID, LOW_BALANCE, LIMITED, CANCELLED, UNANSWERED, WRONG_PIN = 0, 1, 17, 1032, 1037, 2001
MISMATCH, STILL_OPEN = 2028, 4999

# The words in the callback, and in the query where they are others.
WORDS = {
    PAID: ("The service request is processed successfully.",),
    LOW_BALANCE: ("The balance is insufficient for the transaction.",),
    2: ("Declined due to limit rule.",),
    11: ("The DebitParty is in an invalid state.",),
    LIMITED: ("Rule limited.",),
    1001: ("Unable to lock subscriber, a transaction is already in process.",),
    1019: ("Transaction has expired.",),
    1025: ("An error occurred while sending a push request.",),
    CANCELLED: ("Request cancelled by user.", "Request Cancelled by user."),
    UNANSWERED: ("No response from user.", "DS timeout user cannot be reached."),
    WRONG_PIN: ("The initiator information is invalid.",),
    MISMATCH: ("The request is not permitted according to product assignment.",),
    STILL_OPEN: ("The transaction is still under processing",),
    8006: ("The security credential is locked.",),
}

STATUSES = {PAID: "paid", CANCELLED: "cancelled", UNANSWERED: "timed_out", WRONG_PIN: "wrong_pin"}


class Prompt(msgspec.Struct):
    """One push."""

    phone: str
    amount: int
    reference: str
    description: str
    checkout_request_id: str
    merchant_request_id: str
    status: str
    at: str
    url: str
    is_till: bool = False
    result_code: int | None = None
    receipt: str = ""

    def shown(self) -> dict[str, object]:
        """As /state shows it: without the address, which carries a secret."""
        row = msgspec.structs.asdict(self)
        for hidden in ("url", "is_till"):
            del row[hidden]
        return row


def outcome(prompt: Prompt, code: int) -> dict[str, Any]:
    """The body of a callback; without metadata, as for a failure."""
    callback = {
        "MerchantRequestID": prompt.merchant_request_id,
        "CheckoutRequestID": prompt.checkout_request_id,
        "ResultCode": code,
        "ResultDesc": WORDS.get(code, ("Failed.",))[0],
    }
    return {"Body": {"stkCallback": callback}}


def success(prompt: Prompt, payment: Payment, struck: AbstractSet[str]) -> dict[str, Any]:
    """The body of a callback about money, with the oddities that struck it."""
    phone: object = int(prompt.phone)
    if "masked_phone" in struck:
        phone = f"{prompt.phone[:6]}***{prompt.phone[-3:]}"
    items: list[dict[str, Any]] = [
        {"Name": "Amount", "Value": float(payment.amount)},
        {"Name": "MpesaReceiptNumber", "Value": payment.receipt},
        {"Name": "Balance"},
        {"Name": "TransactionDate", "Value": int(compact(payment.moment))},
        {"Name": "PhoneNumber", "Value": phone},
    ]
    if "balance_item_missing" in struck:
        del items[2]
    if "items_shuffled" in struck:
        items.reverse()
    body = outcome(prompt, PAID)
    body["Body"]["stkCallback"]["CallbackMetadata"] = {"Item": items}
    return body


def as_text(value: Any) -> Any:
    """The same with every number written as text."""
    if isinstance(value, dict):
        return {name: as_text(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_text(inner) for inner in value]
    return f"{value:.2f}" if isinstance(value, float) else str(value)
