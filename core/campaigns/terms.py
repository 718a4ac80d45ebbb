"""What all texts of a campaign share: who pays, which gateway account, which sender ID."""

from __future__ import annotations

from core.campaigns.models import Campaign
from core.messaging.bulk.spool import Terms
from core.messaging.models import Category
from core.messaging.routing import route
from core.tenants.profiles import Profile
from core.tenants.profiles import profile as find_profile


def profile_of(campaign: Campaign) -> Profile:
    """Find the business of a campaign, on the side, real or rehearsed, that it is on."""
    return find_profile(campaign.tenant_id, is_test=campaign.is_test)


def terms_of(campaign: Campaign, *, is_over: bool = False) -> Terms:
    """Say what its texts share. Of one that is over, no text goes, whatever its sender ID.

    Raises: SenderNotApproved, SenderWrongClass.
    """
    way = route(profile_of(campaign))
    sender = way.sender(None if is_over else campaign.sender_id, Category(campaign.category))
    return Terms(
        batch_id=campaign.id,
        tenant_id=campaign.tenant_id,
        account_id=way.account_id,
        category=campaign.category,
        sender=campaign.sender_id or sender,
        schedule_at=campaign.schedule_at,
    )
