"""What a benchmark says: a figure, the raw limit beside it, and whether that is good enough."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


class Unproved(Exception):
    """What a benchmark did does not add up: its speed means nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    `figure` is what floor and aim are about: a ratio to `raw`, or `ours` itself where `raw` is
    None. With `is_limit` the floor is the most it may be instead of the least.
    """

    path: str
    ours: float
    raw: float | None
    figure: float
    floor: float | None = None
    aim: float | None = None
    ceiling: float | None = None
    is_limit: bool = False
    unit: str = "/s"
    note: str = ""
    rounds: list[tuple[float, ...]] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """Where the figure stands: "aim", "floor" (above it), "MISSED", or nothing to compare."""
        if self.ceiling is not None and self.figure > self.ceiling:
            return "MISSED"
        if self.floor is None:
            return "-"
        if not self._reaches(self.floor):
            return "MISSED"
        return "aim" if self.aim is not None and self._reaches(self.aim) else "floor"

    def _reaches(self, mark: float) -> bool:
        return self.figure <= mark if self.is_limit else self.figure >= mark


def ratio(
    path: str,
    pairs: Sequence[tuple[float, float]],
    floor: float | None = None,
    aim: float | None = None,
    *,
    ceiling: float | None = None,
    note: str = "",
) -> Row:
    """A row out of rounds of (ours, raw): the median of each round's own ratio."""
    return Row(
        path,
        statistics.median(ours for ours, _ in pairs),
        statistics.median(raw for _, raw in pairs),
        statistics.median(ours / raw for ours, raw in pairs),
        floor,
        aim,
        ceiling,
        note=note,
        rounds=[tuple(pair) for pair in pairs],
    )


def at_most(
    path: str,
    values: Sequence[float],
    floor: float,
    aim: float | None = None,
    note: str = "",
    *,
    unit: str = "ms",
) -> Row:
    """A row about ms (or MB) of our own, the median of the rounds, that may not be above one."""
    figure = statistics.median(values)
    rounds: list[tuple[float, ...]] = [(value,) for value in values]
    return Row(
        path, figure, None, figure, floor, aim, is_limit=True, unit=unit, note=note, rounds=rounds
    )


def in_turns(
    rounds: int, ours: Callable[[], float], raw: Callable[[], float]
) -> list[tuple[float, float]]:
    """Measure A B A B ..., so that what else the machine does disturbs both alike."""
    return [(ours(), raw()) for _ in range(rounds)]


HEADS = ("path", "ours", "raw", "ratio", "floor", "aim", "verdict", "")


def table(rows: Sequence[Row]) -> str:
    """The rows as people read them."""
    lines = [HEADS, *(_cells(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEADS))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at in (0, 7) else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _cells(row: Row) -> tuple[str, ...]:
    sign = "≤" if row.is_limit else ""
    ratio_ = "" if row.raw is None else f"{row.figure:.2f}"
    marks = [
        "" if mark is None else f"{sign}{mark:g}" + (f" {row.unit}" if row.is_limit else "")
        for mark in (row.floor, row.aim)
    ]
    return (
        row.path,
        _figure(row.ours, row.unit),
        "" if row.raw is None else _figure(row.raw, row.unit),
        ratio_,
        *marks,
        row.verdict,
        row.note,
    )


def _figure(value: float, unit: str) -> str:
    return f"{value:,.0f}{unit}" if unit == "/s" else f"{value:.1f} {unit}"
