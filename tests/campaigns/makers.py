"""What the tests of campaigns share: contacts by the dozen, and drafts of campaigns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core import clock, ids
from core.campaigns import pricing
from core.campaigns.audience import Audience
from core.campaigns.models import Campaign
from core.contacts.models import Contact, ContactStatus, Group, GroupMember
from core.database import transaction
from core.ledger import holds  # noqa: F401
from core.messaging.bulk import filling, holding
from core.messaging.bulk.spool import Terms
from core.messaging.models import REHEARSAL_ACCOUNT, SHARED_ACCOUNT
from core.money import Money
from core.tenants.profiles import Profile


def make_contacts(
    tenant: Profile,
    count: int,
    *,
    group: Group | None = None,
    first: int = 10_000_000,
    **values: Any,
) -> list[Contact]:
    """Store people called Asha 0, Asha 1 and so on, in a group when one is given."""
    names = ids.block("con", count)
    rows = [
        {
            "id": each,
            "tenant_id": tenant.tenant_id,
            "msisdn": f"2547{first + at:08d}",
            "name": f"Asha {at}",
            "language": None,
            "fields": None,
            "status": ContactStatus.ACTIVE.value,
            "consent_id": None,
            "created_at": clock.now(),
            **values,
        }
        for at, each in enumerate(names)
    ]
    with transaction():
        for at in range(0, count, 500):
            Contact.insert_many(rows[at : at + 500]).execute()
    if group is not None:
        put_in(group, names)
    return list(Contact.select().where(Contact.id.in_(names[:500])).order_by(Contact.id))


def make_group(tenant: Profile, name: str = "Wateja") -> Group:
    return Group.create(
        id=ids.new("grp"),
        tenant_id=tenant.tenant_id,
        name=name,
        name_key=name.casefold(),
        created_at=clock.now(),
    )


def put_in(group: Group, contact_ids: Sequence[str]) -> None:
    rows = [
        {"tenant_id": group.tenant_id, "group_id": group.id, "contact_id": each}
        for each in contact_ids
    ]
    with transaction():
        for at in range(0, len(rows), 500):
            GroupMember.insert_many(rows[at : at + 500]).execute()


def draft(
    tenant: Profile,
    message: str = "Habari {{first_name|rafiki}}",
    *,
    to: Sequence[str] = (),
    group: Group | None = None,
    everyone: bool = False,
    params: Mapping[str, str] | None = None,
    **values: Any,
) -> Campaign:
    """A campaign that nobody has started."""
    chosen = Audience(everyone=everyone, to=list(to), groups=[group.id] if group else [])
    campaign_id = ids.new("cmp")
    Campaign.insert(
        id=campaign_id,
        tenant_id=tenant.tenant_id,
        is_test=tenant.is_test,
        name="Offa",
        message=message,
        params=None if params is None else json.dumps(params),
        audience=chosen.stored(),
        actor="test",
        channel="api",
        created_at=clock.now(),
        **values,
    ).execute()
    return Campaign.get_by_id(campaign_id)


def priced(campaign: Campaign) -> Campaign:
    """Price a campaign, as it is now."""
    attempt = pricing.begin(campaign.id)
    assert attempt is not None
    found = pricing.price(campaign.id, attempt)
    assert found is not None
    return found


def terms(campaign: Campaign, schedule_at: datetime | None = None) -> Terms:
    return Terms(
        batch_id=campaign.id,
        tenant_id=campaign.tenant_id,
        account_id=REHEARSAL_ACCOUNT if campaign.is_test else SHARED_ACCOUNT,
        category=campaign.category,
        sender="TUMA",
        schedule_at=schedule_at or campaign.schedule_at,
    )


def hold(campaign: Campaign) -> None:
    """Hold what a priced campaign costs, and set its gate."""
    with transaction():
        Campaign.update(started_at=clock.now(), status="preparing").where(
            Campaign.id == campaign.id
        ).execute()
        holding.hold(
            terms(campaign),
            Money(campaign.cost),
            opens_at=campaign.schedule_at or clock.now(),
            closes_at=None,
            actor="test",
        )


def fill(campaign: Campaign) -> None:
    """Make rows of all its texts."""
    while filling.fill(terms(campaign)):
        pass
