"""What a large campaign does to everybody else: codes that must not wait, screens that must come.

A code is handed over when the gateway's stand-in has it in its hands; it waits from the moment its
request is posted to our web server.
"""

from __future__ import annotations

import http.client
import itertools
import json
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench import crowd, ussd
from bench.handing import LIMIT_BATCH, LIMIT_LATENCY_S, LIMIT_PER_S
from bench.place import KINDS, Customer, Place, count, get, place, wait_until
from bench.rows import Row, Unproved, at_most
from bench.sizes import people
from core.database import execute

CODES = 20
CODES_PER_S = 5.0
CODE_MS, CODE_AIM_MS = 2000.0, 500.0
SETTLE_S = 3.0
HOP_MS, HOP_AIM_MS = 50.0, 20.0
HOP_SECONDS = 6.0
# About as many as can be priced and made rows in that time.
HOP_PEOPLE = 250_000

_numbers = itertools.count(1)


def bench_codes(rounds: int) -> Iterator[Row]:
    """Send codes while a campaign keeps the gateway at its limit, from another tenant and its own.

    The campaign is only just being made ready when the first code comes, and goes on to the end.
    """
    for kind in KINDS:
        with place(kind, ONFON__BATCH_SIZE=LIMIT_BATCH, ONFON__RATE_PER_SECOND=LIMIT_PER_S) as here:
            yield from _codes(here, rounds)


def _codes(here: Place, rounds: int) -> Iterator[Row]:
    shop, bank = here.customers(2)
    group_id = crowd.contacts(shop.profile.tenant_id, people())
    here.start_stub(LIMIT_LATENCY_S)
    port = here.start_web()
    here.start_worker()
    campaign_id = crowd.launch(shop, group_id, "wiki hii")
    wait_until(lambda: here.seen()["texts"] > LIMIT_BATCH * LIMIT_PER_S, crowd.START_S)
    time.sleep(SETTLE_S)
    others, own = _Codes(here, port, bank, "25411"), _Codes(here, port, shop, "25410")
    rates = []
    for _ in range(rounds):
        before, began = here.seen()["texts"], time.monotonic()
        _in_turns(others, own)
        rates.append((here.seen()["texts"] - before) / (time.monotonic() - began))
    crowd.until_filled(campaign_id)
    queued = count("message", f"batch_id = '{campaign_id}' AND status = 'queued'")
    if not queued:
        raise Unproved("the campaign was over before the last code was sent")
    here.stop("worker")
    _prove(here, campaign_id, others.sent + own.sent)
    path = f"beside a campaign of {people():,}, {here.kind}"
    note = f"gateway at {statistics.median(rates):.0f} texts/s of {LIMIT_BATCH * LIMIT_PER_S}"
    for who, codes in (("another tenant", others), ("the same tenant", own)):
        waits = codes.p95_ms(rounds)
        yield at_most(f"a code of {who} p95, {path}", waits, CODE_MS, CODE_AIM_MS, note)


class _Codes:
    """The one-time codes of one customer."""

    def __init__(self, here: Place, port: int, customer: Customer, begins: str) -> None:
        self._here = here
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self._path = f"/api/{customer.profile.tenant_id}/sms/send"
        self._headers = {
            "Authorization": f"Bearer {customer.key}",
            "Content-Type": "application/json",
        }
        self._begins = begins
        self._posted: dict[str, float] = {}

    @property
    def sent(self) -> int:
        return len(self._posted)

    def send(self) -> None:
        """Send a code to a number nobody else has."""
        number = f"{self._begins}{next(_numbers):07d}"
        body = json.dumps({"to": number, "message": f"Your code is {number[-6:]}."})
        self._posted[number] = time.monotonic()
        self._line.request("POST", self._path, body, self._headers)
        answer = self._line.getresponse()
        said = answer.read()
        if answer.status != 202:
            raise Unproved(said.decode())

    def until_there(self) -> dict[str, float]:
        """When each came to the gateway, once all have."""
        url = f"http://127.0.0.1:{self._here.stub_port}/when/{self._begins}"
        wait_until(lambda: len(get(url)) == self.sent, 60.0)
        return dict(get(url))

    def p95_ms(self, rounds: int) -> list[float]:
        """What one in twenty waited longer than, in each round."""
        came = self.until_there()
        waits = [(came[number] - at) * 1000 for number, at in self._posted.items()]
        each = len(waits) // rounds
        return [
            sorted(waits[at : at + each])[each * 95 // 100] for at in range(0, each * rounds, each)
        ]


def _in_turns(others: _Codes, own: _Codes) -> None:
    """Send both kinds of codes at an even pace."""
    began = time.monotonic()
    for number in range(2 * CODES):
        (own if number % 2 else others).send()
        time.sleep(max(0.0, began + (number + 1) / (2 * CODES_PER_S) - time.monotonic()))


def _prove(here: Place, campaign_id: str, codes: int) -> None:
    """Every text is a row, none went twice, and what went is what was charged."""
    here.prove(messages=people() + codes)
    seen = here.seen()
    went = count("message", "status = 'submitted' AND charge = 'taken'")
    if not seen["texts"] == seen["distinct"] == went:
        raise Unproved(f"{seen['texts']} texts to {seen['distinct']} numbers, {went} charged")
    statement = "SELECT SUM(messages) FROM batch_count WHERE batch_id = %s"
    counted = int(execute(statement, (campaign_id,)).fetchone()[0])
    if counted != people():
        raise Unproved(f"{counted} texts counted of {people()}")


def bench_hops(rounds: int) -> Iterator[Row]:
    """Walk through the USSD menus, in turns alone and beside a campaign that is being sent."""
    for kind in KINDS:
        with place(kind) as here:
            phones = ussd.introduce(here)
            (shop,) = here.customers(1)
            group_id = crowd.contacts(shop.profile.tenant_id, HOP_PEOPLE)
            here.start_stub()
            port = here.start_web()
            here.start_worker()
            ussd.walk(here, port, phones, ussd.WARM_UP_S, ussd.THINK_S)
            alone, beside, rates = [], [], []
            for _ in range(rounds):
                alone.append(ussd.walk(here, port, phones, HOP_SECONDS, ussd.THINK_S))
                with crowd.Running(shop, group_id) as campaign:
                    beside.append(ussd.walk(here, port, phones, HOP_SECONDS, ussd.THINK_S))
                rates.append(campaign.rate)
            here.stop("worker")
            here.prove()
        yield at_most(
            f"USSD hop p99 beside a running campaign, {kind}",
            [each["p99_ms"] for each in beside],
            HOP_MS,
            HOP_AIM_MS,
            f"p50 {_median(beside, 'p50_ms'):.0f} ms; alone p50 {_median(alone, 'p50_ms'):.0f} "
            f"p99 {_median(alone, 'p99_ms'):.0f} ms; {statistics.median(rates):,.0f} texts "
            "prepared a second",
        )


def _median(walks: Sequence[Mapping[str, Any]], what: str) -> float:
    return float(statistics.median(walk[what] for walk in walks))
