"""The second person: what a sender spends above the threshold needs a manager's or owner's word."""

from __future__ import annotations

import msgspec

from core import events
from core.campaigns import launch as launches
from core.campaigns import launching, problems, queries, states
from core.campaigns.errors import CannotDecide, NotApproved, OwnApproval
from core.campaigns.models import Campaign, CampaignStatus
from core.database import transaction
from core.errors import NotAllowed
from core.tenants import audit, fields, people
from core.tenants.models import Person, Role
from core.tenants.profiles import Profile
from core.tenants.roles import RoleTooSmall

APPROVERS = (Role.OWNER, Role.MANAGER)
REASON_MAX = 200


def waiting(tenant_id: int) -> list[Campaign]:
    """List the campaigns of a business that wait for a second person, oldest first."""
    return list(
        Campaign.select()
        .where(Campaign.tenant_id == tenant_id, queries.AWAITING)
        .order_by(Campaign.id)
    )


def approve(profile: Profile, campaign_id: str, person: Person, *, channel: str) -> Campaign:
    """Say yes to a campaign; it starts, at no more than it costs now.

    Raises: CampaignNotFound, CannotDecide (somebody has decided, or it was taken back),
    OwnApproval, RoleTooSmall, NotAllowed, and what `launching.launch` raises: then it still waits.
    """
    with transaction():
        campaign = _asked_about(profile, campaign_id, person)
        asked = launches.read(campaign)
        assert asked is not None, "nobody has asked for it"
        if asked.actor == person.actor:
            raise OwnApproval
        agreed = msgspec.structs.replace(asked, agreed=campaign.cost)
        campaign = states.move(
            campaign,
            CampaignStatus.AWAITING_APPROVAL,
            approved_by=person.actor,
            launch=launches.written(agreed),
        )
        audit.record(
            campaign.tenant_id, person.actor, channel, "campaign.approved", subject=campaign.id
        )
        events.record(
            "campaign.approved",
            campaign.tenant_id,
            campaign=campaign.id,
            actor=asked.actor,
            by=person.actor,
        )
    return launching.proceed(profile, campaign, agreed)


def reject(
    profile: Profile, campaign_id: str, person: Person, *, reason: str, channel: str
) -> Campaign:
    """Say no to a campaign; it is a draft again, with the reason.

    Raises: CampaignNotFound, CannotDecide, RoleTooSmall, NotAllowed, FieldMissing and its kin.
    """
    why = fields.line(reason, "reason", most=REASON_MAX)
    with transaction():
        campaign = _asked_about(profile, campaign_id, person)
        asked = launches.read(campaign)
        assert asked is not None, "nobody has asked for it"
        refused = NotApproved(name=person.name, reason=why.rstrip("."))
        draft = states.move(
            campaign, CampaignStatus.DRAFT, problem=problems.written(refused), approved_by=None
        )
        audit.record(
            campaign.tenant_id,
            person.actor,
            channel,
            "campaign.rejected",
            subject=campaign.id,
            after={"reason": why},
        )
        events.record(
            "campaign.rejected",
            campaign.tenant_id,
            campaign=campaign.id,
            actor=asked.actor,
            by=person.actor,
            reason=why,
        )
    return draft


def _asked_about(profile: Profile, campaign_id: str, person: Person) -> Campaign:
    """Lock a campaign that waits for this person's word.

    Raises: CampaignNotFound, NotAllowed, RoleTooSmall, CannotDecide.
    """
    role = people.role_of(person.id, profile.tenant_id)
    if role is None:
        raise NotAllowed
    if role not in APPROVERS:
        raise RoleTooSmall(role=role.value)
    campaign = states.locked(campaign_id, profile)
    if states.status_of(campaign) is not CampaignStatus.AWAITING_APPROVAL:
        raise CannotDecide(status=campaign.status)
    return campaign
