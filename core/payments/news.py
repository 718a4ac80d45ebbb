"""News from Safaricom: kept exactly as it came at once, worked on afterwards.

Nothing is ever delivered a second time, so the row is written before the answer, no row is ever
lost, and one that fails is tried again without holding up the ones behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network

import structlog

from core import clock
from core.database import grouped, is_postgres, recover, transaction
from core.payments.alarms import Cause, raise_alarm
from core.payments.errors import NewsNotFound, NotQuarantined
from core.payments.handling import HANDLERS, UNLISTED, Verdict
from core.payments.models import MpesaNews, NewsState
from core.queue import job
from core.settings import settings
from core.tenants import audit

BODY_BYTES_MAX = 64 * 1024
_ROUND_MAX = 500
_RETRY_S_MAX = 600
_STUCK_AFTER_TRIES = 5
# The raw bodies are personal data: what was done with long ago is not kept. What was held back is.
KEEP = timedelta(days=90)

log = structlog.get_logger(__name__)


def store(kind: str, token: str | None, raw: bytes, address: str) -> None:
    """Keep what was posted to us, and have it looked at soon. One insert; nothing is read yet.

    `kind` is `stk`, `c2b_confirm`, `result` or `timeout`; `token` is the attempt's, from the path.
    News from an address that is not Safaricom's is kept but held back until an admin releases it.
    """
    is_listed = _is_listed(address)
    state = NewsState.NEW if is_listed else NewsState.QUARANTINED

    def write() -> None:
        MpesaNews.insert(
            kind=kind,
            token=token[:64] if token else None,
            address=address[:45],
            body=raw[:BODY_BYTES_MAX],
            state=state.value,
            why=None if is_listed else UNLISTED,
            received_at=clock.now(),
        ).execute()
        if not is_listed:
            raise_alarm(
                Cause.UNLISTED_ADDRESS,
                f"Payment news came from {address}, which is not in mpesa.allowed_ips. "
                "It is held back until somebody releases it.",
                kind=kind,
            )

    grouped(write)
    log.info("mpesa_news", kind=kind, state=state.value)
    digest.nudge()


def _is_listed(address: str) -> bool:
    allowed = settings().mpesa.allowed_ips
    if not allowed:
        return True
    try:
        came_from = ip_address(address)
    except ValueError:
        return False
    return any(came_from in ip_network(each, strict=False) for each in allowed)


@job(priority=20)
def digest() -> None:
    """Work on what is new, in the order it came. Any number of workers may do so at once."""
    for _ in range(_ROUND_MAX):
        if not _digest_one():
            return
    digest.nudge()


def _digest_one() -> bool:
    """Take the next row and do what it says, in one transaction. False when there is none."""
    row: MpesaNews | None = None
    try:
        with transaction():
            row = _next()
            if row is None:
                return False
            _settle(row, HANDLERS[row.kind](row))
    # One row that cannot be worked on must never keep the others from being credited.
    except Exception:
        if row is None:
            raise
        log.exception("mpesa_news_failed", news=row.id, kind=row.kind, tries=row.tries + 1)
        recover()
        _postpone(row)
    return True


def _next() -> MpesaNews | None:
    query = (
        MpesaNews.select()
        .where(MpesaNews.state == NewsState.NEW.value, MpesaNews.retry_at <= clock.now())
        .order_by(MpesaNews.id)
        .limit(1)
    )
    if is_postgres():
        query = query.for_update(skip_locked=True)
    found: MpesaNews | None = query.first()
    return found


def _settle(row: MpesaNews, verdict: Verdict) -> None:
    values: dict[str, object] = {"state": verdict.state.value, "why": verdict.why}
    if verdict.state is NewsState.QUARANTINED:
        values["released_by"] = None
    else:
        values["done_at"] = clock.now()
    changed = (
        MpesaNews.update(**values)
        .where(MpesaNews.id == row.id, MpesaNews.state == NewsState.NEW.value)
        .execute()
    )
    # The row is locked, so this can only be a mistake of ours; then nothing of it may hold.
    if not changed:
        raise RuntimeError(f"News {row.id} was done by somebody else.")


def _postpone(row: MpesaNews) -> None:
    tries = row.tries + 1
    at = clock.now() + timedelta(seconds=min(2**tries, _RETRY_S_MAX))
    with transaction():
        MpesaNews.update(tries=tries, retry_at=at).where(
            MpesaNews.id == row.id, MpesaNews.state == NewsState.NEW.value
        ).execute()
        if tries == _STUCK_AFTER_TRIES:
            raise_alarm(
                Cause.NEWS_STUCK,
                f"Payment news {row.id} failed {tries} times and is tried again. See the log.",
                news=row.id,
            )


@dataclass(frozen=True, slots=True)
class Held:
    """News that is held back: where it came from, why, and what it says."""

    id: int
    kind: str
    address: str
    why: str
    received_at: object
    body: str


def quarantine(after: int | None = None, limit: int = 50) -> list[Held]:
    """List what is held back, newest first, from below the id `after`."""
    query = (
        MpesaNews.select()
        .where(MpesaNews.state == NewsState.QUARANTINED.value)
        .order_by(MpesaNews.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(MpesaNews.id < after)
    return [
        Held(
            id=row.id,
            kind=row.kind,
            address=row.address,
            why=row.why or "",
            received_at=row.received_at,
            body=bytes(row.body).decode("utf-8", "replace"),
        )
        for row in query
    ]


def release(news_id: int, *, actor: str, channel: str = "admin") -> None:
    """Let through what was held back, in spite of the reason it was held back for.

    Raises: NewsNotFound, NotQuarantined.
    """
    with transaction():
        row = MpesaNews.get_or_none(MpesaNews.id == news_id)
        if row is None:
            raise NewsNotFound
        changed = (
            MpesaNews.update(state=NewsState.NEW.value, released_by=actor[:60], tries=0, retry_at=0)
            .where(MpesaNews.id == news_id, MpesaNews.state == NewsState.QUARANTINED.value)
            .execute()
        )
        if not changed:
            raise NotQuarantined(state=row.state)
        audit.record(
            None,
            actor,
            channel,
            "mpesa_news.released",
            subject=str(news_id),
            before={"why": row.why},
        )
    digest.nudge()


@job()
def forget_old() -> None:
    """Delete the raw news that was done with long ago."""
    with transaction():
        MpesaNews.delete().where(
            MpesaNews.state == NewsState.DONE.value,
            MpesaNews.received_at < clock.now() - KEEP,
        ).execute()
