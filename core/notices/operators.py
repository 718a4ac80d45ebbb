"""Who did something, as the ops chat calls them."""

from __future__ import annotations

from datetime import datetime

from core import clock
from core.database import transaction
from core.notices.models import Operator
from core.tenants.models import AdminKey, ApiKey, Person


def introduce(telegram_id: int, name: str) -> None:
    """Remember what an admin is called."""
    name = " ".join(name.split())[:80] or str(telegram_id)
    known = Operator.get_or_none(Operator.telegram_id == telegram_id)
    if known is not None and known.name == name:
        return
    with transaction():
        Operator.insert(telegram_id=telegram_id, name=name).on_conflict(
            conflict_target=[Operator.telegram_id], preserve=[Operator.name]
        ).execute()


def name_of(actor: str) -> str:
    """Call an actor of the audit trail by name.

    >>> name_of("system")
    'the system'
    """
    kind, _, key = actor.partition(":")
    if kind == "telegram" and key.isdecimal():
        return _telegram_name(int(key))
    if kind == "person":
        person = Person.get_or_none(Person.id == key)
        return person.name if person else "a person we no longer know"
    if kind == "admin":
        admin_key = AdminKey.get_or_none(AdminKey.id == key)
        return f"{admin_key.name} (admin key)" if admin_key else "an admin key"
    if kind == "key":
        api_key = ApiKey.get_or_none(ApiKey.id == key)
        return f"{api_key.name} (API key)" if api_key else "an API key"
    return "the system" if kind in ("system", "") else actor


def _telegram_name(telegram_id: int) -> str:
    operator = Operator.get_or_none(Operator.telegram_id == telegram_id)
    if operator is not None:
        return str(operator.name)
    person = Person.get_or_none(Person.telegram_id == telegram_id)
    return person.name if person else f"admin {telegram_id}"


def moment(at: datetime, *, seconds: bool = False) -> str:
    """Write a moment as people in Nairobi say it.

    >>> moment(datetime(2026, 11, 23, 6, 5, tzinfo=clock.NAIROBI))
    '23 Nov 06:05'
    """
    local = at.astimezone(clock.NAIROBI)
    return f"{local:%H:%M:%S}" if seconds else f"{local.day} {local:%b %H:%M}"
