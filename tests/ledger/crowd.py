"""What the processes of the spending tests do; they find these functions by name."""

from __future__ import annotations

from core import ids
from core.ledger import holds, transfers
from core.ledger.accounts import Platform, platform
from core.money import Money


def spend(number: int, wallet: int, units: int, tries: int = 1) -> int:
    """Set money aside until it is refused. Gives how often it was not."""
    held = 0
    for _ in range(tries):
        holds.place(wallet, Money(units), hold_id=ids.new("bat"), once=None, actor=f"p{number}")
        held += 1
    return held


def spend_once(number: int, wallet: int, units: int) -> str:
    """Set money aside under a key all share."""
    own = ids.new("bat")
    return str(holds.place(wallet, Money(units), hold_id=own, once="shared", actor="p").id)


def top_up_once(number: int, wallet: int, units: int) -> bool:
    """Credit one payment that all have heard of."""
    return transfers.post(
        platform(Platform.MPESA),
        wallet,
        Money(units),
        kind="topup",
        once="receipt",
        subject="receipt",
        actor=f"p{number}",
    )


def take_out(number: int, wallet: int, units: int) -> bool:
    """Withdraw from the wallet, each under a key of its own."""
    return transfers.withdraw(
        wallet,
        platform(Platform.ADJUSTMENTS),
        Money(units),
        kind="adjustment",
        once=f"out-{number}",
        subject="out",
        actor="p",
    )
