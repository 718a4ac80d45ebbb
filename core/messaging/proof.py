"""Proving that every shilling held or taken belongs to texts that explain it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from core.database import execute
from core.messaging.counts import CAMPAIGN
from core.messaging.models import SHARED_ACCOUNT, GatewayBalance
from core.money import SCALE, Money
from core.proof import Finding
from core.settings import settings

# What is held for and not a row of its own yet waits in the spool.
_HOLDS = """
    SELECT h.id, h.amount, h.taken, h.released,
           COALESCE(m.total, 0) + COALESCE(s.total, 0), COALESCE(m.taken, 0),
           COALESCE(m.released, 0)
    FROM hold h
    LEFT JOIN (
        SELECT batch_id, SUM(cost) AS total,
               SUM(CASE WHEN charge IN ('taken', 'refunded') THEN cost ELSE 0 END) AS taken,
               SUM(CASE WHEN charge = 'released' THEN cost ELSE 0 END) AS released
        FROM message GROUP BY batch_id) m ON m.batch_id = h.id
    LEFT JOIN (
        SELECT batch_id, SUM(cost) AS total FROM spool GROUP BY batch_id) s ON s.batch_id = h.id
    WHERE h.amount <> COALESCE(m.total, 0) + COALESCE(s.total, 0)
       OR h.taken <> COALESCE(m.taken, 0) OR h.released <> COALESCE(m.released, 0)
"""
_COUNTS = f"""
    SELECT batch_id, status, SUM(counted), SUM(stored), SUM(counted_cost), SUM(stored_cost)
    FROM (SELECT batch_id, status, messages AS counted, 0 AS stored,
                 segments AS counted_segments, 0 AS stored_segments,
                 cost AS counted_cost, 0 AS stored_cost
          FROM batch_count
          UNION ALL
          SELECT batch_id, status, 0, COUNT(*), 0, SUM(segments), 0, SUM(cost)
          FROM message WHERE substr(batch_id, 1, {len(CAMPAIGN)}) = '{CAMPAIGN}'
          GROUP BY batch_id, status) both_ways
    GROUP BY batch_id, status
    HAVING SUM(counted) <> SUM(stored) OR SUM(counted_segments) <> SUM(stored_segments)
        OR SUM(counted_cost) <> SUM(stored_cost)
    LIMIT 101
"""  # noqa: S608
_STATES = """
    SELECT id, status, charge FROM message
    WHERE NOT (
        (charge = 'held' AND status IN ('scheduled', 'queued', 'submitting', 'unknown'))
        OR (charge IN ('taken', 'refunded')
            AND status IN ('submitted', 'delivered', 'undelivered', 'expired', 'failed'))
        OR (charge = 'released' AND status IN ('rejected', 'suppressed', 'cancelled')))
    LIMIT 101
"""
_PRICES = """
    SELECT id, segments, cost FROM message
    WHERE CASE WHEN segments < 1 THEN 1 ELSE cost - cost / segments * segments END <> 0 LIMIT 101
"""
_STRAYS = """
    SELECT COUNT(*) FROM message m LEFT JOIN hold h ON h.id = m.batch_id WHERE h.id IS NULL
"""
# Test texts, which go through the rehearsal's account, are paid with play money.
_PAYERS = """
    SELECT m.id, m.tenant_id, a.tenant_id, a.kind
    FROM message m JOIN hold h ON h.id = m.batch_id LEFT JOIN account a ON a.id = h.account_id
    WHERE a.id IS NULL OR a.tenant_id IS NULL OR a.tenant_id <> m.tenant_id
       OR a.kind <> CASE WHEN m.account_id = 2 THEN 'play' ELSE 'wallet' END
    LIMIT 101
"""
_REFUNDED = """
    SELECT tenant_id, SUM(texts), SUM(journal)
    FROM (SELECT tenant_id, SUM(cost) AS texts, 0 AS journal
          FROM message WHERE charge = 'refunded' GROUP BY tenant_id
          UNION ALL
          SELECT c.tenant_id, 0, SUM(t.amount)
          FROM transfer t
          JOIN account d ON d.id = t.debit_id AND d.kind = 'refunds'
          JOIN account c ON c.id = t.credit_id
          GROUP BY c.tenant_id) both_ways
    GROUP BY tenant_id HAVING SUM(texts) <> SUM(journal)
"""
_USAGE = """
    SELECT tenant_id, status, sender, SUM(counted), SUM(stored), SUM(counted_cost),
           SUM(stored_cost)
    FROM (SELECT tenant_id, status, sender, is_test, messages AS counted, 0 AS stored,
                 segments AS counted_segments, 0 AS stored_segments,
                 cost AS counted_cost, 0 AS stored_cost
          FROM usage
          UNION ALL
          SELECT tenant_id, status, sender, account_id = 2, 0, COUNT(*), 0, SUM(segments), 0,
                 SUM(cost)
          FROM message WHERE submitted_at IS NOT NULL
          GROUP BY tenant_id, status, sender, account_id = 2) both_ways
    GROUP BY tenant_id, status, sender, is_test
    HAVING SUM(counted) <> SUM(stored) OR SUM(counted_segments) <> SUM(stored_segments)
        OR SUM(counted_cost) <> SUM(stored_cost)
"""


def findings() -> Iterator[Finding]:
    """Check texts against holds, charges against states, figures against rows."""
    yield Finding.of(
        "holds: each is explained, to the last shilling, by its own texts",
        (
            f"{row[0]}: held {_kes(row[1])} took {_kes(row[2])} released {_kes(row[3])}; its texts "
            f"say {_kes(row[4])}, {_kes(row[5])} and {_kes(row[6])}"
            for row in execute(_HOLDS)
        ),
    )
    yield Finding.of(
        "texts: what was charged fits where each stands",
        (f"{row[0]} is {row[1]} and its price is {row[2]}" for row in execute(_STATES)),
    )
    yield Finding.of(
        "texts: each price is its segments times a whole price",
        (f"{row[0]}: {row[1]} segments at {_kes(row[2])} in all" for row in execute(_PRICES)),
    )
    strays = execute(_STRAYS).fetchone()[0]
    yield Finding.of(
        "texts: each belongs to a hold", [f"{strays} texts have no hold"] if strays else []
    )
    yield Finding.of(
        "texts: each is paid from its own tenant's purse",
        (
            f"{row[0]} of tenant {row[1]} is paid from the {row[3]} of tenant {row[2]}"
            for row in execute(_PAYERS)
        ),
    )
    yield Finding.of(
        "refunds: what the texts say was given back is what was given back",
        (
            f"tenant {row[0]}: texts say {_kes(row[1])}, the journal says {_kes(row[2])}"
            for row in execute(_REFUNDED)
        ),
    )
    yield Finding.of(
        "figures: usage equals the texts handed over",
        (
            f"tenant {row[0]} {row[1]} {row[2]}: usage says {row[3]} texts KES {_kes(row[5])}, "
            f"rows say {row[4]} and KES {_kes(row[6])}"
            for row in execute(_USAGE)
        ),
    )
    yield Finding.of(
        "figures: each campaign's counts equal its texts",
        (
            f"{row[0]} {row[1]}: counted {row[2]} texts KES {_kes(row[4])}, rows say {row[3]} and "
            f"KES {_kes(row[5])}"
            for row in execute(_COUNTS)
        ),
    )
    yield from _gateway()


def _gateway() -> Iterator[Finding]:
    """Compare the gateway's balance movement with what its accepted segments should have cost."""
    rows = list(
        GatewayBalance.select()
        .where(GatewayBalance.account_id == SHARED_ACCOUNT)
        .order_by(GatewayBalance.id)
    )
    claim = "gateway: its balance moved as our accepted segments say"
    if len(rows) < 2:
        yield Finding(claim, note="fewer than two balances are known yet")
        return
    unit = settings().onfon.unit_cost_units
    drift, purchases = 0, 0
    for before, after in pairwise(rows):
        moved, booked = before.units - after.units, after.booked - before.booked
        if moved < 0:  # float was bought in between, so this stretch proves nothing
            purchases += 1
            continue
        # Credits are shillings on some accounts and segments on others.
        drift += moved - (booked if after.is_money else booked // unit * SCALE)
    word = "KES" if rows[-1].is_money else "credits"
    note = f"drift {Money(drift).text()} {word} since {rows[0].created_at:%F}"
    yield Finding(claim, note=note + (f", {purchases} purchases left out" if purchases else ""))


def _kes(units: object) -> str:
    return Money(int(str(units))).text()
