"""How large the large things are that are measured. `--million` makes them as large as promised."""

from __future__ import annotations

MILLION = 1_000_000
_SMALLER = 50_000

_people = _SMALLER


def use_million() -> None:
    """Measure at full size, which takes its time."""
    global _people
    _people = MILLION


def people() -> int:
    """How many people a large list has."""
    return _people
