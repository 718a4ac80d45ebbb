"""Campaigns read back: which there are, how far each has come, what it has cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import peewee

from core import clock
from core.campaigns import findings, timing
from core.campaigns.errors import CampaignNotFound
from core.campaigns.models import Campaign, CampaignStatus
from core.database import execute, is_postgres
from core.ledger.models import Hold
from core.messaging.claiming import all_stopped
from core.messaging.models import BatchCount, Category, Status
from core.money import ZERO, Money
from core.tenants.models import Tenant, TenantStatus
from core.tenants.profiles import Profile

# Word for word the condition of its index.
AWAITING = peewee.SQL("status = 'awaiting_approval'")
# Drafts made in passing, and how long they stay; word for word the condition of their index.
PASSING_SQL = "is_passing AND status = 'draft'"
PASSING = timedelta(hours=1)
OVER = frozenset({CampaignStatus.CANCELLED, CampaignStatus.COMPLETED})
# Taken back: what was not handed over by then does not go.
STOPPED = frozenset({CampaignStatus.CANCELLING, CampaignStatus.CANCELLED})
# Texts that no gateway took: they wait, or never went and cost nothing.
NOT_HANDED = frozenset(
    {*timing.WAITING, Status.REJECTED.value, Status.SUPPRESSED.value, Status.CANCELLED.value}
)


# What a list shows: all but whom a campaign is for.
_LISTED = [each for name, each in Campaign._meta.fields.items() if name != "audience"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign has come.

    `counts` are its texts by status; `total` are all it has, those not yet among the rows included.
    `held` is still set aside for it, `released` was given back. `done` are the texts of which
    nothing waits any more, `handed` those that the gateway took. `recipients` are the people it was
    meant for.
    """

    status: CampaignStatus
    counts: Mapping[str, int]
    total: int
    done: int
    handed: int
    recipients: int
    cost_taken: Money
    cost_held: Money
    released: Money
    eta: datetime | None

    @property
    def waiting(self) -> int:
        """How many texts have not gone and still may."""
        return self.total - self.done

    @property
    def percent(self) -> int:
        """How much of it is done, in whole percent; a hundred only when all is.

        Of what was cancelled, how much had been handed over.
        """
        if self.status in STOPPED:
            return 100 * self.handed // self.recipients if self.recipients else 0
        return 100 * self.done // self.total if self.total else 0


def own(profile: Profile) -> peewee.ModelSelect[Campaign]:
    """Every query starts here: a tenant's own campaigns, rehearsed ones apart from real ones."""
    return Campaign.select().where(
        Campaign.tenant_id == profile.tenant_id, Campaign.is_test == profile.is_test
    )


def one(profile: Profile, campaign_id: str) -> Campaign:
    """Find a campaign. Raises: CampaignNotFound."""
    found: Campaign | None = own(profile).where(Campaign.id == campaign_id).first()
    if found is None:
        raise CampaignNotFound
    return found


def listing(
    profile: Profile,
    *,
    status: Sequence[CampaignStatus] = (),
    after: str | None = None,
    limit: int = 50,
) -> list[Campaign]:
    """List campaigns, newest first. `after` is the id of the last one already seen.

    What somebody left in the middle of a conversation is not among them. Their audiences, which may
    be long lists of numbers, are not read: `chosen` tells of them.
    """
    left = (Campaign.created_at < clock.now() - PASSING) & peewee.SQL(PASSING_SQL)
    query = own(profile).select(*_LISTED).where(~left)
    if status:
        query = query.where(Campaign.status.in_([each.value for each in status]))
    if after is not None:
        query = query.where(Campaign.id < after)
    return list(query.order_by(Campaign.id.desc()).limit(limit))


class Chosen(NamedTuple):
    """Whom a campaign is for; of contacts and numbers only how many."""

    everyone: bool
    groups: list[str]
    contacts: int
    to: int


# The database counts: a page of long lists would be hundreds of megabytes here.
_CHOSEN_SQLITE = """
    SELECT id, json_extract(audience, '$.everyone'), json_extract(audience, '$.groups'),
           json_array_length(audience, '$.contacts'), json_array_length(audience, '$.to')
    FROM campaign WHERE id IN (SELECT value FROM json_each(%s))
"""
_CHOSEN_POSTGRES = """
    SELECT id, said->'everyone', said->>'groups',
           json_array_length(said->'contacts'), json_array_length(said->'to')
    FROM (SELECT id, audience::json AS said FROM campaign
          WHERE id IN (SELECT json_array_elements_text(%s))) listed
"""


def chosen(campaigns: Sequence[Campaign]) -> dict[str, Chosen]:
    """Say whom each of some campaigns is for, in one question."""
    statement = _CHOSEN_POSTGRES if is_postgres() else _CHOSEN_SQLITE
    asked = msgspec.json.encode([campaign.id for campaign in campaigns]).decode()
    return {
        campaign_id: Chosen(
            bool(everyone), msgspec.json.decode(groups or "[]"), int(contacts or 0), int(to or 0)
        )
        for campaign_id, everyone, groups, contacts, to in execute(statement, (asked,)).fetchall()
    }


def progress(profile: Profile, campaign_id: str) -> Progress:
    """Say how far a campaign has come. Raises: CampaignNotFound."""
    campaign = one(profile, campaign_id)
    return progress_of([campaign])[campaign.id]


def progress_of(campaigns: Sequence[Campaign]) -> dict[str, Progress]:
    """Say how far each of some campaigns has come, with as many questions as for one."""
    ids = [campaign.id for campaign in campaigns]
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for row in BatchCount.select().where(BatchCount.batch_id.in_(ids), BatchCount.messages != 0):
        counts[row.batch_id][row.status] = row.messages
    holds = {hold.id: hold for hold in Hold.select().where(Hold.id.in_(ids))}
    outlook = _outlook(campaigns)
    return {
        campaign.id: _progress(campaign, counts[campaign.id], holds.get(campaign.id), outlook)
        for campaign in campaigns
    }


class _Outlook(NamedTuple):
    """What decides when campaigns end: which tenants may send now, and all that is under way."""

    may_send: frozenset[int]
    going: Mapping[bool, Sequence[timing.Going]]


def _outlook(campaigns: Sequence[Campaign]) -> _Outlook:
    """Find it for those of some campaigns that go."""
    those = [each for each in campaigns if _goes(each)]
    if not those or all_stopped():
        return _Outlook(frozenset(), {})
    may_send = Tenant.select(Tenant.id).where(
        Tenant.id.in_({each.tenant_id for each in those}),
        Tenant.status != TenantStatus.SUSPENDED.value,
    )
    modes = {bool(each.is_test) for each in those}
    return _Outlook(
        frozenset(tenant.id for tenant in may_send),
        {is_test: timing.under_way(is_test=is_test) for is_test in modes},
    )


def _goes(campaign: Campaign) -> bool:
    status = CampaignStatus(campaign.status)
    return status in (CampaignStatus.RUNNING, CampaignStatus.SCHEDULED) or (
        status is CampaignStatus.PREPARING and campaign.started_at is not None
    )


def _progress(
    campaign: Campaign, counts: Mapping[str, int], hold: Hold | None, outlook: _Outlook
) -> Progress:
    status = CampaignStatus(campaign.status)
    stored = sum(counts.values())
    waiting = sum(counts.get(each, 0) for each in timing.WAITING)
    # What is over has no more texts than its rows: those of a campaign that was cancelled before
    # its money was held were never made.
    total = stored if status in OVER else max(stored, int(campaign.recipients))
    waiting += total - stored
    if hold is None:
        taken = held = released = ZERO
    else:
        taken, released = Money(hold.taken), Money(hold.released)
        held = Money(hold.amount) - taken - released
    return Progress(
        status=status,
        counts=dict(sorted(counts.items())),
        total=total,
        done=total - waiting,
        handed=sum(count for each, count in counts.items() if each not in NOT_HANDED),
        recipients=max(stored, int(campaign.recipients)),
        cost_taken=taken,
        cost_held=held,
        released=released,
        eta=_eta(campaign, waiting, outlook),
    )


def _eta(campaign: Campaign, waiting: int, outlook: _Outlook) -> datetime | None:
    """Return about when the last text goes; None while nobody can say, or it has gone."""
    if not _goes(campaign) or not waiting or campaign.tenant_id not in outlook.may_send:
        return None
    line = outlook.going[bool(campaign.is_test)]
    return timing.until(campaign, operators(campaign), waiting, line)


def operators(campaign: Campaign) -> list[str]:
    """Return whose numbers a campaign goes to, where its hours depend on that."""
    if campaign.category != Category.PROMOTIONAL.value:
        return []
    return list(findings.of(campaign).operators)


def document(text: str | None) -> dict[str, Any]:
    """Read one of a campaign's columns of JSON; an empty object when there is none."""
    found: dict[str, Any] = {} if text is None else msgspec.json.decode(text)
    return found


def last_day(good_until: datetime) -> str:
    """Write, as people read it, the day on which a campaign was meant to end."""
    return f"{(good_until - timing.GRACE).astimezone(clock.NAIROBI):%-d %b %Y}"
