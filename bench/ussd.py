"""USSD: how long fifty people in the middle of their menus wait for a screen."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.place import HERE, POSTGRES, Place, place
from bench.rows import Row, Unproved, at_most
from core import clock, words
from core.dialogue.engine import Engine
from core.dialogue.steps import Ask, Flow
from core.dialogue.store import Chat
from core.leash import leashed
from core.money import Money
from core.phone import parse
from core.tenants import pins
from core.tenants.models import Membership, Person, Role

PEOPLE = 50
SECONDS = 8.0
WARM_UP_S = 4.0
# Nobody reads a screen and types faster; half to one and a half of this.
THINK_S = 1.0
PIN = "8317"
# A balance, a report, a text bought with the PIN (whose check is slow on purpose), a look around.
WALKS = [
    ["3"],
    ["5", "1"],
    ["1", "1", "0712000001", "Habari, karibu tena.", "1", "1", PIN],
    ["2", "500", "0", "00", "6", "0", "7"],
]
GOAL_MS = 50.0
REPLAYS = 300


def bench(rounds: int) -> Iterator[Row]:
    """Hop times of the web server on PostgreSQL, and what replaying a long flow costs."""
    with place(POSTGRES) as here:
        phones = introduce(here)
        port = here.start_web()
        walk(here, port, phones, WARM_UP_S, THINK_S)
        done = [walk(here, port, phones, SECONDS, THINK_S) for _ in range(rounds)]
        here.stop("web")
        here.environment["TUMA_USSD__HOPS_PER_MINUTE"] = "1000000"
        port = here.start_web()
        walk(here, port, phones, WARM_UP_S, THINK_S)
        busy = walk(here, port, phones, SECONDS, 0.0)
        here.prove()
    p50 = statistics.median(each["p50_ms"] for each in done)
    note = f"p50 {p50:.0f} ms; flat out {busy['rate']:.0f} hops/s at p99 {busy['p99_ms']:.0f} ms"
    yield at_most(
        f"USSD hop p99, {PEOPLE} sessions, postgresql",
        [each["p99_ms"] for each in done],
        GOAL_MS,
        GOAL_MS / 2,
        note,
    )
    yield at_most("replay of ten answered questions", _replays(rounds), 1.0, 0.1)


def introduce(here: Place) -> list[str]:
    """Give each customer an owner with a phone and a PIN."""
    phones = []
    for customer in here.customers(PEOPLE):
        msisdn = f"254711{customer.profile.tenant_id:06d}"
        person = Person.create(
            id=f"usr_{msisdn}", msisdn=msisdn, name="Asha", created_at=clock.now()
        )
        Membership.create(
            person_id=person.id,
            tenant_id=customer.profile.tenant_id,
            role=Role.OWNER.value,
            created_at=clock.now(),
        )
        pins.put_first(person, pins.make(PIN, msisdn), channel="ussd")
        phones.append(msisdn)
    return phones


def walk(
    here: Place, port: int, phones: list[str], seconds: float, think_s: float
) -> dict[str, Any]:
    """Have every phone walk through the menus for so long; tell how long the screens took."""
    plan = {
        "port": port,
        "path": f"/ussd/{here.settings.ussd.secret}/africastalking",
        "phones": phones,
        "walks": WALKS,
        "seconds": seconds,
        "think_s": think_s,
    }
    done = subprocess.run(
        leashed([sys.executable, "-I", "-S", str(HERE / "phones.py")]),
        input=json.dumps(plan).encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise Unproved(done.stderr.decode())
    result: dict[str, Any] = json.loads(done.stdout)
    if result["odd"]:
        raise Unproved(f"{result}; {here.log('web')}")
    return result


@dataclass
class _Visitor:
    channel: str = "ussd"
    address: str = "254712345678"
    language: str = "en"

    def say(self, sentence: str, /, **fields: object) -> str:
        return words.say(self.language, sentence, **fields)


def _ten(visit: _Visitor) -> Flow:
    """A flow of ten questions that asks nothing of the database."""
    for at in range(5):
        yield from Ask(f"amount{at}", visit.say("How much?"), Money.parse)
        yield from Ask(f"number{at}", visit.say("Which number?"), parse)
    return (yield from Ask("last", visit.say("Anything else?"), str))


def _replays(rounds: int) -> list[float]:
    """Milliseconds to come to the eleventh question again, less those to come to the first."""
    engine = Engine({"ten": _ten})
    answers: dict[str, str] = {}
    for at in range(5):
        answers |= {f"amount{at}": "1,250.50", f"number{at}": "0712 345 678"}
    return [_replay_ms(engine, answers) - _replay_ms(engine, {}) for _ in range(rounds)]


def _replay_ms(engine: Engine[_Visitor], answers: dict[str, str]) -> float:
    visit, took = _Visitor(), []
    for _ in range(REPLAYS):
        chat = Chat(visit.channel, visit.address, "ten", answers=dict(answers))
        started = time.perf_counter()
        engine._replay(visit, chat, None)
        took.append(time.perf_counter() - started)
    return statistics.median(took) * 1000
