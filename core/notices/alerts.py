"""Troubles: each cause told at most once an hour, by one message with a counter.

In the night an alert comes without a sound, unless it costs money or trust to sleep through it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from core import clock
from core.database import transaction
from core.notices import cards, notebook
from core.notices.models import OpsAlert

AGAIN_AFTER = timedelta(hours=1)
# Trouble that comes back within this time has been there all along.
SAME_TROUBLE = timedelta(hours=2)
DETAILS_KEPT = 5
KEPT = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Detail:
    """One time the trouble showed, and how."""

    at: datetime
    words: str


def raise_alert(
    cause: str, detail: str, *, at: datetime | None = None, again_after: timedelta = AGAIN_AFTER
) -> OpsAlert:
    """Note that something is wrong, in the present transaction, and have it told if that is due.

    `at` is when it showed, if that was before now.
    """
    shown = Detail(at or clock.now(), detail)
    with transaction():
        while True:
            if alert := _count(cause, shown, again_after):
                return alert
            if alert := _open(cause, shown, again_after):
                return alert
            # Somebody else has opened the hour in this moment; then ours counts there.


def _count(cause: str, shown: Detail, again_after: timedelta) -> OpsAlert | None:
    """Count the trouble in the hour that is open, if one is."""
    counted = (
        OpsAlert.update(count=OpsAlert.count + 1, last_at=shown.at)
        .where(
            OpsAlert.cause == cause,
            OpsAlert.is_open,
            OpsAlert.opened_at > clock.now() - again_after,
        )
        .execute()
    )
    if not counted:
        return None
    # The row is locked by the update, so no detail that others add gets lost.
    alert = OpsAlert.get(OpsAlert.cause == cause, OpsAlert.is_open)
    OpsAlert.update(details=_with(alert.details, shown)).where(OpsAlert.id == alert.id).execute()
    cards.mark(subject(alert))
    return OpsAlert.get_by_id(alert.id)


def _open(cause: str, shown: Detail, again_after: timedelta) -> OpsAlert | None:
    """Begin another hour of a trouble, and have it told unless somebody wants to hear no more."""
    now = clock.now()
    before = OpsAlert.select().where(OpsAlert.cause == cause).order_by(OpsAlert.id.desc()).first()
    OpsAlert.update(is_open=False).where(
        OpsAlert.cause == cause, OpsAlert.is_open, OpsAlert.opened_at <= now - again_after
    ).execute()
    goes_on = before is not None and before.last_at > now - max(SAME_TROUBLE, again_after)
    made = (
        OpsAlert.insert(
            cause=cause,
            since=before.since if goes_on else shown.at,
            opened_at=now,
            last_at=shown.at,
            details=_with("[]", shown),
            muted_until=before.muted_until if before is not None else 0,
        )
        .on_conflict_ignore()
        .as_rowcount()
        .execute()
    )
    if not made:
        return None
    alert: OpsAlert = OpsAlert.get(OpsAlert.cause == cause, OpsAlert.is_open)
    if alert.muted_until <= now:
        notebook.put(subject(alert), notebook.OPS, "alert", data={"subject": subject(alert)})
    if before is not None:
        cards.mark(subject(before))
    return alert


def subject(alert: OpsAlert) -> str:
    """Name the card of an alert."""
    return f"alert:{alert.id}"


def details(alert: OpsAlert) -> list[Detail]:
    """Return how the trouble showed lately, the latest last."""
    found = msgspec.json.decode(alert.details, type=list[tuple[int, str]])
    return [Detail(clock.from_ms(at), words) for at, words in found]


def _with(kept: str, shown: Detail) -> str:
    found = msgspec.json.decode(kept, type=list[tuple[int, str]])
    found.append((clock.to_ms(shown.at), shown.words[:300]))
    return msgspec.json.encode(found[-DETAILS_KEPT:]).decode()


def see(alert_id: int, actor: str) -> OpsAlert | None:
    """Note that somebody looks after an alert. None when it is gone; the first one stays."""
    with transaction():
        OpsAlert.update(seen_by=actor[:60], seen_at=clock.now()).where(
            OpsAlert.id == alert_id, OpsAlert.seen_by.is_null()
        ).execute()
        cards.mark(f"alert:{alert_id}")
    found: OpsAlert | None = OpsAlert.get_or_none(OpsAlert.id == alert_id)
    return found


def mute(alert_id: int, until: datetime) -> OpsAlert | None:
    """Say nothing more of an alert's cause until then; the counting goes on."""
    found: OpsAlert | None = OpsAlert.get_or_none(OpsAlert.id == alert_id)
    if found is None:
        return None
    with transaction():
        OpsAlert.update(muted_until=until).where(
            (OpsAlert.id == alert_id) | ((OpsAlert.cause == found.cause) & OpsAlert.is_open)
        ).execute()
        cards.mark(f"alert:{alert_id}")
    return OpsAlert.get_by_id(alert_id)


def watch_open() -> None:
    """Let the cards of today's alerts be looked at again: some show how things stand by now."""
    recent = OpsAlert.select(OpsAlert.id).where(
        OpsAlert.is_open, OpsAlert.opened_at > clock.now() - timedelta(hours=24)
    )
    subjects = [subject(alert) for alert in recent]
    if subjects:
        cards.mark(*subjects)


def recent(since: datetime) -> list[OpsAlert]:
    """List the alerts that showed since a moment, the latest first."""
    return list(
        OpsAlert.select().where(OpsAlert.last_at >= since).order_by(OpsAlert.last_at.desc())
    )


def forget_old() -> int:
    """Drop alerts that are long over. Returns how many."""
    with transaction():
        old = OpsAlert.last_at < clock.now() - KEPT
        return int(OpsAlert.delete().where(old).execute())
