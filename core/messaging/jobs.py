"""Messaging's part of the timetable."""

from __future__ import annotations

import time

from core.database import breathe
from core.messaging.balances import sync_balances
from core.messaging.dispatch import resolve, sweep
from core.messaging.forgetting import forget_gateways_words
from core.messaging.inbound import take_up
from core.messaging.refunds import refund_undelivered
from core.messaging.reports import retry_waiting
from core.messaging.sending import queue_due
from core.queue import Periodic, job

AT_ONCE = 1000
SHIFT_S = 0.8


@job(priority=5)
def queue_scheduled() -> None:
    """Queue the scheduled texts whose time has come; of a million as many as the next run leaves.

    A run that went on until the last would be joined by another each second.
    """
    ends = time.monotonic() + SHIFT_S
    while queue_due(AT_ONCE) == AT_ONCE and time.monotonic() < ends:
        breathe()


PERIODIC = (
    Periodic(queue_scheduled, every_s=1),
    Periodic(sweep, every_s=1),
    Periodic(retry_waiting, every_s=1),
    Periodic(take_up, every_s=5),
    Periodic(resolve, every_s=5),
    Periodic(sync_balances, every_s=300),
    Periodic(refund_undelivered, every_s=3600),
    Periodic(forget_gateways_words, every_s=0, at=3 * 60 + 40),
)
