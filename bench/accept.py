"""Taking on one text over HTTP, beside Falcon and one INSERT."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.place import KINDS, POSTGRES, SQLITE, Customer, Place, place
from bench.rows import Row, at_most, ratio

WORDS = "Habari Asha, agizo lako liko tayari. Karibu Salon Zuri leo saa nne hadi saa kumi na moja."
SECONDS = 2.0
WARM_UP_S = 0.7
CONNECTIONS = (8, 32)


def requests_of(customers: Sequence[Customer]) -> list[str]:
    """One send for each customer; the client puts a fresh number in the place of the marks."""
    return [_request(customer) for customer in customers]


def _request(customer: Customer) -> str:
    body = f'{{"to": "2547########", "message": "{WORDS}"}}'
    return (
        f"POST /api/{customer.profile.tenant_id}/sms/send HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        f"Authorization: Bearer {customer.key}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )


class _Sides:
    """Our server and the bare one, each under the same load when asked."""

    def __init__(self, here: Place) -> None:
        self.here = here
        self.customers = here.customers(5)
        self.five, self.one = requests_of(self.customers), requests_of(self.customers[:1])
        self.web, self.bare = here.start_web(), here.start_bare()
        self.stored = 0
        self.ours_p99: list[float] = []
        self.ours_p50: list[float] = []
        self.raw_p99: list[float] = []
        for connections in CONNECTIONS:
            self.ours(connections, WARM_UP_S)
            self.raw(connections, WARM_UP_S)

    def ours(self, connections: int, seconds: float = SECONDS, *, one: bool = False) -> float:
        requests = self.one if one else self.five
        done = self.here.load(self.web, requests, connections, seconds=seconds)
        self.stored += done["answered"]
        self.ours_p50.append(done["p50_ms"])
        self.ours_p99.append(done["p99_ms"])
        return float(done["rate"])

    def raw(self, connections: int, seconds: float = SECONDS) -> float:
        done = self.here.load(self.bare, self.five, connections, seconds=seconds)
        self.raw_p99.append(done["p99_ms"])
        return float(done["rate"])

    def forget_times(self) -> None:
        self.ours_p50, self.ours_p99, self.raw_p99 = [], [], []


def bench(rounds: int) -> Iterator[Row]:
    """Accept on both databases, over few and many connections, and for one busy tenant."""
    for kind in KINDS:
        with place(kind) as here:
            sides = _Sides(here)
            for connections in CONNECTIONS:
                yield from _against_bare(sides, connections, rounds)
            here.prove(messages=sides.stored, hold=sides.stored)


def _against_bare(sides: _Sides, connections: int, rounds: int) -> Iterator[Row]:
    kind, path = sides.here.kind, f"accept, {sides.here.kind}, {connections} connections"
    with_one = kind == POSTGRES and connections == CONNECTIONS[-1]
    sides.forget_times()
    pairs, ones = [], []
    for _ in range(rounds):
        ours, raw = sides.ours(connections), sides.raw(connections)
        pairs.append((ours, raw))
        if with_one:
            times = sides.ours_p50[:], sides.ours_p99[:]
            ones.append((sides.ours(connections, one=True), ours))
            sides.ours_p50, sides.ours_p99 = times
    row = at_most(f"{path}, p99", sides.ours_p99, 100)
    p50, raw_p99 = _median(sides.ours_p50), _median(sides.raw_p99)
    note = f"p50 {p50:.1f} p99 {row.figure:.1f} ms; raw p99 {raw_p99:.1f} ms"
    yield ratio(f"{path} ÷ bare falcon + one INSERT", pairs, 0.60, 0.85, note=note)
    if kind == SQLITE:
        yield row
    if with_one:
        yield ratio(f"{path}, ONE tenant ÷ five tenants", ones, 0.60, 1.0)


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
