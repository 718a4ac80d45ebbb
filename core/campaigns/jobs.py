"""Campaigns' part of the timetable."""

from __future__ import annotations

from core.campaigns.watching import forget_drafts, watch
from core.queue import Periodic

PERIODIC = (
    Periodic(watch, every_s=1),
    Periodic(forget_drafts, every_s=900),
)
