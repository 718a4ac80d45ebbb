"""The demo's list of customers, its templates, and a campaign that has run its course."""

from __future__ import annotations

import random
from collections.abc import Callable

from core import clock
from core.campaigns import campaigns, carrying, launching, templates, watching
from core.campaigns.audience import Audience
from core.campaigns.campaigns import Wanted
from core.contacts import consents, contacts, groups, imports
from core.contacts.imports import working
from core.gateways.onfon import Inbound
from core.messaging import inbound
from core.messaging.models import SHARED_ACCOUNT, Category
from core.tenants.profiles import Profile

ACTOR, CHANNEL = "demo", "cli"
ALL, REGULARS = "Wateja", "VIP"
FIRST = (
    "Asha",
    "Juma",
    "Wanjiku",
    "Otieno",
    "Achieng",
    "Kamau",
    "Njeri",
    "Mutua",
    "Chebet",
    "Halima",
)
LAST = ("Mwangi", "Odhiambo", "Njoroge", "Barasa", "Wekesa", "Kariuki", "Hassan", "Kiprop")
TOWNS = ("Westlands", "Kilimani", "South B", "Rongai", "Thika Road")
# What a spreadsheet makes of some numbers on the way.
ODD = ("Grace Wambui;2.54712E+11;sw;Kilimani;0", "Reception;020 2722222;en;South B;0")
TEMPLATES = {
    "Appointment": {
        "en": "Hello {{first_name|dear customer}}, see you at Salon Zuri tomorrow.",
        "sw": "Habari {{first_name|mteja}}, karibu Salon Zuri kesho.",
    },
    "Offer": {
        "en": "{{first_name|Hello}}, 20% off braids at Salon Zuri {{town|near you}} this week.",
        "sw": "{{first_name|Habari}}, punguzo la 20% kwa kusuka Salon Zuri {{town|karibu nawe}}.",
    },
}


def keep_a_list(tenant_id: int, chance: random.Random, people: int = 80) -> None:
    """Import a file of customers as it comes out of a till, and put the regulars into a group."""
    everybody, _ = groups.create(tenant_id, ALL, actor=ACTOR, channel=CHANNEL)
    regulars, _ = groups.create(tenant_id, REGULARS, actor=ACTOR, channel=CHANNEL)
    begun = imports.begin(
        tenant_id,
        "wateja.csv",
        [_file(chance, people)],
        group_id=everybody.id,
        consent=consents.Given("form", "They agree to get SMS from Salon Zuri."),
        actor=ACTOR,
        channel=CHANNEL,
    )
    working.run(begun.id)
    for name in chance.sample(FIRST, 4):
        for each in contacts.listing(tenant_id, search=name, limit=2):
            groups.add(tenant_id, regulars.id, each.id, actor=ACTOR, channel=CHANNEL)
    for name, bodies in TEMPLATES.items():
        templates.create(tenant_id, name, bodies, language="en", actor=ACTOR, channel=CHANNEL)


def _file(chance: random.Random, people: int) -> bytes:
    rows = ["Name;Phone;Language;Town;Points"]
    for at in range(people):
        name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
        number = f"0711000{200 + at}" if at % 3 else f"711000{200 + at}"
        language = chance.choice(("en", "sw", "sw"))
        rows.append(f"{name};{number};{language};{chance.choice(TOWNS)};{chance.randint(0, 90)}")
    return "\r\n".join([*rows, *ODD]).encode("cp1252")


def run_a_campaign(who: Profile, chance: random.Random, hand_over: Callable[[], None]) -> None:
    """Send an offer to all, hand it over and hear the reports; somebody asks for no more."""
    group = groups.by_name(who.tenant_id, ALL)
    assert group is not None
    wanted = Wanted(
        "Braids week",
        Audience(groups=[group.id]),
        template_id=templates.find(who.tenant_id, "Offer").id,
        category=Category.PROMOTIONAL,
    )
    made = campaigns.create(who, wanted, actor=ACTOR, channel=CHANNEL)
    launching.launch(who, made.id, actor=ACTOR, channel=CHANNEL)
    carrying.carry_on(made.id)
    hand_over()
    watching.watch()
    for number, words in (("0711000203", "STOP"), ("0711000208", "Mko wazi Jumapili?")):
        clock.advance(chance.randint(60, 900))
        inbound.receive(SHARED_ACCOUNT, Inbound(sender=number, to=None, text=words))
    inbound.take_up()
