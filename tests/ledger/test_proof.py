"""Each line of the ledger's proof finds its fault."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from core import clock
from core.database import execute
from core.ledger import accounts, holds, proof, seals
from core.ledger.accounts import Purse
from core.money import Money
from core.proof import Finding
from core.tenants.profiles import Profile
from tests.ledger.undoing import undone

Make = Callable[..., Profile]


@pytest.fixture
def books(make_tenant: Make) -> int:
    """A wallet with a hold of which a part was taken, a part released; a sealed day."""
    clock.freeze(datetime(2026, 3, 1, 12, tzinfo=clock.NAIROBI))
    tenant = make_tenant(wallet="10")
    wallet = accounts.purse_id(tenant.tenant_id, Purse.WALLET)
    holds.place(wallet, Money.kes(4), hold_id="h", once=None, actor="test")
    part = holds.Settlement("h", wallet, Purse.WALLET, taken=10_000, released=10_000)
    holds.settle([part], once="answer", subject="s")
    clock.freeze(clock.now() + timedelta(days=1))
    seals.seal_past_days()
    return wallet


def wrong() -> set[str]:
    """The claims that do not hold."""
    return {each.claim for each in proof.findings() if not each.is_ok}


def test_right_books_prove(books: int) -> None:
    assert wrong() == set()


TOTALS, EQUAL, BELOW, OPEN, SETTLED, SEALED = (
    "journal: the account totals equal the sum of their transfers",
    "journal: all debits equal all credits",
    "wallets: none is below its limit",
    "holds: what the wallets hold equals the open holds",
    "holds: what was taken and released equals its journal lines",
    "seals: no sealed day has changed",
)
# Each fault, and the claims it belies.
FAULTS = [
    ("UPDATE account SET posted_credit = posted_credit + 1 WHERE id = {w}", {TOTALS, EQUAL}),
    ("UPDATE account SET posted_debit = posted_debit + 1 WHERE id = {w}", {TOTALS, EQUAL}),
    ("UPDATE account SET posted_credit = posted_credit + 1, posted_debit = posted_debit + 1",
     {TOTALS}),
    ("UPDATE transfer SET amount = amount + 1 WHERE phase = 'take'", {TOTALS, SETTLED, SEALED}),
    ("UPDATE transfer SET amount = amount + 1 WHERE phase = 'release'", {SETTLED, SEALED}),
    ("DELETE FROM transfer WHERE phase = 'take'", {TOTALS, SETTLED, SEALED}),
    ("DELETE FROM transfer WHERE phase = 'post'", {TOTALS, SEALED}),
    ("UPDATE account SET pending = pending + 1 WHERE id = {w}", {OPEN}),
    ("UPDATE account SET pending = 0 WHERE id = {w}", {OPEN}),
    ("UPDATE hold SET taken = taken + 1", {OPEN, SETTLED}),
    ("UPDATE hold SET taken = taken + 1, released = released - 1", {SETTLED}),
    ("DELETE FROM hold", {OPEN, SETTLED, SEALED}),
    ("UPDATE account SET credit_limit = -100000 WHERE id = {w}", {BELOW}),
    ("UPDATE transfer SET actor = 'nobody' WHERE phase = 'take'", {SEALED}),
]  # fmt: skip


def test_each_fault_is_found(books: int) -> None:
    for fault, claims in FAULTS:
        with undone():
            execute(fault.format(w=books))
            assert wrong() == claims, fault


def test_a_wallet_below_its_limit_is_found_without_anything_held(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="1")
    execute(
        "UPDATE account SET credit_limit = -10001 WHERE id = %s",
        (accounts.purse_id(tenant.tenant_id, Purse.WALLET),),
    )

    assert BELOW in wrong()


def test_money_taken_from_a_wallet_that_never_held_any_is_found(make_tenant: Make) -> None:
    """A forged line with forged totals has no hold that explains it."""
    wallet = accounts.purse_id(make_tenant(wallet="5").tenant_id, Purse.WALLET)
    revenue = accounts.platform(Purse.WALLET.revenue)
    execute(
        "INSERT INTO transfer (phase, debit_id, credit_id, amount, kind, once, subject, actor, "
        "created_at) VALUES ('take', %s, %s, 7, 'take', 'forged', 's', 'a', 0)",
        (wallet, revenue),
    )
    execute("UPDATE account SET posted_debit = posted_debit + 7 WHERE id = %s", (wallet,))
    execute("UPDATE account SET posted_credit = posted_credit + 7 WHERE id = %s", (revenue,))

    assert wrong() == {SETTLED}


def test_a_difference_names_its_tenant_and_amounts(books: int) -> None:
    execute(f"UPDATE account SET pending = pending + 5000 WHERE id = {books}")
    found = next(each for each in proof.findings() if not each.is_ok)

    assert f"account {books}: wallet says 2.50, holds 2.00" in found.differences[0]


def test_a_long_list_of_differences_is_cut_and_counted() -> None:
    finding = Finding.of("claim", (str(number) for number in range(150)))

    assert len(finding.differences) == 101
    assert finding.differences[-1] == "and 50 more"
