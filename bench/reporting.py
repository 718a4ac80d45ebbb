"""Delivery reports: taking them in over HTTP, and applying what they say."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence

from bench.handing import preload
from bench.place import KINDS, POSTGRES, SQLITE, Customer, Place, count, place
from bench.rows import Row, in_turns, ratio
from core import clock, phone
from core.database import execute, execute_many, transaction
from core.gateways.outcome import Outcome
from core.gateways.sms import Answer, RowAnswer
from core.messaging import claiming, recording, reports
from core.messaging.models import SHARED_ACCOUNT

SECONDS = 1.5
WARM_UP_S = 0.7
CONNECTIONS = 8
# A twentieth of all reports says that a text did not arrive.
FAILED_SHARE = 0.05
FOLDED = 4000
ONE_BY_ONE = {SQLITE: 1500, POSTGRES: 600}
FLOORS = {SQLITE: (1.4, 2.5), POSTGRES: (15, 40)}


def bench_accepting(rounds: int) -> Iterator[Row]:
    """Compare storing a report with storing anything at all."""
    for kind in KINDS:
        with place(kind) as here:
            sides = _Accepting(here)
            pairs = in_turns(rounds, sides.ours, sides.raw)
            here.prove(report=sides.stored)
        yield ratio(
            f"delivery reports accepted, {kind} ÷ bare falcon + one INSERT", pairs, 0.60, 0.90
        )


class _Accepting:
    """Our server and the bare one, each told of delivered texts as Onfon tells of them."""

    def __init__(self, here: Place) -> None:
        self._here = here
        self._request = (
            f"GET /sms/in/{here.settings.onfon.callback_secret}/dlr"
            "?messageId=0b6c1f7e-5a0e-4a53-9a1f-0000########&mobile=2547########"
            "&status=DELIVRD&errorCode=000&submitDate=2026-11-02%2010%3A00%3A00"
            "&doneDate=2026-11-02%2010%3A00%3A07&shortMessage= HTTP/1.1\r\n"
            "Host: 127.0.0.1\r\n\r\n"
        )
        self._web, self._bare = here.start_web(), here.start_bare()
        self.stored = 0
        self.ours(WARM_UP_S)
        self.raw(WARM_UP_S)

    def ours(self, seconds: float = SECONDS) -> float:
        done = self._ask(self._web, seconds)
        self.stored += int(done["answered"])
        return done["rate"]

    def raw(self, seconds: float = SECONDS) -> float:
        return self._ask(self._bare, seconds)["rate"]

    def _ask(self, port: int, seconds: float) -> dict[str, float]:
        return self._here.load(port, [self._request], CONNECTIONS, seconds=seconds)


def bench_applying(rounds: int) -> Iterator[Row]:
    """Compare folding by the thousand with the obvious way, a transaction for each report."""
    for kind in KINDS:
        with place(kind) as here:
            texts = (FOLDED + ONE_BY_ONE[kind]) * rounds
            sides = _Applying(submitted(here.customers(5), texts), ONE_BY_ONE[kind])
            pairs = in_turns(rounds, sides.ours, sides.raw)
            here.prove(report=texts)
            assert count("report", "state = 'applied'") == texts
            assert count("message", "status = 'undelivered'") == sides.failed
            assert count("message", "status = 'delivered'") == texts - sides.failed
        floor, aim = FLOORS[kind]
        yield ratio(f"delivery reports applied, {kind} ÷ one transaction each", pairs, floor, aim)


class _Applying:
    """Two ways to apply the reports about texts that were handed over, in no order."""

    def __init__(self, provider_ids: list[str], one_by_one: int) -> None:
        random.Random(254).shuffle(provider_ids)
        self._provider_ids = provider_ids
        self._one_by_one = one_by_one
        self.failed = 0

    def ours(self) -> float:
        return self._rate(FOLDED, reports.fold)

    def raw(self) -> float:
        return self._rate(self._one_by_one, one_by_one)

    def _rate(self, how_many: int, apply: Callable[[], object]) -> float:
        self.failed += store([self._provider_ids.pop() for _ in range(how_many)])
        started = time.perf_counter()
        apply()
        return how_many / (time.perf_counter() - started)


def submitted(customers: Sequence[Customer], texts: int) -> list[str]:
    """Have texts accepted and handed over to a gateway that took them; return their ids there."""
    preload(customers, texts)
    given: list[str] = []
    while claim := claiming.claim(SHARED_ACCOUNT):
        first = len(given)
        given += [f"0b6c1f7e-{first + at:012x}" for at in range(len(claim.texts))]
        rows = tuple(RowAnswer(Outcome.ACCEPTED, each) for each in given[first:])
        recording.record(claim, Answer(Outcome.ACCEPTED, rows))
    return given


def store(provider_ids: Sequence[str]) -> int:
    """Store a report about each text, and return how many say that it did not arrive."""
    chance = random.Random(len(provider_ids))
    rows = []
    for each in provider_ids:
        arrived = chance.random() >= FAILED_SHARE
        word, verdict = ("DELIVRD", "delivered") if arrived else ("UNDELIV", "undelivered")
        rows.append((SHARED_ACCOUNT, each, None, word, verdict, "000", None, clock.ms()))
    with transaction():
        execute_many(reports._STORE, rows)
    return sum(row[4] == "undelivered" for row in rows)


_FINISH = """
    UPDATE message SET status = %s, final_at = %s WHERE provider_id = %s AND status = 'submitted'
    RETURNING tenant_id, sender, msisdn, segments, cost, submitted_at
"""
_MOVE = """
    INSERT INTO usage
        (tenant_id, day, sender, operator, status, is_test, messages, segments, cost)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s), (%s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, day, sender, operator, status, is_test) DO UPDATE
    SET messages = usage.messages + excluded.messages,
        segments = usage.segments + excluded.segments, cost = usage.cost + excluded.cost
"""


def one_by_one() -> None:
    """Apply every new report in a transaction of its own: the text, its figures, the report."""
    rows = execute("SELECT id, provider_id, verdict FROM report WHERE state = 'new'").fetchall()
    for report_id, provider_id, verdict in rows:
        with transaction():
            tenant_id, sender, msisdn, segments, cost, submitted_at = execute(
                _FINISH, (verdict, clock.ms(), provider_id)
            ).fetchone()
            day = clock.day_number(clock.from_ms(submitted_at))
            key = (tenant_id, day, sender, phone.operator(msisdn))
            was = (*key, "submitted", False, -1, -segments, -cost)
            execute(_MOVE, (*was, *key, verdict, False, 1, segments, cost))
            execute("UPDATE report SET state = 'applied' WHERE id = %s", (report_id,))
