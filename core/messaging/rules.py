"""The trade's rules about when and what: the promotional window and the opt-out suffix."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import NamedTuple

from core import clock
from core.messaging.models import Category
from core.settings import settings

# So far ahead a text may be scheduled.
DAYS_AHEAD_MAX = 365


def with_suffix(body: str, category: Category) -> str:
    """Add the way out that every promotional text must carry; it is counted and priced."""
    suffix = settings().rules.opt_out_suffix
    if category is not Category.PROMOTIONAL or not suffix or body.endswith(suffix):
        return body
    return body + suffix


def goes_at(category: Category, operator: str, wanted: datetime) -> datetime:
    """Return when a text wanted at a moment may go: that moment, or the next opening.

    Promotional texts go out in the operator's daytime window only, in Nairobi's time.
    """
    if category is not Category.PROMOTIONAL:
        return wanted
    opens, closes = settings().rules.promotional_window(operator)
    local = wanted.astimezone(clock.NAIROBI)
    if opens <= local.time() < closes:
        return wanted
    day = local if local.time() < opens else local + timedelta(days=1)
    return day.replace(hour=opens.hour, minute=opens.minute, second=0, microsecond=0)


class Window(NamedTuple):
    """When an operator takes promotional texts, in Nairobi's time, and when the next may go."""

    operator: str
    opens: time
    closes: time
    goes_at: datetime


def windows(
    category: Category, operators: Iterable[str], wanted: datetime | None = None
) -> list[Window]:
    """Tell the window of each of these operators, by name, for texts wanted at a moment (now).

    There are none to tell for transactional texts, which go at any hour.
    """
    if category is not Category.PROMOTIONAL:
        return []
    moment = wanted or clock.now()
    return [
        Window(
            operator,
            *settings().rules.promotional_window(operator),
            goes_at(category, operator, moment),
        )
        for operator in sorted(set(operators))
    ]
