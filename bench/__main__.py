"""`python -m bench`: measure, print one table, write var/bench.json; exit 1 below a floor."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import (
    accept,
    bot,
    campaigning,
    fairness,
    handing,
    holding,
    importing,
    memory,
    reporting,
    sizes,
    starting,
    ussd,
    values,
)
from bench.rows import Row, table

Bench = Callable[[int], Iterator[Row]]
BENCHES: dict[str, Bench] = {
    "accept": accept.bench,
    "drain": handing.bench_drain,
    "submission": handing.bench_submission,
    "limit": handing.bench_limit,
    "reports-in": reporting.bench_accepting,
    "reports-applied": reporting.bench_applying,
    "wallet": holding.bench,
    "values": values.bench,
    "job-start": starting.bench,
    "bot": bot.bench,
    "ussd": ussd.bench,
    "import": importing.bench,
    "rendering": campaigning.bench_rendering,
    "preparing": campaigning.bench_preparing,
    "campaign": campaigning.bench_sending,
    "codes": fairness.bench_codes,
    "hops": fairness.bench_hops,
    "memory": memory.bench,
}
WRITTEN = Path(__file__).parents[1] / "var/bench.json"


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", metavar="NAME", action="append", choices=BENCHES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--million", action="store_true", help="lists of a million people")
    args = parser.parse_args()
    if args.million:
        sizes.use_million()
    started = time.monotonic()
    rows: list[Row] = []
    for name in args.only or BENCHES:
        for row in BENCHES[name](max(1, args.rounds)):
            rows.append(row)
            elapsed = time.monotonic() - started
            print(f"{elapsed:4.0f} s  {row.path}: {row.figure:.3g}", file=sys.stderr, flush=True)
    print(table(rows))
    _write(rows, args.rounds)
    missed = [row.path for row in rows if row.verdict == "MISSED"]
    return 1 if missed else 0


def _write(rows: list[Row], rounds: int) -> None:
    WRITTEN.parent.mkdir(exist_ok=True)
    told = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "rounds": rounds,
        "rows": [{**dataclasses.asdict(row), "verdict": row.verdict} for row in rows],
    }
    WRITTEN.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
