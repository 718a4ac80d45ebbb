"""What the processes of these tests do; they find these functions by name."""

from __future__ import annotations

import time

from core import clock, phone
from core.database import execute
from core.gateways.outcome import Outcome
from core.gateways.sms import Answer, RowAnswer
from core.messaging import claiming, dispatch, slots
from core.messaging.models import SHARED_ACCOUNT


class Accepting:
    """Accepts everything, after a while; keeps what it was handed."""

    def __init__(self, delay_s: float = 0.0) -> None:
        self.handed: list[str] = []
        self._delay_s = delay_s

    def send(self, sender_id: str, rows: list[tuple[str, str]], unicode: bool) -> Answer:
        time.sleep(self._delay_s)
        self.handed += [number for number, _ in rows]
        return Answer(
            Outcome.ACCEPTED,
            tuple(RowAnswer(Outcome.ACCEPTED, f"id-{number}") for number, _ in rows),
        )


def hand_over_all(number: int) -> list[str]:
    """Be a worker until nothing waits; gives the numbers handed over."""
    phone.operator("254712000001")  # reads its tables
    gateway = Accepting()
    while claiming.has_queued(SHARED_ACCOUNT):
        claimed = claiming.claim(SHARED_ACCOUNT)
        if claimed is not None and claimed.texts:
            dispatch.hand_over(gateway, claimed)
    return gateway.handed


def use_slots(number: int, times: int) -> int:
    """Take a slot, look how many are in use, give it back. Gives the most seen at once."""
    most = 0
    done = 0
    while done < times:
        slot = slots.take(SHARED_ACCOUNT)
        if slot is None:
            time.sleep(0.002)
            continue
        execute("INSERT INTO pace (name, next_at) VALUES (%s, 0)", (f"in-{number}-{done}",))
        row = execute("SELECT COUNT(*) FROM pace").fetchone()
        most = max(most, int(row[0]))
        time.sleep(0.005)
        execute("DELETE FROM pace WHERE name = %s", (f"in-{number}-{done}",))
        slots.give_back(slot)
        done += 1
    return most


def wait_for_turns(number: int, times: int) -> list[int]:
    """Wait for turns; gives the moments at which they came."""
    moments = []
    slot = slots.take(SHARED_ACCOUNT)
    assert slot is not None
    for _ in range(times):
        assert slots.wait_for_turn(slot)
        moments.append(clock.ms())
    return moments
