"""A business's groups of contacts. Every act takes the business first."""

from __future__ import annotations

from typing import Any

import peewee

from core import clock, ids
from core.contacts import contacts
from core.contacts.models import Contact, ContactStatus, Group, GroupMember
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


def create(tenant_id: int, name: str, *, actor: str, channel: str) -> tuple[Group, bool]:
    """Make a group; one of that name is returned as it is. The second value says it is new.

    Raises: NotFound, FieldMissing and its kin, TooManyGroups.
    """
    plain = fields.line(name, "name", most=NAME_MAX)
    with transaction():
        if rows.locked(tenant_id) is None:
            raise NotFound
        found = _of(tenant_id).where(Group.name_key == plain.casefold()).first()
        if found is not None:
            return found, False
        if _of(tenant_id).count() >= GROUPS_MAX:
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


def remove(tenant_id: int, group_id: str, *, actor: str, channel: str) -> None:
    """Delete a group; its contacts stay. Raises: GroupNotFound."""
    with transaction():
        found = one(tenant_id, group_id)
        GroupMember.delete().where(
            GroupMember.tenant_id == tenant_id, GroupMember.group_id == group_id
        ).execute()
        gone = Group.delete().where(Group.tenant_id == tenant_id, Group.id == group_id).execute()
        if gone:
            audit.record(
                tenant_id,
                actor,
                channel,
                "group.removed",
                subject=group_id,
                before={"name": found.name},
            )


def one(tenant_id: int, group_id: str) -> Group:
    """Find a group of a business. Raises: GroupNotFound."""
    found: Group | None = _of(tenant_id).where(Group.id == group_id).first()
    if found is None:
        raise GroupNotFound
    return found


def exist(tenant_id: int) -> bool:
    """Say whether a business has any group."""
    return bool(_of(tenant_id).exists())


def names(tenant_id: int, *, limit: int = GROUPS_MAX) -> list[Group]:
    """List a business's groups by name, without counting anybody."""
    return list(_of(tenant_id).order_by(Group.name_key).limit(limit))


def listing(tenant_id: int, *, limit: int = GROUPS_MAX) -> list[tuple[Group, int]]:
    """List a business's groups by name, each with the number of its members."""
    counted: Any = (
        GroupMember.select(GroupMember.group_id, peewee.fn.COUNT(GroupMember.contact_id))
        .where(GroupMember.tenant_id == tenant_id)
        .group_by(GroupMember.group_id)
        .tuples()
    )
    sizes: dict[str, int] = dict(counted)
    found = _of(tenant_id).order_by(Group.name_key).limit(limit)
    return [(group, sizes.get(group.id, 0)) for group in found]


def add(tenant_id: int, group_id: str, contact_id: str, *, actor: str, channel: str) -> bool:
    """Put a contact into a group. Returns False when it was there.

    Raises: GroupNotFound, ContactNotFound.
    """
    with transaction():
        one(tenant_id, group_id)
        contacts.one(tenant_id, contact_id)
        added = bool(
            GroupMember.insert(tenant_id=tenant_id, group_id=group_id, contact_id=contact_id)
            .on_conflict_ignore()
            .as_rowcount()
            .execute()
        )
        if added:
            after = {"contact": contact_id}
            audit.record(tenant_id, actor, channel, "group.added", subject=group_id, after=after)
    return added


def drop(tenant_id: int, group_id: str, contact_id: str, *, actor: str, channel: str) -> bool:
    """Take a contact out of a group. Returns False when it was not there.

    Raises: GroupNotFound.
    """
    with transaction():
        one(tenant_id, group_id)
        gone = bool(
            GroupMember.delete()
            .where(
                GroupMember.tenant_id == tenant_id,
                GroupMember.group_id == group_id,
                GroupMember.contact_id == contact_id,
            )
            .execute()
        )
        if gone:
            before = {"contact": contact_id}
            audit.record(
                tenant_id, actor, channel, "group.dropped", subject=group_id, before=before
            )
    return gone


def members(tenant_id: int, group_id: str, *, limit: int = 50) -> list[Contact]:
    """List a group's contacts by name. Raises: GroupNotFound."""
    return list(_members(tenant_id, group_id).order_by(Contact.name, Contact.id).limit(limit))


def of_contact(tenant_id: int, contact_id: str) -> list[Group]:
    """List the groups a contact is in, by name."""
    found = (
        _of(tenant_id)
        .join(GroupMember, on=(GroupMember.group_id == Group.id))
        .where(GroupMember.tenant_id == tenant_id, GroupMember.contact_id == contact_id)
        .order_by(Group.name_key)
    )
    return list(found)


def numbers(tenant_id: int, group_id: str, *, limit: int) -> list[str]:
    """Return the numbers of the contacts in a group that are written to, at most `limit`.

    Raises: GroupNotFound.
    """
    active = _members(tenant_id, group_id).where(Contact.status == ContactStatus.ACTIVE.value)
    return [row.msisdn for row in active.order_by(Contact.id).limit(limit)]


def _of(tenant_id: int) -> peewee.ModelSelect[Group]:
    """Every query starts here: a business's own groups."""
    return Group.select().where(Group.tenant_id == tenant_id)


def _members(tenant_id: int, group_id: str) -> peewee.ModelSelect[Contact]:
    one(tenant_id, group_id)
    return (
        contacts.of(tenant_id)
        .join(GroupMember, on=(GroupMember.contact_id == Contact.id))
        .where(GroupMember.tenant_id == tenant_id, GroupMember.group_id == group_id)
    )
