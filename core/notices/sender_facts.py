"""What facts of sender IDs and of inbound texts call for in the ops chat: cards, and an alert."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from core import clock
from core.events import Event
from core.messaging import sender_requests, senders
from core.messaging.senders import SenderNotFound
from core.notices import alerts, cards, notebook, troubles
from core.notices.sender_cards import subject

# One alert a day and sender: the customer is told at every text.
REFUSED_AGAIN = timedelta(days=1)

Look = Callable[[Event, Mapping[str, Any]], None]


def _card(event: Event, subject: str, cause: str) -> None:
    notebook.put(cause, notebook.OPS, "card", tenant_id=event.tenant_id, data={"subject": subject})


def _requested(event: Event, data: Mapping[str, Any]) -> None:
    """Show the request, and under it each of its papers."""
    _card(event, subject(data["id"]), event.id)
    try:
        sender = senders.one(event.tenant_id, data["id"])
    except SenderNotFound:
        return
    for paper in sender_requests.documents(sender):
        _card(event, f"paper:{paper.id}", f"paper:{paper.id}")


def _refused(event: Event, data: Mapping[str, Any]) -> None:
    words = f"{data['sender_id']}, of business {event.tenant_id}: {data['why']}"
    alerts.raise_alert(
        f"{troubles.SENDER}:{data['sender_id']}",
        words,
        at=event.created_at,
        again_after=REFUSED_AGAIN,
    )


def _unknown(event: Event, data: Mapping[str, Any]) -> None:
    """Show a text that is nobody's: one card a number and day, however much it writes."""
    number = str(data["phone"])
    cards.mark(f"strays:{number}")
    _card(event, f"strays:{number}", f"strays:{number}:{clock.day_number(event.created_at)}")


LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "sender_id.requested": _requested,
        "sender_id.refused": _refused,
        "inbound.unknown": _unknown,
    }
)
