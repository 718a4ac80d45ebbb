"""Which values of a template nobody in sight has: one for all has to be asked.

A value that is asked in vain does no harm: it stands in for those who have none of their own.
"""

from __future__ import annotations

from collections.abc import Mapping

from core import phone
from core.campaigns import audience as audiences
from core.campaigns import placeholders
from core.campaigns.audience import Audience, Recipient
from core.campaigns.templates import View
from core.campaigns.wording import Wording
from core.contacts import listing
from core.contacts.listing import EVERYBODY, Wanted

# So many are looked at, while somebody waits for the next question.
LOOKED_AT = 100


def names(
    tenant_id: int, view: View, chosen: Audience, *, params: Mapping[str, str] | None = None
) -> list[str]:
    """Name the places, as they are written, that stay empty for all of the people looked at.

    Raises: GroupNotFound.
    """
    if not view.names:
        return []
    words = Wording(view.bodies, view.language, params=params)
    known: set[str] = set()
    lacking: set[str] = set()
    for who in _some(tenant_id, chosen):
        empty = {placeholders.key(name) for name in words.missing(who)}
        lacking |= empty
        known |= set(words.body(who.language).parsed.names) - empty
    return [name for name in view.names if placeholders.key(name) in lacking - known]


def _some(tenant_id: int, chosen: Audience) -> list[Recipient]:
    """The first few of an audience, in no order that matters."""
    books = [Wanted(group_id=each) for each in chosen.groups]
    if chosen.everyone:
        books.append(EVERYBODY)
    found = [
        Recipient(row.id, row.msisdn, row.name, row.language, row.fields)
        for wanted in books
        for row in listing.newest(tenant_id, wanted, limit=LOOKED_AT)
    ]
    msisdns = [phone.parse(each) for each in chosen.to[:LOOKED_AT]]
    of_numbers = audiences.among_numbers(tenant_id, msisdns)
    return found + [of_numbers.get(each) or Recipient(None, each) for each in msisdns]
