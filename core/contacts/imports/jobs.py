"""The imports' part of the timetable."""

from __future__ import annotations

from core.contacts.imports.forgetting import forget_old
from core.contacts.imports.working import sweep
from core.queue import Periodic

PERIODIC = (
    Periodic(sweep, every_s=2),
    Periodic(forget_old, every_s=3600),
)
