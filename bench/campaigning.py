"""Campaigns: texts written for each person, made ready, and sent, beside the bare least of each."""

from __future__ import annotations

import itertools
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import psycopg
from jinja2.sandbox import SandboxedEnvironment

from bench.handing import UNPACED, is_drained
from bench.place import KINDS, POSTGRES, SQLITE, Customer, Place, place, wait_until
from bench.rows import Row, Unproved, in_turns, ratio
from core import clock, ids
from core.campaigns import placeholders, pricing
from core.campaigns.audience import Audience
from core.campaigns.models import Campaign
from core.contacts.models import Group
from core.database import SQLITE_PRAGMAS, breathe, execute, execute_many, transaction
from core.messaging.bulk import filling, holding
from core.messaging.bulk.spool import Terms
from core.messaging.dispatch import dispatch
from core.messaging.models import SHARED_ACCOUNT
from core.messaging.naming import message_range
from core.money import Money

WORDS = (
    "Habari {{first_name|rafiki}}, salio lako ni KES {{balance}}. Tafadhali lipa kabla ya Ijumaa. "
    "Asante kwa kuwa nasi, Salon Zuri."
)
JINJA = WORDS.replace("{{first_name|rafiki}}", "{{ first_name or 'rafiki' }}")
RENDERED = 20_000
PEOPLE = 100_000
CHUNK = 5000

_people = itertools.count()
FLOORS = {SQLITE: 0.25, POSTGRES: 0.22}


def bench_rendering(rounds: int) -> Iterator[Row]:
    """Fill in two values, beside jinja2's sandbox with its template compiled once."""
    ours = placeholders.parse(WORDS)
    theirs = SandboxedEnvironment().from_string(JINJA)
    people = [{"first_name": f"Asha{at}", "balance": f"{at}.50"} for at in range(RENDERED)]
    if ours.render(people[7]) != theirs.render(people[7]):
        raise Unproved("the two texts differ")
    pairs = in_turns(
        rounds, lambda: _rate(ours.render, people), lambda: _rate(theirs.render, people)
    )
    yield ratio("template render ÷ compiled jinja2 sandbox", pairs, 4, 10)


def _rate(render: Callable[[dict[str, str]], str], people: list[dict[str, str]]) -> float:
    started = time.perf_counter()
    for one in people:
        render(one)
    return len(people) / (time.perf_counter() - started)


def bench_preparing(rounds: int) -> Iterator[Row]:
    """Price, hold, write and store one campaign, beside storing the same rows and nothing else."""
    for kind in KINDS:
        with place(kind) as here:
            shop = _Shop(here, PEOPLE)
            bare = _Bare(here)
            shop.prepare(pause=False)
            pairs = [(shop.prepare(pause=False), bare.store(shop.rows())) for _ in range(rounds)]
            here.prove(messages=PEOPLE * (rounds + 1))
            bare.close()
            parts = ", ".join(
                f"{name} {statistics.median(took):.2f} s" for name, took in shop.took.items()
            )
        yield ratio(
            f"campaign preparation, {kind}, {PEOPLE:,} people ÷ raw insert",
            pairs,
            FLOORS[kind],
            0.40,
            note=parts,
        )


def bench_sending(rounds: int) -> Iterator[Row]:
    """Run one campaign from its pricing to the last text's answer, beside storing its rows."""
    for kind in KINDS:
        with place(kind, ONFON__BATCH_SIZE=1000, ONFON__RATE_PER_SECOND=UNPACED) as here:
            shop = _Shop(here, PEOPLE)
            bare = _Bare(here)
            here.start_stub()
            here.start_worker()
            shop.send()
            pairs = [(shop.send(), bare.store(shop.rows())) for _ in range(rounds)]
            here.stop("worker")
            seen = here.seen()
            if not seen["texts"] == seen["distinct"] == PEOPLE * (rounds + 1):
                raise Unproved(f"{seen['texts']} texts came, {seen['distinct']} of them different")
            here.prove(messages=PEOPLE * (rounds + 1))
            bare.close()
        yield ratio(
            f"campaign end to end, {kind}, {PEOPLE:,} people ÷ raw insert", pairs, 0.10, 0.20
        )


class _Shop:
    """One business after the other, each with a group of people and a campaign to them."""

    def __init__(self, here: Place, people: int) -> None:
        self._here = here
        self._people = people
        self._latest = ""
        self.took: dict[str, list[float]] = {"price": [], "hold and fill": []}

    def prepare(self, *, pause: bool) -> float:
        """Prepare a campaign; return texts a second."""
        campaign = self._draft()
        started = time.perf_counter()
        attempt = pricing.begin(campaign.id)
        found = pricing.price(campaign.id, attempt or 0)
        if found is None or found.recipients != self._people or found.problem:
            raise Unproved(f"{found and found.left_out} {found and found.problem}")
        priced = time.perf_counter()
        _hold_and_fill(found, pause=pause)
        ended = time.perf_counter()
        self.took["price"].append(priced - started)
        self.took["hold and fill"].append(ended - priced)
        self._latest = campaign.id
        return self._people / (ended - started)

    def send(self) -> float:
        """Send a campaign beside a worker; return texts a second from its first to its last."""
        prepared_s = self._people / self.prepare(pause=True)
        started = time.perf_counter()
        dispatch.later(SHARED_ACCOUNT)
        wait_until(is_drained)
        return self._people / (prepared_s + time.perf_counter() - started)

    def _draft(self) -> Campaign:
        (customer,) = self._here.customers(1)
        group = _group(customer, self._people)
        campaign_id = ids.new("cmp")
        Campaign.insert(
            id=campaign_id,
            tenant_id=customer.profile.tenant_id,
            name="Offa",
            message=WORDS,
            audience=Audience(groups=[group.id]).stored(),
            actor="bench",
            channel="api",
            created_at=clock.now(),
        ).execute()
        return Campaign.get_by_id(campaign_id)

    def rows(self) -> list[tuple[Any, ...]]:
        """The rows of the latest campaign, as any insert would have to bring them."""
        return [
            tuple(row)
            for row in execute(
                f"SELECT {', '.join(COLUMNS)} FROM message WHERE id BETWEEN %s AND %s",
                message_range(self._latest),
            ).fetchall()
        ]


def _group(customer: Customer, people: int) -> Group:
    tenant_id = customer.profile.tenant_id
    group = Group.create(
        id=ids.new("grp"),
        tenant_id=tenant_id,
        name="Wateja",
        name_key="wateja",
        size=people,
        created_at=clock.now(),
    )
    names, now = ids.block("con", people), clock.ms()
    with transaction():
        execute_many(
            "INSERT INTO contact (id, tenant_id, msisdn, name, fields, status, created_at) "
            "VALUES (%s, %s, %s, %s, %s, 'active', %s)",
            [
                (
                    *(each, tenant_id, f"2547{10_000_000 + next(_people) * 7919 % 80_000_000:08d}"),
                    f"Asha{at} Wanjiru",
                    msgspec.json.encode({"balance": f"{at}.50", "city": "Nakuru"}).decode(),
                    now,
                )
                for at, each in enumerate(names)
            ],
        )
        execute_many(
            "INSERT INTO contact_group_member (tenant_id, group_id, contact_id) "
            "VALUES (%s, %s, %s)",
            [(tenant_id, group.id, each) for each in names],
        )
    return group


def _hold_and_fill(campaign: Campaign, *, pause: bool) -> None:
    terms = Terms(campaign.id, campaign.tenant_id, SHARED_ACCOUNT, campaign.category, "TUMA")
    with transaction():
        Campaign.update(status="running", started_at=clock.now()).where(
            Campaign.id == campaign.id
        ).execute()
        holding.hold(
            terms, Money(campaign.cost), opens_at=clock.now(), closes_at=None, actor="bench"
        )
    while filling.fill(terms):
        if pause:
            breathe()


COLUMNS = (
    *("id", "tenant_id", "batch_id", "account_id", "lane", "category", "sender", "msisdn"),
    *("body", "is_unicode", "segments", "cost", "status", "charge", "created_at"),
)


class _Bare:
    """The raw limit: the same rows into the same tables of another database, and nothing else."""

    def __init__(self, here: Place) -> None:
        self._url = here.empty_twin()
        self._is_sqlite = here.kind == SQLITE
        self._db: Any = self._connected()

    def _connected(self) -> Any:
        if not self._is_sqlite:
            return psycopg.connect(self._url)
        made = sqlite3.connect(self._url.removeprefix("sqlite:///"), isolation_level=None)
        for name, value in SQLITE_PRAGMAS.items():
            made.execute(f"PRAGMA {name} = {value}")
        return made

    def store(self, rows: list[tuple[Any, ...]]) -> float:
        """Store rows, a transaction for each chunk; return how many a second."""
        started = time.perf_counter()
        put = self._insert if self._is_sqlite else self._copy
        for at in range(0, len(rows), CHUNK):
            put(rows[at : at + CHUNK])
        return len(rows) / (time.perf_counter() - started)

    def _insert(self, rows: list[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * len(COLUMNS))
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(f"INSERT INTO message ({', '.join(COLUMNS)}) VALUES ({marks})", rows)
        self._db.execute("COMMIT")

    def _copy(self, rows: list[tuple[Any, ...]]) -> None:
        with (
            self._db.transaction(),
            self._db.cursor() as cursor,
            cursor.copy(f"COPY message ({', '.join(COLUMNS)}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
        self._db.commit()

    def close(self) -> None:
        """Let go of it."""
        self._db.close()
