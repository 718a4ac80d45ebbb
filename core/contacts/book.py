"""A business's book of contacts as a whole: the lock of all that changes it, and its size.

Whatever changes contacts, groups or members of a business takes the lock first in its transaction.
So two acts on one book follow each other, and none sees half of another: a number is added once, a
group does not go while an import fills it, nobody is erased between two looks.
"""

from __future__ import annotations

from core.contacts.models import ContactBook
from core.database import execute

_LOCK = """
    INSERT INTO contact_book (tenant_id, size, erased_at) VALUES (%s, 0, 0)
    ON CONFLICT (tenant_id) DO UPDATE SET size = contact_book.size
"""


def lock(tenant_id: int) -> None:
    """Keep others from changing a business's contacts until the transaction ends."""
    execute(_LOCK, (tenant_id,))


def grow(tenant_id: int, by: int) -> None:
    """Count contacts that came, or, below zero, that went; under the lock."""
    if by:
        execute("UPDATE contact_book SET size = size + %s WHERE tenant_id = %s", (by, tenant_id))


def size(tenant_id: int) -> int:
    """Return how many contacts a business has; the erased are not counted."""
    found = ContactBook.get_or_none(ContactBook.tenant_id == tenant_id)
    return found.size if found is not None else 0
