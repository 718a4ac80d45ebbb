"""Where a number stands outside its own rows: in campaigns, in facts, in rows left out of imports.

Such places are found by looking through what a business has, which takes its time and locks
nothing. They are few, and changed by their keys. Campaigns are locked before all else, as whoever
starts, prices or changes one does: then comes the book, the spool, texts, and money.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
import peewee

from core import phone
from core.campaigns import audience, findings
from core.campaigns.models import Campaign, CampaignStatus
from core.campaigns.wording import local
from core.contacts.imports.errors import NumberErased
from core.contacts.imports.models import Import, ImportRejection
from core.database import Model, is_postgres
from core.errors import Refused
from core.events import Event
from core.messaging.bulk import veiling

# Campaigns of which texts may still wait in the spool.
_SPOOLED = (
    CampaignStatus.DRAFT,
    CampaignStatus.AWAITING_APPROVAL,
    CampaignStatus.PREPARING,
    CampaignStatus.SCHEDULED,
    CampaignStatus.RUNNING,
    CampaignStatus.PAUSED,
    CampaignStatus.CANCELLING,
)
_AT_ONCE = 200
_BETWEEN = re.compile(r"[^\d,\[\]]")
M = TypeVar("M", bound=Model)


@dataclass(slots=True)
class Places:
    """Where a number was found, by keys."""

    chunks: list[tuple[str, int]] = field(default_factory=list)
    campaigns: list[str] = field(default_factory=list)
    facts: list[int] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)
    rejections: list[tuple[str, int]] = field(default_factory=list)


def find(tenant_id: int, msisdn: str) -> Places:
    """Look for a number in all that a business has, a little at a time."""
    ending = _ending(msisdn)
    places = Places(
        chunks=list(veiling.find(_spooled(tenant_id), msisdn)),
        campaigns=list(_campaigns(tenant_id, ending)),
        facts=[row.sequence for row in _facts(tenant_id, msisdn)],
    )
    mine = Import.select(Import.id, Import.layout)
    for found in _paged(mine.where(Import.tenant_id == tenant_id), Import.id, _AT_ONCE):
        # The first rows of the file, and the rows that were left out.
        if ending in _digits(found.layout):
            places.imports.append(found.id)
        places.rejections += ((found.id, row) for row in _rejections(found.id, ending))
    return places


def find_more(tenant_id: int, msisdn: str, places: Places) -> bool:
    """Add the campaigns that were priced since somebody was looked for, under the book's lock.

    Returns whether there are any. One that is priced still finds out about the erasure itself.
    """
    ending = _ending(msisdn)
    is_told = Campaign.findings.contains(ending) | Campaign.problem.contains(ending)
    rows = Campaign.select(Campaign.id).where(Campaign.tenant_id == tenant_id, is_told)
    more = sorted({row.id for row in rows} - set(places.campaigns))
    places.campaigns += more
    return bool(more)


def _ending(msisdn: str) -> str:
    """Return the digits of a number that stand in it however it is written."""
    return msisdn[3:] if msisdn.startswith("254") else msisdn


def _spooled(tenant_id: int) -> list[str]:
    rows = Campaign.select(Campaign.id).where(
        Campaign.tenant_id == tenant_id,
        Campaign.status.in_([each.value for each in _SPOOLED]),
    )
    return [row.id for row in rows]


def _campaigns(tenant_id: int, ending: str) -> Iterator[str]:
    """Find the campaigns in whose lists or findings a number may be, in any writing."""
    rows = Campaign.select(Campaign.id, Campaign.audience, Campaign.findings, Campaign.problem)
    # Few at a time: a list may have fifty thousand numbers.
    for row in _paged(rows.where(Campaign.tenant_id == tenant_id), Campaign.id, 5):
        told = "".join((row.audience, row.findings or "", row.problem or ""))
        if ending in _digits(told):
            yield row.id


def _facts(tenant_id: int, msisdn: str) -> list[Event]:
    rows = Event.select(Event.sequence).where(
        Event.tenant_id == tenant_id, Event.data.contains(msisdn)
    )
    return list(rows)


def _rejections(import_id: str, ending: str) -> Iterator[int]:
    rows = ImportRejection.select(ImportRejection.row, ImportRejection.cells)
    mine = rows.where(ImportRejection.import_id == import_id)
    for row in _paged(mine, ImportRejection.row, _AT_ONCE):
        if ending in _digits(row.cells):
            yield row.row


def _paged(rows: peewee.ModelSelect[M], key: peewee.Field, at_once: int) -> Iterator[M]:
    """Read rows in the order of a key, so many at once: a driver may fetch whole answers."""
    page = list(rows.order_by(key).limit(at_once))
    while page:
        yield from page
        page = list(rows.where(key > getattr(page[-1], key.name)).order_by(key).limit(at_once))


def _digits(told: str) -> str:
    """Return the digits in some JSON, those of other scripts as ours; its values stay apart."""
    kept = _BETWEEN.sub("", told)
    return kept if kept.isascii() else "".join(map(_digit, kept))


def _digit(sign: str) -> str:
    return str(unicodedata.decimal(sign, sign))


def lock(places: Places) -> None:
    """Keep others from changing the campaigns of these places until the transaction ends.

    In the order of their ids, and before any other lock: nobody waits in a circle.
    """
    if is_postgres():
        ids = {*places.campaigns, *(batch_id for batch_id, _ in places.chunks)}
        query = Campaign.select(Campaign.id).where(Campaign.id.in_(ids)).order_by(Campaign.id)
        list(query.for_update())


def wipe(places: Places, msisdn: str, pseudonym: str) -> None:
    """Take a number out of its places, in the caller's transaction, after `lock`."""
    for each in (Campaign.get_or_none(Campaign.id == one) for one in places.campaigns):
        if each is None:
            continue  # a draft that was removed since
        Campaign.update(
            audience=_without(each.audience, msisdn),
            findings=_replaced(_without_sample(each, msisdn), msisdn, pseudonym),
            problem=_replaced(each.problem, msisdn, pseudonym),
        ).where(Campaign.id == each.id).execute()
    for at in range(0, len(places.facts), _AT_ONCE):
        for fact in Event.select().where(Event.sequence.in_(places.facts[at : at + _AT_ONCE])):
            Event.update(data=_replaced(fact.data, msisdn, pseudonym)).where(
                Event.sequence == fact.sequence
            ).execute()
    for found in Import.select().where(Import.id.in_(places.imports)):
        layout = msgspec.json.encode(found.found.without_sample()).decode()
        Import.update(layout=layout).where(Import.id == found.id).execute()
    for import_id, row in places.rejections:
        # Why it was left out cannot be said any more: that named what stood in the row.
        ImportRejection.update(cells="[]", code=NumberErased.code, about=None).where(
            ImportRejection.import_id == import_id, ImportRejection.row == row
        ).execute()


def _without(stored: str, msisdn: str) -> str:
    """Take a number out of an audience's list, however it was written there."""
    wanted = audience.read(stored)
    rest = [each for each in wanted.to if not _is(each, msisdn)]
    return (
        stored if len(rest) == len(wanted.to) else msgspec.structs.replace(wanted, to=rest).stored()
    )


def _without_sample(campaign: Campaign, msisdn: str) -> str | None:
    """Take the text to a number out of the examples that pricing kept."""
    if campaign.findings is None:
        return None
    found = findings.of(campaign)
    found.samples = [each for each in found.samples if each.to != msisdn]
    return found.stored()


def _is(given: str, msisdn: str) -> bool:
    try:
        return phone.parse(given) == msisdn
    except Refused:
        return False


def _replaced(told: str | None, msisdn: str, pseudonym: str) -> str | None:
    if told is None:
        return None
    for written in (msisdn, local(msisdn), phone.pretty(msisdn)):
        told = told.replace(written, pseudonym)
    return told
