"""What conversations do on their own."""

from __future__ import annotations

from core import clock
from core.dialogue import hops, store
from core.queue import Periodic, job

# Long after the last repetition of a hop, and after whoever was cut off could have gone on.
SPENT_MS = 2 * 3600 * 1000
# What somebody typed into a conversation they left is nobody's business a day later.
LEFT_MS = 24 * 3600 * 1000


@job()
def forget_sessions() -> None:
    """Delete USSD sessions that are long over, and conversations left unfinished."""
    hops.forget_before(clock.ms() - SPENT_MS)
    store.forget_before(clock.ms() - LEFT_MS)


PERIODIC = (Periodic(forget_sessions, every_s=600),)
