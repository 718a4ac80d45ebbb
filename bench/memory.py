"""How much memory a worker takes that prepares campaigns, small and large."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench import crowd
from bench.place import KINDS, SQLITE, Place, place
from bench.rows import Row, at_most
from bench.sizes import people

SMALL = 10_000
# SQLite keeps pages of the file in its own memory, 64 MB of them; those are the most of it.
GROWTH_MB = {SQLITE: (110.0, 80.0)}
OTHERS_MB = (60.0, 30.0)


def bench(rounds: int) -> Iterator[Row]:
    """A real worker's greatest size after a small campaign, and how a large one makes it grow."""
    for kind in KINDS:
        with place(kind) as here:
            small, large = _sizes(here)
            here.stop("worker")
            here.prove(messages=SMALL + people())
        floor, aim = GROWTH_MB.get(kind, OTHERS_MB)
        yield at_most(
            f"memory of a worker, a campaign of {people():,} less one of {SMALL:,}, {kind}",
            [large - small],
            floor,
            aim,
            f"{small:.0f} MB, {large:.0f} MB",
            unit="MB",
        )


def _sizes(here: Place) -> tuple[float, float]:
    """MB after a campaign to a few, and after one to many; neither has anything to hand over."""
    few, many = here.customers(2)
    groups = [
        crowd.contacts(who.profile.tenant_id, size)
        for who, size in ((few, SMALL), (many, people()))
    ]
    here.start_worker()
    found = []
    for who, group_id in zip((few, many), groups, strict=True):
        campaign_id = crowd.launch(who, group_id, "wiki hii")
        crowd.until_filled(campaign_id)
        found.append(_peak_mb(here.pid("worker")))
    return found[0], found[1]


def _peak_mb(pid: int) -> float:
    """The most memory a process has had at one time."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
