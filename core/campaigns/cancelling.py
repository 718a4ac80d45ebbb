"""Taking a campaign back: what has not gone does not go, and its money is the tenant's again."""

from __future__ import annotations

from core import clock
from core.campaigns import carrying, ending, states, watching
from core.campaigns.errors import CannotCancel
from core.campaigns.models import Campaign, CampaignStatus
from core.database import after_commit, transaction
from core.messaging import gates
from core.tenants import audit
from core.tenants.profiles import Profile


def cancel(profile: Profile, campaign_id: str, *, actor: str, channel: str) -> Campaign:
    """Stop a campaign for good. Nothing of it goes from this moment.

    What is left is taken back behind it, its money with it, to the last text. Cancelling again is
    cancelling once. Raises: CampaignNotFound, CannotCancel.
    """
    with transaction():
        campaign = states.locked(campaign_id, profile)
        status = states.status_of(campaign)
        if status in (CampaignStatus.CANCELLING, CampaignStatus.CANCELLED):
            return campaign
        if status is CampaignStatus.COMPLETED:
            raise CannotCancel(status=status.value)
        audit.record(
            campaign.tenant_id,
            actor,
            channel,
            "campaign.cancelled",
            subject=campaign.id,
            before={"status": status.value},
        )
        if not states.is_held(campaign):
            return _over(campaign)
        gates.shut(campaign.id)
        after_commit(lambda: carrying.carry_on.nudge(campaign_id))
        # Whoever still makes rows of it finds the lease gone, and stops.
        return states.move(
            campaign, CampaignStatus.CANCELLING, problem=None, holder="", lease_until=0
        )


def _over(campaign: Campaign) -> Campaign:
    """End a campaign that never began: nothing is held for it, and nothing of it is a row."""
    ended = states.move(
        campaign, CampaignStatus.CANCELLED, finished_at=clock.now(), **states.UNPRICED
    )
    ending.tell(ended)
    # Dropping fifty thousand priced texts takes a while, in which others would wait to write.
    after_commit(watching.forget_drafts.nudge)
    return ended
