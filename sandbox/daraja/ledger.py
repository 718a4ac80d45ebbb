"""The money that truly moved, whatever was said about it."""

from __future__ import annotations

import random
import string
import threading
from collections import deque
from collections.abc import Iterable
from datetime import datetime

import msgspec

from sandbox.times import iso, nairobi_now

PAYMENTS_MAX = 100_000
"""Payments kept to be looked at; the totals count all."""

_TAIL = string.digits + string.ascii_uppercase
_FIRST_YEAR = 2006  # the year whose receipts begin with A: 2026 is U


class Payment(msgspec.Struct):
    """One movement of money to us, in whole shillings."""

    receipt: str
    phone: str
    amount: int
    account: str
    kind: str
    at: str
    moment: datetime
    status: str = "completed"
    checkout_request_id: str = ""

    def shown(self) -> dict[str, object]:
        """As /state shows it."""
        row = msgspec.structs.asdict(self)
        del row["moment"]
        return row


class Ledger:
    """All payments by receipt."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._payments: dict[str, Payment] = {}
        self._order: deque[Payment] = deque()
        self._issued: set[str] = set()
        self.received = 0
        self.reversed = 0
        self.sent = 0
        self.count = 0

    def receipt(self) -> str:
        """A number M-Pesa would give: year, month, day, then seven characters; never one twice.

        Chance here does not follow the seed of the faults, so that a restarted sandbox does not
        give out the receipts of its former life again.
        """
        now = nairobi_now()
        year = chr(ord("A") + (now.year - _FIRST_YEAR) % 26)
        day = str(now.day) if now.day < 10 else chr(ord("A") + now.day - 10)
        head = year + chr(ord("A") + now.month - 1) + day
        with self._lock:
            while True:
                made = head + "".join(random.choices(_TAIL, k=7))
                if made not in self._issued:
                    self._issued.add(made)
                    return made

    def book(
        self,
        receipt: str,
        phone: str,
        amount: int,
        account: str,
        kind: str,
        checkout_request_id: str = "",
    ) -> Payment:
        """Move the money."""
        now = nairobi_now()
        payment = Payment(
            receipt, phone, amount, account, kind, iso(now), now, "completed", checkout_request_id
        )
        with self._lock:
            if len(self._order) == PAYMENTS_MAX:
                del self._payments[self._order.popleft().receipt]
            self._order.append(payment)
            self._payments[receipt] = payment
            self.received += amount
            self.count += 1
        return payment

    def reverse(self, receipt: str) -> str:
        """Give a payment back; answers its result code, "0" when it worked."""
        with self._lock:
            payment = self._payments.get(receipt)
            if payment is None:
                return "R000002"
            if payment.status == "reversed":
                return "R000001"
            payment.status = "reversed"
            self.reversed += payment.amount
            return "0"

    def pay_out(self, amount: int) -> None:
        """Money leaves us for a customer."""
        with self._lock:
            self.sent += amount

    @property
    def balance(self) -> int:
        """What the paybill holds."""
        return self.received - self.reversed - self.sent

    def find(self, receipt: str) -> Payment | None:
        """A payment by its receipt."""
        return self._payments.get(receipt)

    def every(self) -> Iterable[Payment]:
        """What is kept, oldest first."""
        with self._lock:
            return list(self._order)
