"""`tuma demo`: a believable business in the sandbox, made by the acts real ones are made by.

Two weeks of a salon's life are lived with the clock held in the past: it signs up, pays, keeps a
list of customers and sends; a gateway in this process answers and reports. So every figure is as
true as a real one, and `tuma prove` is as clean afterwards as before.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

from core import clock, demo_bulk
from core.gateways.onfon import Report, Verdict
from core.gateways.outcome import Outcome
from core.gateways.sms import Answer, RowAnswer
from core.messaging import claiming, dispatch, reports, sending
from core.messaging.models import SHARED_ACCOUNT
from core.messaging.sending import Order, Text
from core.money import Money
from core.onboarding import signup
from core.payments import crediting
from core.settings import settings
from core.tenants import keys, tenants
from core.tenants.models import Tenant
from core.tenants.profiles import profile

NAME, PHONE = "Salon Zuri", "254722000100"
DAYS = 14
LIST_DAY, CAMPAIGN_DAY = 9, 12
CUSTOMERS = ("Asha", "Juma", "Wanjiku", "Otieno", "Achieng", "Kamau", "Njeri", "Mutua", "Chebet")
TEXTS = (
    "Hello {name}, your appointment at Salon Zuri is tomorrow at {hour}.",
    "Asante {name}! You were served by Mary today. Your points: {points}.",
    "Habari {name}, miadi yako Salon Zuri ni kesho saa {hour}. Karibu!",
    "Dear {name}, new prices: braids from KES 1,500, blow-dry KES 500. Salon Zuri, Moi Avenue.",
)


class _Gateway:
    """Takes every text and remembers what it would report."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.reports: list[Report] = []

    def send(self, sender_id: str, rows: Sequence[tuple[str, str]], unicode: bool) -> Answer:
        answers = []
        for number, _ in rows:
            provider_id = f"demo-{self._chance.randrange(16**16):016x}"
            answers.append(RowAnswer(Outcome.ACCEPTED, provider_id, "0"))
            word, verdict = ("DELIVRD", Verdict.DELIVERED)
            if self._chance.random() < 0.05:
                word, verdict = ("UNDELIV", Verdict.UNDELIVERED)
            self.reports.append(Report(provider_id, number, word, verdict))
        return Answer(Outcome.ACCEPTED, tuple(answers), code="0")


def main() -> int:
    """Fill the sandbox's database, once; print what to try next."""
    if settings().app.is_production:
        print('The demo is for the sandbox. Set app.environment = "sandbox" first.')
        return 1
    tenant = Tenant.get_or_none(Tenant.phone == PHONE, Tenant.status == "active")
    if tenant is None:
        tenant = _live()
    _, secret = keys.create(tenant.id, name="demo", mode="live", actor="demo", channel="cli")
    public = settings().app.public_url
    print(
        f"{tenant.name} is tenant {tenant.id}; paybill account {tenant.account_number}.\n"
        f"Live key, shown once: {secret}\n\n"
        f"curl -H 'Authorization: Bearer {secret}' {public}/api/{tenant.id}/balance\n"
        f"curl -H 'Authorization: Bearer {secret}' {public}/api/{tenant.id}/campaigns"
    )
    return 0


def _live() -> Tenant:
    """Live the two weeks, day by day."""
    chance = random.Random(14)
    start = clock.now().replace(hour=6, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    try:
        clock.freeze(start)
        tenant = _join()
        for day in range(DAYS):
            clock.freeze(start + timedelta(days=day))
            if day in (0, 5, 11):
                _pay(tenant, chance)
            _work_a_day(tenant, chance)
            if day == LIST_DAY:
                demo_bulk.keep_a_list(tenant.id, chance)
            if day == CAMPAIGN_DAY:
                _advertise(tenant, chance)
    finally:
        clock.unfreeze()
    return tenant


def _join() -> Tenant:
    """Open the business as a sign-up would, its phone taken as proved."""
    tenant = signup.open_proved(NAME, "Zawadi Njeri", PHONE, channel="cli")
    return tenants.approve(tenant.id, actor="demo", channel="cli")


def _pay(tenant: Tenant, chance: random.Random) -> None:
    receipt = "U" + "".join(chance.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(9))
    crediting.receive(
        crediting.Receipt(
            receipt=receipt,
            amount=Money.kes(chance.choice([200, 300, 400])),
            source="c2b",
            tenant_id=tenant.id,
            account_typed=tenant.account_number,
            payer=PHONE,
            payer_name="ZAWADI",
            paid_at=clock.now(),
        )
    )


def _advertise(tenant: Tenant, chance: random.Random) -> None:
    """Send the campaign at noon, when adverts may go."""
    clock.freeze(clock.now().replace(hour=9, minute=10))
    gateway = _Gateway(chance)
    demo_bulk.run_a_campaign(profile(tenant.id), chance, lambda: _hand_over(gateway))


def _work_a_day(tenant: Tenant, chance: random.Random) -> None:
    """Send the day's texts and hear what became of them."""
    gateway = _Gateway(chance)
    who = profile(tenant.id)
    for _ in range(chance.randint(2, 5)):
        clock.advance(chance.randint(600, 5400))
        body = chance.choice(TEXTS)
        texts = [
            Text(
                _number(at),
                body.format(name=CUSTOMERS[at], hour=chance.randint(8, 17), points=at * 10),
            )
            for at in sorted(chance.sample(range(len(CUSTOMERS)), chance.randint(3, 9)))
        ]
        sending.send(who, Order(texts), once=None, actor="demo")
        _hand_over(gateway)


def _hand_over(gateway: _Gateway) -> None:
    """Hand over what waits, and hear what became of it."""
    while claim := claiming.claim(SHARED_ACCOUNT):
        dispatch.hand_over(gateway, claim)
    clock.advance(20)
    for report in gateway.reports:
        reports.receive(SHARED_ACCOUNT, report)
    gateway.reports.clear()
    reports.fold()


def _number(at: int) -> str:
    return f"2547{11000100 + at:08d}"
