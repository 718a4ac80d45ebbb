"""When a campaign goes, and until about when: the gateway's pace, what is queued ahead, the hours.

The pace is the most the gateway takes; tenants take turns at it, so somebody else's million texts
delay a small campaign by no more than its own size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple

from core import clock
from core.campaigns import findings
from core.campaigns.models import Campaign
from core.campaigns.states import OPEN_SQL
from core.database import execute
from core.messaging import rules
from core.messaging.models import Category, Status
from core.messaging.preparing import PAST_ALLOWED
from core.settings import settings

# So much later than expected a campaign may end, whatever the day.
GRACE = timedelta(hours=1)

# Of a text in one of these it is open whether and when it goes.
WAITING = (Status.SCHEDULED.value, Status.QUEUED.value, Status.SUBMITTING.value)


def starts_at(campaign: Campaign) -> datetime:
    """Return when a campaign's texts are wanted: its time, or now."""
    now = clock.now()
    wanted: datetime | None = campaign.schedule_at
    return now if wanted is None or wanted < now else wanted


def goes_at(campaign: Campaign, operators: Collection[str]) -> datetime:
    """Return when the first text may go."""
    wanted, category = starts_at(campaign), Category(campaign.category)
    return min((rules.goes_at(category, each, wanted) for each in operators), default=wanted)


def until(
    campaign: Campaign,
    operators: Collection[str],
    texts: int,
    going: Sequence[Going] | None = None,
) -> datetime:
    """Return about when so many texts of a campaign will have gone, windows and queue reckoned.

    `going` is what is under way, for whoever asks about many campaigns and has found it once.
    """
    wanted, category = starts_at(campaign), Category(campaign.category)
    line = under_way(is_test=campaign.is_test) if going is None else going
    seconds = (texts + ahead(campaign, texts, line)) / per_second()
    if category is not Category.PROMOTIONAL:
        return wanted + timedelta(seconds=seconds)
    spans = {settings().rules.promotional_window(each) for each in operators or ("",)}
    return max(_within(*span, wanted, seconds) for span in spans)


def _within(opens: time, closes: time, wanted: datetime, seconds: float) -> datetime:
    """Spend so many seconds, from a moment on, inside a daily window."""
    moment = wanted.astimezone(clock.NAIROBI)
    while True:
        start = moment.replace(hour=opens.hour, minute=opens.minute, second=0, microsecond=0)
        end = moment.replace(hour=closes.hour, minute=closes.minute, second=0, microsecond=0)
        moment = max(moment, start)
        left = (end - moment).total_seconds()
        if seconds <= left:
            return moment + timedelta(seconds=seconds)
        seconds -= max(0.0, left)
        moment = start + timedelta(days=1)
        if moment - wanted > timedelta(days=rules.DAYS_AHEAD_MAX):
            return moment


def end_of_day(moment: datetime) -> datetime:
    """Return the end of the Nairobi day a moment is in: past it the texts left must not just go."""
    local = moment.astimezone(clock.NAIROBI)
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def good_until(ends: datetime) -> datetime:
    """Return until when texts may go that should have gone by `ends`: to the end of its day.

    Never for less than the grace: that it should end before midnight is only the gateway's pace.
    """
    return max(end_of_day(ends), ends + GRACE)


def approval_until(campaign: Campaign) -> datetime:
    """Return until when a campaign that is asked for now may be approved.

    Until its time, or else to the end of the day it would begin on: what is right to say today may
    be wrong tomorrow.
    """
    if campaign.schedule_at is not None:
        until: datetime = campaign.schedule_at + PAST_ALLOWED
        return until
    operators = list(findings.of(campaign).operators)
    return end_of_day(goes_at(campaign, operators))


def per_second() -> float:
    """Return how many texts a second the gateway takes from all tenants together."""
    onfon = settings().onfon
    return float(max(1, onfon.rate_per_second * onfon.batch_size))


_LEFT = f"""
    SELECT c.id, c.tenant_id, c.recipients, COALESCE(SUM(b.messages), 0),
           COALESCE(SUM(CASE WHEN b.status IN ('scheduled', 'queued', 'submitting')
                             THEN b.messages ELSE 0 END), 0)
    FROM campaign c LEFT JOIN batch_count b ON b.batch_id = c.id
    WHERE {OPEN_SQL.replace("status", "c.status", 1)} AND c.status IN ('preparing', 'running')
      AND c.started_at IS NOT NULL AND c.is_test = %s
    GROUP BY c.id, c.tenant_id, c.recipients
"""  # noqa: S608


class Going(NamedTuple):
    """A campaign that is under way, and how many of its texts have not gone."""

    id: str
    tenant_id: int
    left: int


def under_way(*, is_test: bool) -> list[Going]:
    """List the campaigns that are under way, of all tenants: those of test keys, or the others."""
    return [
        Going(campaign_id, tenant_id, int(waiting) + max(0, int(recipients) - int(stored)))
        for campaign_id, tenant_id, recipients, stored, waiting in execute(
            _LEFT, (is_test,)
        ).fetchall()
    ]


def ahead(campaign: Campaign, texts: int, going: Sequence[Going]) -> int:
    """Count the texts that go before the last of so many of a campaign's.

    The tenant's own campaigns that are under way go first; with every other tenant it takes turns.
    """
    own, others = 0, defaultdict[int, int](int)
    for each in going:
        if each.id == campaign.id:
            continue
        if each.tenant_id != campaign.tenant_id:
            others[each.tenant_id] += each.left
        elif each.id < campaign.id or campaign.started_at is None:
            own += each.left
    return own + sum(min(each, texts + own) for each in others.values())
