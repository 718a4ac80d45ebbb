"""Any sequence of posts, withdrawals, holds, takes and releases leaves books that add up."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import peewee
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core import clock
from core.database import transaction
from core.ledger import accounts, holds, proof, transfers
from core.ledger.accounts import Platform, Purse, platform
from core.ledger.errors import CannotWithdraw, DailyCapReached, NotEnough
from core.ledger.models import Account, Hold
from core.money import Money
from core.tenants.profiles import Profile

Make = Callable[..., Profile]
UNITS = st.integers(1, 60)
KEYS = st.integers(0, 4)
REFUSED_BY_DATABASE = (peewee.IntegrityError, sqlite3.IntegrityError, psycopg.IntegrityError)
_numbers = itertools.count(1)


@dataclass
class Expected:
    """What one hold should be."""

    amount: int
    taken: int = 0
    released: int = 0

    @property
    def open(self) -> int:
        return self.amount - self.taken - self.released


class Books(RuleBasedStateMachine):
    """One wallet, and the sums that a child would keep of it."""

    def __init__(self, make_tenant: Make) -> None:
        super().__init__()
        clock.freeze(datetime(2026, 3, 2, 9, tzinfo=UTC))
        self.tenant = make_tenant()
        self.wallet = accounts.purse_id(self.tenant.tenant_id, Purse.WALLET)
        self.money = 0
        self.limit = 0
        self.cap: int | None = None
        self.spent = 0
        self.moved: set[str] = set()
        self.placed: dict[str, str] = {}
        self.holds: dict[str, Expected] = {}

    @property
    def held(self) -> int:
        return sum(each.open for each in self.holds.values())

    @property
    def available(self) -> int:
        return self.money - self.held + self.limit

    def key(self, number: int) -> str:
        return f"{self.tenant.tenant_id}:{number}"

    @rule(units=UNITS, number=KEYS)
    def top_up(self, units: int, number: int) -> None:
        is_new = f"in:{number}" not in self.moved
        moved = transfers.post(
            platform(Platform.MPESA), self.wallet, Money(units), **self.entry("in", number)
        )

        assert moved is is_new
        self.moved.add(f"in:{number}")
        self.money += units if is_new else 0

    @rule(units=UNITS, number=KEYS)
    def withdraw(self, units: int, number: int) -> None:
        is_new = f"out:{number}" not in self.moved
        entry = self.entry("out", number)
        to = platform(Platform.ADJUSTMENTS)
        if is_new and self.available < units:
            with pytest.raises(CannotWithdraw) as refused:
                transfers.withdraw(self.wallet, to, Money(units), **entry)
            assert refused.value.fields["available"] == Money(self.available).text()
            return

        assert transfers.withdraw(self.wallet, to, Money(units), **entry) is is_new
        self.moved.add(f"out:{number}")
        self.money -= units if is_new else 0

    def entry(self, way: str, number: int) -> dict[str, Any]:
        once = f"{way}:{self.key(number)}"
        return {"kind": "adjustment", "once": once, "subject": "books", "actor": "test"}

    @rule(units=UNITS, number=st.none() | KEYS)
    def hold(self, units: int, number: int | None) -> None:
        once = None if number is None else self.key(number)
        hold_id = f"hold-{next(_numbers)}"
        if once in self.placed:
            earlier = self.placed[once]
            assert self.place(units, hold_id, once).id == earlier
            return
        if self.available < units:
            with pytest.raises(NotEnough):
                self.place(units, hold_id, once)
            return
        if self.cap is not None and self.spent + units > self.cap:
            with pytest.raises(DailyCapReached):
                self.place(units, hold_id, once)
            return
        assert self.place(units, hold_id, once).id == hold_id
        self.holds[hold_id] = Expected(units)
        self.spent += units
        if once is not None:
            self.placed[once] = hold_id

    def place(self, units: int, hold_id: str, once: str | None) -> Hold:
        return holds.place(self.wallet, Money(units), hold_id=hold_id, once=once, actor="test")

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        chosen = data.draw(st.lists(st.sampled_from(list(self.holds)), unique=True, min_size=1))
        parts = []
        for hold_id in chosen:
            taken = data.draw(st.integers(0, self.holds[hold_id].open))
            released = data.draw(st.integers(0, self.holds[hold_id].open - taken))
            parts.append(self.part(hold_id, taken, released))
            self.holds[hold_id].taken += taken
            self.holds[hold_id].released += released
            self.money -= taken
        holds.settle(parts, once=f"settle-{next(_numbers)}", subject="books")

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), over=st.integers(1, 5), as_take=st.booleans())
    def settle_too_much(self, data: st.DataObject, over: int, as_take: bool) -> None:
        hold_id = data.draw(st.sampled_from(list(self.holds)))
        units = self.holds[hold_id].open + over
        part = self.part(hold_id, units * as_take, units * (not as_take))

        with pytest.raises(REFUSED_BY_DATABASE):
            holds.settle([part], once=f"settle-{next(_numbers)}", subject="books")

    def part(self, hold_id: str, taken: int, released: int) -> holds.Settlement:
        return holds.Settlement(hold_id, self.wallet, Purse.WALLET, taken, released)

    @rule(units=st.integers(0, 40))
    def give_credit(self, units: int) -> None:
        may = self.money - self.held + units >= 0

        assert accounts.set_credit_limit(self.tenant.tenant_id, Money(units)) is may
        self.limit = units if may else self.limit

    @rule(units=st.none() | st.integers(0, 200))
    def cap_the_day(self, units: int | None) -> None:
        Account.update(daily_cap=units).where(Account.id == self.wallet).execute()
        self.cap = units

    @rule()
    def sleep(self) -> None:
        clock.advance(24 * 3600)
        self.spent = 0

    @invariant()
    def the_balance_is_what_was_moved(self) -> None:
        assert accounts.balance(self.tenant.tenant_id) == accounts.Balance(
            available=Money(self.available),
            held=Money(self.held),
            credit_limit=Money(self.limit),
        )
        assert self.available >= 0

    def teardown(self) -> None:
        for hold_id, expected in self.holds.items():
            row = Hold.get_by_id(hold_id)
            assert (row.amount, row.taken, row.released) == (
                expected.amount,
                expected.taken,
                expected.released,
            )
        assert [each for each in proof.findings() if not each.is_ok] == []


def test_the_books_add_up_whatever_is_done(make_tenant: Make) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        lambda: Books(make_tenant),
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_part_is_settled_only_once(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    wallet = accounts.purse_id(tenant.tenant_id, Purse.WALLET)
    hold = holds.place(wallet, Money.kes(4), hold_id="h", once=None, actor="test")
    part = holds.Settlement(hold.id, wallet, Purse.WALLET, taken=Money.kes(1).units)
    holds.settle([part], once="answer-1", subject="s")

    with pytest.raises(REFUSED_BY_DATABASE):
        holds.settle([part], once="answer-1", subject="s")
    assert accounts.balance(tenant.tenant_id).held == Money.kes(3)
    assert [each for each in proof.findings() if not each.is_ok] == []


def test_settling_nothing_writes_nothing(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    wallet = accounts.purse_id(tenant.tenant_id, Purse.WALLET)
    holds.place(wallet, Money.kes(4), hold_id="h", once=None, actor="test")
    holds.settle([holds.Settlement("h", wallet, Purse.WALLET)], once="none", subject="s")

    assert accounts.balance(tenant.tenant_id).held == Money.kes(4)


@pytest.mark.parametrize("units", [0, -1])
def test_a_transfer_moves_a_positive_amount(make_tenant: Make, units: int) -> None:
    wallet = accounts.purse_id(make_tenant().tenant_id, Purse.WALLET)
    entry: dict[str, Any] = {"kind": "topup", "once": "o", "subject": "s", "actor": "a"}

    for move in (transfers.post, transfers.withdraw):
        with pytest.raises(ValueError):
            move(wallet, platform(Platform.MPESA), Money(units), **entry)


def test_a_refused_withdrawal_leaves_nothing_in_the_transaction_around_it(
    make_tenant: Make,
) -> None:
    wallet = accounts.purse_id(make_tenant(wallet="1").tenant_id, Purse.WALLET)
    entry: dict[str, Any] = {"kind": "adjustment", "once": "o", "subject": "s", "actor": "a"}
    with transaction():
        # Whoever catches the refusal may go on with the transaction.
        with pytest.raises(CannotWithdraw):
            transfers.withdraw(wallet, platform(Platform.ADJUSTMENTS), Money.kes(2), **entry)
        accounts.set_credit_limit(0, Money(0))

    assert [each for each in proof.findings() if not each.is_ok] == []
    assert transfers.withdraw(wallet, platform(Platform.ADJUSTMENTS), Money.kes(1), **entry)
