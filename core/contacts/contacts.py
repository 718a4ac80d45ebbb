"""The people a business writes to. Every act takes the business first.

What is written down about an act names the contact by its id and says which of its details have
changed, never to what: the trail is kept for good, and people may ask to be forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import peewee
from msgspec import UNSET, UnsetType

from core import clock, ids, phone
from core.contacts import book, consents, free_fields, searching, standing
from core.contacts.models import Contact, ContactStatus, Group, GroupMember
from core.database import transaction
from core.errors import Conflict, NotFound
from core.tenants import audit, fields, rows

NAME_MAX = 60


class ContactNotFound(NotFound):
    """No such contact, or another business's."""

    code = "contact_not_found"
    title = "Contact not found"
    sentence = "There is no such contact. It may have been removed."


class ContactErased(Conflict):
    """Somebody who asked to be forgotten: nothing about them can be changed any more."""

    code = "contact_erased"
    title = "Contact erased"
    sentence = (
        "This person was erased, and nothing is held of them. Add the number anew if you may."
    )


class Put(NamedTuple):
    """A contact that was put down, and whether it is new."""

    contact: Contact
    is_new: bool


def put(
    tenant_id: int,
    given: str,
    name: str = "",
    *,
    language: str | None = None,
    extra: Mapping[str, str | None] | None = None,
    consent: consents.Given | None = None,
    actor: str,
    channel: str,
) -> Put:
    """Add a number to a business's contacts, or write what is given over what is there.

    An empty name leaves the one that is there; so does a language of None. An empty one of the
    free fields, `extra`, takes that field away.
    Raises: NotFound, InvalidNumber, FieldTooLong, FieldUnprintable, UnknownLanguage, FieldMissing,
    FieldNameWrong, TooManyFields, ConsentInFuture.
    """
    msisdn = phone.parse(given)
    plain = fields.line(name, "name", most=NAME_MAX) if name.strip() else ""
    spoken = None if language is None else fields.language(language)
    noted = free_fields.read(extra or {})
    with transaction():
        rows.get(tenant_id)
        book.lock(tenant_id)
        found = by_number(tenant_id, msisdn)
        is_new = found is None
        if found is None:
            found = insert(tenant_id, [msisdn])[0]
        wanted: dict[str, str | None] = {}
        if plain:
            wanted["name"] = plain
        if spoken:
            wanted["language"] = spoken
        if noted:
            wanted["fields"] = free_fields.dump(
                free_fields.merge(free_fields.load(found.fields), noted)
            )
        if consent is not None:
            wanted["consent_id"] = consents.note(
                tenant_id, consent, actor=actor, channel=channel
            ).id
        changed = _write(found, wanted)
        if is_new or changed:
            act = "contact.added" if is_new else "contact.changed"
            _record(tenant_id, act, found.id, changed, actor=actor, channel=channel)
    return Put(one(tenant_id, found.id), is_new)


def insert(tenant_id: int, msisdns: Sequence[str]) -> list[Contact]:
    """Make contacts of numbers that are none yet, under the book's lock, inside its transaction."""
    now = clock.now()
    made = ids.block("con", len(msisdns))
    Contact.insert_many(
        [
            {"id": each, "tenant_id": tenant_id, "msisdn": msisdn, "created_at": now}
            for each, msisdn in zip(made, msisdns, strict=True)
        ]
    ).execute()
    book.grow(tenant_id, len(made))
    standing.mark_new(tenant_id, msisdns)
    return list(of(tenant_id).where(Contact.id.in_(made)).order_by(Contact.id))


def change(
    tenant_id: int,
    contact_id: str,
    *,
    name: str | UnsetType | None = UNSET,
    language: str | UnsetType | None = UNSET,
    extra: Mapping[str, str | None] | UnsetType = UNSET,
    consent: consents.Given | UnsetType | None = UNSET,
    actor: str,
    channel: str,
) -> Contact:
    """Change what is known of a contact. What is UNSET stays; None takes it away.

    Raises: ContactNotFound, ContactErased, and what `put` raises.
    """
    wanted: dict[str, str | None] = {}
    if name is not UNSET:
        bare = (name or "").strip()
        wanted["name"] = fields.line(bare, "name", most=NAME_MAX) if bare else ""
    if language is not UNSET:
        wanted["language"] = fields.language(language) if language else None
    noted = {} if extra is UNSET else free_fields.read(extra)
    with transaction():
        book.lock(tenant_id)
        found = living(tenant_id, contact_id)
        if noted:
            wanted["fields"] = free_fields.dump(
                free_fields.merge(free_fields.load(found.fields), noted)
            )
        if consent is not UNSET:
            wanted["consent_id"] = consent and (
                consents.note(tenant_id, consent, actor=actor, channel=channel).id
            )
        if changed := _write(found, wanted):
            _record(tenant_id, "contact.changed", found.id, changed, actor=actor, channel=channel)
    return one(tenant_id, contact_id)


def _write(found: Contact, wanted: Mapping[str, str | None]) -> list[str]:
    """Write what differs into a contact's row. Returns the names of what did."""
    changes = {key: value for key, value in wanted.items() if value != getattr(found, key)}
    if changes:
        Contact.update(**changes, updated_at=clock.now()).where(
            Contact.tenant_id == found.tenant_id, Contact.id == found.id
        ).execute()
    return sorted(changes)


def _record(
    tenant_id: int, act: str, contact_id: str, changed: list[str], *, actor: str, channel: str
) -> None:
    audit.record(tenant_id, actor, channel, act, subject=contact_id, after={"changed": changed})


def remove(tenant_id: int, contact_id: str, *, actor: str, channel: str) -> None:
    """Delete a contact and take it out of its groups; its texts, opt-outs and bills stay.

    Raises: ContactNotFound, ContactErased.
    """
    with transaction():
        book.lock(tenant_id)
        found = living(tenant_id, contact_id)
        leave_groups(tenant_id, contact_id)
        delete(found)
        audit.record(tenant_id, actor, channel, "contact.removed", subject=contact_id)


def leave_groups(tenant_id: int, contact_id: str) -> None:
    """Take a contact out of all its groups, under the book's lock."""
    mine = (GroupMember.tenant_id == tenant_id) & (GroupMember.contact_id == contact_id)
    inside = [row.group_id for row in GroupMember.select(GroupMember.group_id).where(mine)]
    if inside:
        GroupMember.delete().where(mine).execute()
        Group.update(size=Group.size - 1).where(
            Group.tenant_id == tenant_id, Group.id.in_(inside)
        ).execute()


def delete(found: Contact) -> None:
    """Delete a contact's row and count it off, under the book's lock."""
    Contact.delete().where(Contact.tenant_id == found.tenant_id, Contact.id == found.id).execute()
    book.grow(found.tenant_id, -1)


def one(tenant_id: int, contact_id: str) -> Contact:
    """Find a contact of a business, also an erased one. Raises: ContactNotFound."""
    found: Contact | None = of(tenant_id).where(Contact.id == contact_id).first()
    if found is None:
        raise ContactNotFound
    return found


def living(tenant_id: int, contact_id: str) -> Contact:
    """Find a contact that is not erased. Raises: ContactNotFound, ContactErased."""
    found = one(tenant_id, contact_id)
    if found.status == ContactStatus.ERASED.value:
        raise ContactErased
    return found


def by_number(tenant_id: int, msisdn: str) -> Contact | None:
    """Find the contact of a number, or None."""
    found: Contact | None = of(tenant_id).where(Contact.msisdn == msisdn).first()
    return found


def count(tenant_id: int, *, at_most: int = 1_000_000_000) -> int:
    """Return how many contacts a business has, or a limit when it has more; the erased not."""
    return min(book.size(tenant_id), at_most)


def listing(
    tenant_id: int, *, search: str = "", after: str | None = None, limit: int = 50
) -> list[Contact]:
    """List a business's contacts by name, then number, as a person looks through them.

    `search` is a part of name or number; in a large book, how either begins. `after` is the id of
    the last one already seen. Raises: ContactNotFound for that.
    """
    query = of(tenant_id).where(Contact.status != ContactStatus.ERASED.value)
    if (match := searching.condition(tenant_id, search)) is not None:
        query = query.where(match)
    if after is not None:
        last = one(tenant_id, after)
        query = query.where(
            (Contact.name > last.name) | ((Contact.name == last.name) & (Contact.id > last.id))
        )
    return list(query.order_by(Contact.name, Contact.id).limit(limit))


def numbers(tenant_id: int, *, limit: int) -> list[str]:
    """Return the numbers of the contacts a business may write to, at most `limit` of them.

    Those who opted out are among them, because that may be out of adverts alone; sending looks.
    """
    return [row.msisdn for row in reachable(of(tenant_id)).order_by(Contact.id).limit(limit)]


def reachable(query: peewee.ModelSelect[Contact]) -> peewee.ModelSelect[Contact]:
    """Leave the blocked and the erased out of a query."""
    return query.where(
        Contact.status.in_((ContactStatus.ACTIVE.value, ContactStatus.OPTED_OUT.value))
    )


def of(tenant_id: int) -> peewee.ModelSelect[Contact]:
    """Every query starts here: a business's own contacts."""
    return Contact.select().where(Contact.tenant_id == tenant_id)
