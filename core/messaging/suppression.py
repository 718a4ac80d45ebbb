"""Numbers that want no more texts of a class from a tenant."""

from __future__ import annotations

from collections.abc import Sequence

from core import clock
from core.cache import TTLCache
from core.contacts.models import Suppression
from core.database import opened, transaction
from core.messaging.models import Category

# Most tenants have no suppressed number, and then no send should ask for one. The hand-over checks
# again, so a second's delay here costs nobody a text.
_with_any: TTLCache[int, frozenset[int]] = TTLCache(seconds=1.0, size=4)


def _tenants_with_any() -> frozenset[int]:
    def read() -> frozenset[int]:
        rows = Suppression.select(Suppression.tenant_id).distinct()
        return frozenset(row.tenant_id for row in rows)

    return _with_any.get(opened(), read)


def among(tenant_id: int, category: str, msisdns: Sequence[str]) -> frozenset[str]:
    """Return which of these numbers are suppressed, as known a second ago at most."""
    if tenant_id not in _tenants_with_any():
        return frozenset()
    return among_now(tenant_id, category, msisdns)


def among_now(tenant_id: int, category: str, msisdns: Sequence[str]) -> frozenset[str]:
    """Return which of these numbers are suppressed at this moment."""
    rows = Suppression.select(Suppression.msisdn).where(
        Suppression.tenant_id == tenant_id,
        Suppression.category == category,
        Suppression.msisdn.in_(list(msisdns)),
    )
    return frozenset(row.msisdn for row in rows)


def add(tenant_id: int, msisdn: str, category: str, *, source: str) -> None:
    """Suppress a number. Doing it twice is doing it once."""
    with transaction():
        Suppression.insert(
            tenant_id=tenant_id,
            msisdn=msisdn,
            category=Category(category).value,
            source=source,
            created_at=clock.now(),
        ).on_conflict_ignore().execute()


def forget() -> None:
    """Drop what is remembered, after a change."""
    _with_any.clear()
