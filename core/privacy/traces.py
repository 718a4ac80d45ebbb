"""Where a number stands outside its own rows: in campaigns, in facts, in rows left out of imports.

Such places are found by looking through what a business has, which takes its time and locks
nothing. They are few, and changed by their keys. Campaigns are locked before all else, as whoever
starts, prices or changes one does: then comes the book, the spool, texts, and money.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from core import phone
from core.campaigns import audience, findings
from core.campaigns.models import Campaign, CampaignStatus
from core.campaigns.wording import local
from core.contacts.imports.errors import NumberErased
from core.contacts.imports.models import Import, ImportRejection
from core.database import is_postgres
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
_BETWEEN = re.compile(r"[^0-9,\[\]]")


@dataclass(slots=True)
class Places:
    """Where a number was found, by keys."""

    chunks: list[tuple[str, int]] = field(default_factory=list)
    campaigns: list[str] = field(default_factory=list)
    facts: list[int] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)
    rejections: list[tuple[str, int]] = field(default_factory=list)


def find(tenant_id: int, msisdn: str) -> Places:
    """Look for a number in all that a business has."""
    ending = msisdn[3:] if msisdn.startswith("254") else msisdn
    return Places(
        chunks=list(veiling.find(_spooled(tenant_id), msisdn)),
        campaigns=list(_campaigns(tenant_id, ending)),
        facts=[row.sequence for row in _facts(tenant_id, msisdn)],
        imports=list(_imports(tenant_id, ending)),
        rejections=list(_rejections(tenant_id, ending)),
    )


def _spooled(tenant_id: int) -> list[str]:
    rows = Campaign.select(Campaign.id).where(
        Campaign.tenant_id == tenant_id,
        Campaign.status.in_([each.value for each in _SPOOLED]),
    )
    return [row.id for row in rows]


def _campaigns(tenant_id: int, ending: str) -> Iterator[str]:
    """Find the campaigns in whose lists or findings a number may be, in any writing."""
    rows = Campaign.select(
        Campaign.id, Campaign.audience, Campaign.findings, Campaign.problem
    ).where(Campaign.tenant_id == tenant_id)
    for row in rows.iterator():
        told = "".join((row.audience, row.findings or "", row.problem or ""))
        if ending in _BETWEEN.sub("", told):
            yield row.id


def _facts(tenant_id: int, msisdn: str) -> list[Event]:
    rows = Event.select(Event.sequence).where(
        Event.tenant_id == tenant_id, Event.data.contains(msisdn)
    )
    return list(rows)


def _imports(tenant_id: int, ending: str) -> Iterator[str]:
    """Find the imports that keep the first rows of their file, when the number is in one."""
    rows = Import.select(Import.id, Import.layout).where(Import.tenant_id == tenant_id)
    for row in rows.iterator():
        if ending in _BETWEEN.sub("", row.layout):
            yield row.id


def _rejections(tenant_id: int, ending: str) -> Iterator[tuple[str, int]]:
    rows = (
        ImportRejection.select(
            ImportRejection.import_id, ImportRejection.row, ImportRejection.cells
        )
        .join(Import, on=(Import.id == ImportRejection.import_id))
        .where(Import.tenant_id == tenant_id)
    )
    for row in rows.iterator():
        if ending in _BETWEEN.sub("", row.cells):
            yield row.import_id, row.row


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
    for each in Campaign.select().where(Campaign.id.in_(places.campaigns)):
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
