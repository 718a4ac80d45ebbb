"""What Safaricom posts to us: the result of an STK push, and payments to the paybill.

Nothing here raises: a body that cannot be read is None, and stays with whoever stored it raw.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.gateways import dates, reading

__all__ = ["BODY_BYTES_MAX", "C2bPayment", "StkCallback", "read_c2b", "read_stk_callback"]

BODY_BYTES_MAX = 64 * 1024
_ID_MAX = 64


@dataclass(frozen=True, slots=True)
class StkCallback:
    """The end of an STK push. Receipt, amount and time are there only when it was paid.

    There is no payer in it on purpose: the number may be masked or missing, and the request knows.
    """

    merchant_request_id: str | None
    checkout_request_id: str
    result_code: str
    result_text: str | None = None
    receipt: str | None = None
    amount: Decimal | None = None
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class C2bPayment:
    """Money that reached the paybill or till, typed by the customer or pushed by us.

    `account_typed` is word for word what was typed. `payer` may be a number, a masked one or its
    hash, and `name` may be one name or none.
    """

    receipt: str
    amount: Decimal
    paid_at: datetime | None = None
    account_typed: str | None = None
    payer: str | None = None
    name: str | None = None
    shortcode: str | None = None
    kind: str | None = None


def read_stk_callback(raw: bytes) -> StkCallback | None:
    """The result of an STK push; None when the body is not one."""
    body = reading.fields(_object(raw).get("body"))
    held = reading.fields(body.get("stkcallback"))
    checkout_request_id = reading.field_text(held, "checkoutrequestid", limit=_ID_MAX)
    result_code = reading.code(held.get("resultcode"))
    if checkout_request_id is None or result_code is None:
        return None
    items = _items(reading.fields(held.get("callbackmetadata")).get("item"))
    return StkCallback(
        merchant_request_id=reading.field_text(held, "merchantrequestid", limit=_ID_MAX),
        checkout_request_id=checkout_request_id,
        result_code=result_code,
        result_text=reading.field_text(held, "resultdesc"),
        receipt=_receipt(items.get("mpesareceiptnumber")),
        amount=reading.amount(items.get("amount")),
        paid_at=dates.read(items.get("transactiondate")),
    )


def read_c2b(raw: bytes) -> C2bPayment | None:
    """A C2B validation or confirmation, which have one body; None when it is not one."""
    held = _object(raw)
    receipt = _receipt(held.get("transid"))
    amount = reading.amount(held.get("transamount"))
    if receipt is None or amount is None:
        return None
    names = (
        reading.field_text(held, f"{part}name", limit=100) for part in ("first", "middle", "last")
    )
    return C2bPayment(
        receipt=receipt,
        amount=amount,
        paid_at=dates.read(held.get("transtime")),
        account_typed=reading.field_text(held, "billrefnumber", limit=100),
        payer=reading.field_text(held, "msisdn", limit=100),
        name=" ".join(name for name in names if name) or None,
        shortcode=reading.field_text(held, "businessshortcode", limit=20),
        kind=reading.field_text(held, "transactiontype", limit=64),
    )


def _object(raw: bytes) -> reading.Fields:
    return reading.fields(reading.json(raw)) if len(raw) <= BODY_BYTES_MAX else {}


def _items(listed: object) -> reading.Fields:
    """A list of Name and Value, by name: even Safaricom's own papers differ on count and order.

    `Balance` comes without a Value in real traffic.
    """
    rows = [reading.fields(row) for row in listed] if isinstance(listed, list) else []
    return reading.fields({str(row.get("name")): row.get("value") for row in rows})


def _receipt(value: object) -> str | None:
    """A receipt in the one spelling that payments are kept under."""
    return re.sub(r"\s+", "", reading.text(value, _ID_MAX) or "").upper() or None
