"""The hours in which nobody should be woken for what can wait."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from core import clock

NIGHT_FROM, NIGHT_UNTIL = time(21), time(7)
# People are told nothing by SMS they did not ask for, outside these hours.
DAY_FROM, DAY_UNTIL = time(8), time(20)


def is_night(moment: datetime) -> bool:
    """Say whether it is night in Nairobi: what is not urgent comes without a sound."""
    local = moment.astimezone(clock.NAIROBI).time()
    return local >= NIGHT_FROM or local < NIGHT_UNTIL


def daytime(moment: datetime) -> datetime:
    """Return that moment, or the next morning when it is too early or too late to be told."""
    local = moment.astimezone(clock.NAIROBI)
    if DAY_FROM <= local.time() < DAY_UNTIL:
        return moment
    day = local if local.time() < DAY_FROM else local + timedelta(days=1)
    return day.replace(hour=DAY_FROM.hour, minute=0, second=0, microsecond=0)
