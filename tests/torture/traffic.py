"""Customers who never give up: they repeat what was not answered, under the same key."""

from __future__ import annotations

import itertools
import random
import threading
import time
from dataclasses import dataclass, field

import requests

from tests.stack import Business

_numbers = itertools.count(1)
_lock = threading.Lock()


def fresh_number() -> str:
    """A number nobody else in this run sends to."""
    with _lock:
        return f"2547{next(_numbers) + 10_000_000:08d}"


def until_answered(
    business: Business, path: str, body: object, once: str, patience_s: float = 180.0
) -> requests.Response:
    """Ask again, under one key, until there is an answer that says something."""
    end = time.monotonic() + patience_s
    session = requests.Session()
    session.trust_env = False
    headers = {"Authorization": f"Bearer {business.live}", "Idempotency-Key": once}
    url = f"{business.stack.url}/api/{business.id}{path}"
    while True:
        try:
            answer = session.post(url, json=body, headers=headers, timeout=20)
            if answer.status_code not in (409, 500, 502, 503):
                return answer
        except requests.RequestException:
            pass
        if time.monotonic() > end:
            raise AssertionError(f"no answer to {path} in {patience_s} s")
        time.sleep(0.1)


@dataclass
class Traffic:
    """Threads that send and pay while the world falls down."""

    businesses: list[Business]
    sent: dict[str, str] = field(default_factory=dict)  # number: the id of its text
    paid: list[str] = field(default_factory=list)  # ids of top-ups
    errors: list[str] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self, senders: int = 3, payers: int = 1) -> None:
        for number in range(senders + payers):
            act = self._send if number < senders else self._pay
            thread = threading.Thread(target=self._repeat, args=(act, number), daemon=True)
            thread.start()
            self.threads.append(thread)

    def stop(self) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(240)
        assert self.errors == []

    def _repeat(self, act: object, seed: int) -> None:
        chance = random.Random(seed)
        try:
            while not self.stopping.is_set():
                act(chance)  # type: ignore[operator]
        except BaseException as error:
            self.errors.append(repr(error))

    def _send(self, chance: random.Random) -> None:
        business = chance.choice(self.businesses)
        numbers = [fresh_number() for _ in range(chance.choice([1, 1, 3, 40]))]
        body = {"to": numbers, "message": f"Habari {chance.random()}"}
        answer = until_answered(business, "/sms/send", body, f"send-{numbers[0]}")
        assert answer.status_code == 202, answer.text
        for row in answer.json()["messages"]:
            self.sent[row["to"]] = row["id"]

    def _pay(self, chance: random.Random) -> None:
        business = chance.choice(self.businesses)
        phone = fresh_number()
        body = {"amount": str(chance.randint(1, 500)), "method": "mpesa", "phone": phone}
        answer = until_answered(business, "/topups", body, f"pay-{phone}")
        assert answer.status_code == 202, answer.text
        self.paid.append(answer.json()["id"])
        time.sleep(0.2)
