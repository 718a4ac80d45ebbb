"""What the tests of a campaign's life share: made, started and worked on the short way."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import msgspec

from core.campaigns import approving, campaigns, carrying, launching, watching
from core.campaigns.audience import Audience
from core.campaigns.campaigns import Wanted
from core.campaigns.models import Campaign, CampaignStatus
from core.contacts.models import Group
from core.events import Event
from core.ledger.models import Hold
from core.messaging import counts
from core.messaging.models import Message
from core.tenants import people as directory
from core.tenants.models import Membership, Person, Role
from core.tenants.profiles import Profile
from tests.campaigns.makers import make_contacts, make_group
from tests.messaging.scene import Gateway, hand_over

_numbers = itertools.count(1)
WHO = {"actor": "key:key_test", "channel": "api"}


def people(tenant: Profile, count: int, name: str = "Wateja", **values: Any) -> Group:
    """A group of so many people."""
    group = make_group(tenant, name)
    make_contacts(tenant, count, group=group, **values)
    Group.update(size=count).where(Group.id == group.id).execute()
    return group


def make(tenant: Profile, *groups: Group, to: Sequence[str] = (), **wanted: Any) -> Campaign:
    """A draft, by the act that makes drafts."""
    chosen = Audience(groups=[group.id for group in groups], to=list(to))
    asked = {"name": "Offa", "audience": chosen, "message": "Habari {{first_name}}"} | wanted
    return campaigns.create(tenant, Wanted(**asked), **WHO)


def start(tenant: Profile, campaign: Campaign, **more: Any) -> Campaign:
    return launching.launch(tenant, campaign.id, **WHO | more)


def approve(
    tenant: Profile,
    campaign: Campaign,
    person: Person,
    *,
    seen: str | None = None,
    channel: str = "telegram",
) -> Campaign:
    """Approve a campaign, as it stands unless something else was seen."""
    mark = approving.mark(again(campaign)) if seen is None else seen
    return approving.approve(tenant, campaign.id, person, seen=mark, channel=channel)


def work(campaign: Campaign) -> Campaign:
    """Do all that workers would do for a campaign now, and look at it."""
    for _ in range(3):
        carrying.carry_on(campaign.id)
        watching.watch()
    return again(campaign)


def begun(tenant: Profile, count: int = 3, **more: Any) -> Campaign:
    """A campaign of which all texts are rows."""
    campaign = make(tenant, people(tenant, count), **more)
    return work(start(tenant, campaign))


def deliver(campaign: Campaign, gateway: Gateway | None = None) -> Gateway:
    """Hand over all that may go."""
    gateway = gateway or Gateway()
    hand_over(gateway, Message.get(Message.batch_id == campaign.id).account_id)
    return gateway


def again(campaign: Campaign) -> Campaign:
    return Campaign.get_by_id(campaign.id)


def standing(campaign: Campaign) -> CampaignStatus:
    return CampaignStatus(again(campaign).status)


def texts(campaign: Campaign) -> list[Message]:
    return list(Message.select().where(Message.batch_id == campaign.id).order_by(Message.id))


def facts(name: str) -> list[dict[str, Any]]:
    """What was noted under a name, in order."""
    rows = Event.select().where(Event.name == name).order_by(Event.sequence)
    return [msgspec.json.decode(row.data) for row in rows]


def hold_of(campaign: Campaign) -> Hold | None:
    return Hold.get_or_none(Hold.id == campaign.id)


def assert_counted(campaign: Campaign) -> None:
    """The counts say what the rows say."""
    found: dict[str, int] = {}
    for row in texts(campaign):
        found[row.status] = found.get(row.status, 0) + 1
    assert {status: each.messages for status, each in counts.of(campaign.id).items()} == found


def person(tenant: Profile, role: Role, name: str = "Juma") -> Person:
    """Somebody with a role in a business."""
    found = directory.introduce(f"2541{next(_numbers):08d}", name, "en")
    Membership.insert(
        person_id=found.id, tenant_id=tenant.tenant_id, role=role.value, created_at=0
    ).on_conflict_ignore().execute()
    return found
