"""Looking after the campaigns that are not over: what time brings on, and what a kill left."""

from __future__ import annotations

import peewee
import structlog

from core import clock
from core.campaigns import carrying, ending, pricing, queries, states, stopping
from core.campaigns.models import Campaign, CampaignStatus
from core.campaigns.pausing import ON_ITS_WAY
from core.campaigns.terms import terms_of
from core.database import breathe, execute, transaction
from core.messaging import counts, gates
from core.messaging.bulk import spool, taking_back
from core.messaging.models import Gate, Status
from core.queue import job

log = structlog.get_logger(__name__)


@job(priority=5)
def watch() -> None:
    """Look at every campaign that is not over. Safe to run twice, or never."""
    for campaign in list(_open()):  # no open cursor while others write
        try:
            look_at(campaign)
        except Exception:
            # An edge: one campaign's trouble must not keep the others'.
            log.exception("campaign_not_looked_after", campaign=campaign.id)
    _let_go_of_cancelled()


def _open() -> peewee.ModelSelect[Campaign]:
    """The campaigns that are not over, without their long lists of numbers."""
    return (
        Campaign.select(
            Campaign.id,
            Campaign.status,
            Campaign.started_at,
            Campaign.schedule_at,
            Campaign.good_until,
            Campaign.is_filled,
            Campaign.lease_until,
        )
        .where(peewee.SQL(states.OPEN_SQL))
        .order_by(Campaign.id)
    )


def look_at(campaign: Campaign) -> None:
    """Bring one campaign on, where its time has come or a worker has left it."""
    status, now = states.status_of(campaign), clock.now()
    if _needs_work(campaign, status) and campaign.lease_until < now:
        carrying.carry_on.nudge(campaign.id)
    if status is CampaignStatus.SCHEDULED and (
        campaign.schedule_at is None or campaign.schedule_at <= now
    ):
        _run(campaign.id)
    if status is CampaignStatus.RUNNING and ending.complete(campaign.id):
        return
    if status in ON_ITS_WAY and campaign.good_until and campaign.good_until <= now:
        stopping.stop_stale(campaign.id)


def _needs_work(campaign: Campaign, status: CampaignStatus) -> bool:
    if status is CampaignStatus.CANCELLING:
        return True
    if states.is_held(campaign):
        return not campaign.is_filled
    return status is CampaignStatus.PREPARING


def _run(campaign_id: str) -> None:
    with transaction():
        campaign = states.locked(campaign_id)
        if states.status_of(campaign) is CampaignStatus.SCHEDULED:
            states.move(campaign, CampaignStatus.RUNNING)


def _let_go_of_cancelled() -> None:
    """Lift the gates of cancelled campaigns once nothing of theirs can come back.

    A text whose answer was lost may turn out not to have gone, and is queued again: it is taken
    back like the others.
    """
    cancelled = (
        Campaign.select()
        .join(Gate, on=(Gate.batch_id == Campaign.id))
        .where(Campaign.status == CampaignStatus.CANCELLED.value)
    )
    for campaign in list(cancelled):
        open_ = counts.of(campaign.id).keys() & _MAY_COME_BACK
        if open_ & {Status.QUEUED.value, Status.SCHEDULED.value}:
            taking_back.take_back(terms_of(campaign, is_over=True), actor="system")
        elif not open_:
            gates.lift(campaign.id)


_MAY_COME_BACK = {
    Status.SCHEDULED.value,
    Status.QUEUED.value,
    Status.SUBMITTING.value,
    Status.UNKNOWN.value,
}


@job()
def forget_drafts() -> None:
    """Drop the priced texts of drafts that nobody started: they would be priced anew anyhow.

    Those of drafts that are gone, too: whoever removed one may have been killed before these.
    """
    orphans = execute(
        "SELECT DISTINCT s.batch_id FROM spool s LEFT JOIN campaign c ON c.id = s.batch_id "
        "LEFT JOIN hold h ON h.id = s.batch_id WHERE c.id IS NULL AND h.id IS NULL"
    ).fetchall()
    for (campaign_id,) in orphans:
        spool.drop(campaign_id)
    rows = execute(
        "SELECT DISTINCT s.batch_id, c.attempt FROM spool s JOIN campaign c ON c.id = s.batch_id "
        "WHERE c.started_at IS NULL AND c.lease_until < %s "
        "AND (c.priced_at IS NULL OR c.priced_at < %s)",
        (clock.ms(), clock.to_ms(clock.now() - 2 * pricing.GOOD_FOR)),
    ).fetchall()
    for campaign_id, attempt in rows:
        while _forget_some(campaign_id, attempt):
            breathe()
    passing = Campaign.select(Campaign.id).where(
        peewee.SQL(queries.PASSING_SQL), Campaign.created_at < clock.now() - queries.PASSING
    )
    for campaign in list(passing):
        _forget_passing(campaign.id)


def _forget_passing(campaign_id: str) -> None:
    """Drop a draft that somebody left in the middle of a conversation."""
    with transaction():
        campaign = states.locked(campaign_id)
        is_left = campaign.is_passing and states.status_of(campaign) is CampaignStatus.DRAFT
        # One that was refused by somebody, or could not start, has something to tell.
        if not is_left or campaign.problem or campaign.launch:
            return
        Campaign.delete().where(Campaign.id == campaign_id).execute()
    spool.drop(campaign_id)


def _forget_some(campaign_id: str, attempt: int) -> bool:
    """Drop a few of a draft's priced texts, unless it was priced again or is being started."""
    with transaction():
        campaign = states.locked(campaign_id)
        is_forgotten = campaign.attempt == attempt and not states.is_held(campaign)
        return is_forgotten and spool.drop_some(campaign_id)
