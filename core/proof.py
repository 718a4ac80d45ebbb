"""The shape of a proof: a claim, and every difference from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SHOWN_MAX = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `tuma prove`: what was checked, what differs, and what is only worth knowing."""

    claim: str
    differences: tuple[str, ...] = ()
    note: str = ""

    @property
    def is_ok(self) -> bool:
        """True when nothing differs."""
        return not self.differences

    @classmethod
    def of(cls, claim: str, differences: Iterable[str], note: str = "") -> Finding:
        """Collect the differences, naming each up to a readable number."""
        found = list(differences)
        if len(found) > SHOWN_MAX:
            found = [*found[:SHOWN_MAX], f"and {len(found) - SHOWN_MAX} more"]
        return cls(claim, tuple(found), note)
