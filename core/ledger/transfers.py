"""Moving money between accounts, each move once."""

from __future__ import annotations

from core import clock
from core.database import execute, transaction
from core.money import Money

_WRITE = """
    INSERT INTO transfer
        (phase, debit_id, credit_id, amount, kind, once, subject, actor, created_at)
    VALUES ('post', %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (once) DO NOTHING RETURNING 1
"""
_DEBIT = "UPDATE account SET posted_debit = posted_debit + %s WHERE id = %s"
_CREDIT = "UPDATE account SET posted_credit = posted_credit + %s WHERE id = %s"


def post(
    debit_id: int,
    credit_id: int,
    amount: Money,
    *,
    kind: str,
    once: str,
    subject: str,
    actor: str,
) -> bool:
    """Move an amount from one account (debit) to another (credit).

    Returns False, having moved nothing, when this `once` was moved before. Amounts are positive; a
    mistake is corrected by a transfer the other way.
    """
    if amount.units <= 0:
        raise ValueError("A transfer moves a positive amount.")
    with transaction():
        row = (debit_id, credit_id, amount.units, kind, once, subject, actor, clock.ms())
        if execute(_WRITE, row).fetchone() is None:
            return False
        # In the order of their ids, so that two transfers never wait for each other.
        steps = sorted([(debit_id, _DEBIT), (credit_id, _CREDIT)])
        for account_id, statement in steps:
            execute(statement, (amount.units, account_id))
    return True
