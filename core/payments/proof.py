"""Proving the payments: every receipt against the journal, every top-up against its receipt."""

from __future__ import annotations

from collections.abc import Iterator

from core.database import execute
from core.money import Money
from core.proof import Finding

# A receipt credited: exactly the one transfer its key allows, to its tenant, of its amount. The
# journal's `once` is unique, so "twice" could only be under another key: see _FOREIGN.
_CREDITED = """
    SELECT p.receipt, p.tenant_id, p.amount, t.amount, a.tenant_id
    FROM payment p
    LEFT JOIN transfer t ON t.once = 'mpesa:' || p.receipt
    LEFT JOIN account a ON a.id = t.credit_id AND a.kind = 'wallet'
    WHERE p.status = 'credited'
      AND (t.id IS NULL OR t.amount <> p.amount OR a.tenant_id IS NULL
           OR a.tenant_id <> p.tenant_id)
"""
_FOREIGN = """
    SELECT t.id, t.once, t.amount
    FROM transfer t
    JOIN account d ON d.id = t.debit_id
    JOIN account c ON c.id = t.credit_id
    LEFT JOIN payment p ON t.once = 'mpesa:' || p.receipt AND p.status = 'credited'
    WHERE d.kind IN ('mpesa', 'suspense') AND c.kind = 'wallet' AND p.receipt IS NULL
"""
_RECEIVED = """
    SELECT (SELECT COALESCE(SUM(amount), 0) FROM payment),
           (SELECT posted_debit - posted_credit FROM account
            WHERE kind = 'mpesa' AND tenant_id IS NULL)
"""
_SUSPENSE = """
    SELECT (SELECT COALESCE(SUM(amount), 0) FROM payment WHERE status = 'suspense'),
           (SELECT posted_credit - posted_debit FROM account
            WHERE kind = 'suspense' AND tenant_id IS NULL)
"""
# What came into each wallet, by where it came from, against the tenant's completed top-ups.
_WALLETS = """
    SELECT w.tenant_id, COALESCE(i.paid, 0), COALESCE(i.other, 0), COALESCE(u.paid, 0)
    FROM account w
    LEFT JOIN (SELECT t.credit_id,
                      SUM(CASE WHEN d.kind IN ('mpesa', 'suspense', 'card')
                               THEN t.amount ELSE 0 END) AS paid,
                      SUM(CASE WHEN d.kind IN ('mpesa', 'suspense', 'card', 'adjustments',
                                               'trial', 'refunds')
                               THEN 0 ELSE t.amount END) AS other
               FROM transfer t JOIN account d ON d.id = t.debit_id
               WHERE t.phase = 'post' GROUP BY t.credit_id) i ON i.credit_id = w.id
    LEFT JOIN (SELECT tenant_id, SUM(paid) AS paid FROM top_up
               WHERE status = 'completed' AND NOT is_test GROUP BY tenant_id) u
           ON u.tenant_id = w.tenant_id
    WHERE w.kind = 'wallet'
      AND (COALESCE(i.paid, 0) <> COALESCE(u.paid, 0) OR COALESCE(i.other, 0) <> 0)
"""
_COMPLETED = """
    SELECT u.id, u.receipt
    FROM top_up u
    LEFT JOIN payment p
           ON p.receipt = u.receipt AND p.tenant_id = u.tenant_id AND p.status = 'credited'
    WHERE u.status = 'completed' AND u.method = 'mpesa' AND NOT u.is_test
      AND (p.receipt IS NULL OR (p.topup_id = u.id AND (u.paid IS NULL OR u.paid <> p.amount))
           OR (p.topup_id <> u.id AND u.paid IS NOT NULL))
"""
_PLAYED = """
    SELECT u.id FROM top_up u
    LEFT JOIN transfer t ON t.once = 'play:' || u.id
    WHERE u.is_test AND (u.status = 'completed') <> (t.id IS NOT NULL)
"""
_WAITING = "SELECT COUNT(*), COALESCE(SUM(amount), 0) FROM top_up WHERE status = 'confirming'"
_HELD = "SELECT COUNT(*) FROM mpesa_news WHERE state IN ('quarantined', 'unreadable')"


def _kes(units: object) -> str:
    return Money(int(str(units))).text()


def findings() -> Iterator[Finding]:
    """Check the payments against the journal and the top-ups."""
    yield Finding.of(
        "payments: each receipt is credited exactly once and for the paid amount", _miscredited()
    )
    received, taken_in = execute(_RECEIVED).fetchone()
    yield Finding.of(
        "payments: the M-Pesa account equals the receipts",
        _unless_equal("receipts", received, "the account", taken_in),
    )
    yield Finding.of(
        "payments: credits equal completed top-ups, adjustments and trials",
        (
            f"tenant {row[0]}: payments brought KES {_kes(row[1])}, completed top-ups say "
            f"KES {_kes(row[3])}, from elsewhere came KES {_kes(row[2])}"
            for row in execute(_WALLETS).fetchall()
        ),
    )
    unmatched, suspended = execute(_SUSPENSE).fetchone()
    yield Finding.of(
        "payments: suspense equals the unmatched payments",
        _unless_equal("unmatched payments", unmatched, "the account", suspended),
        note=f"KES {_kes(unmatched)} waits for its owner" if unmatched else "",
    )
    yield Finding.of(
        "payments: no top-up is complete without its payment",
        (
            f"top-up {row[0]} is complete with receipt {row[1]}, which does not bear it out"
            for row in execute(_COMPLETED).fetchall()
        ),
        note=_open_ends(),
    )
    yield Finding.of(
        "payments: test top-ups move play money only",
        (f"test top-up {row[0]} and its play money differ" for row in execute(_PLAYED).fetchall()),
    )


def _miscredited() -> Iterator[str]:
    for receipt, tenant_id, amount, moved, to in execute(_CREDITED).fetchall():
        what = "was never credited" if moved is None else f"brought KES {_kes(moved)} to {to}"
        yield f"receipt {receipt}: KES {_kes(amount)} for tenant {tenant_id} {what}"
    for transfer_id, once, amount in execute(_FOREIGN).fetchall():
        yield f"transfer {transfer_id} ({once}) credits KES {_kes(amount)} without a receipt"


def _unless_equal(left: str, mine: object, right: str, other: object) -> Iterator[str]:
    if int(str(mine)) != int(str(other)):
        yield f"{left}: KES {_kes(mine)}, {right}: KES {_kes(other)}"


def _open_ends() -> str:
    waiting, amount = execute(_WAITING).fetchone()
    (held,) = execute(_HELD).fetchone()
    notes = []
    if waiting:
        notes.append(f"{waiting} wait for their receipt (KES {_kes(amount)})")
    if held:
        notes.append(f"{held} callbacks are held back or unreadable")
    return "; ".join(notes)
