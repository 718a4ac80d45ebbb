"""The people and businesses the walk through the flows meets, in a database of its own."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from core import clock, database, queue
from core import settings as settings_module
from core.contacts import contacts, groups
from core.messaging import routing, suppression, usage
from core.messaging.models import Message, Status
from core.messaging.sending import Order, Text, send
from core.messaging.usage import Tally
from core.money import Money
from core.onboarding import inviting, signup
from core.screens import bulk
from core.telegram import files
from core.tenants import keys, people, pins, team, tenants
from core.tenants.models import Person, Role
from core.tenants.profiles import profile

PIN = "2580"
NOON = datetime(2026, 3, 12, 12, 0, tzinfo=clock.NAIROBI)
BY = {"actor": "cli", "channel": "cli"}

OWNER = "254722000100"
SENDER = "254722000101"
VIEWER = "254722000102"
DEVELOPER = "254722000103"
OF_TWO = "254722000104"
PENDING = "254722000105"
SUSPENDED = "254722000106"
INVITED = "254722000107"
INVITED_TWICE = "254722000108"
WITHOUT_PIN = "254722000109"
NEW_OWNER = "254722000110"
POOR = "254722000111"
SHORT = "254722000112"
VIEWER_OF_SHOP = "254722000113"
OPTED_OUT = "254733000003"
STRANGER = "254722000199"
FOREIGNER = "256772123456"


# Files that people drop into the chat, by the name an answer calls them by.
FILES: Mapping[str, bytes] = {
    "wateja.csv": (
        b"Simu;Jina;Mji\n0733000101;Baraka Otieno;Kisumu\n2.54733E+11;Neema;Nakuru\n"
        b"0733000102;Rehema Wanjiru;Thika\n"
    ),
    "bila.csv": b"0733000103,0733000104,Ali\n0733000105,0733000106,Sara\n",
    "hati.pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj << >> endobj\n",
    "cheti.pdf": b"%PDF-1.7\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n",
}


@contextmanager
def throw_away() -> Iterator[None]:
    """Work on an empty database that is gone afterwards, at a noon that is always the same."""
    before = settings_module.settings()
    with tempfile.TemporaryDirectory() as folder:
        own = dataclasses.replace(
            before,
            rules=dataclasses.replace(before.rules, approval_threshold="2"),
            database=dataclasses.replace(before.database, url=f"sqlite:///{folder}/screens.db"),
            queue=dataclasses.replace(before.queue, url=f"sqlite:///{folder}/queue.db"),
        )
        settings_module.use(own)
        clock.freeze(NOON)
        try:
            database.open_database(own.database.url)
            database.migrate()
            queue.open_queue(own.queue.url)
            routing.forget()
            suppression.forget()
            files.use(lambda name: iter([FILES[name]]))
            yield
        finally:
            files.use(None)
            database.close_all()
            clock.unfreeze()
            settings_module.use(before)


def fill(channel: str, language: str) -> None:
    """Let everybody be there, each speaking the language and known on the channel."""
    parlour = _open("Wanjiku Hair and Beauty Parlour", "Wanjiku Mwangi", OWNER, "1250.50")
    shop = _open("Duka La Juma", "Juma Otieno", OF_TWO, "3")
    _open("Kinyozi Bora", "Peter Kamau", POOR, "0.40")
    signup.open_proved("Mama Mboga Fresh", "Akinyi", PENDING, channel="cli")
    stopped = _open("Pata Pesa Haraka", "Ali Hassan", SUSPENDED, "10")
    tenants.suspend(stopped, "Complaints", **BY)
    _open("Mkate Bakery", "Grace Wairimu", NEW_OWNER, "100")
    for msisdn, name, role in (
        (SENDER, "Asha Ali", Role.SENDER),
        (VIEWER, "Brian", Role.VIEWER),
        (DEVELOPER, "Dev Patel", Role.DEVELOPER),
        (OF_TWO, "Juma Otieno", Role.MANAGER),
        (WITHOUT_PIN, "Mary", Role.SENDER),
    ):
        people.join(people.introduce(msisdn, name, language), parlour, role)
    owner = people.by_phone(OWNER)
    assert owner is not None
    for number, (msisdn, role) in enumerate(
        [(INVITED, Role.SENDER), (INVITED_TWICE, Role.MANAGER)]
    ):
        inviting.invite(parlour, msisdn, role, by=owner, once=str(number), channel="cli")
    juma = people.by_phone(OF_TWO)
    assert juma is not None
    team.invite(shop, INVITED_TWICE, Role.VIEWER, by=juma, once="shop", channel="cli")
    _book(parlour)
    _history(parlour)
    bulk.fill(parlour, OWNER, SENDER)
    duka = _open("Duka La Zawadi", "Zawadi", SHORT, "2")
    people.join(people.introduce(VIEWER_OF_SHOP, "Mary", language), duka, Role.VIEWER)
    bulk.names(duka)
    keys.create(parlour, "Website", mode="live", actor="cli", channel="cli")
    _everybody(channel, language)


def about(what: str) -> str:
    """Return the id of something that is called so: `cmp:Ofa`, `tpl:Karibu`."""
    return bulk.about(what)


def _open(name: str, contact: str, phone: str, wallet: str) -> int:
    tenant = signup.open_proved(name, contact, phone, channel="cli")
    tenants.approve(tenant.id, **BY)
    tenants.adjust_wallet(tenant.id, Money.parse(wallet), "opening", once="opening", **BY)
    return int(tenant.id)


def _everybody(channel: str, language: str) -> None:
    """Teach everybody the language, and give them the PIN or the account of the channel."""
    for person in list(Person.select()):
        people.speak(person, channel, person.msisdn, language)
        if channel == "telegram":
            people.link_telegram(person, int(person.msisdn))
        elif person.msisdn != WITHOUT_PIN:
            pins.put(person, pins.make(PIN, person.msisdn), channel=channel)
    for msisdn in (STRANGER, FOREIGNER, INVITED, INVITED_TWICE):
        people.speak(None, channel, msisdn, language)


def _book(tenant_id: int) -> None:
    names = ("Achieng", "Chebet", "Kamau", "Mutua", "Njeri", "Otieno", "Wambui", "Zawadi")
    customers, _ = groups.create(tenant_id, "Wateja wa Jumamosi", **BY)
    groups.create(tenant_id, "Suppliers", **BY)
    for number, name in enumerate(names):
        contact, _ = contacts.put(
            tenant_id, f"07330000{number:02d}", name, actor="cli", channel="cli"
        )
        if number % 2:
            groups.add(tenant_id, customers.id, contact.id, **BY)
    suppression.add(tenant_id, OPTED_OUT, "promotional", source="stop")
    suppression.forget()


def _history(tenant_id: int) -> None:
    """Two sends of the days before, with every ending a text can have."""
    who = profile(tenant_id)
    endings = [
        *([Status.DELIVERED] * 4),
        *(Status.SUBMITTED, Status.UNDELIVERED, Status.UNKNOWN, Status.SUPPRESSED),
    ]
    for hours in (-49, -3):
        clock.advance(hours * 3600)
        numbers = [f"07330000{number:02d}" for number in range(len(endings))]
        batch = send(
            who, Order([Text(each, "Karibu!") for each in numbers]), once=None, actor="cli"
        )
        clock.freeze(NOON)
        for accepted, ending in zip(batch.messages, endings, strict=True):
            Message.update(status=ending.value).where(Message.id == accepted.id).execute()
    day = clock.day_number(clock.now())
    usage.bump(
        (Tally(tenant_id, day, "TUMA", "safaricom", ending.value, False), 1, 1, who.price_units)
        for ending in dict.fromkeys(endings)
    )
