"""Moving money between accounts, each move once."""

from __future__ import annotations

from core import clock
from core.database import changed, execute, savepoint, transaction
from core.ledger.errors import CannotWithdraw
from core.ledger.models import Account
from core.money import Money

_WRITE = """
    INSERT INTO transfer
        (phase, debit_id, credit_id, amount, kind, once, subject, actor, created_at)
    VALUES ('post', %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (once) DO NOTHING RETURNING 1
"""
_DEBIT = "UPDATE account SET posted_debit = posted_debit + %s WHERE id = %s"
# A purse's debit that its owner could still spend: neither held money nor more than the limit.
_GUARDED_DEBIT = _DEBIT + " AND posted_credit - posted_debit - pending + credit_limit >= %s"
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
    row = (debit_id, credit_id, _positive(amount), kind, once, subject, actor, clock.ms())
    with transaction():
        if execute(_WRITE, row).fetchone() is None:
            return False
        # In the order of their ids, so that two transfers never wait for each other.
        steps = sorted([(debit_id, _DEBIT), (credit_id, _CREDIT)])
        for account_id, statement in steps:
            execute(statement, (amount.units, account_id))
    return True


def withdraw(
    purse_id: int,
    credit_id: int,
    amount: Money,
    *,
    kind: str,
    once: str,
    subject: str,
    actor: str,
) -> bool:
    """Move an amount out of a purse, if its owner could spend that much now.

    Returns False, having moved nothing, when this `once` was moved before.
    Raises: CannotWithdraw.
    """
    row = (purse_id, credit_id, _positive(amount), kind, once, subject, actor, clock.ms())
    with savepoint(), transaction():
        if execute(_WRITE, row).fetchone() is None:
            return False
        for account_id in sorted((purse_id, credit_id)):
            if account_id == credit_id:
                execute(_CREDIT, (amount.units, account_id))
            elif not changed(execute(_GUARDED_DEBIT, (amount.units, account_id, amount.units))):
                raise CannotWithdraw(available=_available(purse_id).text())
    return True


def _positive(amount: Money) -> int:
    if amount.units <= 0:
        raise ValueError("A transfer moves a positive amount.")
    return amount.units


def _available(purse_id: int) -> Money:
    row = Account.get_by_id(purse_id)
    owed = row.posted_credit - row.posted_debit
    return Money(max(0, owed - row.pending + row.credit_limit))
