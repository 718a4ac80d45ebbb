"""Setting the whole price of a campaign aside, before its first text."""

from __future__ import annotations

from datetime import datetime

from core.database import in_transaction
from core.ledger import accounts, holds
from core.ledger.models import Hold
from core.messaging import gates
from core.messaging.bulk import spool
from core.messaging.bulk.spool import SpoolDamaged, Terms
from core.messaging.settling import purse_of
from core.money import Money


def hold(
    terms: Terms, cost: Money, *, opens_at: datetime, closes_at: datetime | None, actor: str
) -> Hold:
    """Hold what all spooled texts cost and set the gate; in the caller's transaction.

    The caller has seen to it, by a guarded change of the campaign in the same transaction, that
    this pricing is the one that was agreed to. Doing it again gives the first hold.
    Raises: NotEnough, DailyCapReached (and the caller's transaction is to be undone), SpoolDamaged
    (the spool does not hold what was priced).
    """
    assert in_transaction()
    earlier: Hold | None = Hold.get_or_none(Hold.id == terms.batch_id)
    if earlier is not None:
        return earlier
    waiting = spool.sums(terms.batch_id).cost
    if waiting != cost.units:
        raise SpoolDamaged(f"{terms.batch_id} was priced {cost.units} and holds {waiting}")
    gates.put(terms.batch_id, terms.tenant_id, opens_at=opens_at, closes_at=closes_at)
    return holds.place(
        accounts.purse_id(terms.tenant_id, purse_of(terms.account_id)),
        cost,
        hold_id=terms.batch_id,
        once=f"campaign:{terms.batch_id}",
        actor=actor,
    )
