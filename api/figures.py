"""How things stand, in figures cheap enough to be read every few seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import peewee

from core.database import Model
from core.ledger.accounts import Purse
from core.ledger.models import Account
from core.messaging.models import Lane, Message, Report, Submission
from core.money import SCALE
from core.payments.models import Payment, TopUp


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, or several told apart by a label."""

    name: str
    help: str
    values: Mapping[str, float]
    label: str | None = None


def read() -> Iterator[Figure]:
    """Read all figures; each has an index that holds little more than what is counted.

    The conditions are literals: neither database matches a partial index against a parameter.
    """
    lanes = {lane.name.lower(): 0 for lane in Lane}
    rows = (
        Message.select(Message.lane, peewee.fn.COUNT(Message.id))
        .where(peewee.SQL("status = 'queued'"))
        .group_by(Message.lane)
    )
    lanes |= {Lane(row[0]).name.lower(): row[1] for row in rows.tuples().iterator()}
    yield Figure("tuma_messages_queued", "Texts waiting to go.", lanes, "lane")
    yield Figure(
        "tuma_submissions_unknown",
        "Gateway requests that may or may not have gone.",
        _count(Submission, "state = 'unknown'"),
    )
    held = Account.select(peewee.fn.SUM(Account.pending)).where(Account.kind == Purse.WALLET.value)
    yield Figure(
        "tuma_held_kes",
        "Money held for texts on their way.",
        {"": int(held.scalar() or 0) / SCALE},
    )
    yield Figure(
        "tuma_reports_waiting",
        "Delivery reports stored and not yet applied.",
        _count(Report, "state = 'new'", "new") | _count(Report, "state = 'waiting'", "waiting"),
        "state",
    )
    yield Figure(
        "tuma_topups_pending",
        "Top-ups that have not ended.",
        _count(TopUp, "status IN ('pending', 'confirming')"),
    )
    yield Figure(
        "tuma_payments_suspense",
        "Payments that found no account.",
        _count(Payment, "status = 'suspense'"),
    )


def _count(table: type[Model], condition: str, name: str = "") -> dict[str, float]:
    return {name: table.select().where(peewee.SQL(condition)).count()}
