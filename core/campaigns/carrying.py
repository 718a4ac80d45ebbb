"""Carrying a campaign on, from wherever it stands, until it goes by itself or is over.

A campaign is worked on under a lease: whoever is killed is followed by another when it runs out.
Two at once would do no harm, only the same work.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from core.campaigns import (
    ending,
    launch,
    leases,
    pausing,
    pricing,
    problems,
    starting,
    states,
    stopping,
)
from core.campaigns.errors import StillCounting
from core.campaigns.models import Campaign, CampaignStatus
from core.campaigns.terms import profile_of, terms_of
from core.database import breathe, transaction
from core.errors import Refused
from core.messaging.bulk import filling, spool, taking_back
from core.queue import job

# Each begins anew when somebody else has begun meanwhile.
_TRIES = 3
# So many of a worker's threads do long work at most: the rest are for what is short, above all for
# handing texts over. Chunks are stored in shifts, so that campaigns take turns.
_room = threading.BoundedSemaphore(2)
SHIFT_S = 2.0
ROOM_S = 1


@job()
def count(campaign_id: str) -> None:
    """Count and price a large draft that somebody wants to know about."""
    campaign = Campaign.get_or_none(
        Campaign.id == campaign_id, Campaign.status == CampaignStatus.DRAFT.value
    )
    if campaign is None or pricing.is_fresh(campaign, profile_of(campaign)):
        return
    if not _under_lease(campaign, _count):
        count.later(campaign_id, delay_s=ROOM_S)


def count_now(campaign_id: str) -> None:
    """Count and price a small campaign while somebody waits; others may be at it, too."""
    for _ in range(_TRIES):
        attempt = pricing.begin(campaign_id)
        if attempt is None or pricing.price(campaign_id, attempt) is not None:
            return


def _count(campaign: Campaign, holder: str) -> bool:
    """Price a campaign. Returns False when there is nothing to price, or somebody else began."""
    attempt = pricing.begin(campaign.id)
    return attempt is not None and pricing.price(campaign.id, attempt) is not None


@job()
def carry_on(campaign_id: str) -> None:
    """Do what is to be done for a campaign. Safe to run twice, or never: the watch looks again."""
    campaign = Campaign.get_or_none(Campaign.id == campaign_id)
    if campaign is None:
        return
    if _is_beginning(campaign):
        _under_lease(campaign, _begin)
        campaign = Campaign.get_by_id(campaign_id)
    if campaign.status == CampaignStatus.CANCELLING.value:
        _under_lease(campaign, _take_back)
    elif states.is_held(campaign) and not campaign.is_filled:
        _under_lease(campaign, _fill)


def _is_beginning(campaign: Campaign) -> bool:
    is_preparing = campaign.status == CampaignStatus.PREPARING.value
    return is_preparing and not states.is_held(campaign)


def _begin(campaign: Campaign, holder: str) -> None:
    """Count a large campaign, then start it; or tell why it does not start."""
    asked = launch.read(campaign)
    assert asked is not None, "nobody has asked to start it"
    try:
        profile = profile_of(campaign)
        profile.require_active()
        if _count(campaign, holder):
            starting.start(profile, campaign.id, asked, before=CampaignStatus.PREPARING)
    except StillCounting:
        return  # somebody has counted it again meanwhile: the watch comes back
    except Refused as refusal:
        with transaction():
            found = states.locked(campaign.id)
            if _is_beginning(found):
                problems.turn_back(found, refusal)


def _under_lease(campaign: Campaign, work: Callable[[Campaign, str], object]) -> bool:
    """Work on a campaign while the lease is ours; what fails is tried again when it runs out.

    Returns False when this process has no room for more long work.
    """
    if not _room.acquire(blocking=False):
        return False
    try:
        holder = leases.take(campaign.id)
        if holder is not None:
            work(campaign, holder)
            leases.give_back(campaign.id, holder)
    finally:
        _room.release()
    return True


def _shift(campaign: Campaign, holder: str, step: Callable[[], object]) -> bool:
    """Take one step after the other. Returns whether the last was the last there is.

    It ends, too, when the lease is lost or the shift is over; then it is another's turn.
    """
    ends = time.monotonic() + SHIFT_S
    while leases.renew(campaign.id, holder):
        if not step():
            return True
        if time.monotonic() >= ends:
            carry_on.later(campaign.id)
            return False
        breathe(spool.BREATH_S)
    return False


def _fill(campaign: Campaign, holder: str) -> None:
    """Make rows of what is spooled, chunk after chunk; those that are there go meanwhile."""
    try:
        terms = terms_of(campaign)
    except Refused as refusal:  # its sender ID was taken away since
        stopping.stop(campaign.id, refusal, event="campaign.paused")
        return
    if _shift(campaign, holder, lambda: filling.fill(terms)):
        _note_filled(campaign.id)


def _note_filled(campaign_id: str) -> None:
    """Note that all texts of a campaign are rows, once they are."""
    with transaction():
        campaign = states.locked(campaign_id)
        if campaign.is_filled or not spool.is_empty(campaign_id):
            return
        status = states.status_of(campaign)
        if status is CampaignStatus.PREPARING:
            status = pausing.going(campaign, is_filled=True)
        states.move(campaign, status, is_filled=True)


def _take_back(campaign: Campaign, holder: str) -> None:
    """Cancel what has not gone, chunk after chunk, until nothing of a campaign waits."""
    terms = terms_of(campaign, is_over=True)
    if _shift(campaign, holder, lambda: taking_back.take_back(terms, actor="system")):
        _note_filled(campaign.id)
        ending.close(campaign.id)
