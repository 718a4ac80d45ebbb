"""Whose numbers a sender ID reaches: those of every operator that has not kept back its yes.

Each operator approves a name for itself. Where one has not, a text would be taken, paid for and
lost, and the report about it read as the person's own block. So it does not go, and that is told
beforehand. Whose number it is, its first digits say; of the few that were carried to another
network they say it wrongly. Such a person is reached under the shared sender ID, and where the
digits hide a network that refuses, its report settles the text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from core import phone
from core.database import execute
from core.messaging.errors import SenderNotAtOperator
from core.messaging.models import SenderOperator, SenderStatus
from core.settings import settings

# Why a text did not go: its number's operator keeps back its yes, or the name was taken back.
NOT_AT_OPERATOR, WITHDRAWN = SenderNotAtOperator.code, "sender_withdrawn"

WORDS = {
    NOT_AT_OPERATOR: (
        "The network of this number has not approved the sender ID {sender}. "
        "Nothing was charged. Use another one."
    ),
    WITHDRAWN: (
        "The sender ID {sender} is no longer approved. Nothing was charged. Use another one."
    ),
}
NOWHERE: frozenset[str] = frozenset()


def closed(tenant_id: int) -> dict[str, frozenset[str]]:
    """Return the operators that keep back their yes, for each sender ID that has any.

    What is approved as a whole is so wherever nothing else is noted.
    """
    rows = SenderOperator.select().where(
        SenderOperator.tenant_id == tenant_id,
        SenderOperator.status != SenderStatus.APPROVED.value,
    )
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        found[row.name].add(row.operator)
    return {name: frozenset(operators) for name, operators in found.items()}


def beyond(msisdns: Iterable[str], closed_at: Collection[str]) -> dict[str, str]:
    """Return which of these numbers are with one of these operators, each with its operator."""
    if not closed_at:
        return {}
    found = ((msisdn, phone.operator(msisdn)) for msisdn in msisdns)
    return {msisdn: operator for msisdn, operator in found if operator in closed_at}


def named(operators: Iterable[str]) -> str:
    """Name operators as people write them.

    >>> named(["telkom", "airtel"])
    'Airtel, Telkom'
    """
    return ", ".join(sorted(each.capitalize() for each in operators))


_STANDS = """
    SELECT s.status, o.operator FROM sender s
    LEFT JOIN sender_operator o
      ON o.tenant_id = s.tenant_id AND o.name = s.name AND o.status <> 'approved'
    WHERE s.tenant_id = %s AND s.name = %s
"""


def at_hand_over(tenant_id: int, sender: str, msisdns: Sequence[str]) -> Mapping[str, str]:
    """Say which of these numbers must get nothing under a sender ID at this moment, and why."""
    if sender == settings().onfon.sender_id:
        return {}
    rows = execute(_STANDS, (tenant_id, sender)).fetchall()
    if any(status != SenderStatus.APPROVED.value for status, _ in rows):
        return dict.fromkeys(msisdns, WITHDRAWN)
    closed_at = {operator for _, operator in rows if operator is not None}
    return dict.fromkeys(beyond(msisdns, closed_at), NOT_AT_OPERATOR)
