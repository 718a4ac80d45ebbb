"""Pull Transactions: the last 48 hours of the ledger, for who missed a confirmation."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from sandbox.daraja.c2b import names_of
from sandbox.daraja.errors import DarajaError
from sandbox.daraja.ledger import Ledger, Payment
from sandbox.faults import Faults
from sandbox.times import NAIROBI, nairobi_now

WINDOW = timedelta(hours=48)
PAGE = 1000
FOUND, NONE = "1000", "1001"


class Pull:
    """One registration, then questions."""

    def __init__(self, faults: Faults, ledger: Ledger, shortcode: str) -> None:
        self._faults = faults
        self._ledger = ledger
        self._shortcode = shortcode
        self._registered = False

    def register(self, body: dict[str, Any]) -> dict[str, str]:
        """Once for a shortcode.

        Raises: DarajaError.
        """
        if str(body.get("ShortCode")) != self._shortcode or body.get("RequestType") != "Pull":
            raise DarajaError(400, "400.001", "Bad Request")
        code = NONE if self._registered else FOUND
        self._registered = True
        again = "Short Code already Registered" if code == NONE else "Registered successfully"
        return {
            "ResponseRefID": secrets.token_hex(8),
            "ResponseCode": code,
            "ResponseStatus": code,
            "ShortCode": self._shortcode,
            "ResponseDescription": again,
        }

    def query(self, body: dict[str, Any]) -> dict[str, Any]:
        """Payments from StartDate to EndDate, Nairobi time, from row OffSetValue on.

        Raises: DarajaError.
        """
        if str(body.get("ShortCode")) != self._shortcode:
            raise DarajaError(400, "400.001", "Bad Request - Invalid ShortCode")
        if self._faults.flag("daraja.pull_requires_register") and not self._registered:
            raise DarajaError(400, "400.001", "Bad Request - ShortCode is not registered for pull")
        start, end = _moment(body.get("StartDate")), _moment(body.get("EndDate"))
        start = max(start, nairobi_now() - WINDOW)
        try:
            offset = int(str(body.get("OffSetValue", "0")))
        except ValueError:
            raise DarajaError(400, "400.001", "Bad Request - Invalid OffSetValue") from None
        rows = [
            self._row(payment)
            for payment in self._ledger.every()
            if start <= payment.moment <= end + timedelta(seconds=1)
        ][offset : offset + PAGE]
        as_text = not rows and self._faults.hit("daraja.pull_text_empty")
        return {
            "ResponseRefID": secrets.token_hex(8),
            "ResponseCode": FOUND if rows else NONE,
            "ResponseMessage": "Success" if rows else "No transactions found",
            "Response": "[[]]" if as_text else [rows],
        }

    def _row(self, payment: Payment) -> dict[str, str]:
        when = payment.moment.isoformat(timespec="seconds").removesuffix("+03:00")
        if not self._faults.hit("daraja.pull_zoneless"):
            when = payment.at[:-5] + "Z"
        return {
            "transactionId": payment.receipt,
            "trxDate": when,
            "msisdn": payment.phone,
            "sender": " ".join(filter(None, names_of(payment.phone))),
            "transactiontype": "c2b-pay-bill-debit",
            "billreference": payment.account,
            "amount": f"{payment.amount}.00",
            "organizationname": "Tuma",
        }


def _moment(given: object) -> datetime:
    try:
        return datetime.strptime(str(given), "%Y-%m-%d %H:%M:%S").replace(tzinfo=NAIROBI)
    except ValueError:
        raise DarajaError(400, "400.001", "Bad Request - Invalid date") from None
