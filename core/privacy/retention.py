"""Words do not lie about for ever: after so many days only numbers, times and prices are kept."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

import msgspec

from core import clock, ids
from core.campaigns import audience
from core.campaigns.models import Campaign, CampaignStatus
from core.database import breathe, execute, is_postgres, transaction
from core.messaging.models import Blanked
from core.queue import Periodic, job
from core.settings import settings
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
    table: str
    prefix: str
    made: str
    # What of it must keep its words for now: it has not gone yet.
    needed: str
    # Whose they are, by the number that is given.
    whose: str = "tenant_id = %s"


KINDS = (
    _Kind(
        "texts",
        "message",
        "msg",
        "created_at",
        "status IN ('scheduled', 'queued', 'submitting')",
    ),
    _Kind("replies", "inbound", "inb", "received_at", "1 = 0"),
)
# What came in and was never found to be for anybody goes by everybody's days.
_STRAYS = _Kind(
    "replies", "inbound", "inb", "received_at", "1 = 0", f"%s = {NOBODY} AND tenant_id IS NULL"
)


@job()
def forget_words() -> None:
    """Blank what is older than its business wants it to be. Safe to run twice, or never."""
    ends = time.monotonic() + SHIFT_S
    tenants = Tenant.select(Tenant.id, Tenant.message_days).where(Tenant.id != PLATFORM_TENANT)
    for tenant in list(tenants):
        age_ms = days(tenant.message_days) * DAY_MS
        _blank_campaigns(tenant.id, age_ms)
        for kind in KINDS:
            if not _blank(kind, tenant.id, age_ms, ends):
                forget_words.later()
                return
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
    after = _place(kind, tenant_id)
    stands_still = False
    while True:
        with transaction():
            found = _page(kind, tenant_id, after, age_ms)
            due = [each.id for each in found if each.is_due and each.has_words]
            _blank_these(kind, due)
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


def _page(kind: _Kind, tenant_id: int, after: str, age_ms: int) -> list[_Row]:
    lock = " FOR UPDATE" if is_postgres() else ""
    statement = _PAGE.format(made=kind.made, needed=kind.needed, table=kind.table, whose=kind.whose)
    until = ids.floor(kind.prefix, age_ms)
    params = (clock.ms() - age_ms, tenant_id, after, until, AT_ONCE)
    rows = execute(statement + lock, params).fetchall()
    return [_Row(row[0], bool(row[1]), bool(row[2])) for row in rows]


def _blank_these(kind: _Kind, due: list[str]) -> None:
    if due:
        marks = ", ".join(["%s"] * len(due))
        execute(f"UPDATE {kind.table} SET body = '' WHERE id IN ({marks})", due)  # noqa: S608


def _place(kind: _Kind, tenant_id: int) -> str:
    row = Blanked.get_or_none(Blanked.tenant_id == tenant_id, Blanked.kind == kind.name)
    return "" if row is None else str(row.until_id)


def _remember(kind: _Kind, tenant_id: int, until_id: str) -> None:
    Blanked.insert(tenant_id=tenant_id, kind=kind.name, until_id=until_id).on_conflict(
        conflict_target=[Blanked.tenant_id, Blanked.kind], preserve=[Blanked.until_id]
    ).execute()


def _blank_campaigns(tenant_id: int, age_ms: int) -> None:
    """Forget whom campaigns that ended long ago named one by one, and their examples."""
    ended = (CampaignStatus.COMPLETED.value, CampaignStatus.CANCELLED.value)
    with transaction():
        for each in (
            Campaign.select()
            .where(
                Campaign.tenant_id == tenant_id,
                Campaign.status.in_(ended),
                Campaign.finished_at < clock.ms() - age_ms,
                Campaign.findings.is_null(False),
            )
            .order_by(Campaign.id)
        ):
            wanted = msgspec.structs.replace(audience.read(each.audience), to=[], contacts=[])
            Campaign.update(audience=wanted.stored(), findings=None, problem=None).where(
                Campaign.id == each.id
            ).execute()


# At an hour when nobody sends.
PERIODIC = (Periodic(forget_words, every_s=0, at=3 * 60 + 10),)
