"""What becomes of the money held for texts: taken, or given back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from core.ledger import accounts, holds, transfers
from core.ledger.accounts import Platform, Purse
from core.messaging.models import REHEARSAL_ACCOUNT
from core.money import Money
from core.settings import settings


class Settled(NamedTuple):
    """One text's price (KES/4) and the hold it is part of."""

    batch_id: str
    tenant_id: int
    account_id: int
    cost: int


def purse_of(account_id: int) -> Purse:
    """Return the purse that pays for a gateway account: play money for the rehearsal."""
    return Purse.PLAY if account_id == REHEARSAL_ACCOUNT else Purse.WALLET


def _sums(texts: Iterable[Settled]) -> dict[tuple[str, int, int], int]:
    """Add up texts by hold and wallet: they come by the thousand, and of one send."""
    sums: dict[tuple[str, int, int], int] = defaultdict(int)
    for batch_id, tenant_id, account_id, cost in texts:
        sums[batch_id, tenant_id, account_id] += cost
    return sums


def _part(key: tuple[str, int, int], *, taken: int = 0, released: int = 0) -> holds.Settlement:
    batch_id, tenant_id, account_id = key
    purse = purse_of(account_id)
    return holds.Settlement(
        hold_id=batch_id,
        account_id=accounts.purse_id(tenant_id, purse),
        purse=purse,
        taken=taken,
        released=released,
    )


def settle(
    taken: Iterable[Settled],
    released: Iterable[Settled],
    *,
    once: str,
    subject: str,
    actor: str = "system",
) -> None:
    """Take the price of some texts, give back that of others; in the caller's transaction."""
    parts = [_part(key, taken=cost) for key, cost in _sums(taken).items()]
    parts += [_part(key, released=cost) for key, cost in _sums(released).items()]
    if parts:
        holds.settle(parts, once=once, subject=subject, actor=actor)


def take(texts: Iterable[Settled], *, once: str, subject: str, actor: str = "system") -> None:
    """Take the price of texts that went."""
    settle(texts, (), once=once, subject=subject, actor=actor)


def release(texts: Iterable[Settled], *, once: str, subject: str, actor: str = "system") -> None:
    """Give back the price of texts that will never go."""
    settle((), texts, once=once, subject=subject, actor=actor)


def write_off(segments: int, *, once: str) -> None:
    """Book what accepted segments cost us at the gateway, against our float there."""
    cost = Money(segments * settings().onfon.unit_cost_units)
    if cost:
        transfers.post(
            accounts.platform(Platform.ONFON_COST),
            accounts.platform(Platform.ONFON_FLOAT),
            cost,
            kind="cost",
            once=f"cost:{once}",
            subject=once,
            actor="system",
        )
