"""A business's contacts: added, found, removed. Every act takes the business first."""

from __future__ import annotations

import peewee

from core import clock, ids, phone
from core.contacts.models import Contact, ContactStatus, GroupMember
from core.database import transaction
from core.errors import NotFound
from core.tenants import audit, fields, rows

NAME_MAX = 60


class ContactNotFound(NotFound):
    """No such contact, or another business's."""

    code = "contact_not_found"
    title = "Contact not found"
    sentence = "There is no such contact. It may have been removed."


def put(
    tenant_id: int,
    given: str,
    name: str = "",
    *,
    language: str | None = None,
    actor: str,
    channel: str,
) -> tuple[Contact, bool]:
    """Add a number to a business's contacts, or write a new name over the old one.

    Returns the contact and whether it is new. An empty name leaves the one that is there.
    Raises: NotFound, InvalidNumber, FieldTooLong, FieldUnprintable, UnknownLanguage.
    """
    msisdn = phone.parse(given)
    plain = fields.line(name, "name", most=NAME_MAX) if name.strip() else ""
    spoken = None if language is None else fields.language(language)
    with transaction():
        rows.get(tenant_id)
        is_new = bool(
            Contact.insert(
                id=ids.new("con"),
                tenant_id=tenant_id,
                msisdn=msisdn,
                name=plain,
                language=spoken,
                created_at=clock.now(),
            )
            .on_conflict_ignore()
            .as_rowcount()
            .execute()
        )
        before = Contact.get(Contact.tenant_id == tenant_id, Contact.msisdn == msisdn)
        changes = {
            key: value
            for key, value in (("name", plain), ("language", spoken))
            if value and value != getattr(before, key)
        }
        if changes and not is_new:
            Contact.update(**changes).where(
                Contact.tenant_id == tenant_id, Contact.id == before.id
            ).execute()
        if changes or is_new:
            audit.record(
                tenant_id,
                actor,
                channel,
                "contact.added" if is_new else "contact.changed",
                subject=before.id,
                before=None if is_new else {key: getattr(before, key) for key in changes},
                after={"phone": msisdn, **changes},
            )
    return one(tenant_id, before.id), is_new


def remove(tenant_id: int, contact_id: str, *, actor: str, channel: str) -> None:
    """Delete a contact and take it out of its groups; its texts and bills stay.

    Raises: ContactNotFound.
    """
    with transaction():
        found = one(tenant_id, contact_id)
        GroupMember.delete().where(
            GroupMember.tenant_id == tenant_id, GroupMember.contact_id == contact_id
        ).execute()
        gone = (
            Contact.delete()
            .where(Contact.tenant_id == tenant_id, Contact.id == contact_id)
            .execute()
        )
        if gone:
            audit.record(
                tenant_id,
                actor,
                channel,
                "contact.removed",
                subject=contact_id,
                before={"phone": found.msisdn, "name": found.name},
            )


def one(tenant_id: int, contact_id: str) -> Contact:
    """Find a contact of a business. Raises: ContactNotFound."""
    found: Contact | None = of(tenant_id).where(Contact.id == contact_id).first()
    if found is None:
        raise ContactNotFound
    return found


def count(tenant_id: int, *, at_most: int = 1_000_000) -> int:
    """Count a business's contacts, and stop at so many."""
    return int(of(tenant_id).limit(at_most).count())


def listing(
    tenant_id: int, *, search: str = "", after: str | None = None, limit: int = 50
) -> list[Contact]:
    """List a business's contacts by name, then number; `search` is part of either.

    `after` is the id of the last one already seen. Raises: ContactNotFound for that.
    """
    query = of(tenant_id)
    wanted = " ".join(search.split())
    if wanted:
        digits = "".join(c for c in wanted if c.isdigit() and c.isascii()).lstrip("0")
        match = Contact.name.contains(wanted)
        query = query.where(match | Contact.msisdn.contains(digits) if digits else match)
    if after is not None:
        last = one(tenant_id, after)
        query = query.where(
            (Contact.name > last.name) | ((Contact.name == last.name) & (Contact.id > last.id))
        )
    return list(query.order_by(Contact.name, Contact.id).limit(limit))


def numbers(tenant_id: int, *, limit: int) -> list[str]:
    """Return the numbers of the contacts a business writes to, at most `limit` of them."""
    query = of(tenant_id).where(Contact.status == ContactStatus.ACTIVE.value)
    return [row.msisdn for row in query.order_by(Contact.id).limit(limit)]


def of(tenant_id: int) -> peewee.ModelSelect[Contact]:
    """Every query starts here: a business's own contacts."""
    return Contact.select().where(Contact.tenant_id == tenant_id)
