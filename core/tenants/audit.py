"""Who did what, from which door, and what it changed: written with the act, never altered."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from core import clock
from core.tenants.models import Audit


def _json(values: Mapping[str, object] | None) -> str | None:
    return None if values is None else msgspec.json.encode(values).decode()


def record(
    tenant_id: int | None,
    actor: str,
    channel: str,
    act: str,
    *,
    subject: str | None = None,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Note an act. Call it inside the transaction that does it.

    `actor` says who, such as `person:usr_...`, `key:key_...`, `admin:key_...`, `system`; `channel`
    through which door: `api`, `ussd`, `telegram`, `ops`, `admin`, `cli`, `system`. Neither codes
    nor keys nor the words of messages belong in `before` and `after`.
    """
    Audit.create(
        tenant_id=tenant_id,
        actor=actor[:60],
        channel=channel[:12],
        act=act,
        subject=subject,
        before=_json(before),
        after=_json(after),
        created_at=clock.now(),
    )


def listing(tenant_id: int | None = None, after: int | None = None, limit: int = 50) -> list[Audit]:
    """List the acts of one business, or of all, newest first, from below the id `after`."""
    query = Audit.select().order_by(Audit.id.desc()).limit(limit)
    if tenant_id is not None:
        query = query.where(Audit.tenant_id == tenant_id)
    if after is not None:
        query = query.where(Audit.id < after)
    return list(query)
