"""Knowing the erased again in what was prepared before they were."""

from __future__ import annotations

from collections.abc import Sequence

from core.contacts import contacts, pseudonyms
from core.contacts.models import Contact, ContactStatus
from core.database import execute

_ANY = """
    SELECT 1 FROM contact
    WHERE tenant_id = %s AND status <> 'active' AND status = 'erased' LIMIT 1
"""
# Two names a number may be looked for at once, and SQLite takes some thirty thousand values.
_AT_ONCE = 5_000


def among(tenant_id: int, msisdns: Sequence[str]) -> dict[str, str]:
    """Return those of these numbers whose people were erased, each with its pseudonym.

    Whoever became a contact again since is none of them. Call it under the book's lock: then nobody
    is erased between this look and what is done about it. For a business that has erased nobody it
    costs one short read.
    """
    if execute(_ANY, (tenant_id,)).fetchone() is None:
        return {}
    found: dict[str, str] = {}
    for start in range(0, len(msisdns), _AT_ONCE):
        found |= _among(tenant_id, msisdns[start : start + _AT_ONCE])
    return found


def _among(tenant_id: int, msisdns: Sequence[str]) -> dict[str, str]:
    names = {
        name: msisdn
        for msisdn in msisdns
        if not pseudonyms.is_one(msisdn)
        for name in pseudonyms.every(tenant_id, msisdn)
    }
    gone = contacts.of(tenant_id).where(
        Contact.msisdn.in_(list(names)), Contact.status == ContactStatus.ERASED.value
    )
    erased = {names[row.msisdn]: row.msisdn for row in gone}
    if erased:
        back = contacts.of(tenant_id).where(Contact.msisdn.in_(list(erased)))
        for row in back:
            del erased[row.msisdn]
    return erased
