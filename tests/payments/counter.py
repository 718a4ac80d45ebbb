"""A tenant's hand at the counter: asking for money, and being told of it."""

from __future__ import annotations

import itertools
import json
from typing import Any

from core import clock
from core.events import Event
from core.ledger.accounts import Platform, Purse, balance, platform
from core.ledger.models import Account
from core.money import Money
from core.payments import news, proof, pushing, querying, topups
from core.payments.models import MpesaNews, Payment, StkPush, TopUp
from core.tenants.models import Tenant
from core.tenants.profiles import Profile
from tests.payments import mpesa as bodies
from tests.payments.mpesa import FakeMpesa, Pushed

PHONE = "254712345678"
SAFARICOM = "196.201.212.69"
_numbers = itertools.count(1)


class Counter:
    """One tenant."""

    def __init__(self, profile: Profile, mpesa: FakeMpesa) -> None:
        self.profile = profile
        self.mpesa = mpesa

    @property
    def account(self) -> str:
        return str(Tenant.get_by_id(self.profile.tenant_id).account_number)

    def ask(self, kes: int = 500, phone: str = PHONE, once: str = "", **more: Any) -> TopUp:
        """Request a top-up; nothing is sent yet."""
        once = once or f"once-{next(_numbers)}"
        return topups.request(self.profile, Money.kes(kes), phone, once=once, actor="test", **more)

    def prompt(self, kes: int = 500, phone: str = PHONE) -> tuple[TopUp, Pushed]:
        """Request a top-up and send its prompt."""
        topup = self.ask(kes, phone)
        pushing.push(topup.id)
        return topup, self.mpesa.pushes[-1]

    def balance(self) -> Money:
        return balance(self.profile.tenant_id, Purse.WALLET).available


def told(token: str, body: bytes, address: str = SAFARICOM) -> None:
    """Safaricom posts the result of a push."""
    news.store("stk", token, body, address)


def confirmed(receipt: str, amount: str, account: str, **more: Any) -> None:
    """Safaricom posts a payment to the paybill."""
    news.store("c2b_confirm", None, bodies.c2b(receipt, amount, account, **more), SAFARICOM)


def paid(pushed: Pushed, receipt: str, amount: float | None = None) -> None:
    """The callback of a push that was paid."""
    told(pushed.token, bodies.stk_paid(pushed.checkout_id, receipt, amount or pushed.amount))


def failed(pushed: Pushed, code: int | str = 1032) -> None:
    """The callback of a push that was not."""
    told(pushed.token, bodies.stk_failed(pushed.checkout_id, code))


def digest() -> None:
    news.digest()


def later(seconds: float) -> None:
    """Let time go by and everything periodic look."""
    clock.advance(seconds)
    pushing.sweep()
    querying.sweep()
    news.digest()


def now_is(topup: TopUp) -> TopUp:
    """The top-up as it stands."""
    return TopUp.get_by_id(topup.id)  # type: ignore[no-any-return]


def push_of(topup: TopUp) -> StkPush:
    return StkPush.get_by_id(topup.id)  # type: ignore[no-any-return]


def payment(receipt: str) -> Payment:
    return Payment.get_by_id(receipt)  # type: ignore[no-any-return]


def rows() -> list[MpesaNews]:
    return list(MpesaNews.select().order_by(MpesaNews.id))


def events(name: str) -> list[dict[str, Any]]:
    found = Event.select().where(Event.name == name).order_by(Event.sequence)
    return [json.loads(each.data) for each in found]


def alarms() -> list[str]:
    return [each["cause"] for each in events("payment.alarm")]


def suspended() -> Money:
    row = Account.get_by_id(platform(Platform.SUSPENSE))
    return Money(row.posted_credit - row.posted_debit)


def differences() -> list[str]:
    """What the proof finds wrong."""
    return [each for finding in proof.findings() for each in finding.differences]
