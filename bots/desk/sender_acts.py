"""What admins do with sender IDs and with texts that are nobody's, in the words of the outcome."""

from __future__ import annotations

from collections.abc import Callable

from bots.desk.acts import CHANNEL, Done
from bots.desk.hearing import Heard
from core.messaging import inbound, sender_decisions, senders
from core.messaging.models import Sender, SenderStatus
from core.messaging.sender_decisions import SenderDecided
from core.messaging.sender_requests import OPEN
from core.notices.markup import b, e, i
from core.notices.sender_cards import decided, subject


def approve(heard: Heard, public_id: str) -> Done:
    """Let a business send under the name it asked for."""
    return _decide(
        public_id,
        lambda: sender_decisions.approve(public_id, actor=heard.actor, channel=CHANNEL),
        "✅ Approved",
    )


def reject(heard: Heard, public_id: str, reason: str) -> Done:
    """Say no to a name."""
    return _decide(
        public_id,
        lambda: sender_decisions.reject(public_id, reason, actor=heard.actor, channel=CHANNEL),
        "❌ Rejected",
    )


def note_operator(heard: Heard, public_id: str, operator: str, status: SenderStatus) -> Done:
    """Note where an operator stands with a name; a button of an older card takes nothing back."""
    before = senders.one(None, public_id)
    said = senders.by_operator([before])[before.tenant_id, before.name]
    if said.get(operator) not in OPEN or said[operator] == status.value:
        return standing(before)
    return _decide(
        public_id,
        lambda: sender_decisions.set_operator(
            public_id, operator, status, actor=heard.actor, channel=CHANNEL
        ),
        f"{operator.capitalize()}: {status.value}",
    )


def _decide(public_id: str, act: Callable[[], Sender], words: str) -> Done:
    try:
        sender = act()
    except SenderDecided:
        return standing(senders.one(None, public_id))
    why = f": {i(sender.reason)}" if sender.reason else ""
    return Done(
        f"{words}: {b(sender.name)}{why}", (subject(public_id), f"account:{sender.tenant_id}")
    )


def standing(sender: Sender) -> Done:
    """Say how a name stands and who brought it there: for whoever came second."""
    words = f"Nothing was changed. {b(sender.name)} is {e(sender.status)}. {decided(sender)}"
    return Done(words, (subject(sender.public_id),), changed=False)


def ignore(heard: Heard, msisdn: str) -> Done:
    """Put the texts of a number that are nobody's aside."""
    if inbound.ignore(msisdn, actor=heard.actor, channel=CHANNEL):
        return Done("👌 Ignored", (f"strays:{msisdn}",))
    return Done(
        "Nothing was changed: it was put aside before.", (f"strays:{msisdn}",), changed=False
    )
