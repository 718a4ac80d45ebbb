"""STK push: prompts on phones, how they end, and what is said about it."""

from __future__ import annotations

import random
import re
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from sandbox.daraja.c2b import C2b
from sandbox.daraja.errors import LOCKED, DarajaError
from sandbox.daraja.ledger import Ledger, Payment
from sandbox.daraja.outcomes import (
    CANCELLED,
    LIMITED,
    MISMATCH,
    PAID,
    STATUSES,
    STILL_OPEN,
    UNANSWERED,
    WORDS,
    WRONG_PIN,
    Prompt,
    as_text,
    outcome,
    success,
)
from sandbox.daraja.post import COPIES, Post
from sandbox.faults import Faults
from sandbox.scheduler import Scheduler, Task
from sandbox.times import NAIROBI, iso_now, nairobi_now

PROMPTS_MAX = 100_000
"""Prompts kept to be looked at and asked about."""

# Integrators report that these make a push fail without a word.
_SWALLOWED = re.compile(r"[&@#]")


class NoPrompt(Exception):
    """Nothing to answer on that phone."""


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
        self,
        faults: Faults,
        scheduler: Scheduler,
        ledger: Ledger,
        post: Post,
        c2b: C2b,
        is_busy: Callable[[str], bool],
    ) -> None:
        self._faults = faults
        self._scheduler = scheduler
        self._ledger = ledger
        self._post = post
        self._c2b = c2b
        self._is_busy = is_busy
        self._lock = threading.RLock()
        self._prompts: dict[str, Prompt] = {}
        self._order: deque[Prompt] = deque()
        self._open: dict[str, Prompt] = {}
        self._pushed: dict[tuple[str, int], float] = {}
        self._queries: deque[float] = deque()

    def shown(self, phone: str = "", since: str = "") -> list[dict[str, object]]:
        """Prompts of a phone not older than a time, oldest first; all of them without either."""
        with self._lock:
            return [
                prompt.shown()
                for prompt in self._order
                if (not phone or prompt.phone == phone) and prompt.at >= since
            ]

    def push(self, push: Push) -> Prompt:
        """Put a prompt on a phone.

        Raises: DarajaError.
        """
        with self._lock:
            # A phone shows one thing at a time: a prompt, or a USSD session.
            busy = push.phone in self._open or self._is_busy(push.phone)
            locked = busy and self._faults.flag("daraja.phone_lock")
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
        self._tell(prompt, outcome(prompt, UNANSWERED), 0.0)

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
        with self._lock:
            if not self._close(prompt, STATUSES.get(code, "failed")):
                return []
            prompt.result_code = code
            payment = self._book(prompt) if code == PAID else None
        delay = 0.0 if at_once else self._faults.number("daraja.callback_delay")
        if payment is None:
            self._tell(prompt, outcome(prompt, code), delay)
            return []
        return self._say_paid(prompt, payment, delay, at_once)

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
            self._tell(prompt, outcome(prompt, UNANSWERED), delay)
            delay += self._faults.number("daraja.late_seconds")
        gap = self._faults.number("daraja.c2b_delay")
        c2b_delay, stk_delay = (delay, delay + gap) if hit("c2b_first") else (delay + gap, delay)
        registration = self._c2b.in_force()
        if registration and self._faults.flag("daraja.c2b_on_stk"):
            self._c2b.confirm(payment, registration, c2b_delay)
        if hit("failure_after_success"):
            self._tell(prompt, outcome(prompt, CANCELLED), stk_delay + 0.5)
        body = self._success(prompt, payment)
        if at_once:
            say = partial(self._post.now, "stk", prompt.checkout_request_id, prompt.url, body)
            return [] if hit("silent") else [say]
        self._tell(prompt, body, stk_delay)
        return []

    def _strikes(self, phone: str, name: str) -> bool:
        return self._faults.hit(f"daraja.{name}", phone)

    def _tell(self, prompt: Prompt, body: dict[str, Any], delay: float) -> None:
        if self._strikes(prompt.phone, "silent"):
            return
        if self._strikes(prompt.phone, "text_values"):
            body = as_text(body)
        copies = COPIES if self._strikes(prompt.phone, "duplicate") else 1
        self._post.later(delay, "stk", prompt.checkout_request_id, prompt.url, body, copies)

    def _success(self, prompt: Prompt, payment: Payment) -> dict[str, Any]:
        names = ("masked_phone", "balance_item_missing", "items_shuffled")
        struck = {name for name in names if self._strikes(prompt.phone, name)}
        return success(prompt, payment, struck)

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
