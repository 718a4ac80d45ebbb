"""Sends Daraja's callbacks: once each, unless a fault says otherwise."""

from __future__ import annotations

from functools import partial

import msgspec

from sandbox.courier import PATIENCE_SECONDS, Courier, Letter, Reply
from sandbox.faults import Faults
from sandbox.scheduler import Scheduler

COPIES = 3
RETRY_SECONDS = 1.0
LISTED_ADDRESS = "196.201.212.69"
UNLISTED_ADDRESS = "203.0.113.9"


class Post:
    """Safaricom's side of a callback."""

    def __init__(
        self, faults: Faults, scheduler: Scheduler, courier: Courier, shortcode: str
    ) -> None:
        self._faults = faults
        self._scheduler = scheduler
        self._courier = courier
        self._shortcode = shortcode

    def later(
        self, seconds: float, kind: str, about: str, url: str, body: object, copies: int = 1
    ) -> None:
        """Send a body after a while; copies go at the same moment."""
        if self._faults.hit("daraja.out_of_order"):
            most = self._faults.number("daraja.out_of_order_seconds")
            seconds += self._faults.chance("daraja.out_of_order").uniform(0, most)
        for _ in range(copies):
            self._scheduler.after(seconds, partial(self.now, kind, about, url, body))

    def now(
        self,
        kind: str,
        about: str,
        url: str,
        body: object,
        patience_seconds: float = PATIENCE_SECONDS,
        tries: int = 0,
    ) -> Reply:
        """Send a body and wait for its answer."""
        unlisted = self._faults.hit("daraja.unlisted_address")
        headers = {
            "Content-Type": "application/json;charset=UTF-8",
            "Businessshortcode": self._shortcode,
            "X-Forwarded-For": UNLISTED_ADDRESS if unlisted else LISTED_ADDRESS,
        }
        letter = Letter(kind, about, url, "POST", headers, msgspec.json.encode(body))
        reply = self._courier.deliver(letter, patience_seconds)
        repeatable = kind != "c2b_validation" and not 200 <= reply.status < 300
        if repeatable and tries < self._faults.number("daraja.retries"):
            again = partial(self.now, kind, about, url, body, patience_seconds, tries + 1)
            self._scheduler.after(RETRY_SECONDS, again)
        return reply
