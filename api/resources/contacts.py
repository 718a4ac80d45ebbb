"""The people you write to: kept, found, shown to themselves, forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from api.calls import TenantCall
from api.fields import Instant, Phone, Query, Request, Shape
from api.operations import Download, for_tenant
from api.pages import Page, Paging, page
from api.problems import about
from core.contacts import consents, contacts, exporting, free_fields, groups, listing
from core.contacts.contacts import ContactErased, ContactNotFound
from core.contacts.groups import GroupNotFound
from core.contacts.listing import Wanted
from core.contacts.models import Consent, Contact, ContactStatus, Group
from core.database import transaction
from core.messaging import optouts
from core.phone import InvalidNumber
from core.privacy import erasing
from core.tenants import fields

READ, WRITE = "contacts:read", "contacts:write"
REFUSES = (
    fields.FieldMissing,
    fields.FieldTooLong,
    fields.FieldUnprintable,
    fields.UnknownLanguage,
    free_fields.FieldNameWrong,
    free_fields.TooManyFields,
    consents.ConsentInFuture,
)

Name = Annotated[str, msgspec.Meta(max_length=contacts.NAME_MAX)]
FreeFields = Annotated[
    dict[str, str | None],
    msgspec.Meta(
        description="Texts under names of your own, for templates. Null takes one away.",
        examples=[{"balance": "1,500", "class": "4 Blue"}],
    ),
]


class ConsentRequest(Request, frozen=True, kw_only=True):
    """Permission to write to somebody: where it came from, in which words, and when."""

    source: Annotated[str, msgspec.Meta(max_length=consents.SOURCE_MAX)]
    wording: Annotated[str, msgspec.Meta(max_length=consents.WORDING_MAX)]
    given_at: Instant | None = None

    def given(self) -> consents.Given:
        """As it is noted."""
        return consents.Given(self.source, self.wording, self.given_at)


class ContactRequest(Request, frozen=True, kw_only=True):
    """A contact to be added, or what to write over the one of this number."""

    phone: Phone
    name: Name | None = None
    language: str | None = None
    fields: FreeFields = msgspec.field(default_factory=dict)
    groups: Annotated[
        list[str], msgspec.Meta(max_length=50, description="Ids of groups to put it into.")
    ] = msgspec.field(default_factory=list)
    consent: ConsentRequest | None = None


class ContactPatch(Request, frozen=True, kw_only=True):
    """What to change of a contact; what is left out stays, null takes it away."""

    name: Name | UnsetType | None = UNSET
    language: str | UnsetType | None = UNSET
    fields: FreeFields | UnsetType = UNSET
    consent: ConsentRequest | UnsetType | None = UNSET


class ContactFilter(Paging, frozen=True, kw_only=True):
    """Which contacts to list. The erased are left out unless they are asked for."""

    search: Annotated[str, msgspec.Meta(max_length=60, description="A part of name or number.")] = (
        ""
    )
    status: ContactStatus | None = None
    group: str | None = None
    format: Literal["json", "csv"] = "json"

    def wanted(self) -> Wanted:
        """The conditions alone."""
        return Wanted(self.search, self.status, self.group)


class EraseQuery(Query, frozen=True, kw_only=True):
    """Whether to forget the person, too."""

    erase: bool = False


class ConsentShape(Shape, frozen=True, kw_only=True):
    """A permission: where it came from, its words, when it was given, and who noted it."""

    source: str
    wording: str
    given_at: Instant
    noted_by: str
    channel: str


class GroupName(Shape, frozen=True, kw_only=True):
    """A group a contact is in."""

    id: str
    name: str


class ContactShape(Shape, frozen=True, kw_only=True):
    """Somebody you write to. An erased one has a pseudonym instead of a phone."""

    id: str
    phone: str
    name: str | None
    language: str | None
    fields: dict[str, str]
    status: ContactStatus
    groups: list[GroupName]
    consent: ConsentShape | None
    created_at: Instant
    updated_at: Instant | None


def consent_shape(row: Consent) -> ConsentShape:
    """Show a permission."""
    return ConsentShape(
        source=row.source,
        wording=row.wording,
        given_at=row.given_at,
        noted_by=row.actor,
        channel=row.channel,
    )


def _shape(row: Contact, inside: Sequence[Group], consent: Consent | None) -> ContactShape:
    return ContactShape(
        id=row.id,
        phone=row.msisdn,
        name=row.name or None,
        language=row.language,
        fields=free_fields.load(row.fields),
        status=ContactStatus(row.status),
        groups=[GroupName(id=group.id, name=group.name) for group in inside],
        consent=None if consent is None else consent_shape(consent),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def shapes(tenant_id: int, rows: Sequence[Contact]) -> dict[str, ContactShape]:
    """Show contacts, by their ids, with their groups and consents."""
    inside = listing.groups_of(tenant_id, rows)
    noted = consents.among(tenant_id, {row.consent_id for row in rows if row.consent_id})
    return {
        row.id: _shape(row, inside.get(row.id, ()), noted.get(row.consent_id or "")) for row in rows
    }


def shape(tenant_id: int, row: Contact) -> ContactShape:
    """Show one contact."""
    return shapes(tenant_id, [row])[row.id]


def contact_page(call: TenantCall, paging: Paging, wanted: Wanted) -> Page[ContactShape]:
    """One page of contacts, newest first."""
    shown: dict[str, ContactShape] = {}

    def read(after: str | None, limit: int) -> list[Contact]:
        rows = listing.newest(call.tenant_id, wanted, after=after, limit=limit)
        shown.update(shapes(call.tenant_id, rows))
        return rows

    return page(call, paging, read, lambda row: shown[row.id], key=lambda row: row.id)


class Contacts:
    """GET and POST /api/{tenant}/contacts"""

    @for_tenant("listContacts", scope=READ, refuses=(GroupNotFound,))
    def on_get(self, call: TenantCall, where: ContactFilter) -> Page[ContactShape] | Download:
        """List contacts, newest first, or download all that fit as CSV.

        Contacts are shared by your live and your test keys; who downloads them is noted in the
        audit trail. In a book of more than 20,000 a search
        finds how a name or a number begins, in a smaller one any part of it.
        """
        if where.format == "csv":
            content = exporting.stream(call.tenant_id, where.wanted())
            with transaction():
                exporting.note(call.tenant_id, where.wanted(), actor=call.actor, channel="api")
            return Download("text/csv; charset=utf-8", "contacts.csv", content)
        return contact_page(call, where, where.wanted())

    @for_tenant(
        "putContact",
        scope=WRITE,
        status=201,
        also=(200,),
        refuses=(*REFUSES, InvalidNumber, GroupNotFound),
    )
    def on_post(self, call: TenantCall, asked: ContactRequest) -> ContactShape:
        """Add a contact: 201. If the number is one already, what is given is written over it: 200.

        A number that has opted out before is opted out as a contact, too.
        """
        by = {"actor": call.actor, "channel": "api"}
        with about("phone", InvalidNumber), about("groups", GroupNotFound), transaction():
            made, is_new = contacts.put(
                call.tenant_id,
                asked.phone,
                asked.name or "",
                language=asked.language,
                extra=asked.fields,
                consent=asked.consent.given() if asked.consent else None,
                **by,
            )
            for group_id in dict.fromkeys(asked.groups):
                groups.add(call.tenant_id, group_id, made.id, **by)
        call.status = 201 if is_new else 200
        return shape(call.tenant_id, made)


class OneContact:
    """GET, PATCH and DELETE /api/{tenant}/contacts/{id}"""

    @for_tenant("getContact", scope=READ, refuses=(ContactNotFound,))
    def on_get(self, call: TenantCall, id: str) -> ContactShape:
        """One contact."""
        return shape(call.tenant_id, contacts.one(call.tenant_id, id))

    @for_tenant("updateContact", scope=WRITE, refuses=(*REFUSES, ContactNotFound, ContactErased))
    def on_patch(self, call: TenantCall, id: str, asked: ContactPatch) -> ContactShape:
        """Change a contact; what is left out stays. For another number add another contact."""
        consent = asked.consent
        changed = contacts.change(
            call.tenant_id,
            id,
            name=asked.name,
            language=asked.language,
            extra=asked.fields,
            consent=consent.given() if isinstance(consent, ConsentRequest) else consent,
            actor=call.actor,
            channel="api",
        )
        return shape(call.tenant_id, changed)

    @for_tenant(
        "removeContact",
        scope=WRITE,
        refuses=(ContactNotFound, ContactErased),
        while_suspended=True,
    )
    def on_delete(self, call: TenantCall, id: str, where: EraseQuery) -> None:
        """Remove a contact from the list and its groups, or with `erase` forget the person.

        Removing keeps texts, replies and opt-outs. Erasing blanks the words of all texts and
        replies, puts a pseudonym for the number wherever it stands, and takes back what has not
        gone; opt-outs are kept under the pseudonym. It cannot be undone.
        """
        act = erasing.erase if where.erase else contacts.remove
        act(call.tenant_id, id, actor=call.actor, channel="api")


class BlockContact:
    """POST /api/{tenant}/contacts/{id}/block"""

    @for_tenant("blockContact", scope=WRITE, refuses=(ContactNotFound, ContactErased))
    def on_post(self, call: TenantCall, id: str) -> ContactShape:
        """Send a contact nothing at all any more. Repeating is harmless."""
        found = optouts.block(call.tenant_id, id, actor=call.actor, channel="api")
        return shape(call.tenant_id, found)


class UnblockContact:
    """POST /api/{tenant}/contacts/{id}/unblock"""

    @for_tenant("unblockContact", scope=WRITE, refuses=(ContactNotFound, ContactErased))
    def on_post(self, call: TenantCall, id: str) -> ContactShape:
        """Write to a contact again, as far as it has not opted out itself."""
        found = optouts.unblock(call.tenant_id, id, actor=call.actor, channel="api")
        return shape(call.tenant_id, found)
