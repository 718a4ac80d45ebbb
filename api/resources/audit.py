"""Who did what, when, and from which channel."""

from __future__ import annotations

import msgspec

from api.calls import TenantCall
from api.fields import Instant, Shape
from api.operations import for_tenant
from api.pages import Page, Paging, page
from core.tenants import audit
from core.tenants.models import Audit


class AuditShape(Shape, frozen=True, kw_only=True):
    """One act."""

    id: int
    tenant: int | None
    at: Instant
    actor: str
    channel: str
    act: str
    subject: str | None
    before: msgspec.Raw | None
    after: msgspec.Raw | None


def audit_shape(row: Audit) -> AuditShape:
    """An act as the API shows it."""
    return AuditShape(
        id=row.id,
        tenant=row.tenant_id,
        at=row.created_at,
        actor=row.actor,
        channel=row.channel,
        act=row.act,
        subject=row.subject,
        before=_raw(row.before),
        after=_raw(row.after),
    )


def _raw(kept: str | None) -> msgspec.Raw | None:
    """JSON as it was kept, without reading it only to write it again."""
    return None if kept is None else msgspec.Raw(kept.encode())


class AuditTrail:
    """GET /api/{tenant}/audit"""

    @for_tenant("listAudit", scope="admin")
    def on_get(self, call: TenantCall, where: Paging) -> Page[AuditShape]:
        """List what was done in your account, newest first."""
        return page(
            call,
            where,
            lambda after, limit: audit.listing(
                call.tenant_id, None if after is None else int(after), limit
            ),
            audit_shape,
            key=lambda row: row.id,
        )
