"""Top-ups behind test keys: no provider, play money, and the phone's ending decides.

...000002 cancels, ...000003 gets the PIN wrong, ...000004 does not answer, ...000005 pays a minute
later, ...000006 has not enough; ...000001 and every other number pays at once.
"""

from __future__ import annotations

from core.database import transaction
from core.ledger import transfers
from core.ledger.accounts import Platform, Purse, platform, purse_id
from core.money import Money
from core.payments import transitions
from core.payments.models import TopUp

SOON_S = 1.0
LATE_S = 60.0

_FAILURES = {"000002": "1032", "000003": "2001", "000004": "1037", "000006": "1"}
_LATE = "000005"


def delay_s(phone: str) -> float:
    """Say how long the rehearsed customer takes."""
    return LATE_S if phone.endswith(_LATE) else SOON_S


def play(topup: TopUp) -> None:
    """End a test top-up as its phone asks. Playing it again changes nothing."""
    code = _FAILURES.get(topup.phone[-6:])
    with transaction():
        if code is not None:
            transitions.fail(topup, code)
            return
        amount = Money(topup.amount)
        if transitions.complete(topup, f"TEST{topup.id[-6:].upper()}", amount):
            transfers.post(
                platform(Platform.PLAY_MONEY),
                purse_id(topup.tenant_id, Purse.PLAY),
                amount,
                kind="topup",
                once=f"play:{topup.id}",
                subject=topup.id,
                actor=topup.actor,
            )
