"""Sender IDs of a business: found, and registered by an admin without having been asked for."""

from __future__ import annotations

from collections.abc import Iterable

from core import clock, events, ids
from core.database import after_commit, transaction
from core.errors import NotFound
from core.messaging import routing
from core.messaging.models import Category, Sender, SenderOperator, SenderStatus
from core.messaging.sender_names import InvalidSenderId, check, lock
from core.tenants import audit, rows

__all__ = [
    "OPERATORS",
    "InvalidSenderId",
    "SenderNotFound",
    "by_operator",
    "listing",
    "named",
    "one",
    "register",
]

# Each approves a sender ID for itself.
OPERATORS = ("safaricom", "airtel", "telkom")


class SenderNotFound(NotFound):
    """No such sender ID, or another business's."""

    code = "sender_not_found"
    title = "Sender ID not found"
    sentence = "There is no such sender ID. Check the id."


def register(tenant_id: int, name: str, category: Category, *, actor: str, channel: str) -> Sender:
    """Let a business send under a name; registering it again changes its class.

    Raises: NotFound, InvalidSenderId.
    """
    check(name)
    now = clock.now()
    with transaction():
        lock(name)
        rows.get(tenant_id)
        before = named(tenant_id, name)
        Sender.insert(
            tenant_id=tenant_id,
            name=name,
            category=category.value,
            public_id=ids.new("snd"),
            status=SenderStatus.APPROVED.value,
            created_at=now,
            decided_at=now,
        ).on_conflict(
            conflict_target=[Sender.tenant_id, Sender.name],
            preserve=[Sender.category, Sender.status, Sender.reason, Sender.decided_at],
        ).execute()
        # What was under way with an operator is settled by this; a no is not.
        SenderOperator.delete().where(
            SenderOperator.tenant_id == tenant_id,
            SenderOperator.name == name,
            SenderOperator.status.in_((SenderStatus.REQUESTED.value, SenderStatus.SUBMITTED.value)),
        ).execute()
        after: Sender = Sender.get(Sender.tenant_id == tenant_id, Sender.name == name)
        audit.record(
            tenant_id,
            actor,
            channel,
            "sender_id.registered",
            subject=name,
            before=None if before is None else {"class": before.category, "status": before.status},
            after={"class": category.value},
        )
        tell_changed(
            after,
            actor=before.actor if before is not None else None,
            # In another class it is news again.
            was=before.status if before is not None and before.category == after.category else None,
        )
        after_commit(routing.forget)
    return after


def tell_changed(
    sender: Sender, *, actor: str | None, was: str | None = None, **more: object
) -> None:
    """Note that a sender ID has moved, in the caller's transaction.

    `actor` asked for it; `was` is where it stood before as a whole.
    """
    events.record(
        "sender_id.changed",
        sender.tenant_id,
        id=sender.public_id,
        sender_id=sender.name,
        status=sender.status,
        reason=sender.reason,
        actor=actor,
        was=was,
        **more,
    )


def listing(tenant_id: int, *, status: SenderStatus | None = None) -> list[Sender]:
    """List a business's sender IDs by name."""
    query = Sender.select().where(Sender.tenant_id == tenant_id)
    if status is not None:
        query = query.where(Sender.status == status.value)
    return list(query.order_by(Sender.name))


def newest(tenant_id: int, *, after: str | None = None, limit: int = 50) -> list[Sender]:
    """List a business's sender IDs, newest first, from behind the place `after`."""
    query = Sender.select().where(Sender.tenant_id == tenant_id)
    if after is not None:
        at, name = after.split(".", 1)
        moment = clock.from_ms(int(at))
        query = query.where(
            (Sender.created_at < moment) | ((Sender.created_at == moment) & (Sender.name < name))
        )
    return list(query.order_by(Sender.created_at.desc(), Sender.name.desc()).limit(limit))


def place(sender: Sender) -> str:
    """Name a sender ID's place in the list of the newest."""
    return f"{clock.to_ms(sender.created_at)}.{sender.name}"


def one(tenant_id: int | None, public_id: str) -> Sender:
    """Find a sender ID, of one business or for an admin of any. Raises: SenderNotFound."""
    found: Sender | None = Sender.get_or_none(Sender.public_id == public_id)
    if found is None or tenant_id not in (None, found.tenant_id):
        raise SenderNotFound
    return found


def named(tenant_id: int, name: str) -> Sender | None:
    """Find a business's sender ID by its name; case counts."""
    found: Sender | None = Sender.get_or_none(Sender.tenant_id == tenant_id, Sender.name == name)
    return found


def _unnoted(sender: Sender) -> str:
    """Say where an operator stands of which nothing is noted."""
    is_under_way = sender.status == SenderStatus.SUBMITTED.value
    return SenderStatus.REQUESTED.value if is_under_way else str(sender.status)


def by_operator(senders: Iterable[Sender]) -> dict[tuple[int, str], dict[str, str]]:
    """Return where each operator stands with some sender IDs: what was noted, else the decision."""
    found = {
        (each.tenant_id, each.name): dict.fromkeys(OPERATORS, _unnoted(each)) for each in senders
    }
    if found:
        rows_ = SenderOperator.select().where(
            SenderOperator.tenant_id.in_({tenant_id for tenant_id, _ in found}),
            SenderOperator.name.in_({name for _, name in found}),
        )
        for row in rows_:
            if (row.tenant_id, row.name) in found:
                found[row.tenant_id, row.name][row.operator] = row.status
    return found
