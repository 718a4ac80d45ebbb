"""Whether a contact is written to, kept in its row and worked out from what was asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from core.contacts import pseudonyms
from core.contacts.models import EVERYTHING, Contact, ContactStatus, Suppression
from core.database import execute

# SQLite takes some thirty thousand values in one statement, and each number may have two names.
_AT_ONCE = 5_000


def refresh(tenant_id: int, msisdns: Sequence[str]) -> None:
    """Give the contacts of some numbers the status that their opt-outs and blocks say.

    For contacts just made, too: a number may have opted out before it was one, or in the life of a
    contact that was erased. Runs inside the caller's transaction. The erased stay what they are.
    """
    for start in range(0, len(msisdns), _AT_ONCE):
        part = msisdns[start : start + _AT_ONCE]
        meant = _meant(tenant_id, part)
        groups: dict[str, list[str]] = defaultdict(list)
        for msisdn in part:
            groups[meant.get(msisdn, ContactStatus.ACTIVE).value].append(msisdn)
        for status, numbers in groups.items():
            Contact.update(status=status).where(
                Contact.tenant_id == tenant_id,
                Contact.msisdn.in_(numbers),
                Contact.status.not_in((status, ContactStatus.ERASED.value)),
            ).execute()


def mark_new(tenant_id: int, msisdns: Sequence[str]) -> None:
    """Do what `refresh` does for contacts just made, which are active so far: mostly nothing."""
    if has_any(tenant_id):
        refresh(tenant_id, msisdns)


def has_any(tenant_id: int) -> bool:
    """Say whether a business has any opt-out or block at all."""
    row = execute("SELECT 1 FROM suppression WHERE tenant_id = %s LIMIT 1", (tenant_id,)).fetchone()
    return row is not None


def has_erased(tenant_id: int) -> bool:
    """Say whether any opt-out of a business stands under a pseudonym."""
    row = execute(
        "SELECT 1 FROM suppression WHERE tenant_id = %s AND msisdn >= 'x' LIMIT 1", (tenant_id,)
    ).fetchone()
    return row is not None


def aliases(tenant_id: int, msisdns: Iterable[str]) -> dict[str, str]:
    """Return every name these numbers may stand under, each with its number."""
    found = {msisdn: msisdn for msisdn in msisdns}
    if has_erased(tenant_id):
        for msisdn in list(found):
            found.update(dict.fromkeys(pseudonyms.every(tenant_id, msisdn), msisdn))
    return found


def _meant(tenant_id: int, msisdns: Sequence[str]) -> dict[str, ContactStatus]:
    """Work out the status of each number that has asked for something."""
    names = aliases(tenant_id, msisdns)
    rows = Suppression.select(Suppression.msisdn, Suppression.category).where(
        Suppression.tenant_id == tenant_id, Suppression.msisdn.in_(list(names))
    )
    found: dict[str, ContactStatus] = {}
    for row in rows:
        if row.category == EVERYTHING:
            found[names[row.msisdn]] = ContactStatus.BLOCKED
        else:
            found.setdefault(names[row.msisdn], ContactStatus.OPTED_OUT)
    return found
