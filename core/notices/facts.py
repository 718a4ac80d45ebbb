"""Looking at each fact once, and writing down whom to tell of it.

There is no high-water mark to fall behind: PostgreSQL numbers a row before its transaction commits,
so a fact of a slow transaction appears behind others that were numbered later. Facts not looked at
are found by that they were not, through an index that holds no others; looking at one and writing
its notices down is one transaction, and others pass over the facts it has in hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec
import peewee
import structlog

from core import clock
from core.database import is_postgres, savepoint, transaction
from core.events import Event
from core.notices import (
    alerts,
    bulk_facts,
    cards,
    guarding,
    live,
    notebook,
    quiet,
    recipients,
    sender_facts,
    troubles,
)
from core.tenants.models import Person

log = structlog.get_logger(__name__)

AT_ONCE = 100

Look = Callable[[Event, Mapping[str, Any]], None]


def look_at_new() -> int:
    """Look at every fact that nobody has looked at. Returns how many."""
    seen = 0
    while Event.select().where(Event.noticed_at.is_null()).exists():
        got = _look_at_some()
        seen += got
        if not got:  # others have the rest in hand
            break
    return seen


def _look_at_some() -> int:
    with transaction():
        query = (
            Event.select().where(Event.noticed_at.is_null()).order_by(Event.sequence).limit(AT_ONCE)
        )
        if is_postgres():
            query = query.for_update(skip_locked=True)
        found = list(query)
        for event in found:
            _look_at(event)
        Event.update(noticed_at=clock.now()).where(
            Event.sequence.in_([event.sequence for event in found])
        ).execute()
    return len(found)


def _look_at(event: Event) -> None:
    look = LOOKS.get(event.name)
    if look is None:
        return
    try:
        with savepoint():
            look(event, msgspec.json.decode(event.data))
    except peewee.PeeweeException:
        raise  # the database's trouble, not the fact's: all of them wait
    except Exception:
        # An edge: a fact we cannot make sense of must not keep everybody else's waiting.
        log.exception("event_not_noticed", fact=event.id, name=event.name)
        alerts.raise_alert(troubles.NOT_TOLD, f"{event.name} {event.id}")


# What each fact calls for.


def _card(event: Event, subject: str) -> None:
    notebook.put(
        event.id, notebook.OPS, "card", tenant_id=event.tenant_id, data={"subject": subject}
    )


def _owners(event: Event) -> list[str]:
    return recipients.owners(event.tenant_id) if event.tenant_id is not None else []


def _tenant_pending(event: Event, data: Mapping[str, Any]) -> None:
    _card(event, f"tenant:{event.tenant_id}")


def _tenant_decided(event: Event, data: Mapping[str, Any]) -> None:
    cards.mark(f"tenant:{event.tenant_id}", f"account:{event.tenant_id}")
    notebook.tell(event, _owners(event), {"reason": data.get("reason")})


def _topup(event: Event, data: Mapping[str, Any]) -> None:
    """Tell whoever asked. A program that asked with a key has its own ways of knowing.

    A payment typed at the paybill was asked for by nobody, and those who answer for the business
    want to know that it has arrived.
    """
    actor = str(data.get("actor") or "")
    if data.get("test") or actor.startswith("key:"):
        return
    whom = recipients.asker(actor)
    if not whom and event.name == "topup.completed":
        whom = _owners(event)
    notebook.tell(event, whom, {"topup": data["topup"], "late": data.get("late", False)})


def _payment_unmatched(event: Event, data: Mapping[str, Any]) -> None:
    _card(event, f"payment:{data['receipt']}")


def _payment_matched(event: Event, data: Mapping[str, Any]) -> None:
    cards.mark(f"payment:{data['receipt']}")


def _amount_differs(event: Event, data: Mapping[str, Any]) -> None:
    _card(event, f"differs:{data['topup']}")


def _payment_alarm(event: Event, data: Mapping[str, Any]) -> None:
    alerts.raise_alert(str(data["cause"]), str(data["detail"]), at=event.created_at)


def _gateway_blocked(event: Event, data: Mapping[str, Any]) -> None:
    cause = f"{troubles.GATEWAY}:{data['account_id']}"
    alerts.raise_alert(cause, str(data["why"]), at=event.created_at)


def _proof_done(event: Event, data: Mapping[str, Any]) -> None:
    wrong = [str(each) for each in data["wrong"]]
    if wrong:
        alerts.raise_alert(troubles.PROOF, f"Differs: {'; '.join(wrong)}", at=event.created_at)


def _sending_paused(event: Event, data: Mapping[str, Any]) -> None:
    _card(event, f"sending:{data['since']}")


def _sending_resumed(event: Event, data: Mapping[str, Any]) -> None:
    cards.mark(f"sending:{data['since']}")


def _balance_low(event: Event, data: Mapping[str, Any]) -> None:
    notebook.tell(event, _owners(event), data, due_at=quiet.daytime(clock.now()))


def _batch_accepted(event: Event, data: Mapping[str, Any]) -> None:
    notebook.tell(event, recipients.asker(str(data["actor"])), {"batch": data["batch"]})


def _access_changed(event: Event, data: Mapping[str, Any]) -> None:
    person = Person.get_or_none(Person.id == data["person"])
    if person is not None:
        notebook.tell(event, [f"phone:{person.msisdn}"], {})


def _joined(event: Event, data: Mapping[str, Any]) -> None:
    """Tell whoever invited them."""
    notebook.tell(event, [f"person:{data['by']}"], {"person": data["person"], "role": data["role"]})


def _left(event: Event, data: Mapping[str, Any]) -> None:
    """Let the messages in their chat show nothing more of the business, and tell them."""
    gone = Person.get_or_none(Person.id == data["person"])
    if gone is not None and gone.telegram_id is not None and event.tenant_id is not None:
        live.leave(gone.telegram_id, event.tenant_id)
    _team_changed(event, data)


def _team_changed(event: Event, data: Mapping[str, Any]) -> None:
    """Tell whoever it was done to, unless they did it themselves."""
    if data["person"] != data["by"]:
        told = {"person": data["person"], "role": data.get("role")}
        notebook.tell(event, [f"person:{data['person']}"], told)


LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "tenant.pending": _tenant_pending,
        "tenant.approved": _tenant_decided,
        "tenant.rejected": _tenant_decided,
        "tenant.suspended": _tenant_decided,
        "tenant.resumed": _tenant_decided,
        "topup.completed": _topup,
        "topup.confirming": _topup,
        "topup.failed": _topup,
        "payment.unmatched": _payment_unmatched,
        "payment.matched": _payment_matched,
        "payment.amount_differs": _amount_differs,
        "payment.alarm": _payment_alarm,
        "gateway.blocked": _gateway_blocked,
        "proof.done": _proof_done,
        "sending.paused": _sending_paused,
        "sending.resumed": _sending_resumed,
        "balance.low": _balance_low,
        "batch.accepted": _batch_accepted,
        "team.joined": _joined,
        "team.role_changed": _team_changed,
        "team.removed": _left,
        **bulk_facts.LOOKS,
        **sender_facts.LOOKS,
        **dict.fromkeys(guarding.TO_THE_PHONE, _access_changed),
    }
)
