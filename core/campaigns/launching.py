"""Starting campaigns: asked once, done once, at once or as soon as a large one is counted."""

from __future__ import annotations

from contextlib import suppress

from core.campaigns import audience as audiences
from core.campaigns import (
    campaigns,
    carrying,
    estimating,
    pricing,
    problems,
    queries,
    starting,
    states,
)
from core.campaigns import launch as launches
from core.campaigns.campaigns import Wanted
from core.campaigns.errors import (
    CampaignNotFound,
    CampaignState,
    CannotChange,
    CannotStart,
    FirstOutOfRange,
    NotAffordable,
    StillCounting,
)
from core.campaigns.estimating import Estimate
from core.campaigns.launch import Launch
from core.campaigns.models import Campaign, CampaignStatus
from core.database import after_commit, transaction
from core.errors import Refused
from core.messaging.preparing import checked_time
from core.money import Money
from core.tenants.profiles import Profile

__all__ = ["INLINE_MAX", "Estimate", "estimate", "launch", "proceed", "send"]

# So many people are counted while somebody waits for the answer.
INLINE_MAX = 5000


def estimate(profile: Profile, campaign_id: str) -> Estimate | None:
    """Say what a campaign would do; None while a large one is still being counted: ask again.

    Raises: CampaignNotFound.
    """
    campaign = queries.one(profile, campaign_id)
    # What somebody is asked to approve stays as it was asked.
    is_draft = states.status_of(campaign) is CampaignStatus.DRAFT
    if is_draft and not pricing.is_fresh(campaign, profile):
        if not is_small(campaign):
            carrying.count.nudge(campaign.id)
            return None
        carrying.count_now(campaign.id)
        campaign = queries.one(profile, campaign_id)
    if campaign.priced_at is None:
        return None
    return estimating.of(profile, campaign)


def launch(
    profile: Profile,
    campaign_id: str,
    *,
    first: int | None = None,
    once: str | None = None,
    actor: str,
    channel: str,
    needs_approval: bool = False,
    confirm: bool = False,
    agreed: Money | None = None,
) -> Campaign:
    """Start a draft: hold its whole cost and set it on its way, or do not.

    A large one is counted first, by a worker: the campaign is then *preparing*, and comes back as a
    draft with a `problem` when it cannot start. `first` sends to the first so many people only.
    With `needs_approval` a cost above the threshold waits for a second person. `agreed` is the most
    it may cost; without it, a price that has risen since the last estimate is refused, and the next
    time taken. `confirm` lets the same words go to the same people again. Calling again with the
    same `once` starts nothing more.

    Raises: CampaignNotFound, CannotStart, FirstOutOfRange, ScheduleInPast, TenantNotActive,
    ValueMissing, NoRecipients, PriceChanged, CampaignRepeat, NotAffordable, DailyCapReached.
    """
    profile.require_active()
    if first is not None and first < 1:
        raise FirstOutOfRange
    with transaction():
        campaign = states.locked(campaign_id, profile)
        asked = Launch(
            actor=actor,
            channel=channel,
            once=once,
            needs_approval=needs_approval,
            agreed=None if agreed is None else agreed.units,
            price=campaign.price_units,
            is_confirmed=confirm,
        )
        earlier = launches.read(campaign)
        if once is not None and earlier is not None and earlier.once == once:
            return campaign
        if states.status_of(campaign) is not CampaignStatus.DRAFT:
            raise CannotStart(status=campaign.status)
        checked_time(campaign.schedule_at)
        # Whoever has just had the same words is left out: so it is counted as of now.
        if first != campaign.first or confirm:
            campaign = states.move(campaign, CampaignStatus.DRAFT, first=first, **states.UNPRICED)
    return proceed(profile, campaign, asked)


def send(
    profile: Profile,
    wanted: Wanted,
    *,
    first: int | None = None,
    once: str | None = None,
    actor: str,
    channel: str,
    confirm: bool = False,
    agreed: Money | None = None,
) -> Campaign:
    """Make a campaign and start it. One that may not start leaves nothing behind.

    Unless only the money is missing: then the draft stays, to be sent later or to fewer people, and
    the refusal says so; asking again with the same `once` starts that draft.
    Raises: what `campaigns.create` and `launch` raise.
    """
    made = campaigns.create(profile, wanted, once=once, actor=actor, channel=channel)
    try:
        return launch(
            profile,
            made.id,
            first=first,
            once=once or made.id,
            actor=actor,
            channel=channel,
            confirm=confirm,
            agreed=agreed,
        )
    except NotAffordable as refusal:
        refusal.has_left = True
        raise
    except Refused:
        with suppress(CampaignNotFound, CannotChange):  # somebody else has it in hand
            campaigns.remove(profile, made.id, actor=actor, channel=channel)
        raise


def proceed(profile: Profile, campaign: Campaign, asked: Launch) -> Campaign:
    """Start a campaign that may start, now or as soon as it is counted.

    Raises: what `starting.start` raises; the campaign is then what it was, with the `problem`.
    """
    if not pricing.is_fresh(campaign, profile) and not is_small(campaign):
        return _later(profile, campaign, asked)
    try:
        if not pricing.is_fresh(campaign, profile):
            carrying.count_now(campaign.id)
        before = states.status_of(campaign)
        started = starting.start(profile, campaign.id, asked, before=before)
    except (CampaignState, StillCounting):
        raise  # somebody else has it in hand, and the problem is theirs to tell
    except Refused as refusal:
        problems.note(campaign.id, refusal)
        raise
    after_commit(lambda: carrying.carry_on.nudge(started.id))
    return started


def _later(profile: Profile, asked_about: Campaign, asked: Launch) -> Campaign:
    """Let a worker count a large campaign and then start it."""
    with transaction():
        campaign = states.locked(asked_about.id, profile)
        if campaign.status != asked_about.status:  # somebody was first
            raise CannotStart(status=campaign.status)
        waiting = states.move(
            campaign, CampaignStatus.PREPARING, launch=launches.written(asked), problem=None
        )
        after_commit(lambda: carrying.carry_on.nudge(waiting.id))
    return waiting


def is_small(campaign: Campaign) -> bool:
    """Say whether a campaign can be counted while somebody waits."""
    if campaign.first is not None and campaign.first <= INLINE_MAX:
        return True
    most = INLINE_MAX + 1
    found = audiences.size_at_most(campaign.tenant_id, audiences.read(campaign.audience), most)
    return found < most
