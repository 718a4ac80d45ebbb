"""Fifty phones that dial, read and type, each at its own pace: a program of its own.

It reads a plan and prints what it measured, both JSON, so that its work is no part of the
interpreter it measures.
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import threading
import time
from typing import Any
from urllib.parse import urlencode

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Phone:
    """One phone at Africa's Talking, with a connection of its own."""

    def __init__(self, plan: dict[str, Any], number: str, seed: int) -> None:
        self.plan, self.number = plan, number
        self.chance = random.Random(f"{seed} {time.time_ns()}")  # no session twice
        self.line = http.client.HTTPConnection("127.0.0.1", plan["port"], timeout=20)
        self.took: list[tuple[float, str]] = []
        self.odd = ""

    def live(self, ends: float) -> None:
        """Walk through the menus until the time is up."""
        time.sleep(self.chance.random() * self.plan["think_s"])
        while time.perf_counter() < ends and not self.odd:
            self.walk(self.chance.choice(self.plan["walks"]), ends)
        self.line.close()

    def walk(self, typed: list[str], ends: float) -> None:
        """Dial and answer; the last screen must be the walk's end."""
        session = f"ATUid_{self.chance.getrandbits(128):032x}"
        said: list[str] = []
        waiting = list(typed)
        while time.perf_counter() < ends:
            shown = self.hop(session, said)
            if "2. Start over" in shown:  # the last walk was cut off
                waiting.insert(0, "2")
            if shown[:3] != ("CON" if waiting else "END"):
                self.odd = f"{said}: {shown}"
            if not waiting or self.odd:
                return
            said.append(waiting.pop(0))
            time.sleep(self.plan["think_s"] * self.chance.uniform(0.5, 1.5))

    def hop(self, session: str, typed: list[str]) -> str:
        body = urlencode(
            {
                "sessionId": session,
                "phoneNumber": f"+{self.number}",
                "networkCode": "63902",
                "serviceCode": "*384*1234#",
                "text": "*".join(typed),
            }
        )
        started = time.perf_counter()
        self.line.request("POST", self.plan["path"], body, FORM)
        shown = self.line.getresponse().read().decode()
        self.took.append((time.perf_counter() - started, "*".join(typed)))
        return shown


def run(plan: dict[str, Any]) -> dict[str, Any]:
    """Let every phone live for so many seconds."""
    phones = [Phone(plan, number, seed) for seed, number in enumerate(plan["phones"])]
    started = time.perf_counter()
    ends = started + plan["seconds"]
    threads = [threading.Thread(target=phone.live, args=(ends,)) for phone in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = sorted(each for phone in phones for each, _ in phone.took)
    return {
        "hops": len(took),
        "rate": len(took) / (time.perf_counter() - started),
        "p50_ms": took[len(took) // 2] * 1000,
        "p99_ms": took[min(len(took) - 1, len(took) * 99 // 100)] * 1000,
        "max_ms": took[-1] * 1000,
        "odd": next((phone.odd for phone in phones if phone.odd), ""),
    }


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
