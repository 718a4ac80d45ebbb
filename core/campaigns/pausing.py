"""Holding a campaign back, and letting it go on."""

from __future__ import annotations

from datetime import datetime

from core import clock, events
from core.campaigns import queries, states, timing
from core.campaigns.errors import CampaignStale, CannotPause, CannotResume
from core.campaigns.models import Campaign, CampaignStatus
from core.database import after_commit, transaction
from core.messaging import gates
from core.messaging.dispatch import sweep
from core.tenants import audit
from core.tenants.profiles import Profile

ON_ITS_WAY = (CampaignStatus.PREPARING, CampaignStatus.SCHEDULED, CampaignStatus.RUNNING)


def pause(profile: Profile, campaign_id: str, *, actor: str, channel: str) -> Campaign:
    """Let nothing more of a campaign go, from this moment; its money stays set aside.

    Pausing it again is pausing it once. Raises: CampaignNotFound, CannotPause.
    """
    with transaction():
        campaign = states.locked(campaign_id, profile)
        status = states.status_of(campaign)
        if status is CampaignStatus.PAUSED:
            return campaign
        if status not in ON_ITS_WAY or not states.is_held(campaign):
            raise CannotPause(status=status.value)
        gates.shut(campaign.id)
        paused = states.move(campaign, CampaignStatus.PAUSED)
        audit.record(
            campaign.tenant_id,
            actor,
            channel,
            "campaign.paused",
            subject=campaign.id,
            before={"status": status.value},
        )
        events.record(
            "campaign.paused", campaign.tenant_id, campaign=campaign.id, actor=actor, why=None
        )
    return paused


def resume(
    profile: Profile, campaign_id: str, *, confirm: bool = False, actor: str, channel: str
) -> Campaign:
    """Let a paused campaign go on. One whose day is over goes on only when that is confirmed.

    Nothing is priced anew: the money is still held. Resuming one that goes changes nothing.
    Raises: CampaignNotFound, CannotResume, CampaignStale, TenantNotActive.
    """
    profile.require_active()
    with transaction():
        campaign = states.locked(campaign_id, profile)
        status = states.status_of(campaign)
        if status in ON_ITS_WAY and states.is_held(campaign):
            return campaign
        if status is not CampaignStatus.PAUSED:
            raise CannotResume(status=status.value)
        good_until = _good_until(campaign, confirm=confirm)
        gates.reopen(campaign.id, closes_at=good_until)
        status = going(campaign, is_filled=campaign.is_filled)
        resumed = states.move(campaign, status, good_until=good_until, problem=None)
        audit.record(
            campaign.tenant_id,
            actor,
            channel,
            "campaign.resumed",
            subject=campaign.id,
            after={"status": resumed.status, "good_until": clock.rfc3339(good_until)},
        )
        after_commit(sweep.nudge)
    return resumed


def going(campaign: Campaign, *, is_filled: bool) -> CampaignStatus:
    """Return how a campaign stands that may go: still being made ready, waiting, on its way."""
    if not is_filled:
        return CampaignStatus.PREPARING
    if timing.starts_at(campaign) > clock.now():
        return CampaignStatus.SCHEDULED
    return CampaignStatus.RUNNING


def _good_until(campaign: Campaign, *, confirm: bool) -> datetime:
    """Return how long its texts may go now: its day, or another one that is agreed to.

    Raises: CampaignStale.
    """
    agreed: datetime = campaign.good_until
    if clock.now() < agreed:
        return agreed
    left = queries.progress_of([campaign])[campaign.id].waiting
    if not confirm:
        raise CampaignStale(day=queries.last_day(agreed), left=f"{left:,}")
    return timing.good_until(timing.until(campaign, queries.operators(campaign), left))
