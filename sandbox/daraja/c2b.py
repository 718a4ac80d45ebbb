"""Payments to the paybill: registered addresses, validation, confirmation.

Paid STK pushes come through here too: their confirmation carries the same receipt.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from sandbox.daraja.addresses import is_acceptable
from sandbox.daraja.errors import DarajaError
from sandbox.daraja.ledger import Ledger, Payment
from sandbox.daraja.post import COPIES, Post
from sandbox.faults import Faults
from sandbox.times import compact, nairobi_now

NAMES = (
    ("ASHA", "WANJIKU", "MWANGI"),
    ("JUMA", "", "OTIENO"),
    ("BARAKA", "KIPTOO", ""),
    ("NEEMA", "ACHIENG", "ODHIAMBO"),
    ("HASSAN", "", ""),
)

REASONS = {
    "C2B00011": "invalid MSISDN",
    "C2B00012": "invalid account number",
    "C2B00013": "invalid amount",
    "C2B00014": "invalid KYC details",
    "C2B00015": "invalid shortcode",
}


class Registration(msgspec.Struct, frozen=True):
    """Where C2B news goes. Version 1 hashes the payer's number, version 2 masks it."""

    version: int
    response_type: str
    confirmation_url: str
    validation_url: str


class Rejected(Exception):
    """The customer's payment did not happen; the text is what the customer reads."""


def names_of(phone: str) -> tuple[str, str, str]:
    """The same person always has the same name."""
    return NAMES[int(phone[-4:] or 0) % len(NAMES)]


class C2b:
    """The paybill."""

    def __init__(
        self,
        faults: Faults,
        ledger: Ledger,
        post: Post,
        shortcode: str,
        till: str,
        registration: Registration,
    ) -> None:
        self._faults = faults
        self._ledger = ledger
        self._post = post
        self._shortcodes = {shortcode, till} - {""}
        self._shortcode = shortcode
        # A paybill of ours is born with its addresses registered, as after Go Live.
        self.registration = registration
        self._called = False

    def in_force(self) -> Registration | None:
        """Where news of the next payment goes."""
        return None if self._faults.hit("daraja.c2b_unregistered") else self.registration

    def register(self, version: int, body: dict[str, Any]) -> None:
        """Replace the addresses.

        Raises: DarajaError.
        """
        if str(body.get("ShortCode")) not in self._shortcodes:
            raise DarajaError(400, "400.003.02", "Bad Request - Invalid ShortCode")
        if body.get("ResponseType") not in ("Completed", "Cancelled"):
            raise DarajaError(400, "400.003.02", "Bad Request - Invalid ResponseType")
        for field in ("ConfirmationURL", "ValidationURL"):
            if not is_acceptable(body.get(field)):
                raise DarajaError(400, "400.003.02", f"Bad Request - Invalid {field}")
        if self._called and self._faults.flag("daraja.c2b_production"):
            raise DarajaError(500, "500.003.1001", "Urls are already registered.")
        self._called = True
        self.registration = Registration(
            version, body["ResponseType"], body["ConfirmationURL"], body["ValidationURL"]
        )

    def pay(self, phone: str, amount: int, account: str, kind: str) -> Payment:
        """A customer pays.

        Raises: Rejected.
        """
        receipt = self._ledger.receipt()
        registration = self.in_force()
        third_party_id = ""
        if registration and self._faults.flag("daraja.validation"):
            order = Payment(receipt, phone, amount, account, kind, "", nairobi_now())
            third_party_id = self._validate(order, registration)
        payment = self._ledger.book(receipt, phone, amount, account, kind)
        if registration:
            self.confirm(payment, registration, 0.0, third_party_id)
        return payment

    def confirm(
        self,
        payment: Payment,
        registration: Registration,
        seconds: float,
        third_party_id: str = "",
    ) -> None:
        """Send the confirmation of money that has moved."""
        if self._faults.hit("daraja.c2b_silent", payment.phone):
            return
        body = self._body(payment, registration)
        body["OrgAccountBalance"] = f"{self._ledger.balance}.00"
        body["ThirdPartyTransID"] = third_party_id
        copies = COPIES if self._faults.hit("daraja.c2b_duplicate", payment.phone) else 1
        url = registration.confirmation_url
        self._post.later(seconds, "c2b_confirmation", payment.receipt, url, body, copies)

    def _validate(self, order: Payment, registration: Registration) -> str:
        """Ask the application; answers its ThirdPartyTransID.

        Raises: Rejected.
        """
        reply = self._post.now(
            "c2b_validation",
            order.receipt,
            registration.validation_url,
            self._body(order, registration),
            self._faults.number("daraja.validation_seconds"),
        )
        try:
            if reply.status != 200:
                raise ValueError(reply.status)
            answer = msgspec.json.decode(reply.body, type=dict[str, Any])
            code = str(answer["ResultCode"])
        except (ValueError, KeyError, msgspec.DecodeError):
            # Late, unreachable or unreadable: what was registered decides.
            if registration.response_type == "Completed":
                return ""
            raise Rejected("The payment could not be completed. Try again later.") from None
        if code != "0":
            reason = REASONS.get(code, "other reasons")
            raise Rejected(f"Failed. The payment was not accepted: {reason}.")
        return str(answer.get("ThirdPartyTransID", ""))

    def _body(self, payment: Payment, registration: Registration) -> dict[str, str]:
        first, middle, last = names_of(payment.phone)
        is_till = payment.kind == "till"
        body = {
            "TransactionType": "Customer Merchant Payment" if is_till else "Pay Bill",
            "TransID": payment.receipt,
            "TransTime": compact(payment.moment),
            "TransAmount": f"{payment.amount}.00",
            "BusinessShortCode": self._shortcode,
            "BillRefNumber": "" if is_till else payment.account,
            "InvoiceNumber": "",
            "OrgAccountBalance": "",
            "ThirdPartyTransID": "",
            "MSISDN": _hidden(payment.phone, registration.version),
            "FirstName": first,
            "MiddleName": middle,
            "LastName": last,
        }
        if self._faults.hit("daraja.c2b_names_missing", payment.phone):
            del body["MiddleName"], body["LastName"]
        return body


def _hidden(phone: str, version: int) -> str:
    if version == 1:
        return hashlib.sha256(phone.encode()).hexdigest()
    return f"{phone[:4]} ***** {phone[-3:]}"
