"""Sender IDs as the operator sees them: who asks, with which papers, and what is decided."""

from __future__ import annotations

from collections.abc import Sequence

from api.calls import AdminCall
from api.fields import Reason, Request, Shape
from api.operations import Download, for_admin
from api.resources.sender_ids import SenderIdShape, values
from core.messaging import sender_decisions, sender_requests, senders
from core.messaging.models import Sender, SenderStatus
from core.messaging.sender_decisions import SenderContested, SenderDecided, UnknownOperator
from core.messaging.sender_requests import DocumentNotFound
from core.messaging.senders import SenderNotFound
from core.tenants import fields


class Why(Request, frozen=True, kw_only=True):
    """What the business is told."""

    reason: Reason


class Standing(Request, frozen=True, kw_only=True):
    """Where an operator stands with a sender ID."""

    operator: str
    status: SenderStatus


class AdminSenderIdShape(SenderIdShape, frozen=True, kw_only=True):
    """A sender ID, whose it is, and who asked for it."""

    tenant: int
    actor: str | None


class AdminSenderIds(Shape, frozen=True, kw_only=True):
    """Every sender ID that waits for a decision, the oldest first."""

    data: list[AdminSenderIdShape]


def _shapes(rows: Sequence[Sender]) -> list[AdminSenderIdShape]:
    return [
        AdminSenderIdShape(tenant=row.tenant_id, actor=row.actor, **shown)
        for row, shown in zip(rows, values(rows), strict=True)
    ]


def _shape(row: Sender) -> AdminSenderIdShape:
    return _shapes([row])[0]


class SenderIdsWaiting:
    """GET /admin/sender-ids"""

    @for_admin("adminListSenderIds")
    def on_get(self, call: AdminCall) -> AdminSenderIds:
        """List the sender IDs that wait for a decision, the oldest first, at most 100."""
        return AdminSenderIds(data=_shapes(sender_requests.waiting()))


class OneSenderId:
    """GET and PATCH /admin/sender-ids/{id}"""

    @for_admin("adminGetSenderId", refuses=(SenderNotFound,))
    def on_get(self, call: AdminCall, id: str) -> AdminSenderIdShape:
        """One sender ID of any business."""
        return _shape(senders.one(None, id))

    @for_admin(
        "adminSetSenderIdOperator",
        refuses=(SenderNotFound, SenderDecided, SenderContested, UnknownOperator),
    )
    def on_patch(self, call: AdminCall, id: str, asked: Standing) -> AdminSenderIdShape:
        """Note where one operator stands; when all three approve, the sender ID is approved."""
        return _shape(
            sender_decisions.set_operator(
                id, asked.operator, asked.status, actor=call.actor, channel="admin"
            )
        )


class ApproveSenderId:
    """POST /admin/sender-ids/{id}/approve"""

    @for_admin("adminApproveSenderId", refuses=(SenderNotFound, SenderDecided, SenderContested))
    def on_post(self, call: AdminCall, id: str) -> AdminSenderIdShape:
        """Let the business send under this name."""
        return _shape(sender_decisions.approve(id, actor=call.actor, channel="admin"))


class RejectSenderId:
    """POST /admin/sender-ids/{id}/reject"""

    @for_admin("adminRejectSenderId", refuses=(SenderNotFound, SenderDecided, fields.FieldMissing))
    def on_post(self, call: AdminCall, id: str, asked: Why) -> AdminSenderIdShape:
        """Say no, telling why; an approved one is taken back."""
        return _shape(
            sender_decisions.reject(
                id, asked.reason, actor=call.actor, channel="admin", withdraw=True
            )
        )


class SenderIdDocument:
    """GET /admin/sender-ids/{id}/documents/{place}"""

    @for_admin("adminGetSenderIdDocument", refuses=(SenderNotFound, DocumentNotFound))
    def on_get(self, call: AdminCall, id: str, place: int) -> Download:
        """Download one of the papers, by its place in the list, counted from 1."""
        paper = sender_requests.document_at(senders.one(None, id), place)
        # Never as what it says it is: a browser shall keep a stranger's file, not show it.
        kept = iter((bytes(paper.content),))
        return Download("application/octet-stream", paper.file_name, kept)
