"""Finding a business's row, and holding it still while an act looks and changes."""

from __future__ import annotations

from core.errors import NotFound
from core.tenants.models import PLATFORM_TENANT, TENANT_ID_MAX, Tenant


def get(tenant_id: int) -> Tenant:
    """Find a business; the operator itself is none. Raises: NotFound."""
    tenant = find(tenant_id)
    if tenant is None:
        raise NotFound
    return tenant


def find(tenant_id: int) -> Tenant | None:
    """Find a business, or None."""
    if not PLATFORM_TENANT < tenant_id <= TENANT_ID_MAX:
        return None
    found: Tenant | None = Tenant.get_or_none(Tenant.id == tenant_id)
    return found


def locked(tenant_id: int) -> Tenant | None:
    """Find a business and keep others from changing it until the transaction ends.

    A change of nothing does that in both dialects. Whoever changes something of a business besides
    its row takes this lock first, so that two acts never wait for each other.
    """
    if PLATFORM_TENANT < tenant_id <= TENANT_ID_MAX:
        Tenant.update(status=Tenant.status).where(Tenant.id == tenant_id).execute()
    return find(tenant_id)
