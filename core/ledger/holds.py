"""Setting money aside, then taking it or giving it back.

A hold is placed by one guarded statement on the wallet's row, so two requests can never spend the
same shilling, on SQLite and PostgreSQL alike. The accept path of messaging places its hold inside
its own single statement; `place` is the plain way, and the two are tested against each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core import clock
from core.database import changed, execute, execute_many, savepoint, transaction
from core.ledger.accounts import Purse, platform
from core.ledger.errors import DailyCapReached, NotEnough
from core.ledger.models import Account, Hold
from core.money import Money

# The guard. A day that is over does not come back: whoever waited across midnight spends today.
GUARDED_HOLD = """
    UPDATE account
    SET pending = pending + %s,
        spent_that_day = CASE WHEN spending_day >= %s THEN spent_that_day ELSE 0 END + %s,
        spending_day = CASE WHEN spending_day >= %s THEN spending_day ELSE %s END
    WHERE id = %s
      AND posted_credit - posted_debit - pending + credit_limit >= %s
      AND (daily_cap IS NULL
           OR CASE WHEN spending_day >= %s THEN spent_that_day ELSE 0 END + %s <= daily_cap)
"""


def guard_params(account_id: int, amount: int, day: int) -> tuple[int, ...]:
    """Order the values of `GUARDED_HOLD`."""
    return (amount, day, amount, day, day, account_id, amount, day, amount)


def today() -> int:
    """Return the day the spending cap counts in."""
    return clock.day_number(clock.now())


def refusal(account_id: int, amount: int) -> NotEnough | DailyCapReached:
    """Say in words why `GUARDED_HOLD` changed nothing."""
    row = Account.get_by_id(account_id)
    available = row.posted_credit - row.posted_debit - row.pending + row.credit_limit
    if available >= amount and row.daily_cap is not None:
        return DailyCapReached(cost=Money(amount).text())
    return NotEnough(cost=Money(amount).text(), available=Money(max(0, available)).text())


_WRITE = """
    INSERT INTO hold (id, account_id, amount, taken, released, once, actor, created_at)
    VALUES (%s, %s, %s, 0, 0, %s, %s, %s)
    ON CONFLICT (once) WHERE once IS NOT NULL DO NOTHING RETURNING id
"""


def place(account_id: int, amount: Money, *, hold_id: str, once: str | None, actor: str) -> Hold:
    """Set money aside under an id of the caller's.

    Calling again with the same `once` returns the first hold and sets nothing more aside.
    Raises: NotEnough, DailyCapReached.
    """
    row = (hold_id, account_id, amount.units, once, actor, clock.ms())
    # The hold is written before the money is set aside, because on PostgreSQL it is here that a
    # twin waits for the first; the savepoint takes it back when the money is not there.
    with savepoint(), transaction():
        if execute(_WRITE, row).fetchone() is None:
            return Hold.get(Hold.once == once)
        if not changed(execute(GUARDED_HOLD, guard_params(account_id, amount.units, today()))):
            raise refusal(account_id, amount.units)
        return Hold.get_by_id(hold_id)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of part of one hold: `taken` is ours now, `released` is the tenant's again."""

    hold_id: str
    account_id: int
    purse: Purse
    taken: int = 0
    released: int = 0


_SETTLE_HOLD = "UPDATE hold SET taken = taken + %s, released = released + %s WHERE id = %s"
_SETTLE_WALLET = """
    UPDATE account SET pending = pending - %s, posted_debit = posted_debit + %s WHERE id = %s
"""
_JOURNAL = """
    INSERT INTO transfer
        (phase, debit_id, credit_id, amount, kind, once, subject, actor, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def settle(parts: Iterable[Settlement], *, once: str, subject: str, actor: str = "system") -> None:
    """Take and release parts of many holds at once: one journal line a wallet and phase.

    The caller's own guarded change of the texts' `charge` says each part is settled only once; the
    `once` of the journal lines makes sure of it. Runs inside the caller's transaction.
    """
    by_hold: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    by_wallet: dict[tuple[int, Purse], list[int]] = defaultdict(lambda: [0, 0])
    for part in parts:
        for sums in (by_hold[part.hold_id], by_wallet[part.account_id, part.purse]):
            sums[0] += part.taken
            sums[1] += part.released
    now = clock.ms()
    journal: list[tuple[object, ...]] = []
    earned: dict[int, int] = defaultdict(int)
    wallets: list[tuple[int, int, int]] = []
    for (account_id, purse), (taken, released) in sorted(by_wallet.items()):
        revenue_id = platform(purse.revenue)
        for phase, amount in (("take", taken), ("release", released)):
            if amount:
                key = f"{phase}:{once}:{account_id}"
                journal.append(
                    (phase, account_id, revenue_id, amount, phase, key, subject, actor, now)
                )
        earned[revenue_id] += taken
        if taken or released:
            wallets.append((taken + released, taken, account_id))
    with transaction():
        held = [(taken, released, hold) for hold, (taken, released) in sorted(by_hold.items())]
        execute_many(_SETTLE_HOLD, [row for row in held if row[0] or row[1]])
        execute_many(_JOURNAL, journal)
        # The hottest rows last, so that they stay locked for the shortest time.
        execute_many(_SETTLE_WALLET, wallets)
        if given_back := {hold: sums[1] for hold, sums in by_hold.items() if sums[1]}:
            execute_many(_UNSPEND, _unspend(given_back))
        for revenue_id, amount in sorted(earned.items()):
            if amount:
                execute(
                    "UPDATE account SET posted_credit = posted_credit + %s WHERE id = %s",
                    (amount, revenue_id),
                )


_UNSPEND = """
    UPDATE account SET spent_that_day = spent_that_day - %s WHERE id = %s AND spending_day = %s
"""


def _unspend(given_back: Mapping[str, int]) -> list[tuple[int, int, int]]:
    """Work out what no longer counts against today's cap: what was held today and came back."""
    day = today()
    sums: dict[int, int] = defaultdict(int)
    for hold in Hold.select().where(Hold.id.in_(list(given_back))):
        if clock.day_number(hold.created_at) == day:
            sums[hold.account_id] += given_back[hold.id]
    return [(amount, account_id, day) for account_id, amount in sorted(sums.items())]
