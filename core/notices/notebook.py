"""Writing down whom to tell of what, once each, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import peewee

from core import clock, ids
from core.database import transaction
from core.events import Event
from core.notices.models import Notice, NoticeState

OPS = "ops"
# Literals: neither database matches a partial index against a parameter.
_IS_NEW = peewee.SQL("state = 'new'")
_IS_POSTING = peewee.SQL("state = 'posting'")
# Longer than any call to Telegram can take, uploads included.
LEASE = timedelta(seconds=90)
# What takes its time to make, and must not keep the rest from being told.
SLOW = ("contacts.export",)
# A press or a question of a customer is answered long before; then only the figures matter.
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Matter:
    """What a notice is about: the fact's name and data, and when it was written down."""

    kind: str
    tenant_id: int | None
    data: Mapping[str, Any]
    at: datetime


def put(
    cause: str,
    recipient: str,
    kind: str,
    *,
    tenant_id: int | None = None,
    data: Mapping[str, object] | None = None,
    due_at: datetime | None = None,
) -> bool:
    """Write down that somebody is to be told. False when that was written down before."""
    now = clock.now()
    with transaction():
        return bool(
            Notice.insert(
                id=ids.new("ntc"),
                cause=cause,
                recipient=recipient,
                kind=kind,
                tenant_id=tenant_id,
                data=msgspec.json.encode(data or {}).decode(),
                due_at=due_at or now,
                created_at=now,
            )
            .on_conflict_ignore()
            .as_rowcount()
            .execute()
        )


def tell(event: Event, whom: Iterable[str], data: Mapping[str, object], **more: Any) -> None:
    """Write down that people are to be told of a fact, under the fact's own name."""
    for recipient in whom:
        put(event.id, recipient, event.name, tenant_id=event.tenant_id, data=data, **more)


def matter_of(notice: Notice) -> Matter:
    """Read what a notice is about."""
    return Matter(
        notice.kind, notice.tenant_id, msgspec.json.decode(notice.data), notice.created_at
    )


def next_due(*, slow: bool = False) -> Notice | None:
    """Find the notice that has waited longest for its turn, of the slow kinds or of the others."""
    is_wanted = Notice.kind.in_(SLOW) if slow else Notice.kind.not_in(SLOW)
    found: Notice | None = (
        Notice.select()
        .where(_IS_NEW, Notice.due_at <= clock.now(), is_wanted)
        .order_by(Notice.due_at, Notice.id)
        .first()
    )
    return found


def reserve(notice: Notice) -> bool:
    """Keep a notice from others while what it says is made; after a death it comes up again."""
    with transaction():
        return bool(
            Notice.update(due_at=clock.now() + LEASE)
            .where(
                Notice.id == notice.id,
                Notice.state == NoticeState.NEW.value,
                Notice.due_at == notice.due_at,
            )
            .execute()
        )


def claim(notice: Notice, channel: str) -> bool:
    """Take a notice for handing over. Whoever wins is the only one who ever posts this try."""
    with transaction():
        won = (
            Notice.update(
                state=NoticeState.POSTING.value,
                channel=channel,
                tries=Notice.tries + 1,
                lease_until=clock.now() + LEASE,
            )
            .where(
                Notice.id == notice.id,
                Notice.state == NoticeState.NEW.value,
                Notice.tries == notice.tries,
            )
            .execute()
        )
    if won:
        notice.tries += 1
    return bool(won)


def close(notice: Notice, state: NoticeState, why: str | None = None, **more: object) -> bool:
    """Note what became of a claimed notice; of one that waits, that it needs no telling.

    An answer may come after we have given the notice up as unknown: then it still counts.
    """
    return _change(notice, state=state.value, why=why, done_at=clock.now(), **more)


def put_back(notice: Notice, due_at: datetime, why: str | None = None, **more: object) -> bool:
    """Let a notice that has not gone wait for another turn."""
    return _change(notice, state=NoticeState.NEW.value, why=why, due_at=due_at, **more)


def _change(notice: Notice, **values: object) -> bool:
    why = values.get("why")
    if isinstance(why, str):
        values["why"] = why[:300]
    alive = (NoticeState.NEW.value, NoticeState.POSTING.value, NoticeState.UNKNOWN.value)
    with transaction():
        return bool(
            Notice.update(**values)
            # The number of tries names the claim: what another try has taken up is left alone.
            .where(Notice.id == notice.id, Notice.tries == notice.tries, Notice.state.in_(alive))
            .execute()
        )


def give_up_lost() -> int:
    """Call notices unknown whose poster has died: they may have gone. Returns how many."""
    lost = (_IS_POSTING, Notice.lease_until < clock.now())
    if not Notice.select().where(*lost).exists():
        return 0
    with transaction():
        return int(
            Notice.update(
                state=NoticeState.UNKNOWN.value,
                why="The worker stopped before the answer came.",
                done_at=clock.now(),
            )
            .where(*lost)
            .execute()
        )


def forget_old() -> int:
    """Drop notices that are long done. Returns how many."""
    with transaction():
        return int(Notice.delete().where(Notice.done_at < clock.now() - KEPT).execute())
