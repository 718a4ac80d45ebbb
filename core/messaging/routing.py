"""Which gateway account carries a tenant's texts, and under which sender IDs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.cache import TTLCache
from core.database import opened
from core.messaging import reach
from core.messaging.errors import SenderNotApproved, SenderWrongClass
from core.messaging.models import (
    REHEARSAL_ACCOUNT,
    SHARED_ACCOUNT,
    Category,
    GatewayAccount,
    Sender,
    SenderStatus,
)
from core.settings import settings
from core.tenants.profiles import Profile

_known: TTLCache[tuple[int, int, bool], Route] = TTLCache(seconds=1.0, size=20_000)


@dataclass(frozen=True, slots=True)
class Route:
    """A gateway account and the tenant's own sender IDs, each with its class.

    `closed` are the operators that have not approved one of them.
    """

    account_id: int
    senders: Mapping[str, str]
    closed: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def sender(self, wanted: str | None, category: Category) -> str:
        """Return the sender ID to use. Raises: SenderNotApproved, SenderWrongClass."""
        shared = settings().onfon.sender_id
        if wanted is None or wanted == shared:
            return shared
        registered = self.senders.get(wanted)
        if registered is None:
            raise SenderNotApproved(sender=wanted)
        if registered != category:
            raise SenderWrongClass(sender=wanted, category=registered)
        return wanted

    def closed_at(self, sender: str | None) -> frozenset[str]:
        """Return the operators to whose numbers nothing goes under a sender ID; None is ours."""
        if sender is None or sender == settings().onfon.sender_id:
            return reach.NOWHERE
        return self.closed.get(sender, reach.NOWHERE)


def route(profile: Profile) -> Route:
    """Find a tenant's route, as it was a second ago at most."""
    key = (opened(), profile.tenant_id, profile.is_test)
    return _known.get(key, lambda: _read(profile))


def _read(profile: Profile) -> Route:
    rows = Sender.select().where(
        Sender.tenant_id == profile.tenant_id, Sender.status == SenderStatus.APPROVED.value
    )
    senders = {row.name: row.category for row in rows}
    closed = reach.closed(profile.tenant_id) if senders else {}
    if profile.is_test:
        return Route(REHEARSAL_ACCOUNT, senders, closed)
    own = GatewayAccount.get_or_none(GatewayAccount.tenant_id == profile.tenant_id)
    return Route(SHARED_ACCOUNT if own is None else own.id, senders, closed)


def forget() -> None:
    """Drop what is remembered, after a change."""
    _known.clear()
