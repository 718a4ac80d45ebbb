"""Turning a held campaign's spool into texts of its own, chunk after chunk."""

from __future__ import annotations

from core.contacts import book
from core.database import after_commit, transaction
from core.messaging import counts
from core.messaging.bulk import spool
from core.messaging.bulk.spool import Terms
from core.messaging.bulk.storing import Fate, store
from core.messaging.bulk.veiling import without_erased
from core.messaging.dispatch import dispatch
from core.messaging.models import Status


def fill(terms: Terms) -> bool:
    """Store the next chunk as texts, in one transaction. Returns False when there was none.

    Whoever is killed has done a chunk wholly or not at all, and of two who fill at once each has
    chunks of its own. Call it only for a campaign whose money is held, and `breathe` in between.
    Raises: SpoolDamaged.
    """
    with transaction():
        book.keep(terms.tenant_id)  # nobody is erased between the look and the storing
        chunk = spool.take(terms.batch_id)
        if chunk is None:
            return False
        begun = store(terms, without_erased(terms.tenant_id, chunk), Fate())
        counts.move(
            counts.Move(terms.batch_id, None, status, messages, segments, segments * chunk.price)
            for status, (messages, segments) in begun.items()
        )
        if Status.QUEUED in begun:
            after_commit(lambda: dispatch.nudge(terms.account_id))
    return True
