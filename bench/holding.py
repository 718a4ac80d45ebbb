"""Many at once on one wallet, beside as many on wallets of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial

from bench.place import KINDS, Customer, place
from bench.rows import Row, in_turns, ratio
from core import database
from core.messaging import sending
from core.messaging.sending import Order, Text

THREADS = 16
HOLDS = 40  # of each thread in a round


def bench(rounds: int) -> Iterator[Row]:
    """Hold the price of one text, again and again, from sixteen threads."""
    for kind in KINDS:
        with place(kind) as here:
            customers = here.customers(THREADS)
            together(customers)
            pairs = in_turns(
                rounds,
                partial(together, customers[:1] * THREADS),
                partial(together, customers),
            )
            done = THREADS * HOLDS * (2 * rounds + 1)
            here.prove(messages=done, hold=done)
        yield ratio(f"holds on ONE wallet, {kind}, {THREADS} threads ÷ {THREADS} wallets", pairs)


def together(customers: Sequence[Customer]) -> float:
    """A thread for each; return holds a second over all."""
    ready = threading.Barrier(len(customers) + 1)
    threads = [threading.Thread(target=_hold, args=(each, ready)) for each in customers]
    for thread in threads:
        thread.start()
    ready.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return len(customers) * HOLDS / (time.perf_counter() - started)


def _hold(customer: Customer, ready: threading.Barrier) -> None:
    order = Order([Text("254712345678", "Habari")])
    database.ping()  # connect before the clock starts
    ready.wait()
    for _ in range(HOLDS):
        sending.send(customer.profile, order, once=None, actor="bench")
    database.close_all()
