"""Sender IDs: asked for, and where they stand with each operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from api.calls import TenantCall
from api.fields import Instant, Request, Shape
from api.forms import Upload
from api.operations import for_tenant
from api.pages import Page, Paging, page
from api.refusals import NotAForm
from core.messaging import sender_names, sender_requests, senders
from core.messaging.models import Category, Sender, SenderDocument, SenderStatus
from core.messaging.sender_requests import Paper
from core.tenants import fields

REFUSES = (
    sender_names.InvalidSenderId,
    sender_names.SenderProtected,
    sender_names.SenderTaken,
    sender_requests.SenderExists,
    sender_requests.SenderOtherClass,
    sender_requests.TooManySenders,
    sender_requests.DocumentRefused,
    sender_requests.TooManyDocuments,
    fields.FieldMissing,
    fields.FieldTooLong,
    fields.FieldUnprintable,
    NotAForm,
)


class SenderIdRequest(Request, frozen=True, kw_only=True):
    """The name you want to send under, for which class of texts, and what for."""

    name: Annotated[str, msgspec.Meta(max_length=40, description="1 to 11 letters and digits.")]
    class_: Category = msgspec.field(name="class", default=Category.TRANSACTIONAL)
    purpose: Annotated[
        str, msgspec.Meta(max_length=2000, description="What you will send under this name.")
    ]
    documents: Annotated[
        Any, msgspec.Meta(description="Files; they come as parts of a form, never in JSON.")
    ] = None


class DocumentShape(Shape, frozen=True, kw_only=True):
    """A paper that came with a request."""

    name: str
    media_type: str


class SenderIdShape(Shape, frozen=True, kw_only=True):
    """A sender ID as a whole and with each operator. Only an approved one is sent under."""

    id: str
    name: str
    class_: str = msgspec.field(name="class")
    status: SenderStatus
    operators: dict[str, SenderStatus]
    purpose: str | None
    reason: str | None
    documents: list[DocumentShape]
    created_at: Instant
    decided_at: Instant | None


def values(rows: Sequence[Sender]) -> list[dict[str, Any]]:
    """Read what both doors show of some sender IDs, with as many questions as for one."""
    standing, papers = senders.by_operator(rows), sender_requests.documents_of(rows)
    keys = [(row.tenant_id, row.name) for row in rows]
    return [_values(row, standing[key], papers[key]) for row, key in zip(rows, keys, strict=True)]


def _values(
    row: Sender, operators: dict[str, str], papers: Sequence[SenderDocument]
) -> dict[str, Any]:
    return {
        "id": row.public_id or "",
        "name": row.name,
        "class_": row.category,
        "status": SenderStatus(row.status),
        "operators": {name: SenderStatus(status) for name, status in operators.items()},
        "purpose": row.purpose,
        "reason": row.reason,
        "documents": [
            DocumentShape(name=each.file_name, media_type=each.media_type) for each in papers
        ],
        "created_at": row.created_at,
        "decided_at": row.decided_at,
    }


def _shown(rows: Sequence[Sender]) -> list[SenderIdShape]:
    return [SenderIdShape(**each) for each in values(rows)]


class SenderIds:
    """GET and POST /api/{tenant}/sender-ids"""

    @for_tenant("listSenderIds", scope="messages:read")
    def on_get(self, call: TenantCall, where: Paging) -> Page[SenderIdShape]:
        """List your sender IDs, newest first."""
        shown: dict[str, SenderIdShape] = {}

        def read(after: str | None, limit: int) -> list[Sender]:
            rows = senders.newest(call.tenant_id, after=after, limit=limit)
            shown.update(zip((row.name for row in rows), _shown(rows), strict=True))
            return rows

        return page(call, where, read, lambda row: shown[row.name], key=senders.place)

    @for_tenant(
        "requestSenderId",
        scope="messages:send",
        status=202,
        refuses=REFUSES,
        files=("documents", "documents[]", "document"),
    )
    def on_post(
        self, call: TenantCall, asked: SenderIdRequest, files: list[Upload]
    ) -> SenderIdShape:
        """Ask for a sender ID. The operators want a letter on your letterhead that names it.

        Send the documents (PDF, PNG or JPEG, five at most) with the other fields as
        multipart/form-data. Promotional texts need another name than transactional ones.
        """
        if asked.documents:
            raise NotAForm
        made = sender_requests.ask(
            call.tenant_id,
            asked.name,
            asked.class_,
            asked.purpose,
            [Paper(each.file_name, each.content) for each in files],
            actor=call.actor,
            channel="api",
        )
        return _shown([made])[0]


class OneSenderId:
    """GET /api/{tenant}/sender-ids/{id}"""

    @for_tenant("getSenderId", scope="messages:read", refuses=(senders.SenderNotFound,))
    def on_get(self, call: TenantCall, id: str) -> SenderIdShape:
        """One sender ID and where it stands."""
        return _shown([senders.one(call.tenant_id, id)])[0]
