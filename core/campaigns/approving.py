"""The second person: what a sender spends above the threshold needs a manager's or owner's word."""

from __future__ import annotations

import hashlib

import msgspec

from core import clock, events
from core.campaigns import launch as launches
from core.campaigns import launching, problems, queries, states
from core.campaigns.errors import (
    ApprovalPriceChanged,
    ApprovedTooLate,
    AskedAnew,
    CannotDecide,
    CostChanged,
    NotApproved,
    OwnApproval,
    PriceChanged,
)
from core.campaigns.launch import Launch
from core.campaigns.models import Campaign, CampaignStatus
from core.database import transaction
from core.errors import NotAllowed
from core.messaging.preparing import PAST_ALLOWED
from core.money import Money
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


def mark(campaign: Campaign) -> str:
    """Mark what somebody is shown when they are asked: the cost (KES/4), and a digest of the rest.

    A yes brings the mark of what was seen, so that it never covers anything else.
    """
    schedule_at = campaign.schedule_at
    seen = (
        *(campaign.name, campaign.fingerprint, campaign.first, campaign.recipients),
        *(None if schedule_at is None else clock.to_ms(schedule_at), launches.asker(campaign)),
    )
    return f"{campaign.cost}-{hashlib.sha256(msgspec.json.encode(seen)).hexdigest()[:8]}"


def approve(
    profile: Profile, campaign_id: str, person: Person, *, seen: str, channel: str
) -> Campaign:
    """Say yes to a campaign as it was `seen` (its `mark`); it starts, at no more than that cost.

    Raises: CampaignNotFound, CannotDecide (somebody has decided, or it was taken back),
    OwnApproval, RoleTooSmall, NotAllowed, ApprovedTooLate (it is a draft again), CostChanged,
    AskedAnew, ApprovalPriceChanged and what else `launching.launch` raises: then it still waits.
    """
    with transaction():
        campaign = _asked_about(profile, campaign_id, person)
        asked = launches.read(campaign)
        assert asked is not None, "nobody has asked for it"
        if asked.actor == person.actor:
            raise OwnApproval
        too_late = _too_late(asked)
        if too_late is not None:
            problems.turn_back(campaign, too_late)
        else:
            _require_seen(campaign, seen)
            asked = msgspec.structs.replace(asked, agreed=int(campaign.cost))
            campaign = _approved(campaign, asked, person, channel)
    if too_late is not None:
        raise too_late
    try:
        return launching.proceed(profile, campaign, asked)
    except PriceChanged as dearer:
        _ask_anew(campaign_id, asked)
        raise ApprovalPriceChanged(**dearer.fields) from dearer


def _require_seen(campaign: Campaign, seen: str) -> None:
    """Refuse a yes to something else. Raises: CostChanged, AskedAnew."""
    if seen == mark(campaign):
        return
    cost = seen.partition("-")[0]
    if cost.isdecimal() and int(cost) != campaign.cost:
        raise CostChanged(cost=Money(campaign.cost).text(), agreed=Money(int(cost)).text())
    raise AskedAnew


def _too_late(asked: Launch) -> ApprovedTooLate | None:
    if asked.good_until is None or clock.now() < asked.good_until:
        return None
    at = (asked.good_until - PAST_ALLOWED).astimezone(clock.NAIROBI)
    return ApprovedTooLate(time=f"{at:%-d %b %Y %H:%M}")


def _approved(campaign: Campaign, asked: Launch, person: Person, channel: str) -> Campaign:
    """Note a yes."""
    approved = states.move(campaign, CampaignStatus.AWAITING_APPROVAL, approved_by=person.actor)
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
    return approved


def _ask_anew(campaign_id: str, asked: Launch) -> None:
    """Ask about what a campaign costs now; the yes was to less."""
    with transaction():
        campaign = states.locked(campaign_id)
        if states.status_of(campaign) is not CampaignStatus.AWAITING_APPROVAL:
            return
        dearer = msgspec.structs.replace(asked, agreed=int(campaign.cost))
        states.move(
            campaign,
            CampaignStatus.AWAITING_APPROVAL,
            launch=launches.written(dearer),
            approved_by=None,
        )
        events.record("campaign.asked_anew", campaign.tenant_id, campaign=campaign.id)


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
