"""Holding a campaign back by itself: its day is over, or something it needs is gone."""

from __future__ import annotations

from core import clock, events
from core.campaigns import launch, problems, queries, states
from core.campaigns.errors import CampaignStale
from core.campaigns.models import Campaign, CampaignStatus
from core.campaigns.pausing import ON_ITS_WAY
from core.database import transaction
from core.errors import Refused
from core.messaging import gates
from core.tenants import audit


def stop_stale(campaign_id: str) -> bool:
    """Hold back a campaign whose day is over; resuming it needs somebody's word."""
    with transaction():
        campaign = states.locked(campaign_id)
        if campaign.good_until is None or clock.now() < campaign.good_until:
            return False
        left = queries.progress_of([campaign])[campaign.id].waiting
        day = queries.last_day(campaign.good_until)
        return stop(campaign_id, CampaignStale(day=day, left=f"{left:,}"), event="campaign.stale")


def stop(campaign_id: str, why: Refused, *, event: str) -> bool:
    """Hold a campaign back, keep the reason with it, and let people know."""
    with transaction():
        campaign = states.locked(campaign_id)
        if states.status_of(campaign) not in ON_ITS_WAY or not states.is_held(campaign):
            return False
        gates.shut(campaign.id)
        states.move(campaign, CampaignStatus.PAUSED, problem=problems.written(why))
        _tell(campaign, why, event)
    return True


def _tell(campaign: Campaign, why: Refused, event: str) -> None:
    asked = launch.read(campaign)
    actor = campaign.actor if asked is None else asked.actor
    audit.record(
        campaign.tenant_id,
        "system",
        "system",
        event,
        subject=campaign.id,
        before={"status": campaign.status},
        after={"code": why.code},
    )
    events.record(event, campaign.tenant_id, campaign=campaign.id, actor=actor, why=why.code)
