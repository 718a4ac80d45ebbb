"""Words do not lie about for ever: after so many days only numbers, times and prices are kept."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import takewhile
from typing import NamedTuple

import msgspec
import peewee

from core import clock, ids
from core.campaigns import audience, states
from core.campaigns.errors import CampaignNotFound
from core.campaigns.models import Campaign, CampaignStatus
from core.database import breathe, execute, is_postgres, transaction
from core.messaging.bulk import spool
from core.messaging.guards import DRAFT_DAYS
from core.messaging.models import Blanked, Inbound, Message
from core.messaging.naming import message_range
from core.messaging.reasons import REASON_LEFT
from core.queue import Periodic, job
from core.settings import settings
from core.tenants import audit
from core.tenants.models import PLATFORM_TENANT, Tenant

# Under this the place is remembered up to which texts that are nobody's have been blanked.
NOBODY = -1
DAY_MS = 24 * 3600 * 1000
AT_ONCE = 1000
# How long one run goes on; what is left is for the next one, which follows at once.
SHIFT_S = 120


@dataclass(frozen=True, slots=True)
class _Kind:
    """A table with words in it, whose ids sort by when they were made."""

    name: str
    model: type[Message | Inbound]
    prefix: str
    made: str
    # What of it must keep its words for now: it has not gone yet.
    needed: str
    blank: Mapping[str, object]
    # Whose they are, by the number that is given.
    whose: str = "tenant_id = %s"


TEXTS = _Kind(
    "texts",
    Message,
    "msg",
    "created_at",
    "status IN ('scheduled', 'queued', 'submitting')",
    {"body": "", "reason": REASON_LEFT},
)
REPLIES = _Kind("replies", Inbound, "inb", "received_at", "1 = 0", {"body": ""})
# What came in and was never found to be for anybody goes by everybody's days.
_STRAYS = replace(REPLIES, whose=f"%s = {NOBODY} AND tenant_id IS NULL")


@job()
def forget_words() -> None:
    """Blank what is older than its business wants it to be. Safe to run twice, or never."""
    ends = time.monotonic() + SHIFT_S
    tenants = Tenant.select(Tenant.id, Tenant.message_days).where(Tenant.id != PLATFORM_TENANT)
    for tenant in list(tenants):
        age_ms = days(tenant.message_days) * DAY_MS
        is_done = (
            _blank(TEXTS, tenant.id, age_ms, ends)
            and _blank(REPLIES, tenant.id, age_ms, ends)
            and _let_go_of_campaigns(tenant.id, age_ms, ends)
        )
        if not is_done:
            forget_words.later()
            return
        _remove_drafts(tenant.id)
    if not _blank(_STRAYS, NOBODY, days(None) * DAY_MS, ends):
        forget_words.later()


def days(own: int | None) -> int:
    """Return how many days a business keeps words: its own number, or everybody's."""
    return settings().rules.message_days if own is None else own


def _blank(kind: _Kind, tenant_id: int, age_ms: int, ends: float) -> bool:
    """Blank the words of a business that are older than that. False when time ran out before.

    All behind the place that is remembered is blank for good, so nothing is looked at every night
    again. The place stands still before the first words that must stay for now.
    """
    after, until = _place(kind, tenant_id), ids.floor(kind.prefix, age_ms)
    stands_still = False
    while True:
        with transaction():
            found = _page(kind, tenant_id, after, until, age_ms)
            due = _blank_these(kind, found)
            if not stands_still:
                done = list(takewhile(lambda each: each.is_due or not each.has_words, found))
                if done:
                    _remember(kind, tenant_id, done[-1].id)
                stands_still = len(done) < len(found)
        if len(found) < AT_ONCE:
            return True
        if time.monotonic() > ends:
            return False
        after = found[-1].id
        if due:
            breathe()


class _Row(NamedTuple):
    """A text, whether its words may go, and whether it has any."""

    id: str
    is_due: bool
    has_words: bool


# The condition on age stands beside the bound on ids: a text of a campaign is named after the
# campaign, which may have been a draft for long.
_PAGE = """
    SELECT id, {made} < %s AND NOT ({needed}), body <> '' FROM {table}
    WHERE {whose} AND id > %s AND id < %s ORDER BY id LIMIT %s
"""


def _page(kind: _Kind, tenant_id: int, after: str, until: str, age_ms: int) -> list[_Row]:
    lock = " FOR UPDATE" if is_postgres() else ""
    table = kind.model._meta.table_name
    statement = _PAGE.format(made=kind.made, needed=kind.needed, table=table, whose=kind.whose)
    params = (clock.ms() - age_ms, tenant_id, after, until, AT_ONCE)
    rows = execute(statement + lock, params).fetchall()
    return [_Row(row[0], bool(row[1]), bool(row[2])) for row in rows]


def _blank_these(kind: _Kind, found: list[_Row]) -> bool:
    """Blank what is due of some rows. Returns whether there was any."""
    due = [each.id for each in found if each.is_due and each.has_words]
    if due:
        kind.model.update(**kind.blank).where(kind.model.id.in_(due)).execute()
    return bool(due)


def _place(kind: _Kind, tenant_id: int) -> str:
    row = Blanked.get_or_none(Blanked.tenant_id == tenant_id, Blanked.kind == kind.name)
    return "" if row is None else str(row.until_id)


def _remember(kind: _Kind, tenant_id: int, until_id: str) -> None:
    Blanked.insert(tenant_id=tenant_id, kind=kind.name, until_id=until_id).on_conflict(
        conflict_target=[Blanked.tenant_id, Blanked.kind], preserve=[Blanked.until_id]
    ).execute()


def _let_go_of_campaigns(tenant_id: int, age_ms: int, ends: float) -> bool:
    """Forget whom campaigns that ended long ago named one by one, their examples and their words.

    The texts of a campaign are named after its draft: when it was started, the place up to which
    all is blank may have been past them. Those of one that has lain still for long go, too, as far
    as they have gone. False when time ran out before.
    """
    then = clock.now() - timedelta(milliseconds=age_ms)
    has_ended = Campaign.finished_at.is_null(False)
    old = Campaign.select(Campaign.id, Campaign.finished_at).where(
        Campaign.tenant_id == tenant_id,
        (has_ended & (Campaign.finished_at < then)) | (~has_ended & (Campaign.started_at < then)),
        _names_people(),
    )
    for row in list(old.order_by(Campaign.id)):
        if time.monotonic() > ends:
            return False
        if _blank_texts_of(row.id, tenant_id, age_ms) and row.finished_at is not None:
            _forget_people(row.id)
    return True


def _names_people() -> peewee.Expression:
    """A list that somebody gave, or what was found out about somebody."""
    given = Campaign.audience.contains('"to":') | Campaign.audience.contains('"contacts":')
    found = Campaign.findings.is_null(False) | Campaign.problem.is_null(False)
    either: peewee.Expression = given | found
    return either


def _blank_texts_of(campaign_id: str, tenant_id: int, age_ms: int) -> bool:
    """Blank the texts of a campaign. Returns whether none of them has any words left."""
    after, until = message_range(campaign_id)
    is_blank = True
    while True:
        with transaction():
            found = _page(TEXTS, tenant_id, after, until, age_ms)
            due = _blank_these(TEXTS, found)
        is_blank &= all(each.is_due or not each.has_words for each in found)
        if len(found) < AT_ONCE:
            return is_blank
        after = found[-1].id
        if due:
            breathe()


def _forget_people(campaign_id: str) -> None:
    with transaction():
        campaign = Campaign.get_by_id(campaign_id)
        wanted = msgspec.structs.replace(audience.read(campaign.audience), to=[], contacts=[])
        Campaign.update(audience=wanted.stored(), findings=None, problem=None).where(
            Campaign.id == campaign_id
        ).execute()


def _remove_drafts(tenant_id: int) -> None:
    """Remove drafts that nobody has started for long, unless their time is still to come."""
    now = clock.now()
    left = Campaign.select(Campaign.id).where(
        Campaign.tenant_id == tenant_id,
        Campaign.status == CampaignStatus.DRAFT.value,
        Campaign.created_at < now - timedelta(days=DRAFT_DAYS),
        Campaign.schedule_at.is_null() | (Campaign.schedule_at < now),
    )
    for row in list(left):
        with suppress(CampaignNotFound), transaction():
            draft = states.locked(row.id)
            if states.status_of(draft) is not CampaignStatus.DRAFT:
                continue
            Campaign.delete().where(Campaign.id == draft.id).execute()
            audit.record(
                tenant_id,
                "system",
                "system",
                "campaign.removed",
                subject=draft.id,
                before={"name": draft.name},
            )
        spool.drop(row.id)


# At an hour when nobody sends.
PERIODIC = (Periodic(forget_words, every_s=0, at=3 * 60 + 10),)
