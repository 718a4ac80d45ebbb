"""Pacing calls to the outside to a rate that all processes share.

A virtual clock per name: each caller moves it on by one interval and learns when its turn is. No
turn is given twice, and nobody waits on a lock.
"""

from __future__ import annotations

import peewee

from core import clock
from core.database import InstantField, Model, execute, transaction


class Pace(Model):
    """When the next turn of a name may be."""

    name = peewee.CharField(max_length=80, primary_key=True)
    next_at = InstantField()


_TURN = """
    INSERT INTO pace (name, next_at) VALUES (%s, %s)
    ON CONFLICT (name) DO UPDATE
    SET next_at = CASE WHEN pace.next_at > %s THEN pace.next_at ELSE %s END + %s
    WHERE pace.next_at <= %s
    RETURNING next_at
"""


def turn(name: str, *, every_ms: int, burst: int = 1) -> bool:
    """Take a turn now if there is one. At most `burst` turns are taken before pacing bites."""
    now = clock.ms()
    earliest = now - every_ms * (burst - 1)
    with transaction():
        row = execute(
            _TURN, (name, earliest + every_ms, earliest, earliest, every_ms, now)
        ).fetchone()
    return row is not None


_REST = """
    INSERT INTO pace (name, next_at) VALUES (%s, %s)
    ON CONFLICT (name) DO UPDATE
    SET next_at = CASE WHEN pace.next_at > excluded.next_at
                       THEN pace.next_at ELSE excluded.next_at END
"""


def rest(name: str, *, for_ms: int) -> None:
    """Give no turn for so long: whoever is called has asked to be left alone."""
    with transaction():
        execute(_REST, (name, clock.ms() + for_ms))
