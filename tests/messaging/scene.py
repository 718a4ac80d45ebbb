"""What the tests of messaging share: a gateway that answers as it is told, and short words."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from core import clock, prove
from core.gateways.onfon import Report as Received
from core.gateways.onfon import Verdict
from core.gateways.outcome import Outcome
from core.gateways.sms import Answer, RowAnswer
from core.ledger import accounts
from core.messaging import claiming, dispatch, reports, sending
from core.messaging.models import (
    SHARED_ACCOUNT,
    Category,
    GatewayAccount,
    Message,
    Report,
    Submission,
    Usage,
)
from core.messaging.sending import Batch, Order, Text
from core.money import Money
from core.tenants.profiles import Profile

ASHA, JUMA, ZAWADI, BARAKA = "0712000001", "0712000002", "0712000003", "0712000004"
Make = Callable[..., Profile]
# A Monday, at noon in Nairobi: promotional texts may go.
NOON = datetime(2026, 3, 2, 12, tzinfo=clock.NAIROBI)

BUSY = Answer(Outcome.BUSY, why="HTTP 429")
LOST = Answer(Outcome.UNKNOWN, why="ReadTimeout")
BLOCKED = Answer(Outcome.REFUSED, why="No credit left", blocked=True)
_numbers = itertools.count(1)


def fresh_number() -> str:
    """A number that no other text of this run goes to, and no rehearsal knows."""
    return f"2547{10_100_000 + next(_numbers):08d}"


def accepted(*ids: str | None) -> Answer:
    """An answer that accepts texts under these ids."""
    return Answer(Outcome.ACCEPTED, tuple(RowAnswer(Outcome.ACCEPTED, each) for each in ids))


class Gateway:
    """Answers as it is told and accepts the rest; remembers what it was handed."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[str, list[tuple[str, str]], bool]] = []
        self._lock = threading.Lock()

    @property
    def handed(self) -> list[tuple[str, str]]:
        """Every (MSISDN, text) it was handed, in order."""
        return [row for _, rows, _ in self.calls for row in rows]

    def send(self, sender_id: str, rows: Sequence[tuple[str, str]], unicode: bool) -> Answer:
        with self._lock:
            self.calls.append((sender_id, list(rows), unicode))
            if self.answers:
                return self.answers.pop(0)
        return accepted(*(f"id-{number}-{next(_numbers)}" for number, _ in rows))


def send(
    tenant: Profile,
    *numbers: str,
    body: str = "Habari",
    once: str | None = None,
    category: Category = Category.TRANSACTIONAL,
    schedule_at: datetime | None = None,
    sender_id: str | None = None,
    rewrite: bool = False,
) -> Batch:
    """Send one text to some numbers."""
    texts = [Text(number, body) for number in numbers]
    order = Order(texts, sender_id, category, schedule_at, rewrite)
    return sending.send(tenant, order, once=once, actor="test")


def claim(account_id: int = SHARED_ACCOUNT) -> claiming.Claim:
    """Claim what is next: there is something."""
    claimed = claiming.claim(account_id)
    assert claimed is not None
    return claimed


def hand_over(gateway: Gateway, account_id: int = SHARED_ACCOUNT) -> None:
    """Hand over until nothing more may go."""
    while claimed := claiming.claim(account_id):
        if claimed.texts:
            dispatch.hand_over(gateway, claimed)


def report(
    provider_id: str | None,
    verdict: Verdict = Verdict.DELIVERED,
    msisdn: str = "254712000001",
    *,
    account_id: int = SHARED_ACCOUNT,
    detail: str | None = None,
) -> None:
    """Let a delivery report come in."""
    word = verdict.value.upper()
    received = Received(provider_id, msisdn, word, verdict, detail=detail)
    reports.receive(account_id, received)


def at(moment: datetime) -> None:
    clock.freeze(moment)


def later(**by: float) -> None:
    """Move the clock on, stopping it first when it runs."""
    clock.freeze(clock.now())
    clock.advance(timedelta(**by).total_seconds())


def statuses() -> list[str]:
    return [row.status for row in Message.select().order_by(Message.id)]


def message(batch: Batch, position: int = 0) -> Message:
    """One text of a batch, as it stands."""
    return Message.get_by_id(batch.messages[position].id)


def submission() -> Submission:
    return Submission.select().order_by(Submission.id.desc()).get()


def shared_account() -> GatewayAccount:
    return GatewayAccount.get_by_id(SHARED_ACCOUNT)


def available(tenant: Profile) -> str:
    return accounts.balance(tenant.tenant_id, tenant.purse).available.text()


def held(tenant: Profile) -> str:
    return accounts.balance(tenant.tenant_id, tenant.purse).held.text()


def wake_reports() -> None:
    """Let every waiting report be looked at again now."""
    Report.update(retry_at=0).execute()
    reports.fold()


def counted() -> dict[tuple[int, str], int]:
    """What the figures say: texts by day and status, empty rows left out."""
    found: dict[tuple[int, str], int] = {}
    for row in Usage.select():
        assert row.messages >= 0, "a figure below nothing"
        assert bool(row.messages) == bool(row.segments)
        if row.messages:
            key = (row.day, row.status)
            found[key] = found.get(key, 0) + row.messages
    return found


def recounted() -> dict[tuple[int, str], int]:
    """What the figures should say, counted from the texts."""
    found: dict[tuple[int, str], int] = {}
    for row in Message.select().where(Message.submitted_at.is_null(False)):
        key = (clock.day_number(row.submitted_at), row.status)
        found[key] = found.get(key, 0) + 1
    return found


def assert_proved() -> None:
    """The money is right to the last unit, and the figures to the last text."""
    assert [each for each in prove.run() if not each.is_ok] == []
    assert counted() == recounted()


def kes(text: str) -> Money:
    return Money.parse(text)
