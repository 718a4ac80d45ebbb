"""Deciding on a sender ID: each step guarded, so that a second tap changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from core import clock
from core.database import after_commit, transaction
from core.errors import Conflict, Invalid
from core.messaging import routing, sender_names, senders
from core.messaging.models import Sender, SenderOperator, SenderStatus
from core.messaging.sender_requests import OPEN
from core.tenants import audit, fields

REASON_MAX = 500


class SenderDecided(Conflict):
    """It was decided before."""

    code = "sender_decided"
    title = "Already decided"
    sentence = "This sender ID is already {status}. Nothing was changed."


class SenderContested(Conflict):
    """Another business has the name, or asks for it: it cannot be given to both."""

    code = "sender_contested"
    title = "Two want this name"
    sentence = "{name} is also another business's, or asked for by it. Reject one of the two first."


class UnknownOperator(Invalid):
    """No network of that name takes sender IDs."""

    code = "unknown_operator"
    title = "Unknown operator"
    sentence = "There is no such operator here. Choose one of: {known}."
    field = "operator"


def approve(public_id: str, *, actor: str, channel: str) -> Sender:
    """Let a business send under the name it asked for.

    Raises: SenderNotFound, SenderDecided, SenderContested.
    """
    return _decide(public_id, SenderStatus.APPROVED, OPEN, None, actor=actor, channel=channel)


def reject(
    public_id: str, reason: str, *, actor: str, channel: str, withdraw: bool = False
) -> Sender:
    """Say no to a name, or with `withdraw` take back an approved one.

    Raises: SenderNotFound, SenderDecided, FieldMissing, FieldTooLong, FieldUnprintable.
    """
    why = fields.line(reason, "reason", most=REASON_MAX)
    may = (*OPEN, SenderStatus.APPROVED.value) if withdraw else OPEN
    return _decide(public_id, SenderStatus.REJECTED, may, why, actor=actor, channel=channel)


def _decide(
    public_id: str,
    status: SenderStatus,
    may: Sequence[str],
    reason: str | None,
    *,
    actor: str,
    channel: str,
) -> Sender:
    with transaction():
        before = _held(public_id)
        done = (
            Sender.update(status=status.value, reason=reason, decided_at=clock.now())
            .where(Sender.public_id == public_id, Sender.status.in_(may))
            .execute()
        )
        after = senders.one(None, public_id)
        if not done:
            raise SenderDecided(status=after.status)
        if status is SenderStatus.APPROVED:
            _check_free(after)
        _forget_operators(after)
        _note(before, after, f"sender_id.{status.value}", actor, channel)
    return after


def set_operator(
    public_id: str, operator: str, status: SenderStatus, *, actor: str, channel: str
) -> Sender:
    """Note where one operator stands with a name.

    A request that one of them has got is submitted; when all have said yes it is approved. Saying
    the same again changes nothing. Raises: SenderNotFound, UnknownOperator, SenderDecided (a
    rejected one has to be asked for again), SenderContested (all have said yes).
    """
    if operator not in senders.OPERATORS:
        raise UnknownOperator(known=", ".join(senders.OPERATORS))
    with transaction():
        _held(public_id)
        Sender.update(status=Sender.status).where(Sender.public_id == public_id).execute()  # a lock
        before = senders.one(None, public_id)
        if before.status == SenderStatus.REJECTED.value:
            raise SenderDecided(status=before.status)
        standing = senders.by_operator([before])[before.tenant_id, before.name]
        if standing[operator] == status.value:
            return before
        SenderOperator.insert(
            tenant_id=before.tenant_id,
            name=before.name,
            operator=operator,
            status=status.value,
            updated_at=clock.now(),
        ).on_conflict(
            conflict_target=[
                SenderOperator.tenant_id,
                SenderOperator.name,
                SenderOperator.operator,
            ],
            preserve=[SenderOperator.status, SenderOperator.updated_at],
        ).execute()
        standing[operator] = status.value
        whole = _whole(before, set(standing.values()))
        if whole is not SenderStatus(before.status):
            if whole is SenderStatus.APPROVED:
                _check_free(before)
            decided_at = None if whole.value in OPEN else clock.now()
            Sender.update(status=whole.value, decided_at=decided_at).where(
                Sender.public_id == public_id
            ).execute()
        after = senders.one(None, public_id)
        _note(before, after, "sender_id.operator", actor, channel, **{operator: status.value})
    return after


def _held(public_id: str) -> Sender:
    """Find a sender ID, and keep others from its name until the transaction ends.

    Raises: SenderNotFound.
    """
    sender_names.lock(str(senders.one(None, public_id).name))
    return senders.one(None, public_id)


def _forget_operators(sender: Sender) -> None:
    """Let a decision stand for the operators, too; with a yes, whoever said no keeps to it."""
    is_overruled = SenderOperator.status.in_(
        OPEN
        if sender.status == SenderStatus.APPROVED.value
        else [each.value for each in SenderStatus]
    )
    SenderOperator.delete().where(
        SenderOperator.tenant_id == sender.tenant_id,
        SenderOperator.name == sender.name,
        is_overruled,
    ).execute()


def _check_free(sender: Sender) -> None:
    """See that a name is nobody else's, in the transaction that gives it. Raises: SenderContested.

    However two came to ask for it, one of them gets it.
    """
    if sender_names.is_taken(sender.tenant_id, sender.name):
        raise SenderContested(name=sender.name)


def _whole(sender: Sender, said: set[str]) -> SenderStatus:
    """Work out how a name stands as a whole; what is approved as a whole stays so."""
    now = SenderStatus(sender.status)
    if said == {SenderStatus.APPROVED.value}:
        return SenderStatus.APPROVED
    if now is SenderStatus.REQUESTED and said & {
        SenderStatus.SUBMITTED.value,
        SenderStatus.APPROVED.value,
    }:
        return SenderStatus.SUBMITTED
    return now


def _note(
    before: Sender, after: Sender, act: str, actor: str, channel: str, **operators: str
) -> None:
    """Write a decision down and tell of it, in the caller's transaction."""
    audit.record(
        after.tenant_id,
        actor,
        channel,
        act,
        subject=after.name,
        before={"status": before.status},
        after={"status": after.status, "reason": after.reason, **operators},
    )
    senders.tell_changed(after, actor=after.actor, was=before.status, operators=operators or None)
    after_commit(routing.forget)
