"""Sender IDs, registered for a tenant once the operators have approved them."""

from __future__ import annotations

import re

from core import clock, events
from core.database import after_commit, transaction
from core.errors import Invalid
from core.messaging import routing
from core.messaging.models import Category, Sender
from core.tenants import audit, rows

# As long as a handset shows it; the signs are those seen in approved ones. Case counts.
_NAME = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9 ._&-]{1,11}").fullmatch


class InvalidSenderId(Invalid):
    """A name no network would show as a sender."""

    code = "invalid_sender_id"
    title = "Not a sender ID"
    sentence = "A sender ID is 1 to 11 letters, digits, spaces or . _ & - as it was approved."
    field = "name"


def register(tenant_id: int, name: str, category: Category, *, actor: str, channel: str) -> Sender:
    """Let a tenant send under a name; registering it again changes its class.

    Raises: NotFound, InvalidSenderId.
    """
    if name != name.strip() or not _NAME(name):
        raise InvalidSenderId
    with transaction():
        rows.get(tenant_id)
        before = Sender.get_or_none(Sender.tenant_id == tenant_id, Sender.name == name)
        Sender.insert(
            tenant_id=tenant_id, name=name, category=category.value, created_at=clock.now()
        ).on_conflict(
            conflict_target=[Sender.tenant_id, Sender.name], preserve=[Sender.category]
        ).execute()
        audit.record(
            tenant_id,
            actor,
            channel,
            "sender_id.registered",
            subject=name,
            before=None if before is None else {"class": before.category},
            after={"class": category.value},
        )
        events.record("sender_id.changed", tenant_id, sender_id=name, status="approved")
        after_commit(routing.forget)
    return Sender.get(Sender.tenant_id == tenant_id, Sender.name == name)


def listing(tenant_id: int) -> list[Sender]:
    """List a tenant's sender IDs by name."""
    return list(Sender.select().where(Sender.tenant_id == tenant_id).order_by(Sender.name))
