"""What the walk through the flows meets of bulk sending: templates, campaigns, replies, names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core import clock, ids
from core.campaigns import campaigns, cancelling, carrying, launching, stopping, templates
from core.campaigns.audience import Audience
from core.campaigns.campaigns import Wanted
from core.campaigns.models import Campaign, Template
from core.contacts import groups
from core.contacts.models import ContactBook, Group
from core.messaging import sender_decisions, sender_requests, senders
from core.messaging.models import (
    SHARED_ACCOUNT,
    Category,
    Inbound,
    Message,
    SenderStatus,
    Status,
)
from core.tenants import people
from core.tenants.profiles import Profile, profile

TEMPLATES = {"Salio": "Habari {{name}}, deni lako ni KES {{deni}}.", "Karibu": "Karibu {{name}}!"}
REPLIES = (
    ("254733000001", "Asante sana, nitakuja kesho saa tatu. Je, mna nafasi ya watu wawili?", None),
    ("254733000003", "STOP", "opt_out"),
    ("254733000003", "START", "opt_in"),
)


def fill(tenant_id: int, owner: str, sender: str) -> None:
    """Give a business templates, campaigns in every state, and replies."""
    for name, body in TEMPLATES.items():
        templates.create(tenant_id, name, {"en": body}, actor="cli", channel="cli")
    who = profile(tenant_id)
    now = clock.now()
    # The contacts have long been there: else what is counted in the past is out of date at once.
    ContactBook.update(changed_at=0).where(ContactBook.tenant_id == tenant_id).execute()
    clock.freeze(now - timedelta(days=2))
    _taken_back(_going(who, "Ofa ya juzi", owner), who)
    clock.freeze(now - timedelta(days=1))
    stale = _going(who, "Ofa ya jana", owner)
    clock.freeze(now - timedelta(minutes=30))
    _gone(_going(who, "Ofa ya asubuhi", owner))
    clock.freeze(now)
    stopping.stop_stale(stale)
    _drafted(who, "Ofa ya asubuhi", owner)
    _going(who, "Ofa ya leo", owner)
    _drafted(who, "Rasimu", owner)
    for number in (1, 2, 3):
        _asked(who, f"Ya Asha {number}", sender)
    for at, (msisdn, body, verdict) in enumerate(REPLIES):
        _came(tenant_id, msisdn, body, verdict, minutes=at)


def names(tenant_id: int) -> None:
    """Give a business sender IDs in every state."""
    for name in ("DUKA", "JUMA"):
        senders.register(tenant_id, name, Category.PROMOTIONAL, actor="cli", channel="cli")
    for name in ("KITU", "ZAIDI"):
        notices = Category.TRANSACTIONAL
        sender_requests.ask(tenant_id, name, notices, "Oda", actor="cli", channel="cli")
    found = {row.name: str(row.public_id) for row in senders.listing(tenant_id)}
    why = "The name is not that of the business."
    sender_decisions.reject(found["KITU"], why, actor="cli", channel="cli")
    no, yes = SenderStatus.REJECTED, SenderStatus.APPROVED
    sender_decisions.set_operator(found["DUKA"], "airtel", no, actor="cli", channel="cli")
    sender_decisions.set_operator(found["ZAIDI"], "safaricom", yes, actor="cli", channel="cli")


def about(what: str) -> str:
    """Return the id of the latest thing that is called so."""
    kind, _, name = what.partition(":")
    table: Any = {"cmp": Campaign, "grp": Group, "tpl": Template}[kind]
    row = table.select().where(table.name == name).order_by(table.id.desc()).first()
    return str(row.id) if row is not None else what


def _drafted(who: Profile, name: str, msisdn: str) -> str:
    person = people.by_phone(msisdn)
    assert person is not None
    customers = groups.names(who.tenant_id)[-1]
    wanted = Wanted(name, Audience(groups=[customers.id]), message=f"{name}: karibuni nyote!")
    made = campaigns.create(who, wanted, actor=person.actor, channel="cli")
    return str(made.id)


def _going(who: Profile, name: str, msisdn: str) -> str:
    campaign_id = _drafted(who, name, msisdn)
    launching.launch(who, campaign_id, actor="cli", channel="cli")
    carrying.carry_on(campaign_id)
    return campaign_id


def _gone(campaign_id: str) -> None:
    """Let its texts be with the gateway, so that they can go again when somebody wants that."""
    Message.update(status=Status.SUBMITTED.value, submitted_at=clock.now()).where(
        Message.batch_id == campaign_id
    ).execute()


def _asked(who: Profile, name: str, msisdn: str) -> None:
    person = people.by_phone(msisdn)
    assert person is not None
    campaign_id = _drafted(who, name, msisdn)
    launching.launch(who, campaign_id, needs_approval=True, actor=person.actor, channel="cli")


def _taken_back(campaign_id: str, who: Profile) -> None:
    cancelling.cancel(who, campaign_id, actor="cli", channel="cli")
    carrying.carry_on(campaign_id)


def _came(tenant_id: int, msisdn: str, body: str, verdict: str | None, minutes: int) -> None:
    at = clock.now() - timedelta(minutes=60 - minutes)
    Inbound.create(
        id=ids.new("inb"),
        key=f"screens:{minutes}",
        account_id=SHARED_ACCOUNT,
        tenant_id=tenant_id,
        msisdn=msisdn,
        sent_to="20880",
        body=body,
        verdict=verdict,
        received_at=at,
        handled_at=at,
    )
