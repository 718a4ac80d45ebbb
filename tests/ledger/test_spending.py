"""Many spend one wallet at the same moment, in threads and in processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from core import clock, database, ids
from core.ledger import accounts, holds, proof
from core.ledger.accounts import Purse
from core.ledger.errors import CannotWithdraw, DailyCapReached, NotEnough
from core.ledger.models import Account, Hold, Transfer
from core.money import Money
from core.tenants.profiles import Profile
from tests.ledger import crowd
from tests.processes import apart
from tests.races import outcomes, together

Make = Callable[..., Profile]
Crowd = Callable[..., list[Any]]


def in_threads(count: int, act: Callable[..., Any], *args: Any) -> list[Any]:
    """The same face as `apart`: a refusal is told by its name."""
    found = together(count, lambda number: act(number, *args))
    return [type(each).__name__ if isinstance(each, Exception) else each for each in found]


CROWDS = pytest.mark.parametrize("at_once", [in_threads, apart], ids=["threads", "processes"])


def wallet_of(tenant: Profile) -> int:
    return accounts.purse_id(tenant.tenant_id, Purse.WALLET)


def assert_sums_prove() -> None:
    assert [each for each in proof.findings() if not each.is_ok] == []


@CROWDS
def test_a_wallet_for_thirty_pays_for_thirty_of_fifty(make_tenant: Make, at_once: Crowd) -> None:
    tenant = make_tenant(wallet="24")
    answers = at_once(50, crowd.spend, wallet_of(tenant), Money.parse("0.8").units)

    assert Counter(answers) == {1: 30, "NotEnough": 20}
    assert Hold.select().count() == 30
    assert accounts.balance(tenant.tenant_id) == accounts.Balance(
        available=Money(0), held=Money.kes(24), credit_limit=Money(0)
    )
    assert_sums_prove()


@CROWDS
def test_the_last_shilling_is_spent_exactly_once(make_tenant: Make, at_once: Crowd) -> None:
    tenant = make_tenant(wallet="1")
    answers = at_once(16, crowd.spend, wallet_of(tenant), Money.kes(1).units)

    assert Counter(answers) == {1: 1, "NotEnough": 15}
    assert_sums_prove()


@CROWDS
def test_twins_under_one_key_set_money_aside_once(make_tenant: Make, at_once: Crowd) -> None:
    tenant = make_tenant(wallet="100")
    found = at_once(16, crowd.spend_once, wallet_of(tenant), Money.kes(1).units)

    assert len(set(found)) == 1
    assert accounts.balance(tenant.tenant_id).held == Money.kes(1)
    assert_sums_prove()


@CROWDS
def test_one_payment_heard_by_many_is_credited_once(make_tenant: Make, at_once: Crowd) -> None:
    tenant = make_tenant()
    moved = at_once(16, crowd.top_up_once, wallet_of(tenant), Money.kes(500).units)

    assert Counter(moved) == {True: 1, False: 15}
    assert accounts.balance(tenant.tenant_id).available == Money.kes(500)
    assert_sums_prove()


@CROWDS
def test_withdrawals_never_take_more_than_is_there(make_tenant: Make, at_once: Crowd) -> None:
    tenant = make_tenant(wallet="5")
    answers = at_once(16, crowd.take_out, wallet_of(tenant), Money.kes(1).units)

    assert Counter(answers) == {True: 5, "CannotWithdraw": 11}
    assert Transfer.select().where(Transfer.subject == "out").count() == 5
    assert accounts.balance(tenant.tenant_id).available == Money(0)
    assert_sums_prove()


@CROWDS
def test_the_daily_cap_holds_against_a_crowd(make_tenant: Make, at_once: Crowd) -> None:
    tenant = make_tenant(wallet="100")
    cap_at(tenant, "7")
    answers = at_once(16, crowd.spend, wallet_of(tenant), Money.kes(1).units)

    assert Counter(answers) == {1: 7, "DailyCapReached": 9}


def test_holds_and_withdrawals_together_never_overdraw(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    wallet, shilling = wallet_of(tenant), Money.kes(1).units
    found = together(
        32,
        lambda number: (crowd.spend if number % 2 else crowd.take_out)(number, wallet, shilling),
    )

    refused = len(outcomes(found, NotEnough)) + len(outcomes(found, CannotWithdraw))
    assert 32 - refused == 10
    assert accounts.balance(tenant.tenant_id).available == Money(0)
    assert_sums_prove()


def cap_at(tenant: Profile, amount: str) -> None:
    Account.update(daily_cap=Money.parse(amount).units).where(
        Account.id == wallet_of(tenant)
    ).execute()


def test_a_credit_limit_lets_a_tenant_owe_that_much_and_no_more(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="1")
    assert accounts.set_credit_limit(tenant.tenant_id, Money.kes(2))
    for _ in range(3):
        crowd.spend(0, wallet_of(tenant), Money.kes(1).units)

    with pytest.raises(NotEnough) as refused:
        crowd.spend(0, wallet_of(tenant), 1)
    assert refused.value.fields == {"cost": "0.0001", "available": "0.00"}
    assert not accounts.set_credit_limit(tenant.tenant_id, Money.parse("1.99"))
    assert accounts.set_credit_limit(tenant.tenant_id, Money.kes(2))
    assert_sums_prove()


def test_what_is_too_dear_for_wallet_and_cap_is_told_as_too_dear(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="1")
    cap_at(tenant, "0.5")

    with pytest.raises(NotEnough):
        crowd.spend(0, wallet_of(tenant), Money.kes(2).units)
    with pytest.raises(DailyCapReached):
        crowd.spend(0, wallet_of(tenant), Money.kes(1).units)


def give_back(tenant: Profile, hold: Hold, amount: Money) -> None:
    part = holds.Settlement(hold.id, wallet_of(tenant), Purse.WALLET, released=amount.units)
    holds.settle([part], once=f"back-{hold.id}", subject="back")


def hold_of(tenant: Profile, amount: str) -> Hold:
    own = ids.new("bat")
    return holds.place(wallet_of(tenant), Money.parse(amount), hold_id=own, once=None, actor="p")


def test_what_is_cancelled_can_be_spent_again_the_same_day(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="100")
    cap_at(tenant, "5")
    whole = hold_of(tenant, "5")
    give_back(tenant, whole, Money.kes(3))

    hold_of(tenant, "3")
    with pytest.raises(DailyCapReached):
        hold_of(tenant, "0.01")


def test_what_was_held_yesterday_does_not_widen_todays_cap(make_tenant: Make) -> None:
    clock.freeze(clock.now())
    tenant = make_tenant(wallet="100")
    cap_at(tenant, "5")
    yesterdays = hold_of(tenant, "5")
    clock.advance(24 * 3600)
    hold_of(tenant, "4")
    give_back(tenant, yesterdays, Money.kes(5))

    hold_of(tenant, "1")
    with pytest.raises(DailyCapReached):
        hold_of(tenant, "0.01")


def test_a_straggler_from_before_midnight_does_not_open_the_cap_anew(make_tenant: Make) -> None:
    clock.freeze(clock.now())
    tenant = make_tenant(wallet="100")
    cap_at(tenant, "5")
    yesterday = holds.today()
    clock.advance(24 * 3600)
    hold_of(tenant, "5")
    late = holds.guard_params(wallet_of(tenant), Money.kes(1).units, yesterday)
    with database.transaction():
        done = database.changed(database.execute(holds.GUARDED_HOLD, late))

    assert not done
