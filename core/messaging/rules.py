"""The trade's rules about when and what: the promotional window and the opt-out suffix."""

from __future__ import annotations

from datetime import datetime, timedelta

from core import clock
from core.messaging.models import Category
from core.settings import settings


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
