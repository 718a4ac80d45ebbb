"""The day in figures, each morning: money in, texts, margin, and what waits for somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import peewee

from core import clock
from core.database import execute, snapshot
from core.events import Event
from core.ledger.accounts import Platform, Purse, platform
from core.ledger.models import Account, Transfer
from core.messaging.models import Status, Submission, Usage
from core.messaging.operations import sending_paused
from core.money import SCALE, Money
from core.notices import alerts, charts, floats, notebook
from core.notices.cards import Drawn
from core.notices.markup import b, e, i, kes, lines
from core.notices.operators import moment
from core.payments.models import Payment
from core.settings import settings
from core.tenants.models import Tenant, TenantStatus

CHART_DAYS = 14
CENT = SCALE // 100
PENDING_SHOWN = 5
_FAILED = (Status.UNDELIVERED, Status.EXPIRED, Status.FAILED, Status.REJECTED)


@dataclass(frozen=True, slots=True)
class Day:
    """What happened on one Nairobi day. Amounts are KES/4; texts are those handed over that day."""

    day: date
    money_in: int
    payments: int
    texts: int
    segments: int
    delivered: int
    failed: int
    unknown: int
    sold: int
    refunded: int
    vat: int
    cost: int

    @property
    def margin(self) -> int:
        """What is left of the texts sold, after refunds, tax and the gateway's price."""
        return self.sold - self.refunded - self.vat - self.cost


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand at this moment."""

    pending: list[Tenant]
    pending_count: int
    unmatched: int
    unmatched_units: int
    requests_in_doubt: int
    texts_in_doubt: int
    queued: int
    wallets: int


def day_of(when: date) -> Day:
    """Add up one day from the journal and the kept figures."""
    start = datetime(when.year, when.month, when.day, tzinfo=clock.NAIROBI)
    bounds = clock.to_ms(start), clock.to_ms(start + timedelta(days=1))
    money = _moved(*bounds)
    mpesa, card = platform(Platform.MPESA), platform(Platform.CARD)
    came = [row for row in money if row.debit in (mpesa, card) and row.phase == "post"]
    sold = _sum(row for row in money if row.phase == "take" and row.credit == _id("REVENUE"))
    refunded = _sum(row for row in money if row.debit == _id("REFUNDS"))
    texts = _texts(when)
    return Day(
        day=when,
        money_in=_sum(came),
        payments=sum(row.count for row in came),
        texts=sum(count for count, _ in texts.values()),
        segments=sum(segments for _, segments in texts.values()),
        delivered=texts.get(Status.DELIVERED.value, (0, 0))[0],
        failed=sum(texts.get(status.value, (0, 0))[0] for status in _FAILED),
        unknown=texts.get(Status.UNKNOWN.value, (0, 0))[0],
        sold=sold,
        refunded=refunded,
        vat=_vat(sold - refunded),
        cost=_sum(row for row in money if row.debit == _id("ONFON_COST")),
    )


@dataclass(frozen=True, slots=True)
class _Moved:
    debit: int
    credit: int
    phase: str
    units: int
    count: int


def _moved(start_ms: int, end_ms: int) -> list[_Moved]:
    rows: Any = (
        Transfer.select(
            Transfer.debit_id,
            Transfer.credit_id,
            Transfer.phase,
            peewee.fn.SUM(Transfer.amount),
            peewee.fn.COUNT(Transfer.id),
        )
        .where(Transfer.created_at >= start_ms, Transfer.created_at < end_ms)
        .group_by(Transfer.debit_id, Transfer.credit_id, Transfer.phase)
        .tuples()
    )
    return [_Moved(row[0], row[1], row[2], int(row[3]), int(row[4])) for row in rows]


def _sum(rows: Any) -> int:
    return sum(row.units for row in rows)


def _id(name: str) -> int:
    return platform(Platform[name])


def _vat(sold: int) -> int:
    """The tax contained in what was sold, to the nearest cent."""
    pricing = settings().pricing
    if not pricing.vat_included:
        return 0  # it is charged on top of the price, so it is none of what was sold
    exact = sold * pricing.vat_basis_points // (10_000 + pricing.vat_basis_points)
    return (exact + CENT // 2) // CENT * CENT


def _texts(when: date) -> dict[str, tuple[int, int]]:
    rows: Any = (
        Usage.select(Usage.status, peewee.fn.SUM(Usage.messages), peewee.fn.SUM(Usage.segments))
        .where(Usage.day == _number(when), ~Usage.is_test)
        .group_by(Usage.status)
        .tuples()
    )
    return {status: (int(count), int(segments)) for status, count, segments in rows}


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def standing() -> Standing:
    """Read how things stand."""
    waiting = Tenant.select().where(Tenant.status == TenantStatus.PENDING.value)
    unmatched: Any = (
        Payment.select(peewee.fn.COUNT(Payment.receipt), peewee.fn.SUM(Payment.amount))
        .where(peewee.SQL("status = 'suspense'"))
        .tuples()
        .get()
    )
    # The kept figures know it: no index leads to the texts in doubt among millions.
    doubtful = (
        Usage.select(peewee.fn.SUM(Usage.messages))
        .where(Usage.status == Status.UNKNOWN.value, ~Usage.is_test)
        .scalar()
    )
    queued = execute("SELECT COUNT(*) FROM message WHERE status = 'queued'").fetchone()[0]
    wallets = (
        Account.select(peewee.fn.SUM(Account.posted_credit - Account.posted_debit))
        .where(Account.kind == Purse.WALLET.value)
        .scalar()
    )
    return Standing(
        pending=list(waiting.order_by(Tenant.id).limit(PENDING_SHOWN)),
        pending_count=waiting.count(),
        unmatched=int(unmatched[0]),
        unmatched_units=int(unmatched[1] or 0),
        requests_in_doubt=Submission.select().where(peewee.SQL("state = 'unknown'")).count(),
        texts_in_doubt=int(doubtful or 0),
        queued=int(queued),
        wallets=int(wallets or 0),
    )


def draw_digest(key: str) -> Drawn | None:
    """Draw one day's digest, with a chart of the fortnight that ends with it."""
    when = date.fromisoformat(key)
    with snapshot():
        day, now = day_of(when), standing()
        chart = _chart(day)
    return Drawn(caption(day, now), picture=chart)


def caption(day: Day, now: Standing) -> str:
    """Put a day into words."""
    return lines(
        b(f"📊 {day.day:%A} {day.day.day} {day.day:%B}"),
        f"Money in: {b(Money(day.money_in))} in {_many(day.payments, 'payment')}",
        f"Texts: {b(f'{day.texts:,}')} handed over, {day.delivered:,} delivered, "
        f"{day.failed:,} failed" + (f", {day.unknown:,} unknown" if day.unknown else ""),
        f"Margin: {b(Money(day.margin))} ({_margin(day)})",
        "",
        f"Waiting for approval: {_pending(now)}",
        f"Unmatched payments: {now.unmatched:,}"
        + (f", {kes(now.unmatched_units)}" if now.unmatched else ""),
        f"Unknown at the gateway: {_many(now.texts_in_doubt, 'text')}"
        + (f" in {_many(now.requests_in_doubt, 'request')}" if now.requests_in_doubt else ""),
        f"Float: {e(floats.told())}",
        f"Customers' wallets: {kes(now.wallets)}",
        _proved(),
        _paused(now),
        _troubles(),
    )


def _margin(day: Day) -> str:
    parts = [f"sold {Money(day.sold)}"]
    if day.refunded:
        parts.append(f"refunded {Money(day.refunded)}")
    if day.vat:
        parts.append(f"VAT {Money(day.vat)}")
    return e(", ".join([*parts, f"gateway {Money(day.cost)}"]))


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _pending(now: Standing) -> str:
    if not now.pending_count:
        return "nobody"
    names = ", ".join(f"{each.id} {e(each.name, 30)}" for each in now.pending)
    more = now.pending_count - len(now.pending)
    return f"{now.pending_count:,}: {names}" + (f" and {more:,} more" if more else "")


def _proved() -> str | None:
    """Say what the nightly proof found."""
    done = Event.select().where(Event.name == "proof.done").order_by(Event.sequence.desc()).first()
    if done is None:
        return None
    is_right = '"wrong":[]' in done.data
    word = "✅ The books agree" if is_right else "🔴 The books do not agree: /prove"
    return f"{word}, proved {moment(done.created_at)}"


def _paused(now: Standing) -> str | None:
    stop = sending_paused()
    if stop is None:
        return None
    return f"⏸ Sending is stopped since {moment(stop.since)}: {_many(now.queued, 'text')} wait"


def _troubles() -> str | None:
    found = alerts.recent(clock.now() - timedelta(hours=24))
    if not found:
        return None
    causes = dict.fromkeys(each.cause.partition(":")[0] for each in found)
    return i(f"Alerts in 24 hours: {', '.join(causes)}")


def _chart(day: Day) -> bytes:
    first = day.day - timedelta(days=CHART_DAYS - 1)
    rows: Any = (
        Usage.select(Usage.day, peewee.fn.SUM(Usage.messages))
        .where(Usage.day.between(_number(first), _number(day.day)), ~Usage.is_test)
        .group_by(Usage.day)
        .tuples()
    )
    counts = {int(number): int(count) for number, count in rows}
    bars = []
    for back in range(CHART_DAYS):
        each = first + timedelta(days=back)
        bars.append(charts.Bar(f"{each.day}/{each.month}", counts.get(_number(each), 0)))
    return charts.draw_bars(
        f"{settings().app.name}, {day.day.day} {day.day:%B %Y}",
        [
            f"Money in {Money(day.money_in)}, margin {Money(day.margin)}",
            f"{day.texts:,} texts, {day.delivered:,} delivered, {day.failed:,} failed",
        ],
        bars,
        f"Texts handed over on each of the last {CHART_DAYS} days",
    )


def yesterday() -> date:
    """Return the last whole day in Nairobi."""
    return clock.now().astimezone(clock.NAIROBI).date() - timedelta(days=1)


def put_down(when: date) -> bool:
    """Have a day's digest posted, once."""
    subject = f"digest:{when.isoformat()}"
    return notebook.put(subject, notebook.OPS, "digest", data={"subject": subject})
