"""A business's groups of contacts. Every act takes the business first."""

from __future__ import annotations

import peewee

from core import clock, ids
from core.contacts import book, contacts, leftovers
from core.contacts.models import Contact, Group, GroupMember
from core.database import transaction
from core.errors import Conflict, NotFound
from core.tenants import audit, fields, rows

NAME_MAX = 30
GROUPS_MAX = 500


class GroupNotFound(NotFound):
    """No such group, or another business's."""

    code = "group_not_found"
    title = "Group not found"
    sentence = "There is no such group. It may have been removed."


class TooManyGroups(Conflict):
    """One business has as many groups as it can."""

    code = "too_many_groups"
    title = "Too many groups"
    sentence = "You have {most} groups, the most there can be. Remove one first."


class GroupNameTaken(Conflict):
    """Another group of the business is called so."""

    code = "group_name_taken"
    title = "Group name in use"
    sentence = "Another group is called {name} already. Choose another name."
    field = "name"


def create(tenant_id: int, name: str, *, actor: str, channel: str) -> tuple[Group, bool]:
    """Make a group; one of that name is returned as it is. The second value says it is new.

    Raises: NotFound, FieldMissing and its kin, TooManyGroups.
    """
    plain = fields.line(name, "name", most=NAME_MAX)
    with transaction():
        rows.get(tenant_id)
        book.lock(tenant_id)
        found = by_name(tenant_id, plain)
        if found is not None:
            return found, False
        if of(tenant_id).count() >= GROUPS_MAX:
            raise TooManyGroups(most=GROUPS_MAX)
        made = Group.create(
            id=ids.new("grp"),
            tenant_id=tenant_id,
            name=plain,
            name_key=plain.casefold(),
            created_at=clock.now(),
        )
        audit.record(
            tenant_id, actor, channel, "group.created", subject=made.id, after={"name": plain}
        )
    return made, True


def rename(tenant_id: int, group_id: str, name: str, *, actor: str, channel: str) -> Group:
    """Give a group another name.

    Raises: GroupNotFound, GroupNameTaken, FieldMissing and its kin.
    """
    plain = fields.line(name, "name", most=NAME_MAX)
    with transaction():
        book.lock(tenant_id)
        found = one(tenant_id, group_id)
        other = by_name(tenant_id, plain)
        if other is not None and other.id != group_id:
            raise GroupNameTaken(name=other.name)
        if plain != found.name:
            Group.update(name=plain, name_key=plain.casefold()).where(
                Group.tenant_id == tenant_id, Group.id == group_id
            ).execute()
            audit.record(
                tenant_id,
                actor,
                channel,
                "group.renamed",
                subject=group_id,
                before={"name": found.name},
                after={"name": plain},
            )
    return one(tenant_id, group_id)


def remove(tenant_id: int, group_id: str, *, actor: str, channel: str) -> None:
    """Delete a group; its contacts stay. Raises: GroupNotFound.

    Its row goes at once, and with it the group. What it leaves is cleared away after that, a part a
    transaction, or by the sweep.
    """
    with transaction():
        book.lock(tenant_id)
        found = one(tenant_id, group_id)
        Group.delete().where(Group.tenant_id == tenant_id, Group.id == group_id).execute()
        audit.record(
            tenant_id,
            actor,
            channel,
            "group.removed",
            subject=group_id,
            before={"name": found.name, "size": found.size},
        )
    leftovers.drop_members(tenant_id, group_id)


def one(tenant_id: int, group_id: str) -> Group:
    """Find a group of a business. Raises: GroupNotFound."""
    found: Group | None = of(tenant_id).where(Group.id == group_id).first()
    if found is None:
        raise GroupNotFound
    return found


def by_name(tenant_id: int, name: str) -> Group | None:
    """Find the group of a name, however its letters are written, or None."""
    found: Group | None = of(tenant_id).where(Group.name_key == name.casefold()).first()
    return found


def exist(tenant_id: int) -> bool:
    """Say whether a business has any group."""
    return bool(of(tenant_id).exists())


def names(tenant_id: int, *, limit: int = GROUPS_MAX) -> list[Group]:
    """List a business's groups by name. Each knows its `size`."""
    return list(of(tenant_id).order_by(Group.name_key).limit(limit))


def listing(tenant_id: int, *, limit: int = GROUPS_MAX) -> list[tuple[Group, int]]:
    """List a business's groups by name, each with the number of its members."""
    return [(group, group.size) for group in names(tenant_id, limit=limit)]


def newest(tenant_id: int, *, after: str | None = None, limit: int = 50) -> list[Group]:
    """List a business's groups, newest first, from below the id `after`."""
    query = of(tenant_id)
    if after is not None:
        query = query.where(Group.id < after)
    return list(query.order_by(Group.id.desc()).limit(limit))


def grow(tenant_id: int, group_id: str, by: int) -> None:
    """Count members that came, or, below zero, that went; under the book's lock."""
    if by:
        Group.update(size=Group.size + by).where(
            Group.tenant_id == tenant_id, Group.id == group_id
        ).execute()


def add(tenant_id: int, group_id: str, contact_id: str, *, actor: str, channel: str) -> bool:
    """Put a contact into a group. Returns False when it was there.

    Raises: GroupNotFound, ContactNotFound, ContactErased.
    """
    with transaction():
        book.lock(tenant_id)
        one(tenant_id, group_id)
        contacts.living(tenant_id, contact_id)
        added = put_in(tenant_id, group_id, [contact_id])
        if added:
            after = {"contact": contact_id}
            audit.record(tenant_id, actor, channel, "group.added", subject=group_id, after=after)
    return bool(added)


def put_in(tenant_id: int, group_id: str, contact_ids: list[str]) -> int:
    """Put contacts that are known to be there into a group, under the book's lock.

    Returns how many were not in it.
    """
    if not contact_ids:
        return 0
    added = int(
        GroupMember.insert_many(
            [
                {"tenant_id": tenant_id, "group_id": group_id, "contact_id": contact_id}
                for contact_id in contact_ids
            ]
        )
        .on_conflict_ignore()
        .as_rowcount()
        .execute()
    )
    grow(tenant_id, group_id, added)
    return added


def drop(tenant_id: int, group_id: str, contact_id: str, *, actor: str, channel: str) -> bool:
    """Take a contact out of a group. Returns False when it was not there.

    Raises: GroupNotFound.
    """
    with transaction():
        book.lock(tenant_id)
        one(tenant_id, group_id)
        gone = take_out(tenant_id, group_id, [contact_id])
        if gone:
            before = {"contact": contact_id}
            audit.record(
                tenant_id, actor, channel, "group.dropped", subject=group_id, before=before
            )
    return bool(gone)


def take_out(tenant_id: int, group_id: str, contact_ids: list[str]) -> int:
    """Take contacts out of a group, under the book's lock. Returns how many were in it."""
    if not contact_ids:
        return 0
    gone = int(
        GroupMember.delete()
        .where(
            GroupMember.tenant_id == tenant_id,
            GroupMember.group_id == group_id,
            GroupMember.contact_id.in_(contact_ids),
        )
        .execute()
    )
    grow(tenant_id, group_id, -gone)
    return gone


def members(tenant_id: int, group_id: str, *, limit: int = 50) -> list[Contact]:
    """List a group's contacts by name. Raises: GroupNotFound."""
    return list(members_of(tenant_id, group_id).order_by(Contact.name, Contact.id).limit(limit))


def of_contact(tenant_id: int, contact_id: str) -> list[Group]:
    """List the groups a contact is in, by name."""
    found = (
        of(tenant_id)
        .join(GroupMember, on=(GroupMember.group_id == Group.id))
        .where(GroupMember.tenant_id == tenant_id, GroupMember.contact_id == contact_id)
        .order_by(Group.name_key)
    )
    return list(found)


def numbers(tenant_id: int, group_id: str, *, limit: int) -> list[str]:
    """Return the numbers of the contacts in a group that may be written to, at most `limit`.

    Raises: GroupNotFound.
    """
    found = contacts.reachable(members_of(tenant_id, group_id))
    return [row.msisdn for row in found.order_by(Contact.id).limit(limit)]


def of(tenant_id: int) -> peewee.ModelSelect[Group]:
    """Every query starts here: a business's own groups."""
    return Group.select().where(Group.tenant_id == tenant_id)


def members_of(tenant_id: int, group_id: str) -> peewee.ModelSelect[Contact]:
    """Every query of a group's contacts starts here. Raises: GroupNotFound."""
    one(tenant_id, group_id)
    return (
        Contact.select()
        .join(
            GroupMember,
            on=(GroupMember.tenant_id == Contact.tenant_id)
            & (GroupMember.contact_id == Contact.id),
        )
        .where(GroupMember.tenant_id == tenant_id, GroupMember.group_id == group_id)
    )
