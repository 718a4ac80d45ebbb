"""Imports: a file of contacts worked through, beside only reading and normalising it."""

from __future__ import annotations

import csv
import io
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.place import KINDS, SQLITE, Place, place
from bench.rows import Row, Unproved, at_most, ratio
from core import phone
from core.contacts import book, imports
from core.contacts.imports import working
from core.contacts.imports.models import Import, ImportStatus
from core.contacts.models import Contact
from core.leash import leashed

ROWS = 100_000
FLOORS = {SQLITE: (0.15, 0.25)}
OTHERS = (0.08, 0.15)
# Memory is measured in processes of their own, at these sizes.
SIZES = (10_000, 1_000_000)
# Most of it is SQLite's own cache of pages, 64 MB, and the bitmap of numbers, 25 MB at most.
GROWTH_MB = 100.0
FIRST = ("Asha", "Juma", "Wanjiru", "Otieno", "Achieng", "Kamau", "Mwende", "Kiprop", "Halima")
LAST = ("Mwangi", "Odhiambo", "Njeri", "Mutua", "Chebet", "Barasa", "Hassan", "Wekesa", "Kariuki")
TOWNS = ("Nakuru", "Kisumu", "Mombasa", "Thika", "Eldoret", "Nairobi")


def lines(rows: int, seed: int) -> Iterator[bytes]:
    """A file as customers send it: a tenth twice, a twentieth messy, some wrong, some foreign."""
    chance = random.Random(seed)
    yield b"Phone,Name,Town\n"
    before = ["0712345678"]
    for start in range(0, rows, 1000):
        made = []
        for _ in range(min(1000, rows - start)):
            number = f"07{chance.randrange(10**8):08d}"
            draw = chance.random()
            if draw < 0.10:
                number = chance.choice(before)
            elif draw < 0.15:
                number = f"+254 {number[1:4]} {number[4:7]}-{number[7:]}"
            elif draw < 0.16:
                number = number[:7]
            elif draw < 0.17:
                number = f"+256772{number[4:]}"
            elif draw < 0.20:
                before.append(number)
            name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
            made.append(f"{number},{name},{chance.choice(TOWNS)}\n")
        yield "".join(made).encode()


def bench(rounds: int) -> Iterator[Row]:
    """Ratios on both stores, then how memory grows from ten thousand rows to a million."""
    for kind in KINDS:
        with place(kind) as here:
            pairs = [(_import(here, seed, ROWS), _alone(seed, ROWS)) for seed in range(rounds)]
            here.prove()
        floor, aim = FLOORS.get(kind, OTHERS)
        yield ratio(f"import of {ROWS:,} rows, {kind} ÷ csv.reader + normalise", pairs, floor, aim)
    small, large = (_peak_mb(size) for size in SIZES)
    yield at_most(
        "memory of an import, a million rows less ten thousand",
        [large - small],
        GROWTH_MB,
        GROWTH_MB - 15,
        f"{small:.0f} MB, {large:.0f} MB",
        unit="MB",
    )


def _import(here: Place, seed: int, rows: int) -> float:
    """Rows a second of an import by the worker's own job."""
    (customer,) = here.customers(1)
    tenant_id = customer.profile.tenant_id
    by = {"actor": "bench", "channel": "api"}
    begun = imports.begin(tenant_id, "list.csv", lines(rows, seed), wait=True, **by)
    Import.update(status=ImportStatus.QUEUED.value).where(Import.id == begun.id).execute()
    started = time.perf_counter()
    working.run(begun.id)
    took = time.perf_counter() - started
    done = imports.one(tenant_id, begun.id)
    told = (done.status, done.rows, done.created + done.updated + done.duplicate + done.rejected)
    there = Contact.select().where(Contact.tenant_id == tenant_id).count()
    sizes = {there, done.created, book.size(tenant_id)}
    if told != (ImportStatus.COMPLETED.value, rows, rows) or len(sizes) != 1:
        raise Unproved(f"{told}, {sizes}")
    return rows / took


def _alone(seed: int, rows: int) -> float:
    """Rows a second of reading a file and normalising its numbers, and nothing else."""
    text = io.TextIOWrapper(io.BytesIO(b"".join(lines(rows, seed))), "utf-8", newline="")
    parse = phone.parse
    started = time.perf_counter()
    for cells in csv.reader(text):
        try:
            parse(cells[0])
        except phone.InvalidNumber:
            continue
    return rows / (time.perf_counter() - started)


def _peak_mb(rows: int) -> float:
    """The most memory a process takes that imports so many rows on SQLite."""
    with tempfile.TemporaryDirectory(prefix="tuma-bench-") as folder:
        done = subprocess.run(
            leashed([sys.executable, "-m", "bench.importing", folder, str(rows)]),
            capture_output=True,
            check=False,
        )
    if done.returncode:
        raise Unproved(done.stderr.decode()[-2000:])
    return float(json.loads(done.stdout)["peak_mb"])


def _measure(rows: int) -> dict[str, float]:
    with place(SQLITE) as here:
        rate = _import(here, 1, rows)
    status = Path("/proc/self/status").read_text()
    peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
    return {"peak_mb": peak / 1024, "rate": rate}


if __name__ == "__main__":
    json.dump(_measure(int(sys.argv[2])), sys.stdout)
