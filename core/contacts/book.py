"""A business's book of contacts as a whole: the lock of all that changes it, and its size.

Whatever changes contacts, groups or members of a business takes the lock first in its transaction.
So two acts on one book follow each other, and none sees half of another: a number is added once, a
group does not go while an import fills it, nobody is erased between two looks.
"""

from __future__ import annotations

from core import clock
from core.contacts.models import ContactBook
from core.database import execute

_KEEP = """
    INSERT INTO contact_book (tenant_id, size, changed_at, erased_at) VALUES (%s, 0, 0, 0)
    ON CONFLICT (tenant_id) DO UPDATE SET size = contact_book.size
"""
_CHANGE = "UPDATE contact_book SET changed_at = %s WHERE tenant_id = %s AND changed_at < %s"


def lock(tenant_id: int) -> None:
    """Keep others from changing a business's contacts until the transaction ends: it is our turn.

    What was counted of them before is looked at anew: the moment is one at which the lock is ours,
    so whoever had it between that and the commit was before us.
    """
    keep(tenant_id)
    now = clock.ms()
    execute(_CHANGE, (now, tenant_id, now))


def keep(tenant_id: int) -> None:
    """Keep others from changing a business's contacts until the transaction ends, as we do."""
    execute(_KEEP, (tenant_id,))


def grow(tenant_id: int, by: int) -> None:
    """Count contacts that came, or, below zero, that went; under the lock."""
    if by:
        execute("UPDATE contact_book SET size = size + %s WHERE tenant_id = %s", (by, tenant_id))


def size(tenant_id: int) -> int:
    """Return how many contacts a business has; the erased are not counted."""
    found = ContactBook.get_or_none(ContactBook.tenant_id == tenant_id)
    return found.size if found is not None else 0
