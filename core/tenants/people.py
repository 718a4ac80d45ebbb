"""People, each known by a phone, and their roles in businesses."""

from __future__ import annotations

from typing import Any

from core import clock, events, ids
from core.database import transaction
from core.errors import NotFound
from core.tenants import audit, fields
from core.tenants.models import (
    PLATFORM_TENANT,
    Membership,
    Person,
    Role,
    Tenant,
    TenantStatus,
    Tongue,
)


def introduce(msisdn: str, name: str, language: str) -> Person:
    """Return the person behind a phone, met now or before.

    Name and language are taken over only while no verified business knows the person: anybody can
    type somebody else's number into a sign-up.
    """
    with transaction():
        Person.insert(
            id=ids.new("usr"),
            msisdn=msisdn,
            name=name,
            language=language,
            created_at=clock.now(),
        ).on_conflict_ignore().execute()
        person: Person = Person.get(Person.msisdn == msisdn)
        if not _is_known(person):
            Person.update(name=name, language=language).where(Person.id == person.id).execute()
            person = Person.get_by_id(person.id)
    return person


def _is_known(person: Person) -> bool:
    return any(
        tenant.status != TenantStatus.UNVERIFIED.value for tenant, _ in memberships(person.id)
    )


def by_phone(msisdn: str) -> Person | None:
    """Find the person behind a phone, or None."""
    found: Person | None = Person.get_or_none(Person.msisdn == msisdn)
    return found


def by_telegram(telegram_id: int) -> Person | None:
    """Find the person behind a Telegram account, or None."""
    found: Person | None = Person.get_or_none(Person.telegram_id == telegram_id)
    return found


def link_telegram(person: Person, telegram_id: int, *, channel: str = "telegram") -> Person:
    """Tie a Telegram account to the person whose phone it has just proved.

    One account is one person's and the other way round: a phone that moves to another account takes
    the person with it, and an account that moves to another phone leaves the person it was.
    """
    with transaction():
        # Rare enough for one at a time; two that cross would each wait for the other's row.
        Tenant.update(id=Tenant.id).where(Tenant.id == PLATFORM_TENANT).execute()
        Person.update(telegram_id=None).where(
            Person.telegram_id == telegram_id, Person.id != person.id
        ).execute()
        before = Person.get_by_id(person.id)
        if before.telegram_id == telegram_id:
            return before
        Person.update(telegram_id=telegram_id, telegram_ok=True).where(
            Person.id == person.id
        ).execute()
        audit.record(
            None,
            person.actor,
            channel,
            "person.telegram_linked",
            subject=person.id,
            before={"telegram_id": before.telegram_id},
            after={"telegram_id": telegram_id},
        )
        events.record("person.telegram_linked", None, person=person.id)
    return Person.get_by_id(person.id)


def set_telegram_ok(telegram_id: int, *, ok: bool) -> None:
    """Note that a Telegram account has blocked us, or talks to us again."""
    known = Person.select().where(Person.telegram_id == telegram_id, Person.telegram_ok != ok)
    if known.exists():
        with transaction():
            Person.update(telegram_ok=ok).where(Person.telegram_id == telegram_id).execute()


def language_of(channel: str, address: str) -> str | None:
    """Return the language a stranger chose at a door, or None."""
    row = Tongue.get_or_none(Tongue.channel == channel, Tongue.address == address)
    return None if row is None else str(row.language)


def speak(person: Person | None, channel: str, address: str, language: str) -> None:
    """Remember the language somebody wants, whether we know them or not.

    Raises: UnknownLanguage.
    """
    language = fields.language(language)
    with transaction():
        if person is not None:
            Person.update(language=language).where(Person.id == person.id).execute()
            return
        Tongue.insert(
            channel=channel, address=address, language=language, chosen_at=clock.now()
        ).on_conflict(
            conflict_target=[Tongue.channel, Tongue.address],
            preserve=[Tongue.language, Tongue.chosen_at],
        ).execute()


def choose(person: Person, tenant_id: int) -> None:
    """Remember which of their businesses somebody wants to act for. Raises: NotFound."""
    if role_of(person.id, tenant_id) is None:
        raise NotFound
    with transaction():
        Person.update(current_tenant_id=tenant_id).where(Person.id == person.id).execute()


def join(person: Person, tenant_id: int, role: Role) -> None:
    """Give a person a first role in a business; one they have already stays as it is."""
    with transaction():
        Membership.insert(
            person_id=person.id, tenant_id=tenant_id, role=role.value, created_at=clock.now()
        ).on_conflict_ignore().execute()


def role_of(person_id: str, tenant_id: int) -> Role | None:
    """Return a person's role in a business, or None."""
    found = Membership.get_or_none(
        Membership.tenant_id == tenant_id, Membership.person_id == person_id
    )
    return None if found is None else Role(found.role)


def memberships(person_id: str) -> list[tuple[Tenant, Role]]:
    """List a person's businesses, the oldest first, and the role in each."""
    found: Any = (
        Tenant.select(Tenant, Membership.role)
        .join(Membership, on=(Membership.tenant_id == Tenant.id), attr="membership")
        .where(Membership.person_id == person_id)
        .order_by(Tenant.id)
    )
    return [(tenant, Role(tenant.membership.role)) for tenant in found]


def businesses(person_id: str) -> list[tuple[Tenant, Role]]:
    """List the businesses somebody can act for: those that are open, or wait for us."""
    gone = (TenantStatus.UNVERIFIED.value, TenantStatus.REJECTED.value, TenantStatus.CLOSED.value)
    return [each for each in memberships(person_id) if each[0].status not in gone]


def members(tenant_id: int) -> list[tuple[Person, Role]]:
    """List the people of a business, the longest there first."""
    roles = {
        row.person_id: Role(row.role)
        for row in Membership.select()
        .where(Membership.tenant_id == tenant_id)
        .order_by(Membership.created_at, Membership.person_id)
    }
    people = {row.id: row for row in Person.select().where(Person.id.in_(list(roles)))}
    return [(people[person_id], role) for person_id, role in roles.items()]
