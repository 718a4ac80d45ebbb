"""Groups of contacts, and who is in them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from api.calls import TenantCall
from api.fields import Instant, Phone, Request, Shape
from api.operations import for_tenant
from api.pages import Page, Paging, page
from api.problems import Fault
from api.resources.contacts import READ, WRITE, ContactShape, contact_page
from core.contacts import groups, membership
from core.contacts.groups import GroupNameTaken, GroupNotFound, TooManyGroups
from core.contacts.listing import Wanted
from core.contacts.membership import Moved
from core.contacts.models import Group
from core.tenants import fields

NAMES = (fields.FieldMissing, fields.FieldTooLong, fields.FieldUnprintable)


class GroupRequest(Request, frozen=True, kw_only=True):
    """A group's name."""

    name: Annotated[str, msgspec.Meta(max_length=groups.NAME_MAX * 4)]


class MembersRequest(Request, frozen=True, kw_only=True):
    """Whom to put in or take out: ids of contacts, numbers, or both."""

    contacts: Annotated[list[str], msgspec.Meta(max_length=1000)] = msgspec.field(
        default_factory=list
    )
    phones: Annotated[list[Phone], msgspec.Meta(max_length=1000)] = msgspec.field(
        default_factory=list
    )


class GroupShape(Shape, frozen=True, kw_only=True):
    """A group and how many contacts are in it."""

    id: str
    name: str
    size: int
    created_at: Instant


class MembersAdded(Shape, frozen=True, kw_only=True):
    """How many came in, how many were in already, how many of them are new as contacts."""

    added: int
    already: int
    created: int
    size: int
    errors: list[Fault]


class MembersRemoved(Shape, frozen=True, kw_only=True):
    """How many went out, and how many were not in."""

    removed: int
    absent: int
    size: int
    errors: list[Fault]


def _shape(row: Group) -> GroupShape:
    return GroupShape(id=row.id, name=row.name, size=row.size, created_at=row.created_at)


def _faults(call: TenantCall, done: Moved) -> list[Fault]:
    """Say who of those named was not found or not understood."""
    language = call.profile.language
    return [
        Fault(
            "phones" if each.is_number else "contacts",
            each.refusal.code,
            each.refusal.words(language),
            each.given,
        )
        for each in done.wrong
    ]


class Groups:
    """GET and POST /api/{tenant}/groups"""

    @for_tenant("listGroups", scope=READ)
    def on_get(self, call: TenantCall, where: Paging) -> Page[GroupShape]:
        """List groups, newest first. They are shared by your live and your test keys."""
        return page(
            call,
            where,
            lambda after, limit: groups.newest(call.tenant_id, after=after, limit=limit),
            _shape,
            key=lambda row: row.id,
        )

    @for_tenant(
        "createGroup", scope=WRITE, status=201, also=(200,), refuses=(*NAMES, TooManyGroups)
    )
    def on_post(self, call: TenantCall, asked: GroupRequest) -> GroupShape:
        """Make a group: 201. If there is one of this name, it is answered as it is: 200."""
        made, is_new = groups.create(call.tenant_id, asked.name, actor=call.actor, channel="api")
        call.status = 201 if is_new else 200
        return _shape(made)


class OneGroup:
    """GET, PATCH and DELETE /api/{tenant}/groups/{id}"""

    @for_tenant("getGroup", scope=READ, refuses=(GroupNotFound,))
    def on_get(self, call: TenantCall, id: str) -> GroupShape:
        """One group."""
        return _shape(groups.one(call.tenant_id, id))

    @for_tenant("renameGroup", scope=WRITE, refuses=(*NAMES, GroupNotFound, GroupNameTaken))
    def on_patch(self, call: TenantCall, id: str, asked: GroupRequest) -> GroupShape:
        """Give a group another name."""
        return _shape(
            groups.rename(call.tenant_id, id, asked.name, actor=call.actor, channel="api")
        )

    @for_tenant("removeGroup", scope=WRITE, refuses=(GroupNotFound,))
    def on_delete(self, call: TenantCall, id: str) -> None:
        """Remove a group; its contacts stay."""
        groups.remove(call.tenant_id, id, actor=call.actor, channel="api")


class Members:
    """GET and POST /api/{tenant}/groups/{id}/members"""

    @for_tenant("listMembers", scope=READ, refuses=(GroupNotFound,))
    def on_get(self, call: TenantCall, id: str, where: Paging) -> Page[ContactShape]:
        """List the contacts in a group, newest contact first."""
        return contact_page(call, where, Wanted(group_id=id))

    @for_tenant("addMembers", scope=WRITE, refuses=(GroupNotFound,))
    def on_post(self, call: TenantCall, id: str, asked: MembersRequest) -> MembersAdded:
        """Put contacts into a group. A number that is no contact yet becomes one."""
        done = membership.add(
            call.tenant_id,
            id,
            contact_ids=asked.contacts,
            numbers=asked.phones,
            actor=call.actor,
            channel="api",
        )
        return MembersAdded(
            added=done.moved,
            already=done.already,
            created=done.created,
            size=groups.one(call.tenant_id, id).size,
            errors=_faults(call, done),
        )


class RemoveMembers:
    """POST /api/{tenant}/groups/{id}/members/remove"""

    @for_tenant("removeMembers", scope=WRITE, refuses=(GroupNotFound,))
    def on_post(self, call: TenantCall, id: str, asked: MembersRequest) -> MembersRemoved:
        """Take contacts out of a group; they stay contacts."""
        done = membership.drop(
            call.tenant_id,
            id,
            contact_ids=asked.contacts,
            numbers=asked.phones,
            actor=call.actor,
            channel="api",
        )
        return MembersRemoved(
            removed=done.moved,
            absent=done.already,
            size=groups.one(call.tenant_id, id).size,
            errors=_faults(call, done),
        )
