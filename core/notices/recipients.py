"""Whom to tell: whoever asked for something, or those who answer for a business."""

from __future__ import annotations

from dataclasses import dataclass

from core.database import transaction
from core.settings import settings
from core.tenants import people, rows
from core.tenants.models import Person, Role

# What somebody is told when they have left, too: of their own payments, and of their own place.
OF_THEIR_OWN = frozenset(
    {
        *("topup.completed", "topup.confirming", "topup.failed"),
        *("team.role_changed", "team.removed"),
    }
)


@dataclass(frozen=True, slots=True)
class Hearer:
    """How to reach somebody now; `telegram_id` is None where only an SMS gets through."""

    msisdn: str
    language: str
    telegram_id: int | None = None
    person_id: str | None = None


def asker(actor: str) -> list[str]:
    """Return who asked, when that was a person and not a program."""
    kind, _, key = actor.partition(":")
    return [f"person:{key}"] if kind == "person" and key else []


def owners(tenant_id: int) -> list[str]:
    """Return those who answer for a business: its owners, else the phone it signed up with."""
    found = [
        f"person:{person.id}" for person, role in people.members(tenant_id) if role is Role.OWNER
    ]
    tenant = rows.find(tenant_id)
    if found or tenant is None or not tenant.phone:
        return found
    return [f"phone:{tenant.phone}"]


def may_hear(recipient: str, tenant_id: int | None, kind: str) -> bool:
    """Say whether a recipient may still hear of a business: a person, while in its team."""
    who, _, key = recipient.partition(":")
    if who != "person" or tenant_id is None or kind in OF_THEIR_OWN:
        return True
    return people.role_of(key, tenant_id) is not None


def find(recipient: str, tenant_id: int | None) -> Hearer | None:
    """Say how to reach a recipient; None when there is nobody any more."""
    kind, _, key = recipient.partition(":")
    if kind == "phone":
        tenant = rows.find(tenant_id) if tenant_id is not None else None
        known = people.by_phone(key)
        if known is not None:
            return Hearer(key, known.language)
        return Hearer(key, settings().app.languages[0] if tenant is None else tenant.language)
    person = Person.get_or_none(Person.id == key)
    if person is None:
        return None
    reachable = person.telegram_id if person.telegram_ok else None
    return Hearer(person.msisdn, person.language, reachable, person.id)


def lose_telegram(person_id: str, telegram_id: int) -> None:
    """Note that somebody has blocked us or gone: from now on they are told by SMS."""
    with transaction():
        Person.update(telegram_ok=False).where(
            Person.id == person_id, Person.telegram_id == telegram_id
        ).execute()
