"""What follows what in the life of a campaign, and the one way to change it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.campaigns.errors import CampaignNotFound
from core.campaigns.models import Campaign, CampaignStatus
from core.database import is_postgres
from core.tenants.profiles import Profile

S = CampaignStatus

FOLLOWS: Mapping[CampaignStatus, frozenset[CampaignStatus]] = MappingProxyType(
    {
        S.DRAFT: frozenset({S.AWAITING_APPROVAL, S.PREPARING, S.CANCELLED}),
        S.AWAITING_APPROVAL: frozenset({S.DRAFT, S.PREPARING, S.CANCELLED}),
        # Back to a draft while no money is held; once it is, only forward.
        S.PREPARING: frozenset(
            {S.DRAFT, S.AWAITING_APPROVAL, S.SCHEDULED, S.RUNNING, S.PAUSED, S.CANCELLING}
            | {S.CANCELLED}
        ),
        S.SCHEDULED: frozenset({S.RUNNING, S.PAUSED, S.CANCELLING}),
        S.RUNNING: frozenset({S.PAUSED, S.CANCELLING, S.COMPLETED}),
        S.PAUSED: frozenset({S.PREPARING, S.SCHEDULED, S.RUNNING, S.CANCELLING}),
        S.CANCELLING: frozenset({S.CANCELLED}),
        S.CANCELLED: frozenset(),
        S.COMPLETED: frozenset(),
    }
)

# Word for word the condition of the index on those that are not over: SQLite goes by the words.
OPEN_SQL = "status IN ('preparing', 'scheduled', 'running', 'paused', 'cancelling')"

# What makes a pricing count for nothing, and whoever is at it stop.
UNPRICED: Mapping[str, object] = MappingProxyType(
    {
        "attempt": Campaign.attempt + 1,
        "priced_at": None,
        "problem": None,
        "lease_until": 0,
    }
)


def locked(campaign_id: str, profile: Profile | None = None) -> Campaign:
    """Find a campaign and keep others from changing it until the transaction ends.

    With a profile only that tenant's own, of its mode. Whoever changes more than the campaign's
    row takes this lock first. Raises: CampaignNotFound.
    """
    query = Campaign.select().where(Campaign.id == campaign_id)
    if profile is not None:
        query = query.where(
            Campaign.tenant_id == profile.tenant_id, Campaign.is_test == profile.is_test
        )
    if is_postgres():
        query = query.for_update()
    found: Campaign | None = query.first()
    if found is None:
        raise CampaignNotFound
    return found


def status_of(campaign: Campaign) -> CampaignStatus:
    """Where a campaign stands."""
    return CampaignStatus(campaign.status)


def is_held(campaign: Campaign) -> bool:
    """Say whether its money has been set aside: from then on it goes, or is taken back."""
    return campaign.started_at is not None


def move(campaign: Campaign, to: CampaignStatus, **values: object) -> Campaign:
    """Change where a locked campaign stands, and what changes with that. Returns it anew."""
    before = status_of(campaign)
    assert to is before or to in FOLLOWS[before], f"{before} is not followed by {to}"
    Campaign.update(status=to.value, **values).where(Campaign.id == campaign.id).execute()
    changed: Campaign = Campaign.get_by_id(campaign.id)
    return changed
