"""Whether everything runs, and how far behind it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import peewee
import structlog

from bots.desk.acts import paused
from bots.desk.replies import Reply
from core import clock, database, queue
from core.database import execute
from core.messaging import operations
from core.messaging.models import REHEARSAL_ACCOUNT, Report
from core.notices import alerts, floats
from core.notices.markup import b, e
from core.notices.models import Notice
from core.payments.models import MpesaNews
from core.telegram import inbox

log = structlog.get_logger(__name__)


def health() -> Reply:
    """Show whether everything runs, and how far behind it is."""
    lines = [
        b("Health"),
        _database(),
        _queue(),
        _waiting_texts(),
        *_gateways(),
        f"Last payment news: {_ago(_latest(MpesaNews, MpesaNews.received_at))}",
        f"Last delivery report: {_ago(_latest(Report, Report.received_at))}",
        f"Bot: oldest unhandled update {_seconds(inbox.oldest_waiting_s())}",
        _notices(),
        f"Float: {e(floats.told())}",
        paused() or "Sending: on",
        _alerts(),
    ]
    return Reply("\n".join(lines))


def _database() -> str:
    database.ping()
    return f"✅ Database: {'PostgreSQL' if database.is_postgres() else 'SQLite'}"


def _queue() -> str:
    try:
        length = queue.current().storage.queue_size()
    except Exception:
        # An edge: whatever a driver raises is a finding.
        log.exception("queue_failing")
        return "🔴 Queue: does not answer"
    return f"{'✅' if length < 1000 else '🟠'} Queue: {length:,} jobs wait"


def _waiting_texts() -> str:
    oldest = execute(
        "SELECT account_id, MIN(id), COUNT(*) FROM message WHERE status = 'queued' "
        "GROUP BY account_id"
    ).fetchall()
    count = sum(row[2] for row in oldest if row[0] != REHEARSAL_ACCOUNT)
    if not count:
        return "✅ Texts: none waits"
    first = min(row[1] for row in oldest if row[0] != REHEARSAL_ACCOUNT)
    created = execute("SELECT created_at FROM message WHERE id = %s", (first,)).fetchone()
    since = clock.from_ms(created[0]) if created else None
    return f"Texts: {count:,} wait, the oldest taken on {_ago(since)}"


def _gateways() -> list[str]:
    found = []
    for account in operations.accounts():
        if account.id == REHEARSAL_ACCOUNT:
            continue
        name = "Gateway" if account.tenant_id is None else f"Gateway of {account.tenant_id}"
        if not account.failures:
            found.append(f"✅ {name}: works")
        else:
            found.append(
                f"🔴 {name}: fails, {account.failures} times so far: {e(account.paused_why)}"
            )
    return found


def _notices() -> str:
    counts: Any = (
        Notice.select(Notice.state, peewee.fn.COUNT(Notice.id))
        .where(Notice.created_at > clock.ms() - 24 * 3600 * 1000)
        .group_by(Notice.state)
        .tuples()
    )
    told = ", ".join(f"{count:,} {state}" for state, count in sorted(counts))
    return f"Notices in 24 hours: {told or 'none'}"


def _alerts() -> str:
    today = alerts.recent(clock.from_ms(clock.ms() - 24 * 3600 * 1000))
    return f"Alerts in 24 hours: {', '.join(dict.fromkeys(each.cause for each in today)) or 'none'}"


def _latest(table: type[database.Model], field: Any) -> datetime | None:
    row = table.select(field).order_by(peewee.SQL("id").desc()).first()
    return None if row is None else getattr(row, field.name)


def _ago(at: datetime | None) -> str:
    return "never" if at is None else f"{_seconds((clock.now() - at).total_seconds())} ago"


def _seconds(seconds: float) -> str:
    """Write a stretch of time as people say it.

    >>> _seconds(40), _seconds(600), _seconds(9000)
    ('40 s', '10 min', '2 h 30 min')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
