"""Whom the facts of bulk sending call for: of campaigns, imports, replies and sender IDs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from core import clock
from core.campaigns import approving
from core.events import Event
from core.notices import cards, live, notebook, recipients
from core.notices.replies import SLOT_S, slot_of
from core.tenants import people


def _asker(event: Event, data: Mapping[str, Any]) -> list[str]:
    """Whoever asked for it. A program that asked with a key has its own ways of knowing."""
    return [] if data.get("test") else recipients.asker(str(data.get("actor") or ""))


def _campaign(event: Event, data: Mapping[str, Any]) -> None:
    """Tell whoever asked for a campaign how it stands, and let its message follow."""
    live.wake(f"campaign:{data['campaign']}")
    live.wake(f"approval:{data['campaign']}")
    notebook.tell(event, _asker(event, data), dict(data))


def _moved(event: Event, data: Mapping[str, Any]) -> None:
    """Let the messages about a campaign follow it; whoever moved it knows."""
    live.wake(f"campaign:{data['campaign']}")
    live.wake(f"approval:{data['campaign']}")


def _paused(event: Event, data: Mapping[str, Any]) -> None:
    """Tell of a campaign that stopped by itself; one that somebody paused needs no telling."""
    _moved(event, data)
    if data.get("why"):
        notebook.tell(event, _asker(event, data), dict(data))


def _approval_needed(event: Event, data: Mapping[str, Any]) -> None:
    """Ask everybody who may decide, but for whoever has asked."""
    assert event.tenant_id is not None
    actor = str(data["actor"])
    whom = [
        f"person:{person.id}"
        for person, role in people.members(event.tenant_id)
        if role in approving.APPROVERS and person.actor != actor
    ]
    notebook.tell(event, whom, {"campaign": data["campaign"]})


def _imported(event: Event, data: Mapping[str, Any]) -> None:
    live.wake(f"import:{data['import_id']}")
    notebook.tell(event, _asker(event, data), {"import": data["import_id"]})


def _came_in(event: Event, data: Mapping[str, Any]) -> None:
    """Gather replies and opt-outs of some moments into one message: after a campaign they pour."""
    if event.tenant_id is None or not data.get("inbound"):
        return  # what a business notes by hand it knows
    slot = slot_of(event.created_at)
    for recipient in recipients.owners(event.tenant_id):
        notebook.put(
            f"inbox:{event.tenant_id}:{slot}",
            recipient,
            "inbox",
            tenant_id=event.tenant_id,
            data={"slot": slot, "from": event.sequence},
            due_at=clock.from_ms((slot + 1) * SLOT_S * 1000) + timedelta(seconds=1),
        )


def _sender_moved(event: Event, data: Mapping[str, Any]) -> None:
    """Tell the owners, and whoever asked for the sender ID; and let its card follow."""
    if event.tenant_id is None:
        return
    cards.mark(f"sender:{data.get('id')}", f"account:{event.tenant_id}")
    whom = dict.fromkeys(
        [*recipients.owners(event.tenant_id), *recipients.asker(str(data.get("actor") or ""))]
    )
    notebook.tell(event, whom, dict(data))


LOOKS = MappingProxyType(
    {
        "campaign.approval_needed": _approval_needed,
        "campaign.approved": _campaign,
        "campaign.asked_anew": _moved,
        "campaign.rejected": _campaign,
        "campaign.stale": _campaign,
        "campaign.not_started": _campaign,
        "campaign.cancelled": _campaign,
        "campaign.completed": _campaign,
        "campaign.started": _moved,
        "campaign.resumed": _moved,
        "campaign.paused": _paused,
        "import.completed": _imported,
        "import.failed": _imported,
        "message.received": _came_in,
        "contact.opted_out": _came_in,
        "sender_id.changed": _sender_moved,
    }
)
