"""Accepting texts: the acts behind every door that sends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import peewee

from core import clock, events, ids, phone, text
from core.database import after_commit, execute, transaction
from core.errors import Refused
from core.ledger import accounts, holds
from core.ledger.models import Hold
from core.messaging import accepting, counts, reach
from core.messaging.dispatch import dispatch
from core.messaging.errors import Declined, NoRecipients, SenderNotAtOperator
from core.messaging.models import Category, Lane, Message, Status
from core.messaging.naming import message_ids, message_range
from core.messaging.preparing import Order, Prepared, Text, left_out, prepare
from core.money import Money
from core.tenants.models import PLATFORM_TENANT
from core.tenants.profiles import Profile
from core.tenants.profiles import profile as find_profile

__all__ = ["Accepted", "Batch", "Estimate", "Order", "Text", "estimate", "send"]


class Accepted(NamedTuple):
    """One text we have taken on; with `schedule_at` it waits for that moment."""

    id: str
    to: str
    status: str
    segments: int
    encoding: str
    cost: Money
    reference: str | None
    schedule_at: datetime | None


class Batch(NamedTuple):
    """The answer to a send: what was taken on, what was not, what it costs."""

    id: str
    messages: list[Accepted]
    errors: list[Declined]
    cost: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a send would do, without doing it."""

    recipients: int
    segments_min: int
    segments_max: int
    segments_total: int
    encoding: str
    offenders: list[text.Offender]
    rewrite: str | None
    rewrite_saves: Money
    cost: Money
    balance_after: Money
    goes_at: datetime
    errors: list[Declined]


def send(profile: Profile, order: Order, *, once: str | None, actor: str) -> Batch:
    """Take on texts: hold their whole price, store them, and let the dispatch know.

    Calling again with the same `once` gives the same batch and charges nothing more.
    Raises: what `prepare` raises, NoRecipients, SenderNotAtOperator (of a single text),
    NotEnough, DailyCapReached.
    """
    if once is not None:
        once = f"send:{profile.tenant_id}:{'test' if profile.is_test else 'live'}:{once}"
    try:
        return _send(profile, order, once=once, actor=actor)
    except (Refused, peewee.IntegrityError):
        # What is refused now may have been done before: the first call may have taken the last
        # shilling, and the time that was wanted may have come since.
        earlier = None if once is None else Hold.get_or_none(Hold.once == once)
        if earlier is None:
            raise
        return _earlier(profile, order, earlier)


def _send(profile: Profile, order: Order, *, once: str | None, actor: str) -> Batch:
    prepared = _prepared(profile, order)
    batch = _batch(profile, prepared, once=once, actor=actor)
    available = _put(batch)
    if any(row.due_ms is None for row in prepared.rows):
        account_id = batch.account_id
        after_commit(lambda: dispatch.nudge(account_id))
    return Batch(
        id=batch.id,
        messages=[
            Accepted(
                id=each,
                to=row.msisdn,
                status=accepting.status_of(row),
                segments=row.segments,
                encoding=text.UCS2 if row.is_unicode else text.GSM7,
                cost=Money(row.cost),
                reference=row.reference,
                schedule_at=None if row.due_ms is None else clock.from_ms(row.due_ms),
            )
            for each, row in zip(batch.ids, batch.rows, strict=True)
        ],
        errors=prepared.declined,
        cost=Money(batch.cost),
        balance=Money(available),
    )


def _prepared(profile: Profile, order: Order) -> Prepared:
    """Prepare an order to somebody. Raises: what `prepare` raises, NoRecipients and its kin."""
    prepared = prepare(profile, order)
    if prepared.rows:
        return prepared
    if [each.code for each in prepared.declined] == [SenderNotAtOperator.code]:
        operator = phone.operator(phone.parse(prepared.declined[0].to))
        raise SenderNotAtOperator(sender=prepared.sender, operator=reach.named([operator]))
    raise NoRecipients(prepared.declined)


def _put(batch: accepting.Batch) -> int:
    """Accept a batch. A person who sends by chat or phone is told afterwards how it went."""
    if not batch.actor.startswith("person:"):
        return accepting.put(batch)
    with transaction():
        available = accepting.put(batch)
        events.record("batch.accepted", batch.tenant_id, batch=batch.id, actor=batch.actor)
    return available


def send_platform_text(msisdn: str, body: str, *, once: str) -> str:
    """Send a text of our own, such as a verification code, at no price. Returns its batch's id."""
    order = Order([Text(msisdn, body)])
    return send(find_profile(PLATFORM_TENANT), order, once=once, actor="platform").id


def blank_platform_texts(*, older_than_ms: int) -> int:
    """Blank our own texts once they have served: codes should not lie about. Returns how many."""
    with transaction():
        return int(
            Message.update(body="")
            .where(
                Message.tenant_id == PLATFORM_TENANT,
                Message.created_at < clock.ms() - older_than_ms,
                Message.status.not_in((Status.QUEUED.value, Status.SCHEDULED.value)),
                Message.body != "",
            )
            .execute()
        )


def _batch(
    profile: Profile, prepared: Prepared, *, once: str | None, actor: str
) -> accepting.Batch:
    batch_id = ids.new("bat")
    promotional = prepared.category is Category.PROMOTIONAL
    return accepting.Batch(
        id=batch_id,
        purse_id=accounts.purse_id(profile.tenant_id, profile.purse),
        once=once,
        actor=actor,
        tenant_id=profile.tenant_id,
        account_id=prepared.route.account_id,
        lane=(Lane.BULK if promotional else Lane.TRANSACTIONAL).value,
        category=prepared.category.value,
        sender=prepared.sender,
        created_ms=clock.ms(),
        day=holds.today(),
        ids=message_ids(batch_id, len(prepared.rows)),
        rows=prepared.rows,
        cost=prepared.cost,
    )


def _earlier(profile: Profile, order: Order, hold: Hold) -> Batch:
    """Tell again what an earlier call with the same `once` did."""
    rows = list(
        Message.select()
        .where(Message.id.between(*message_range(hold.id)), Message.batch_id == hold.id)
        .order_by(Message.id)
    )
    return Batch(
        id=hold.id,
        messages=[
            Accepted(
                id=row.id,
                to=row.msisdn,
                status=row.status,
                segments=row.segments,
                encoding=text.UCS2 if row.is_unicode else text.GSM7,
                cost=Money(row.cost),
                reference=row.reference,
                schedule_at=row.due_at,
            )
            for row in rows
        ],
        errors=left_out(profile, order, {row.msisdn for row in rows}, hold.id),
        cost=Money(hold.amount),
        balance=accounts.balance(profile.tenant_id, profile.purse).available,
    )


def estimate(profile: Profile, order: Order) -> Estimate:
    """Say what a send would reach, cost and leave, and when it would go.

    Raises: what `prepare` raises, NoRecipients, SenderNotAtOperator.
    """
    prepared = _prepared(profile, order)
    segments = [row.segments for row in prepared.rows]
    bodies = {row.body: 0 for row in prepared.rows}
    for row in prepared.rows:
        bodies[row.body] += 1
    savings = {body: text.rewrite_saving(body) for body in bodies}
    saved = sum(savings[body].saved * count for body, count in bodies.items())
    first = next(iter(bodies))
    dues = [row.due_ms for row in prepared.rows if row.due_ms is not None]
    available = accounts.balance(profile.tenant_id, profile.purse).available
    cost = Money(prepared.cost)
    return Estimate(
        recipients=len(prepared.rows),
        segments_min=min(segments),
        segments_max=max(segments),
        segments_total=sum(segments),
        encoding=text.UCS2 if any(row.is_unicode for row in prepared.rows) else text.GSM7,
        offenders=text.offenders(first),
        rewrite=savings[first].text if saved and savings[first].text != first else None,
        rewrite_saves=Money(saved * profile.price_units),
        cost=cost,
        balance_after=available - cost,
        goes_at=clock.from_ms(max(dues)) if dues else clock.now(),
        errors=prepared.declined,
    )


def queue_due(limit: int = 1000) -> int:
    """Put scheduled texts whose time has come into the queue. Returns how many."""
    with transaction():
        rows = execute(
            "UPDATE message SET status = %s WHERE id IN ("
            "SELECT id FROM message WHERE status = 'scheduled' AND due_at <= %s "
            "ORDER BY due_at LIMIT %s) AND status = 'scheduled' "
            "RETURNING account_id, batch_id, segments, cost",
            (Status.QUEUED.value, clock.ms(), limit),
        ).fetchall()
        counts.move(
            counts.Move(batch_id, Status.SCHEDULED, Status.QUEUED, 1, segments, cost)
            for _, batch_id, segments, cost in rows
        )
    for account_id in {row[0] for row in rows}:
        dispatch.nudge(account_id)
    return len(rows)
