"""STK push: prompts on phones, how they end, and what is said about it."""

from __future__ import annotations

import random
import re
import secrets
import threading
import time
from collections import deque
from functools import partial
from typing import Any

import msgspec

from sandbox.daraja.c2b import C2b
from sandbox.daraja.errors import LOCKED, DarajaError
from sandbox.daraja.ledger import Ledger, Payment
from sandbox.daraja.post import COPIES, Post
from sandbox.faults import Faults
from sandbox.scheduler import Scheduler, Task
from sandbox.times import NAIROBI, compact, iso_now, nairobi_now

PROMPTS_MAX = 100_000
"""Prompts kept to be looked at and asked about."""

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

# Integrators report that these make a push fail without a word.
_SWALLOWED = re.compile(r"[&@#]")


class NoPrompt(Exception):
    """Nothing to answer on that phone."""


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


class Push(msgspec.Struct, frozen=True):
    """What a valid push asks for."""

    phone: str
    amount: int
    reference: str
    description: str
    url: str
    is_till: bool
    is_matched: bool


class Stk:
    """The phones and what is on their screens."""

    def __init__(
        self, faults: Faults, scheduler: Scheduler, ledger: Ledger, post: Post, c2b: C2b
    ) -> None:
        self._faults = faults
        self._scheduler = scheduler
        self._ledger = ledger
        self._post = post
        self._c2b = c2b
        self._lock = threading.RLock()
        self._prompts: dict[str, Prompt] = {}
        self._order: deque[Prompt] = deque()
        self._open: dict[str, Prompt] = {}
        self._pushed: dict[tuple[str, int], float] = {}
        self._queries: deque[float] = deque()

    def prompts(self) -> list[Prompt]:
        """All that are kept, oldest first."""
        with self._lock:
            return list(self._order)

    def push(self, push: Push) -> Prompt:
        """Put a prompt on a phone.

        Raises: DarajaError.
        """
        with self._lock:
            locked = push.phone in self._open and self._faults.flag("daraja.phone_lock")
            if locked or self._faults.hit("daraja.subscriber_locked", push.phone):
                raise DarajaError(500, "500.001.1001", LOCKED)
            prompt = self._prompt(push)
            refusal = self._refusal(push)
            if refusal is None:
                self._pushed[push.phone, push.amount] = time.monotonic()
                self._open[push.phone] = prompt
        if refusal is not None:
            self._settle(prompt, refusal)
        elif _SWALLOWED.search(push.reference + push.description):
            self._close(prompt, "vanished")
        elif self._faults.hit("daraja.early", push.phone):
            for task in self._settle(prompt, PAID, at_once=True):
                task()
        else:
            self._wait_for_answer(prompt)
        return prompt

    def _prompt(self, push: Push) -> Prompt:
        checkout = self._checkout_request_id(push.phone)
        tail = f"{secrets.token_hex(6)}{random.randrange(10**6):06}"
        merchant = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}-{secrets.token_hex(2)}-{tail}"
        prompt = Prompt(
            phone=push.phone,
            amount=push.amount,
            reference=push.reference,
            description=push.description,
            checkout_request_id=checkout,
            merchant_request_id=merchant,
            status="open",
            at=iso_now(),
            url=push.url,
            is_till=push.is_till,
        )
        if len(self._order) == PROMPTS_MAX:
            del self._prompts[self._order.popleft().checkout_request_id]
        self._order.append(prompt)
        self._prompts[checkout] = prompt
        return prompt

    def _checkout_request_id(self, phone: str) -> str:
        when = nairobi_now().strftime("%d%m%Y%H%M%S")
        while True:
            made = f"ws_CO_{when}{random.randrange(1000)}{phone[-9:]}"
            if made not in self._prompts:
                return made

    def _refusal(self, push: Push) -> int | None:
        """A result that comes without any prompt."""
        if not push.is_matched:
            return MISMATCH
        before = self._pushed.get((push.phone, push.amount))
        limit_seconds = self._faults.number("daraja.code17_seconds")
        if before is not None and time.monotonic() - before < limit_seconds:
            return LIMITED
        return None

    def _wait_for_answer(self, prompt: Prompt) -> None:
        auto = self._faults.choice("daraja.auto")
        if auto == "mix":
            stream = self._faults.chance("daraja.auto")
            auto = stream.choices(("pay", "cancel", "timeout", "wrong_pin"), (7, 1, 1, 1))[0]
        if auto != "off":
            code = {"pay": PAID, "cancel": CANCELLED, "wrong_pin": WRONG_PIN}.get(auto, UNANSWERED)
            wait_seconds = self._faults.number("daraja.auto_delay")
            self._scheduler.after(wait_seconds, partial(self._settle, prompt, code))
            return
        number = self._faults.number
        self._scheduler.after(number("daraja.prompt_seconds"), partial(self._time_out, prompt))
        unanswered = partial(self._tell_unanswered, prompt)
        self._scheduler.after(number("daraja.unanswered_seconds"), unanswered)

    def _time_out(self, prompt: Prompt) -> None:
        """The prompt leaves the screen."""
        self._close(prompt, "timed_out")

    def _close(self, prompt: Prompt, status: str) -> bool:
        with self._lock:
            if prompt.status != "open":
                return False
            prompt.status = status
            if self._open.get(prompt.phone) is prompt:
                del self._open[prompt.phone]
            return True

    def _tell_unanswered(self, prompt: Prompt) -> None:
        """The 1037 callback, which does not wait for the prompt to leave the screen."""
        with self._lock:
            if prompt.status not in ("open", "timed_out") or prompt.result_code is not None:
                return
            prompt.result_code = UNANSWERED
        self._tell(prompt, _outcome(prompt, UNANSWERED), 0.0)

    def answer(self, phone: str, code: int, checkout_request_id: str = "") -> Prompt:
        """Somebody at the phone acts.

        Raises: NoPrompt.
        """
        with self._lock:
            prompt = self._open.get(phone)
            if checkout_request_id:
                prompt = self._prompts.get(checkout_request_id)
        if prompt is None or prompt.status != "open":
            raise NoPrompt
        self._settle(prompt, code)
        return prompt

    def _settle(self, prompt: Prompt, code: int, at_once: bool = False) -> list[Task]:
        """End a prompt, and say so; answers what is to be said at once, if that is asked."""
        if not self._close(prompt, STATUSES.get(code, "failed")):
            return []
        prompt.result_code = code
        delay = 0.0 if at_once else self._faults.number("daraja.callback_delay")
        if code != PAID:
            self._tell(prompt, _outcome(prompt, code), delay)
            return []
        return self._say_paid(prompt, self._book(prompt), delay, at_once)

    def _book(self, prompt: Prompt) -> Payment:
        amount = prompt.amount
        if self._faults.hit("daraja.wrong_amount", prompt.phone):
            amount = max(1, amount // 2) if amount > 1 else 2
        payment = self._ledger.book(
            self._ledger.receipt(),
            prompt.phone,
            amount,
            prompt.reference,
            "till" if prompt.is_till else "stk",
            prompt.checkout_request_id,
        )
        prompt.receipt = payment.receipt
        return payment

    def _say_paid(
        self, prompt: Prompt, payment: Payment, delay: float, at_once: bool
    ) -> list[Task]:
        hit = partial(self._strikes, prompt.phone)
        if hit("late_success"):
            self._tell(prompt, _outcome(prompt, UNANSWERED), delay)
            delay += self._faults.number("daraja.late_seconds")
        gap = self._faults.number("daraja.c2b_delay")
        c2b_delay, stk_delay = (delay, delay + gap) if hit("c2b_first") else (delay + gap, delay)
        registration = self._c2b.in_force()
        if registration and self._faults.flag("daraja.c2b_on_stk"):
            self._c2b.confirm(payment, registration, c2b_delay)
        if hit("failure_after_success"):
            self._tell(prompt, _outcome(prompt, CANCELLED), stk_delay + 0.5)
        body = self._success(prompt, payment)
        if at_once and not hit("silent"):
            return [partial(self._post.now, "stk", prompt.checkout_request_id, prompt.url, body)]
        self._tell(prompt, body, stk_delay)
        return []

    def _strikes(self, phone: str, name: str) -> bool:
        return self._faults.hit(f"daraja.{name}", phone)

    def _tell(self, prompt: Prompt, body: dict[str, Any], delay: float) -> None:
        if self._strikes(prompt.phone, "silent"):
            return
        if self._strikes(prompt.phone, "text_values"):
            body = _as_text(body)
        copies = COPIES if self._strikes(prompt.phone, "duplicate") else 1
        self._post.later(delay, "stk", prompt.checkout_request_id, prompt.url, body, copies)

    def _success(self, prompt: Prompt, payment: Payment) -> dict[str, Any]:
        masked = self._strikes(prompt.phone, "masked_phone")
        phone = f"{prompt.phone[:6]}***{prompt.phone[-3:]}" if masked else int(prompt.phone)
        items: list[dict[str, Any]] = [
            {"Name": "Amount", "Value": float(payment.amount)},
            {"Name": "MpesaReceiptNumber", "Value": payment.receipt},
            {"Name": "Balance"},
            {"Name": "TransactionDate", "Value": int(compact(payment.moment))},
            {"Name": "PhoneNumber", "Value": phone},
        ]
        if self._strikes(prompt.phone, "balance_item_missing"):
            del items[2]
        if self._strikes(prompt.phone, "items_shuffled"):
            items.reverse()
        body = _outcome(prompt, PAID)
        body["Body"]["stkCallback"]["CallbackMetadata"] = {"Item": items}
        return body

    def query(self, checkout_request_id: str) -> dict[str, str]:
        """How a push stands, as far as Daraja will say.

        Raises: DarajaError.
        """
        self._count_query()
        prompt = self._prompts.get(checkout_request_id)
        if prompt is None:
            raise DarajaError(500, "500.001.1001", "The transaction does not Exist")
        if self._strikes(prompt.phone, "query_too_early"):
            raise DarajaError(400, "400.002.02", "Bad Request - Invalid CheckoutRequestID")
        code = prompt.result_code
        stream = self._faults.chance("daraja.query")
        noise = "daraja.query_open_noise" if code is None else "daraja.query_noise"
        if stream.random() < self._faults.number(noise):
            message = stream.choice(("The transaction is being processed", ""))
            raise DarajaError(stream.choice((500, 200)), "500.001.1001", message)
        if code == PAID and self._strikes(prompt.phone, "query_contradicts"):
            code = CANCELLED
        code = STILL_OPEN if code is None else code
        return {
            "ResponseCode": "0",
            "ResponseDescription": "The service request has been accepted successfully",
            "MerchantRequestID": prompt.merchant_request_id,
            "CheckoutRequestID": prompt.checkout_request_id,
            "ResultCode": str(code),
            "ResultDesc": WORDS.get(code, ("",))[-1],
        }

    def _count_query(self) -> None:
        limit = self._faults.number("daraja.query_limit")
        now = time.monotonic()
        with self._lock:
            while self._queries and self._queries[0] <= now - 60:
                self._queries.popleft()
            if self._faults.hit("daraja.query_429") or (limit and len(self._queries) >= limit):
                raise SpikeArrest
            self._queries.append(now)


class SpikeArrest(Exception):
    """Too many calls: Apigee, in front of Daraja, answers in its own way."""


def is_stale(timestamp: str, tolerance_seconds: float) -> bool:
    """Whether a Timestamp is not the present time in Nairobi."""
    if not re.fullmatch(r"\d{14}", timestamp, re.ASCII):
        return True
    try:
        stamped = nairobi_now().strptime(timestamp, "%Y%m%d%H%M%S").replace(tzinfo=NAIROBI)
    except ValueError:
        return True
    return abs((nairobi_now() - stamped).total_seconds()) > tolerance_seconds


def _outcome(prompt: Prompt, code: int) -> dict[str, Any]:
    callback = {
        "MerchantRequestID": prompt.merchant_request_id,
        "CheckoutRequestID": prompt.checkout_request_id,
        "ResultCode": code,
        "ResultDesc": WORDS.get(code, ("Failed.",))[0],
    }
    return {"Body": {"stkCallback": callback}}


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_text(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_as_text(inner) for inner in value]
    return f"{value:.2f}" if isinstance(value, float) else str(value)
