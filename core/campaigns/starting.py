"""The moment a campaign starts: its whole cost held, its gate set, its state changed, at once.

Whoever is killed before it has changed nothing, and whoever comes after it only carries it out.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec
import peewee

from core import clock, events
from core.campaigns import launch, pricing, queries, states, timing
from core.campaigns.errors import (
    CampaignRepeat,
    CannotStart,
    NotAffordable,
    PriceChanged,
    StillCounting,
)
from core.campaigns.launch import Launch
from core.campaigns.models import Campaign, CampaignStatus
from core.campaigns.shortcomings import RepeatTooSoon
from core.campaigns.terms import terms_of
from core.database import savepoint, transaction
from core.ledger import accounts
from core.ledger.errors import NotEnough
from core.ledger.models import Hold
from core.messaging.bulk import holding
from core.money import Money
from core.settings import settings
from core.tenants import audit
from core.tenants.profiles import Profile

REPEAT_WITHIN = timedelta(hours=1)


def start(profile: Profile, campaign_id: str, asked: Launch, *, before: CampaignStatus) -> Campaign:
    """Start a campaign whose price has just been found, or set it before a second person.

    `before` is where it stood when that was asked: it may have been rejected or taken back since.
    Raises: CampaignNotFound, CannotStart, StillCounting (its price is not known any more),
    ValueMissing, NoRecipients, PriceChanged, CampaignRepeat, NotAffordable, DailyCapReached.
    Nothing has changed then.
    """
    try:
        with savepoint(), transaction():
            campaign = states.locked(campaign_id, profile)
            _check(profile, campaign, asked, before)
            if _needs_approval(profile, campaign, asked):
                return _ask(campaign, asked)
            return _hold(profile, campaign, asked)
    except NotEnough as refusal:
        raise _not_affordable(profile, campaign_id) from refusal


def _check(profile: Profile, campaign: Campaign, asked: Launch, before: CampaignStatus) -> None:
    """Refuse what must not start, or not like this.

    Raises: CannotStart, StillCounting, ValueMissing and its kin, NoRecipients, PriceChanged.
    """
    if states.status_of(campaign) is not before or states.is_held(campaign):
        raise CannotStart(status=campaign.status)
    if not pricing.is_fresh(campaign, profile):
        raise StillCounting
    if (obstacle := pricing.obstacle(campaign)) is not None:
        raise obstacle
    agreed = asked.agreed
    if agreed is None and asked.price is not None:
        agreed = asked.price * campaign.segments
    if agreed is not None and campaign.cost > agreed:
        raise PriceChanged(cost=Money(campaign.cost).text(), agreed=Money(agreed).text())


def _needs_approval(profile: Profile, campaign: Campaign, asked: Launch) -> bool:
    most = profile.approval_units
    is_much = most is not None and campaign.cost > most
    return asked.needs_approval and is_much and campaign.approved_by is None


def _ask(campaign: Campaign, asked: Launch) -> Campaign:
    """Set a campaign before those who may say yes to it, at what it costs now."""
    to_agree = msgspec.structs.replace(
        asked, agreed=int(campaign.cost), good_until=timing.approval_until(campaign)
    )
    asking = states.move(
        campaign, CampaignStatus.AWAITING_APPROVAL, launch=launch.written(to_agree), problem=None
    )
    cost = Money(campaign.cost).text()
    audit.record(
        campaign.tenant_id,
        asked.actor,
        asked.channel,
        "campaign.approval_asked",
        subject=campaign.id,
        after={"cost": cost, "recipients": campaign.recipients},
    )
    events.record(
        "campaign.approval_needed",
        campaign.tenant_id,
        campaign=campaign.id,
        actor=asked.actor,
        cost=cost,
    )
    return asking


def _hold(profile: Profile, campaign: Campaign, asked: Launch) -> Campaign:
    """Hold the money, set the gate, and begin.

    Raises: NotEnough, DailyCapReached, CampaignRepeat, RepeatTooSoon, SenderNotApproved,
    SenderWrongClass.
    The wallet comes before the look for a repeat: it is one row, so of two campaigns that start at
    the same moment the second sees the first.
    """
    operators = queries.operators(campaign)
    good_until = timing.good_until(timing.until(campaign, operators, campaign.recipients))
    holding.hold(
        terms_of(campaign),
        Money(campaign.cost),
        opens_at=timing.starts_at(campaign),
        closes_at=good_until,
        actor=asked.actor,
    )
    _refuse_repeat(campaign, is_confirmed=asked.is_confirmed)
    started = states.move(
        campaign,
        CampaignStatus.PREPARING,
        launch=launch.written(asked),
        started_at=clock.now(),
        good_until=good_until,
        problem=None,
    )
    cost = Money(campaign.cost).text()
    audit.record(
        campaign.tenant_id,
        asked.actor,
        asked.channel,
        "campaign.started",
        subject=campaign.id,
        after={"cost": cost, "recipients": campaign.recipients, "approved_by": started.approved_by},
    )
    events.record(
        "campaign.started",
        campaign.tenant_id,
        campaign=campaign.id,
        actor=asked.actor,
        cost=cost,
    )
    return started


def _went_to_nobody() -> peewee.Expression:
    """Cancelled before anything of it was charged."""
    taken = peewee.fn.EXISTS(Hold.select().where(Hold.id == Campaign.id, Hold.taken > 0))
    found: peewee.Expression = (Campaign.status == CampaignStatus.CANCELLED.value) & ~taken
    return found


def _refuse_repeat(campaign: Campaign, *, is_confirmed: bool) -> None:
    """Refuse the same words to the same people within the hour, unless somebody wants just that.

    While the earlier ones are not all in the queue, no pricing sees who will have had them: the
    hand-over would hold back everybody. Raises: CampaignRepeat, RepeatTooSoon.
    """
    earlier = (
        Campaign.select()
        .where(
            Campaign.tenant_id == campaign.tenant_id,
            Campaign.fingerprint == campaign.fingerprint,
            Campaign.started_at >= clock.now() - REPEAT_WITHIN,
            Campaign.is_test == campaign.is_test,
            Campaign.id != campaign.id,
            ~_went_to_nobody(),
        )
        .order_by(Campaign.started_at.desc())
        .first()
    )
    if earlier is None:
        return
    if not earlier.is_filled and states.status_of(earlier) not in queries.STOPPED:
        raise RepeatTooSoon(minutes=settings().rules.repeat_minutes)
    if not is_confirmed:
        at = earlier.started_at.astimezone(clock.NAIROBI)
        raise CampaignRepeat(time=f"{at:%H:%M}", name=earlier.name[:40])


def _not_affordable(profile: Profile, campaign_id: str) -> NotAffordable:
    """Say for how many of the people the money does reach."""
    campaign = queries.one(profile, campaign_id)
    available = accounts.balance(profile.tenant_id, profile.purse).available
    return pricing.shortage(campaign, available, pricing.affordable(campaign, available))
