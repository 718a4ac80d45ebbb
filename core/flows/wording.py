"""How the flows put things: amounts, names that fit, and whoever has no business yet."""

from __future__ import annotations

import re
from typing import TypedDict

from core.errors import NotAllowed
from core.flows.visits import Visit
from core.money import Money
from core.tenants import roles
from core.tenants.models import Person, TenantStatus
from core.tenants.profiles import Profile
from core.tenants.roles import Right


class NoBusiness(NotAllowed):
    """Somebody who belongs to no business asks for what only one can do."""

    code = "no_business"
    title = "No business yet"
    sentence = "Register your business first, or ask the owner to invite this phone."


class BusinessWaits(NotAllowed):
    """A business that is not approved yet wants to spend or to be paid for."""

    code = "business_waits"
    title = "Waiting for approval"
    sentence = "Your business waits for approval. We will text you when it is open."


def somebody(visit: Visit) -> Person:
    """Return the person who talks. Raises: NoBusiness, for a stranger."""
    if visit.person is None:
        raise NoBusiness
    return visit.person


def business(visit: Visit) -> Profile:
    """Return the business somebody acts for. Raises: NoBusiness."""
    if visit.profile is None:
        raise NoBusiness
    return visit.profile


def entitled(visit: Visit, right: Right) -> Profile:
    """Return the business somebody acts for, when their role there covers an act.

    Raises: NoBusiness, RoleTooSmall.
    """
    profile = business(visit)
    roles.require(somebody(visit).id, profile.tenant_id, right)
    return profile


def open_for(visit: Visit, right: Right) -> Profile:
    """Return the business somebody acts for, when it is open and their role covers an act.

    Raises: NoBusiness, BusinessWaits, TenantNotActive, RoleTooSmall.
    """
    if business(visit).status is TenantStatus.PENDING:
        raise BusinessWaits
    business(visit).require_active()
    return entitled(visit, right)


class By(TypedDict):
    """Who did something, and by which door, as acts record it."""

    actor: str
    channel: str


def by(visit: Visit, tenant_id: int, right: Right) -> By:
    """Say who acts; refused when the role has been taken since the question was asked.

    Raises: NoBusiness, NotAllowed, RoleTooSmall.
    """
    roles.require(somebody(visit).id, tenant_id, right)
    return {"actor": visit.actor, "channel": visit.channel}


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


def amount(text: str) -> Money:
    """Read an amount as people write it. Raises: InvalidAmount.

    >>> amount("KES 1,000"), amount("500/="), amount("ksh.50")
    (Money(units=10000000), Money(units=5000000), Money(units=500000))
    """
    return Money.parse(_AROUND.sub("", text.strip()))


_AROUND = re.compile(
    r"^(?:kes|ksh|kshs|sh|shs)?[.:\s]*|\s*(?:/[=-]|kes|ksh|shs?|bob)?[.\s]*$", re.I
)


def reference(batch_id: str) -> str:
    """A batch's short name, to be read out over the telephone.

    >>> reference("bat_06h0d6gyeye0937exk70")
    'EXK70'
    """
    return batch_id[-5:].upper()
