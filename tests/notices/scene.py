"""What the tests of notices share: people, facts, and time that goes by."""

from __future__ import annotations

import itertools
from typing import Any

from core import clock, events, ids
from core.database import transaction
from core.messaging.models import Message
from core.notices import jobs
from core.notices.models import Notice
from core.tenants import people
from core.tenants.models import PLATFORM_TENANT, Person, Role
from core.tenants.profiles import Profile

_numbers = itertools.count(1)


def person(
    tenant: Profile | None = None,
    *,
    telegram_id: int | None = None,
    language: str = "en",
    role: Role = Role.OWNER,
    name: str = "Asha",
) -> Person:
    """Somebody with a phone; the owner of a business, when one is given."""
    made = Person.create(
        id=ids.new("usr"),
        msisdn=f"2547110{next(_numbers):05d}",
        name=name,
        language=language,
        telegram_id=telegram_id,
        created_at=clock.now(),
    )
    if tenant is not None:
        people.join(made, tenant.tenant_id, role)
    return made


def happened(name: str, tenant: Profile | None = None, **data: Any) -> None:
    """Record a fact."""
    with transaction():
        events.record(name, None if tenant is None else tenant.tenant_id, **data)


def tell(seconds: float = 0) -> None:
    """Let so much time go by, and everything be told that is due then."""
    clock.advance(seconds)
    jobs.tell()


def texts(who: Person | None = None) -> list[str]:
    """The text messages of our own, to everybody or to somebody."""
    found = Message.select().where(Message.tenant_id == PLATFORM_TENANT)
    if who is not None:
        found = found.where(Message.msisdn == who.msisdn)
    return [row.body for row in found.order_by(Message.id)]


def states() -> list[str]:
    return [row.state for row in Notice.select().order_by(Notice.id)]
