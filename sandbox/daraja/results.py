"""Calls answered later by a result: transaction status, reversal, account balance, B2C.

The refusal codes of the status query are guessed; no source shows them.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import threading
from collections.abc import Callable
from typing import Any

from sandbox.daraja.addresses import is_acceptable
from sandbox.daraja.c2b import names_of
from sandbox.daraja.errors import DarajaError
from sandbox.daraja.ledger import Ledger
from sandbox.daraja.post import COPIES, Post
from sandbox.faults import Faults
from sandbox.numbers import is_msisdn
from sandbox.times import compact, nairobi_now

Body = dict[str, Any]

TEST_INITIATOR = "testapi"
SUCCESS = "The service request is processed successfully."
CREDENTIAL_BYTES = (256, 512)
"""What RSA with a key of 2048 or 4096 bits gives."""


class Failed(Exception):
    """The result says no."""

    def __init__(self, code: int | str, words: str) -> None:
        super().__init__(words)
        self.code = code


class Results:
    """Accepts calls and sends their results."""

    def __init__(
        self, faults: Faults, ledger: Ledger, post: Post, shortcode: str, initiator: str
    ) -> None:
        self._faults = faults
        self._ledger = ledger
        self._post = post
        self._shortcode = shortcode
        self._initiator = initiator or TEST_INITIATOR
        self._lock = threading.Lock()
        self._paid_out: set[str] = set()

    def status(self, body: Body) -> Body:
        """Transaction status of a receipt, or of the MerchantRequestID's conversation."""
        return self._accept(body, body.get("Initiator"), self._status)

    def reversal(self, body: Body) -> Body:
        """Give a payment back."""
        if body.get("RecieverIdentifierType") != "11":
            raise _bad("RecieverIdentifierType")
        return self._accept(body, body.get("Initiator"), self._reverse)

    def balance(self, body: Body) -> Body:
        """What the paybill holds."""
        return self._accept(body, body.get("Initiator"), self._balance)

    def pay_out(self, body: Body) -> Body:
        """Send money to a customer, once for an OriginatorConversationID."""
        key = str(body.get("OriginatorConversationID") or "")
        amount = str(body.get("Amount", ""))
        if not key:
            raise _bad("OriginatorConversationID")
        if not amount.isdecimal() or not 10 <= int(amount) <= 250_000:
            raise _bad("Amount")
        if not is_msisdn(str(body.get("PartyB", ""))):
            raise _bad("PartyB")
        with self._lock:
            if key in self._paid_out:
                raise DarajaError(500, "500.002.1001", "Duplicate OriginatorConversationID.")
            self._paid_out.add(key)
        return self._accept(body, body.get("InitiatorName"), self._pay_out, key)

    def _accept(
        self, body: Body, initiator: object, act: Callable[[Body], Body], originator: str = ""
    ) -> Body:
        for field in ("ResultURL", "QueueTimeOutURL"):
            if not is_acceptable(body.get(field)):
                raise _bad(field)
        if not 2 <= len(str(body.get("Remarks", ""))) <= 100:
            raise _bad("Remarks")
        originator = originator or f"{secrets.token_hex(2)}-{secrets.randbelow(10**8)}-1"
        today = nairobi_now().strftime("%Y%m%d")
        ids = {
            "OriginatorConversationID": originator,
            "ConversationID": f"AG_{today}_{secrets.token_hex(10)}",
        }
        self._answer_later(body, ids, self._result(body, ids, initiator, act))
        accepted = {
            "ResponseCode": "0",
            "ResponseDescription": "Accept the service request successfully.",
        }
        return ids | accepted

    def _result(
        self, body: Body, ids: Body, initiator: object, act: Callable[[Body], Body]
    ) -> Body:
        head = {"ResultType": 0} | ids | {"TransactionID": self._ledger.receipt()}
        queue = {"Key": "QueueTimeoutURL", "Value": body["QueueTimeOutURL"]}
        tail = {"ReferenceData": {"ReferenceItem": queue}}
        try:
            if initiator != self._initiator or not _is_credential(body.get("SecurityCredential")):
                raise Failed(2001, "The initiator information is invalid.")
            values = act(body)
        except Failed as failed:
            return head | {"ResultCode": failed.code, "ResultDesc": str(failed)} | tail
        pairs = [
            {"Key": key, "Value": value} if value != "" else {"Key": key}
            for key, value in values.items()
        ]
        # With one item Daraja sends the bare object instead of a list.
        parameters = {"ResultParameter": pairs[0] if len(pairs) == 1 else pairs}
        said = {"ResultCode": 0, "ResultDesc": SUCCESS, "ResultParameters": parameters}
        return head | said | tail

    def _answer_later(self, body: Body, ids: Body, result: Body) -> None:
        if self._faults.hit("daraja.result_silent"):
            return
        about = ids["ConversationID"]
        delay = self._faults.number("daraja.callback_delay")
        if self._faults.hit("daraja.result_timeout"):
            notice = {"Result": {"ResultType": 1, "ResultDesc": "Queue timed out."} | ids}
            self._post.later(delay, "result_timeout", about, body["QueueTimeOutURL"], notice)
            return
        copies = COPIES if self._faults.hit("daraja.result_duplicate") else 1
        self._post.later(delay, "result", about, body["ResultURL"], {"Result": result}, copies)

    def _status(self, body: Body) -> Body:
        payment = self._ledger.find(str(body.get("TransactionID") or "").upper())
        if payment is None:
            raise Failed("R000002", "The transaction receipt number does not exist.")
        return {
            "DebitPartyName": _party(payment.phone),
            "CreditPartyName": f"{self._shortcode} - Tuma",
            "InitiatedTime": compact(payment.moment),
            "FinalisedTime": compact(payment.moment),
            "TransactionStatus": "Completed",
            "Amount": f"{payment.amount}.00",
            "ReceiptNo": payment.receipt,
            "ReasonType": "Pay Utility with OD via STK",
            "DebitAccountType": "MMF Account For Customer",
            "DebitPartyCharges": "",
        }

    def _reverse(self, body: Body) -> Body:
        receipt = str(body.get("TransactionID") or "").upper()
        payment = self._ledger.find(receipt)
        if payment and str(body.get("Amount")) not in (str(payment.amount), f"{payment.amount}.00"):
            raise Failed(11, "The amount is not that of the transaction.")
        code = self._ledger.reverse(receipt)
        if code != "0":
            known = "already been reversed" if code == "R000001" else "not found"
            raise Failed(code, f"The transaction has {known}.")
        assert payment is not None
        return {
            "OriginalTransactionID": receipt,
            "Amount": f"{payment.amount}.00",
            "Charge": "0.00",
            "TransCompletedTime": compact(nairobi_now()),
            "CreditPartyPublicName": _party(payment.phone),
        }

    def _balance(self, _: Body) -> Body:
        held = f"{self._ledger.balance}.00"
        accounts = ("Working Account", "Utility Account")
        shown = "&".join(f"{name}|KES|{held}|{held}|0.00|0.00" for name in accounts)
        return {"AccountBalance": shown, "BOCompletedTime": compact(nairobi_now())}

    def _pay_out(self, body: Body) -> Body:
        amount = int(body["Amount"])
        if amount > self._ledger.balance:
            raise Failed(1, "The balance is insufficient for the transaction.")
        self._ledger.pay_out(amount)
        held, to = f"{self._ledger.balance}.00", str(body["PartyB"])
        return {
            "TransactionReceipt": self._ledger.receipt(),
            "TransactionAmount": amount,
            "TransactionCompletedDateTime": nairobi_now().strftime("%d.%m.%Y %H:%M:%S"),
            "ReceiverPartyPublicName": _party(to),
            "B2CUtilityAccountAvailableFunds": held,
            "B2CWorkingAccountAvailableFunds": held,
            "B2CChargesPaidAccountAvailableFunds": "",
            "B2CRecipientIsRegisteredCustomer": "Y",
        }


def _party(phone: str) -> str:
    return f"{phone} - {' '.join(filter(None, names_of(phone)))}"


def _bad(field: str) -> DarajaError:
    return DarajaError(400, "400.002.02", f"Bad Request - Invalid {field}")


def _is_credential(given: object) -> bool:
    try:
        return len(base64.b64decode(str(given), validate=True)) in CREDENTIAL_BYTES
    except (binascii.Error, ValueError):
        return False
