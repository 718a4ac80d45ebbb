"""Cards of how things stand: all sending stopped, and alerts with their counter."""

from __future__ import annotations

import msgspec

from core import clock
from core.gateways.telegram import Button, Keyboard
from core.messaging.models import GatewayAccount
from core.messaging.operations import sending_paused
from core.notices import alerts
from core.notices.cards import Drawn
from core.notices.markup import b, e, i, lines
from core.notices.models import OpsAlert
from core.notices.operators import moment, name_of
from core.notices.troubles import GATEWAY, Meaning, meaning
from core.tenants.models import Audit

MUTE_HOURS = 4
DETAILS_SHOWN = 3


def draw_sending(key: str) -> Drawn | None:
    """Draw one stop of all sending: still on, or who ended it. The key is when it began, in ms."""
    since = clock.from_ms(int(key))
    stop = _act("sending.pause", int(key))
    reason = f": {i(_reason(stop))}" if stop is not None and _reason(stop) else ""
    by = f" by {b(name_of(stop.actor))}" if stop is not None else ""
    now = sending_paused()
    if now is not None and clock.to_ms(now.since) == int(key):
        return Drawn(
            lines(
                b("⏸ All sending is stopped"),
                f"Since {moment(since)}{by}{reason}",
                "Texts are taken on and wait; nothing is lost.",
            ),
            [[Button("Resume sending", f"unpause:{key}", "success")]],
            is_urgent=True,
        )
    end = _act("sending.resume", int(key))
    ended = f" by {b(name_of(end.actor))}, {moment(end.created_at)}" if end is not None else ""
    return Drawn(
        lines(
            b("▶️ Sending goes on"),
            f"Resumed{ended}",
            f"It was stopped {moment(since)}{by}{reason}",
        )
    )


def _act(act: str, since_ms: int) -> Audit | None:
    """Find the first act of a kind since a moment."""
    found: Audit | None = (
        Audit.select()
        .where(Audit.tenant_id.is_null(), Audit.act == act, Audit.created_at >= since_ms)
        .order_by(Audit.id)
        .first()
    )
    return found


def _reason(act: Audit) -> str:
    after = msgspec.json.decode(act.after) if act.after else {}
    return str(after.get("reason") or "")


def draw_alert(key: str) -> Drawn | None:
    """Draw an alert: what, since when, how often, what it means and what to tap."""
    alert = OpsAlert.get_or_none(OpsAlert.id == int(key))
    if alert is None:
        return None
    told = meaning(alert.cause)
    return Drawn(
        lines(
            b(f"{'🔴' if told.is_urgent else '🟠'} {told.title}"),
            *(
                f"{moment(each.at)} {e(each.words)}"
                for each in alerts.details(alert)[-DETAILS_SHOWN:]
            ),
            _counter(alert),
            f"What it means: {e(told.means)}",
            f"What to do: {e(told.todo)}",
            _present(alert),
            _seen(alert),
            None if alert.is_open else i("It went on: see the newer message."),
        ),
        _taps(alert, told) if alert.is_open else (),
        is_urgent=told.is_urgent,
    )


def _counter(alert: OpsAlert) -> str:
    """Say since when the trouble is there, and how often it showed in this message's hour."""
    told = [f"Since {moment(alert.since)}"]
    if alert.count > 1:
        told.append(f"{alert.count:,} times so far, last {moment(alert.last_at)}")
    if alert.since < alert.opened_at - alerts.AGAIN_AFTER:
        told.append(f"this message since {moment(alert.opened_at)}")
    return "; ".join(told)


def _present(alert: OpsAlert) -> str | None:
    """Say how the trouble stands by now, where that can be told."""
    kind, _, key = alert.cause.partition(":")
    if kind != GATEWAY or not key.isdecimal():
        return None
    account = GatewayAccount.get_or_none(GatewayAccount.id == int(key))
    if account is None:
        return None
    return "Now: it still fails." if account.failures else "✅ Now: it works again."


def _seen(alert: OpsAlert) -> str | None:
    found = []
    if alert.seen_by is not None:
        found.append(f"👀 {b(name_of(alert.seen_by))} looks after it, {moment(alert.seen_at)}")
    if alert.muted_until > clock.now():
        found.append(f"🔕 Quiet until {moment(alert.muted_until)}")
    return "\n".join(found) or None


def _taps(alert: OpsAlert, told: Meaning) -> Keyboard:
    mine = [] if alert.seen_by is not None else [Button("I look after it", f"see:{alert.id}")]
    quiet = Button(f"Quiet {MUTE_HOURS} h", f"mute:{alert.id}")
    look = [Button(f"/{command}", f"run:{command}") for command in told.look]
    return [row for row in ([*mine, quiet], look) if row]
