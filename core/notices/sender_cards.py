"""Cards of sender IDs: one that is asked for, its papers; and of texts that are nobody's."""

from __future__ import annotations

from core import phone
from core.gateways.telegram import Button, Keyboard
from core.messaging import inbound, sender_requests, senders
from core.messaging.models import Inbound, Sender, SenderStatus
from core.messaging.replies import Verdict
from core.messaging.sender_requests import OPEN
from core.messaging.senders import SenderNotFound
from core.notices.cards import Drawn
from core.notices.markup import b, code, e, i, lines
from core.notices.operators import moment, name_of
from core.tenants import rows
from core.tenants.models import Audit

STRAYS_SHOWN = 5
_DONE = {
    SenderStatus.APPROVED: "✅ Approved",
    SenderStatus.REJECTED: "❌ Rejected",
}
_ACTS = ("sender_id.approved", "sender_id.rejected", "sender_id.registered", "sender_id.operator")
# What an operator's button makes of where it stands.
_NEXT = {
    SenderStatus.REQUESTED.value: SenderStatus.SUBMITTED.value,
    SenderStatus.SUBMITTED.value: SenderStatus.APPROVED.value,
}


def subject(public_id: str | None) -> str:
    """Name the card of a sender ID."""
    return f"sender:{public_id}"


def draw_sender(public_id: str) -> Drawn | None:
    """Draw a sender ID: who asks, for what, where it stands, and the buttons while it is open."""
    try:
        sender = senders.one(None, public_id)
    except SenderNotFound:
        return None
    is_open = sender.status in OPEN
    tenant = rows.find(sender.tenant_id)
    papers = ", ".join(each.file_name for each in sender_requests.documents(sender))
    standing = senders.by_operator([sender])[sender.tenant_id, sender.name]
    return Drawn(
        lines(
            b(f"🏷 {'New sender' if is_open else 'Sender'} ID: {sender.name}"),
            f"Business: {b(f'{tenant.id} {tenant.name}', 80)} ({e(tenant.status)})"
            if tenant is not None
            else None,
            f"Class: {e(sender.category)}",
            f"Purpose: {e(sender.purpose)}" if sender.purpose else None,
            f"Asked for: {moment(sender.created_at)} by {e(name_of(sender.actor or ''), 80)}",
            f"Documents: {e(papers or 'none')}",
            "; ".join(f"{name.capitalize()}: {e(status)}" for name, status in standing.items()),
            "" if not is_open else None,
            None if is_open else decided(sender),
        ),
        _choices(sender, standing) if is_open else (),
    )


def decided(sender: Sender) -> str:
    """Say who brought a sender ID to where it is, when and why."""
    status = SenderStatus(sender.status)
    act = (
        Audit.select()
        .where(
            Audit.tenant_id == sender.tenant_id,
            Audit.act.in_(_ACTS),
            Audit.subject == sender.name,
        )
        .order_by(Audit.id.desc())
        .first()
    )
    words = _DONE.get(status, e(status.value.capitalize()))
    by = f" by {b(name_of(act.actor))}, {moment(act.created_at)}" if act is not None else ""
    why = f": {i(sender.reason)}" if sender.reason else ""
    return f"{words}{by}{why}"


def _choices(sender: Sender, standing: dict[str, str]) -> Keyboard:
    key = sender.public_id
    steps = [
        Button(f"{name.capitalize()}: {_NEXT[status]}", f"sop:{key}:{name}:{_NEXT[status]}")
        for name, status in standing.items()
        if status in _NEXT
    ]
    decision = [
        Button("Approve", f"sapprove:{key}", "success"),
        Button("Reject", f"sreject:{key}", "danger"),
    ]
    return [decision, *([step] for step in steps)]


def draw_paper(document_id: str) -> Drawn | None:
    """Draw a paper of a request: the file itself, with whose it is beside it."""
    paper = sender_requests.document(document_id)
    if paper is None:
        return None
    tenant = rows.find(paper.tenant_id)
    whose = f", {b(f'{tenant.id} {tenant.name}', 80)}" if tenant is not None else ""
    return Drawn(
        f"📎 Sender ID {b(paper.name)}{whose}", file=(paper.file_name, bytes(paper.content))
    )


def draw_strays(msisdn: str) -> Drawn | None:
    """Draw the latest texts of a number of which nobody knows whose they are."""
    found = inbound.strays(msisdn, STRAYS_SHOWN)
    if not found:
        return None
    is_open = any(each.verdict is None for each in found)
    return Drawn(
        lines(
            b(f"📥 {'A text' if len(found) == 1 else 'Texts'} for nobody we know"),
            f"From: {code(phone.pretty(msisdn) if msisdn.isdecimal() else msisdn)}",
            *(_stray(each) for each in reversed(found)),
            "Nobody wrote to this number lately. It is kept; nothing has to be done.",
            None if is_open else _ignored(msisdn),
        ),
        [[Button("Ignore", f"ignore:{msisdn}")]] if is_open else (),
    )


def _stray(text: Inbound) -> str:
    to = f" to {e(text.sent_to)}" if text.sent_to else ""
    return f"{moment(text.received_at)}{to}: {i(text.body)}"


def _ignored(msisdn: str) -> str:
    act = (
        Audit.select()
        .where(Audit.tenant_id.is_null(), Audit.act == "inbound.ignored", Audit.subject == msisdn)
        .order_by(Audit.id.desc())
        .first()
    )
    by = f" by {b(name_of(act.actor))}, {moment(act.created_at)}" if act is not None else ""
    return f"👌 {Verdict.IGNORED.value.capitalize()}{by}"
