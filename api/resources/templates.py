"""Templates: words with places to fill in, kept in versions."""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from api.calls import TenantCall
from api.fields import Instant, Request, Shape
from api.operations import for_tenant
from api.pages import Page, Paging, page
from api.resources.wanting import Params, params
from core.campaigns import placeholders, templates
from core.campaigns.models import TemplateVersion
from core.contacts.contacts import ContactNotFound
from core.errors import Invalid, Refused
from core.messaging.errors import EmptyText
from core.messaging.models import Category
from core.tenants import fields
from core.text import InvalidText

SEND, READ = "messages:send", "messages:read"

KEEPS: tuple[type[Refused], ...] = (
    templates.TemplateNameTaken,
    templates.TemplateTooLong,
    templates.NoWordsIn,
    placeholders.PlaceholderWrong,
    EmptyText,
    InvalidText,
    fields.FieldMissing,
    fields.FieldTooLong,
    fields.FieldUnprintable,
    fields.UnknownLanguage,
)

Name = Annotated[str, msgspec.Meta(max_length=templates.NAME_MAX)]
Body = Annotated[
    str, msgspec.Meta(max_length=templates.BODY_MAX, examples=["Habari {{name|rafiki}}, karibu!"])
]
Bodies = Annotated[
    dict[str, Body], msgspec.Meta(description='The words by language, such as "en" and "sw".')
]
ChangedBodies = Annotated[
    dict[str, Body | None],
    msgspec.Meta(
        description="The words by language; a language left out stays, null takes one away."
    ),
]
Language = Annotated[
    str,
    msgspec.Meta(max_length=5, description="Of people whose own language has no words here."),
]


class TemplateRequest(Request, frozen=True, kw_only=True):
    """A template: one `message`, or `messages` by language."""

    name: Name
    message: Body | None = None
    messages: Bodies | None = None
    language: Language | None = None


class TemplateChange(Request, frozen=True, kw_only=True):
    """What to change of a template; other words are its next version."""

    name: Name | UnsetType = UNSET
    message: Body | UnsetType = UNSET
    messages: ChangedBodies | UnsetType = UNSET
    language: Language | UnsetType = UNSET


class PreviewRequest(Request, frozen=True, kw_only=True):
    """For whom to write it: a contact, or somebody of whom nothing is known."""

    contact: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    params: Params | None = None
    class_: Category = msgspec.field(name="class", default=Category.TRANSACTIONAL)
    version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None


class TemplateShape(Shape, frozen=True, kw_only=True):
    """A template as it is now. `message` is the one of its `language`."""

    id: str
    name: str
    version: int
    language: str
    message: str
    messages: dict[str, str]
    placeholders: list[str]
    created_at: Instant
    updated_at: Instant


class VersionShape(Shape, frozen=True, kw_only=True):
    """The words of a template at one time."""

    version: int
    language: str
    messages: dict[str, str]
    created_at: Instant


class PreviewShape(Shape, frozen=True, kw_only=True):
    """What somebody would get. `missing` are placeholders without a value, left to be seen."""

    message: str
    language: str
    encoding: str
    segments: int
    missing: list[str]


class MessageOrMessages(Invalid):
    """The words of a template given twice, or not at all."""

    code = "message_or_messages"
    title = "Words given twice or not at all"
    sentence = "Give the words as message, or by language as messages; one of the two."
    field = "message"


Given = TypeVar("Given", str, str | None)


def _shape(view: templates.View) -> TemplateShape:
    return TemplateShape(
        id=view.id,
        name=view.name,
        version=view.version,
        language=view.language,
        message=view.message,
        messages=dict(view.bodies),
        placeholders=list(view.names),
        created_at=view.template.created_at,
        updated_at=view.template.updated_at,
    )


def _version_shape(row: TemplateVersion) -> VersionShape:
    return VersionShape(
        version=row.version,
        language=row.language,
        messages=templates.bodies_of(row),
        created_at=row.created_at,
    )


def _bodies(
    message: str | UnsetType | None,
    messages: dict[str, Given] | UnsetType | None,
    language: str | None,
) -> dict[str, Given]:
    """The words by language, however they were given. Raises: MessageOrMessages."""
    if bool(message) == bool(messages):
        raise MessageOrMessages
    if isinstance(message, str):
        return {fields.language(language): message}
    return messages if isinstance(messages, dict) else {}


class Templates:
    """GET and POST /api/{tenant}/templates"""

    @for_tenant("listTemplates", scope=READ)
    def on_get(self, call: TenantCall, where: Paging) -> Page[TemplateShape]:
        """List templates as they are, newest first."""
        return page(
            call,
            where,
            lambda after, limit: templates.listing(call.tenant_id, after=after, limit=limit),
            _shape,
            key=lambda view: view.id,
        )

    @for_tenant(
        "createTemplate",
        scope=SEND,
        status=201,
        refuses=(*KEEPS, MessageOrMessages, templates.TooManyTemplates),
    )
    def on_post(self, call: TenantCall, asked: TemplateRequest) -> TemplateShape:
        """Keep words under a name, with places such as `{{name}}` or `{{name|rafiki}}`."""
        view = templates.create(
            call.tenant_id,
            asked.name,
            _bodies(asked.message, asked.messages, asked.language),
            language=asked.language,
            actor=call.actor,
            channel="api",
        )
        return _shape(view)


class OneTemplate:
    """GET, PATCH and DELETE /api/{tenant}/templates/{id}"""

    @for_tenant("getTemplate", scope=READ, refuses=(templates.TemplateNotFound,))
    def on_get(self, call: TenantCall, id: str) -> TemplateShape:
        """One template, as it is now."""
        return _shape(templates.one(call.tenant_id, id))

    @for_tenant(
        "updateTemplate",
        scope=SEND,
        refuses=(*KEEPS, MessageOrMessages, templates.TemplateNotFound),
    )
    def on_patch(self, call: TenantCall, id: str, asked: TemplateChange) -> TemplateShape:
        """Rename a template, or write it anew as its next version.

        `messages` changes the languages it names and leaves the others; null takes one away.
        Campaigns that were made of it keep the words they were made of.
        """
        language = None if asked.language is UNSET else asked.language
        bodies = None
        if asked.message is not UNSET or asked.messages is not UNSET:
            spoken = language or templates.one(call.tenant_id, id).language
            bodies = _bodies(asked.message, asked.messages, spoken)
        view = templates.change(
            call.tenant_id,
            id,
            name=None if asked.name is UNSET else asked.name,
            bodies=bodies,
            language=language,
            actor=call.actor,
            channel="api",
        )
        return _shape(view)

    @for_tenant("deleteTemplate", scope=SEND, refuses=(templates.TemplateNotFound,))
    def on_delete(self, call: TenantCall, id: str) -> None:
        """Remove a template. Campaigns that were made of it keep their words."""
        templates.remove(call.tenant_id, id, actor=call.actor, channel="api")


class TemplateVersions:
    """GET /api/{tenant}/templates/{id}/versions"""

    @for_tenant("listTemplateVersions", scope=READ, refuses=(templates.TemplateNotFound,))
    def on_get(self, call: TenantCall, id: str, where: Paging) -> Page[VersionShape]:
        """List the versions of a template, newest first."""
        return page(
            call,
            where,
            lambda after, limit: templates.versions(
                call.tenant_id, id, after=None if after is None else int(after), limit=limit
            ),
            _version_shape,
            key=lambda row: row.version,
        )


class PreviewTemplate:
    """POST /api/{tenant}/templates/{id}/preview"""

    @for_tenant(
        "previewTemplate",
        scope=READ,
        refuses=(
            templates.TemplateNotFound,
            templates.VersionNotFound,
            ContactNotFound,
            InvalidText,
        ),
        while_suspended=True,
    )
    def on_post(self, call: TenantCall, id: str, asked: PreviewRequest) -> PreviewShape:
        """Show what a contact would get, or somebody of whom nothing is known."""
        made = templates.preview(
            call.tenant_id,
            id,
            contact_id=asked.contact,
            params=params(asked.params),
            category=asked.class_,
            version=asked.version,
        )
        return PreviewShape(
            message=made.text,
            language=made.language,
            encoding=made.encoding,
            segments=made.segments,
            missing=made.missing,
        )
