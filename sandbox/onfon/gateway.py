"""SendBulkSMS: what becomes of a request, row by row."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections import deque
from datetime import datetime
from decimal import Decimal

import falcon
import msgspec

from sandbox import gsm
from sandbox.courier import Courier, Letter
from sandbox.faults import Faults
from sandbox.numbers import LOCAL, is_msisdn
from sandbox.onfon.accounts import Account, Accounts
from sandbox.onfon.network import Network, Text
from sandbox.onfon.reports import Reports
from sandbox.scheduler import Scheduler, Task
from sandbox.times import NAIROBI, iso_now, nairobi_now

# Candidates from the table of platforms with the same three-digit codes; Onfon's own is unknown.
SENDER_BLANK, DATA_BLANK, GENERIC, KEYS_WRONG, RESTRICTED = 3, 5, 6, 7, 10
DATE_WRONG, ENTRY_BLANK, JOB_UNKNOWN = 19, 20, 22


class Entry(msgspec.Struct, rename="pascal"):
    """One number and its text."""

    number: str | int = ""
    text: str = ""


class Order(msgspec.Struct, rename="pascal"):
    """The body of SendBulkSMS."""

    sender_id: str = ""
    api_key: str = ""
    client_id: str | int = ""
    message_parameters: list[Entry] | None = None
    is_unicode: bool | int | None = None
    is_flash: bool | int | None = None
    schedule_date_time: str | None = None

    @property
    def numbers(self) -> list[str]:
        """Everybody it is for."""
        return [str(entry.number) for entry in self.message_parameters or ()]


class Row(msgspec.Struct, rename="pascal"):
    """The answer for one entry."""

    message_error_code: int
    message_error_description: str
    mobile_number: str
    message_id: str = ""
    custom: str = ""


class Refused(Exception):
    """The whole call is refused with an ErrorCode, mostly inside HTTP 200."""

    def __init__(self, code: int, description: str, http: int = 200) -> None:
        super().__init__(description)
        self.code = code
        self.status = falcon.util.code_to_http_status(http)


class Gateway:
    """Onfon as a whole."""

    def __init__(
        self, platform: Account, faults: Faults, scheduler: Scheduler, courier: Courier
    ) -> None:
        self.accounts = Accounts(platform)
        self.network = Network()
        self._faults = faults
        self._courier = courier
        self._reports = Reports(faults, scheduler, courier)
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()

    def authorise(self, client_id: str, api_key: str, access_key: str | None) -> Account:
        """The customer who calls.

        Raises: Refused.
        """
        account = self.accounts.find(client_id)
        if not self._faults.flag("onfon.check_keys"):
            return account or self.accounts.platform
        if account is None or account.api_key != api_key:
            raise Refused(KEYS_WRONG, "Login credentials are not valid.")
        if access_key is not None and access_key != account.access_key:
            raise Refused(KEYS_WRONG, "Login credentials are not valid.")
        return account

    def too_fast(self) -> bool:
        """Whether this request is one too many in its second."""
        limit = self._faults.number("onfon.rate_limit")
        if not limit:
            return False
        now = time.monotonic()
        with self._lock:
            while self._recent and self._recent[0] <= now - 1:
                self._recent.popleft()
            if len(self._recent) >= limit:
                return True
            self._recent.append(now)
            return False

    def send(self, account: Account, order: Order) -> list[Row]:
        """Take a request; answers one row for each of its entries.

        Raises: Refused.
        """
        entries = order.message_parameters
        if not order.sender_id:
            raise Refused(SENDER_BLANK, "Sender ID cannot be blank.")
        if not entries:
            raise Refused(DATA_BLANK, "Message data cannot be blank.")
        limit = self._faults.number("onfon.batch_limit")
        if limit and len(entries) > limit:
            raise Refused(RESTRICTED, f"At most {limit:g} messages in one request.")
        if not all(entry.text and str(entry.number) for entry in entries):
            raise Refused(ENTRY_BLANK, "Message or mobile number cannot be blank.")
        wait_seconds = _wait(order.schedule_date_time)
        rows: list[Row] = []
        texts: list[Text] = []
        at = iso_now()
        twice = self._faults.hit("onfon.accept_twice", *order.numbers)
        with self.accounts.lock:
            for entry in entries:
                rows.append(self._take(account, order, entry, at, texts))
                if twice:
                    self._take(account, order, entry, at, texts)
        misflagged = sum(text.unicode == gsm.is_gsm(text.text) for text in texts)
        self.network.accept(texts, misflagged)
        self._promise(account, texts, wait_seconds)
        return rows

    def _take(
        self, account: Account, order: Order, entry: Entry, at: str, texts: list[Text]
    ) -> Row:
        number = str(entry.number)
        hit = self._faults.hit
        approved = self._faults.flag("onfon.any_sender") or order.sender_id in account.sender_ids
        if not approved or hit("onfon.refused_row", number):
            return Row(401, _filter(account, "source_address"), number)
        to = number.removeprefix("+")
        lost = LOCAL.fullmatch(number) is not None
        if not (is_msisdn(to) or lost):
            return Row(401, _filter(account, "destination_address"), number)
        if hit("onfon.unknown_row_code", number):
            return Row(299, "Gateway said no.", number)
        unicode = bool(order.is_unicode)
        segments = gsm.segments(entry.text, unicode)
        cost = segments * Decimal(str(self._faults.number("onfon.credit_per_segment")))
        if account.credits < cost or hit("onfon.out_of_credit", number):
            bill = f"Balance {account.credits} Total Bill {cost}"
            text = f"ChargingError (Charging user {account.client_id} failed, {bill})"
            return Row(403, text, number)
        account.credits -= cost
        taken = Text(
            id=str(uuid.uuid4()),
            to=to,
            sender=order.sender_id,
            text=entry.text,
            segments=segments,
            at=at,
            status="lost" if lost else "accepted",
            unicode=unicode,
            flash=bool(order.is_flash),
            account=account.client_id,
        )
        texts.append(taken)
        nameless = hit("onfon.row_without_id", number)
        return Row(0, "Success", number, "" if nameless else taken.id)

    def _promise(self, account: Account, texts: list[Text], wait_seconds: float) -> None:
        at_once: list[Task] = []
        for text in texts:
            report = self._reports.promise(text, account.callback_url, wait_seconds)
            if report:
                at_once.append(report)
        for report in at_once:
            report()

    def inbound(self, account: Account, sender: str, to: str, text: str) -> int:
        """A text from a handset, handed to the application; answers its HTTP status.

        Nobody has published how Onfon does this: POST of JSON is the best guess.
        """
        message = {
            "From": sender,
            "To": to,
            "Message": text,
            "MessageId": str(uuid.uuid4()),
            "ReceivedTime": nairobi_now().strftime("%Y-%m-%d %H:%M:%S"),
        }
        url = re.sub(r"/dlr(?=$|\?)", "/mo", account.callback_url)
        headers = {"Content-Type": "application/json"}
        body = msgspec.json.encode(message)
        return self._courier.deliver(Letter("mo", sender, url, "POST", headers, body)).status


def _filter(account: Account, what: str) -> str:
    return f"Value filter failed for user [{account.client_id}] ({what} filter mismatch)."


def _wait(schedule: str | None) -> float:
    """Seconds until a ScheduleDateTime, taken to be on a Kenyan clock."""
    if not schedule:
        return 0.0
    try:
        due = datetime.strptime(schedule, "%Y-%m-%d %H:%M").replace(tzinfo=NAIROBI)
    except ValueError:
        raise Refused(DATE_WRONG, "Schedule date is not valid.") from None
    return max(0.0, (due - nairobi_now()).total_seconds())
