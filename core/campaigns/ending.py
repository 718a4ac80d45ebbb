"""The end of a campaign: noted once, with its figures, when nothing of it waits any more."""

from __future__ import annotations

from core import clock, events
from core.campaigns import queries
from core.campaigns.models import Campaign, CampaignStatus
from core.database import execute, transaction
from core.messaging import gates

# One statement sees one moment: a text that moves between these is in one of them in each.
_NONE_WAITS = """
    NOT EXISTS (SELECT 1 FROM batch_count b WHERE b.batch_id = campaign.id AND b.messages > 0
                AND b.status IN ('scheduled', 'queued', 'submitting'))
"""
_END = f"""
    UPDATE campaign SET status = %s, finished_at = %s, problem = NULL
    WHERE id = %s AND status = %s AND is_filled = %s AND {_NONE_WAITS} RETURNING id
"""  # noqa: S608


def complete(campaign_id: str) -> bool:
    """End a campaign of which everything has gone. Returns False while something waits."""
    return _end(campaign_id, CampaignStatus.RUNNING, CampaignStatus.COMPLETED)


def close(campaign_id: str) -> bool:
    """End a campaign of which everything is taken back. Returns False while something waits."""
    return _end(campaign_id, CampaignStatus.CANCELLING, CampaignStatus.CANCELLED)


def _end(campaign_id: str, before: CampaignStatus, after: CampaignStatus) -> bool:
    with transaction():
        params = (after.value, clock.ms(), campaign_id, before.value, True)
        if execute(_END, params).fetchone() is None:
            return False
        campaign = Campaign.get_by_id(campaign_id)
        if after is CampaignStatus.COMPLETED:
            # A cancelled one's gate stays shut while anything of it may still come back.
            gates.lift(campaign_id)
        tell(campaign)
    return True


def tell(campaign: Campaign) -> None:
    """Note that a campaign is over, and what came of it."""
    progress = queries.progress_of([campaign])[campaign.id]
    events.record(
        f"campaign.{campaign.status}",
        campaign.tenant_id,
        campaign=campaign.id,
        title=campaign.name,
        actor=campaign.actor,
        test=campaign.is_test,
        recipients=campaign.recipients,
        counts=dict(progress.counts),
        cost=progress.cost_taken.text(),
        released=progress.released.text(),
    )
