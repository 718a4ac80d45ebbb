"""What is in the wallet, and how far it goes."""

from __future__ import annotations

from datetime import timedelta

from core import clock
from core.dialogue.screens import Done, Picture
from core.dialogue.steps import Flow
from core.flows.visits import Visit
from core.flows.wording import business, kes
from core.ledger import accounts
from core.messaging.queries import UsageBy, usage
from core.tenants.profiles import Profile

CHART_DAYS = 14


def balance(visit: Visit) -> Flow:
    """Tell the balance, the price, and how many texts that makes; draw the last two weeks."""
    profile = business(visit)
    held = accounts.balance(profile.tenant_id, profile.purse)
    lines = [
        visit.say("Balance {amount}", amount=kes(held.available)),
        visit.say("Held for texts on their way: {amount}", amount=kes(held.held)),
        visit.say("Price {amount} an SMS", amount=kes(profile.price)),
        visit.say("Enough for {count} SMS.", count=f"{_units(profile, held.available.units):,}"),
    ]
    if not held.held:
        del lines[1]
    yield from ()  # it asks nothing
    return Done("\n".join(lines), picture=_picture(profile, held))


def _units(profile: Profile, available: int) -> int:
    return max(0, available) // profile.price_units if profile.price_units else 0


def _picture(profile: Profile, held: accounts.Balance) -> Picture:
    """The figures of a chart: what was sent on each of the last days, quiet ones included."""
    today = clock.now().astimezone(clock.NAIROBI).date()
    days = [today - timedelta(days=back) for back in reversed(range(CHART_DAYS))]
    sent = {row.key: row for row in usage(profile, days[0], days[-1], UsageBy.DAY)}
    return Picture(
        "balance",
        {
            "business": profile.name,
            "available": held.available.text(),
            "held": held.held.text(),
            "price": profile.price.text(),
            "units": _units(profile, held.available.units),
            "days": [
                {
                    "day": day.isoformat(),
                    "messages": sent[str(day)].messages if str(day) in sent else 0,
                    "segments": sent[str(day)].segments if str(day) in sent else 0,
                    "cost": sent[str(day)].cost.text() if str(day) in sent else "0.00",
                }
                for day in days
            ],
        },
    )
