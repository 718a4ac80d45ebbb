"""Handing texts over: how well a real worker keeps a gateway's connections, and its limit, full."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bench.accept import requests_of
from bench.place import KINDS, Customer, Place, count, place, wait_until
from bench.rows import Row, in_turns, ratio
from core.database import execute
from core.messaging import sending
from core.messaging.dispatch import dispatch
from core.messaging.models import SHARED_ACCOUNT
from core.messaging.sending import Order, Text

UNPACED = 100_000  # requests a second; above 1000 nothing is paced
WORDS = "Habari Asha, agizo lako liko tayari. Karibu Salon Zuri leo saa nne hadi saa kumi na moja."

# Connections and texts a request, at a gateway that takes 100 ms.
SHAPES = ((1, 20), (4, 20), (4, 100))
LATENCY_S = 0.1
WINDOW_S = 1.0

# Onfon's own limit: 20 texts a request, 40 requests a second.
LIMIT_BATCH, LIMIT_PER_S = 20, 40
LIMIT_LATENCY_S = 0.05
LIMIT_WINDOW_S = 2.0

DRAIN_COUNT = 3000
DRAIN_CONNECTIONS = 8


def preload(customers: Sequence[Customer], texts: int) -> int:
    """Accept texts in sends of a thousand, and return how many."""
    sends = -(-texts // 1000)
    for number in range(sends):
        order = Order([Text(f"2541{number * 1000 + at:08d}", WORDS) for at in range(1000)])
        who = customers[number % len(customers)]
        sending.send(who.profile, order, once=None, actor="bench")
    return sends * 1000


def is_drained() -> bool:
    """Say whether nothing waits and no request is under way."""
    queued = execute(
        "SELECT 1 FROM message WHERE status = 'queued' "
        "ORDER BY account_id, lane, tenant_id, id LIMIT 1"
    ).fetchone()
    posting = execute("SELECT 1 FROM submission WHERE state = 'posting' LIMIT 1").fetchone()
    return queued is None and posting is None


def bench_submission(rounds: int) -> Iterator[Row]:
    """Compare with what so many connections of so many texts could do if we cost nothing."""
    for kind in KINDS:
        for connections, size in SHAPES:
            most = connections * size / LATENCY_S
            with place(
                kind,
                ONFON__BATCH_SIZE=size,
                ONFON__CONNECTIONS=connections,
                ONFON__RATE_PER_SECOND=UNPACED,
            ) as here:
                rates, _ = _windows(here, rounds, WINDOW_S, LATENCY_S, most)
            yield ratio(
                f"submission, {kind}, {connections} × {size} at 100 ms ÷ {most:,.0f} a second",
                [(rate, most) for rate in rates],
                0.70,
                0.90,
            )


def bench_limit(rounds: int) -> Iterator[Row]:
    """Compare with the most Onfon takes; going over it is as bad as staying behind."""
    most = float(LIMIT_BATCH * LIMIT_PER_S)
    for kind in KINDS:
        with place(
            kind,
            ONFON__BATCH_SIZE=LIMIT_BATCH,
            ONFON__RATE_PER_SECOND=LIMIT_PER_S,
        ) as here:
            rates, busiest = _windows(here, rounds, LIMIT_WINDOW_S, LIMIT_LATENCY_S, most)
        yield ratio(
            f"hand-over at the real limit, {kind} ÷ 800 a second",
            [(rate, most) for rate in rates],
            0.90,
            0.98,
            ceiling=1.02,
            note=f"busiest second {busiest} requests",
        )


def _windows(
    here: Place, windows: int, window_s: float, latency_s: float, most: float
) -> tuple[list[float], int]:
    """Keep a worker busy for so many windows of as many requests as there could be in `window_s`.

    Return the texts a second in each, and the requests in the busiest second. The first requests
    are left out: they are the worker's start.
    """
    size = here.settings.onfon.batch_size
    group = round(most / size * window_s)
    needed = group * windows + (lead := group // 2) + 1
    texts = preload(here.customers(2), (needed + group) * size)
    here.start_stub(latency_s)
    here.start_worker()
    wait_until(lambda: len(here.seen()["requests"]) >= needed, every=0.25)
    here.stop("worker")
    seen = here.seen()
    marks = [seen["requests"][at] for at in range(lead, needed, group)]
    sums = [
        sum(count for _, count in seen["requests"][at : at + group])
        for at in range(lead, needed - 1, group)
    ]
    rates = [
        total / (end - begin)
        for total, ((begin, _), (end, _)) in zip(sums, pairwise(marks), strict=True)
    ]
    moments = [at for at, _ in seen["requests"]]
    busiest = max(sum(1 for at in moments if begin <= at < begin + 1) for begin in moments[::10])
    here.prove(messages=texts)
    _match(here, seen["texts"])
    return rates, busiest


def _match(here: Place, seen: int) -> None:
    """Every text was sent once, and every one sent is known to be."""
    assert here.seen()["distinct"] == seen
    assert count("message", "status = 'submitted' AND provider_id IS NOT NULL") == seen
    assert count("message", "status = 'submitted' AND charge = 'taken'") == seen


def bench_drain(rounds: int) -> Iterator[Row]:
    """Accept singles while a worker hands them over, until the last is gone; beside accept alone.

    The gateway answers at once and takes large batches, so what is measured is us.
    """
    for kind in KINDS:
        with place(kind, ONFON__BATCH_SIZE=1000, ONFON__RATE_PER_SECOND=UNPACED) as here:
            drain = _Drain(here)
            # The raw side first: what it leaves waiting is drained before the other's turn.
            pairs = [(b, a) for a, b in in_turns(rounds, drain.accepted, drain.drained)]
            drain.prove()
        yield ratio(
            f"singles drained end to end, {kind} ÷ accept rate",
            pairs,
            0.5,
            1.0,
            note=f"a backlog goes at {statistics.median(drain.backlogs):,.0f}/s",
        )


class _Drain:
    """Singles under load, with a worker beside it or without."""

    def __init__(self, here: Place) -> None:
        self._here = here
        self._requests = requests_of(here.customers(5))
        self._port = here.start_web()
        here.start_stub()
        self._accepted = 0
        self.backlogs: list[float] = []
        self._load(1000)

    def _load(self, texts: int) -> dict[str, float]:
        self._accepted += texts
        return self._here.load(self._port, self._requests, DRAIN_CONNECTIONS, count=texts)

    def accepted(self) -> float:
        """Accept alone; the texts wait."""
        return self._load(DRAIN_COUNT)["rate"]

    def drained(self) -> float:
        """Accept with a worker running, from the first request to the last text's answer."""
        here = self._here
        here.start_worker()
        dispatch.later(SHARED_ACCOUNT)
        wait_until(is_drained)
        self.backlogs.append(_rate_between(here.seen()["requests"]))
        here.forget_seen()
        loaded = self._load(DRAIN_COUNT)
        wait_until(is_drained)
        rate = DRAIN_COUNT / (time.monotonic() - loaded["began"])
        seen = here.seen()
        assert seen["texts"] == seen["distinct"] == DRAIN_COUNT, seen["texts"]
        here.stop("worker")
        here.forget_seen()
        return rate

    def prove(self) -> None:
        """Every text was accepted once, sent once, and its price taken."""
        self._here.prove(messages=self._accepted)
        assert count("message", "status = 'submitted' AND charge = 'taken'") == self._accepted


def _rate_between(requests: Sequence[Sequence[float]]) -> float:
    """How fast texts went, from the first request to the last."""
    texts = sum(size for _, size in requests[:-1])
    return texts / max(0.001, requests[-1][0] - requests[0][0])
