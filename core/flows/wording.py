"""How the flows put things: amounts, names that fit, and whoever has no business yet."""

from __future__ import annotations

from core.errors import NotAllowed
from core.flows.visits import Visit
from core.money import Money
from core.tenants.profiles import Profile


class NoBusiness(NotAllowed):
    """Somebody who belongs to no business asks for what only one can do."""

    code = "no_business"
    title = "No business yet"
    sentence = "Register your business first, or ask the owner to invite this phone."


def business(visit: Visit) -> Profile:
    """Return the business somebody acts for. Raises: NoBusiness."""
    if visit.profile is None:
        raise NoBusiness
    return visit.profile


def kes(amount: Money) -> str:
    """Write an amount as people say it: no cents where there are none.

    >>> kes(Money.kes(1250)), kes(Money.parse("0.75"))
    ('KES 1,250', 'KES 0.75')
    """
    return str(amount).removesuffix(".00")


def brief(text: str, most: int) -> str:
    """Cut a text to what a line holds.

    >>> brief("Wanjiku Hair and Beauty Parlour", 20)
    'Wanjiku Hair and ...'
    """
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[: most - 3] + "..."
