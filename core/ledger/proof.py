"""Proving the sums: every total against the lines it is the total of."""

from __future__ import annotations

from collections.abc import Iterator

from core.database import execute
from core.ledger import seals
from core.money import Money
from core.proof import Finding

_TOTALS = """
    SELECT a.id, a.kind, a.tenant_id, a.posted_debit, a.posted_credit,
           COALESCE(d.amount, 0), COALESCE(c.amount, 0)
    FROM account a
    LEFT JOIN (SELECT debit_id AS id, SUM(amount) AS amount FROM transfer
               WHERE phase <> 'release' GROUP BY debit_id) d ON d.id = a.id
    LEFT JOIN (SELECT credit_id AS id, SUM(amount) AS amount FROM transfer
               WHERE phase <> 'release' GROUP BY credit_id) c ON c.id = a.id
    WHERE a.posted_debit <> COALESCE(d.amount, 0) OR a.posted_credit <> COALESCE(c.amount, 0)
"""
_BELOW = """
    SELECT id, tenant_id, posted_credit - posted_debit - pending + credit_limit
    FROM account
    WHERE tenant_id IS NOT NULL AND posted_credit - posted_debit - pending + credit_limit < 0
"""
_PENDING = """
    SELECT a.id, a.tenant_id, a.pending, COALESCE(h.open, 0)
    FROM account a
    LEFT JOIN (SELECT account_id, SUM(amount - taken - released) AS open
               FROM hold GROUP BY account_id) h ON h.account_id = a.id
    WHERE a.pending <> COALESCE(h.open, 0)
"""
_SETTLED = """
    SELECT account_id, SUM(held_taken), SUM(taken), SUM(held_released), SUM(released)
    FROM (SELECT account_id, SUM(taken) AS held_taken, SUM(released) AS held_released,
                 0 AS taken, 0 AS released
          FROM hold GROUP BY account_id
          UNION ALL
          SELECT debit_id, 0, 0, SUM(CASE WHEN phase = 'take' THEN amount ELSE 0 END),
                 SUM(CASE WHEN phase = 'release' THEN amount ELSE 0 END)
          FROM transfer WHERE phase <> 'post' GROUP BY debit_id) both_ways
    GROUP BY account_id
    HAVING SUM(held_taken) <> SUM(taken) OR SUM(held_released) <> SUM(released)
"""


def _kes(units: object) -> str:
    return Money(int(str(units))).text()


def findings() -> Iterator[Finding]:
    """Check the ledger against itself."""
    yield Finding.of(
        "journal: the account totals equal the sum of their transfers",
        (
            f"account {row[0]} ({row[1]}, tenant {row[2]}): totals say debit {_kes(row[3])} credit "
            f"{_kes(row[4])}, transfers say {_kes(row[5])} and {_kes(row[6])}"
            for row in execute(_TOTALS)
        ),
    )
    total = execute("SELECT SUM(posted_debit), SUM(posted_credit) FROM account").fetchone()
    yield Finding.of(
        "journal: all debits equal all credits",
        [] if total[0] == total[1] else [f"debits {_kes(total[0])}, credits {_kes(total[1])}"],
    )
    yield Finding.of(
        "wallets: none is below its limit",
        (f"tenant {row[1]} account {row[0]}: KES {_kes(row[2])}" for row in execute(_BELOW)),
    )
    yield Finding.of(
        "holds: what the wallets hold equals the open holds",
        (
            f"tenant {row[1]} account {row[0]}: wallet says {_kes(row[2])}, holds {_kes(row[3])}"
            for row in execute(_PENDING)
        ),
    )
    yield Finding.of(
        "holds: what was taken and released equals its journal lines",
        (
            f"account {row[0]}: holds took {_kes(row[1])} released {_kes(row[3])}, journal "
            f"{_kes(row[2])} and {_kes(row[4])}"
            for row in execute(_SETTLED)
        ),
    )
    yield Finding.of(
        "seals: no sealed day has changed",
        (f"day {day} no longer matches its seal" for day in seals.broken_days()),
    )
