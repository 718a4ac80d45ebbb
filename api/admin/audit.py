"""Who did what, over all businesses."""

from __future__ import annotations

from api.calls import AdminCall
from api.operations import for_admin
from api.pages import Page, Paging, page
from api.resources.audit import AuditShape, audit_shape
from core.tenants import audit


class AuditFilter(Paging, frozen=True, kw_only=True):
    """Whose acts to list; everybody's when left out."""

    tenant: int | None = None


class AdminAudit:
    """GET /admin/audit"""

    @for_admin("adminListAudit")
    def on_get(self, call: AdminCall, where: AuditFilter) -> Page[AuditShape]:
        """List what was done, by anybody, newest first."""
        return page(
            call,
            where,
            lambda after, limit: audit.listing(
                where.tenant, None if after is None else int(after), limit
            ),
            audit_shape,
            key=lambda row: row.id,
        )
