"""What becomes of the money held for texts: taken, or given back."""

from __future__ import annotations

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


def _part(text: Settled, *, taken: int = 0, released: int = 0) -> holds.Settlement:
    purse = purse_of(text.account_id)
    return holds.Settlement(
        hold_id=text.batch_id,
        account_id=accounts.purse_id(text.tenant_id, purse),
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
    parts = [_part(text, taken=text.cost) for text in taken]
    parts += [_part(text, released=text.cost) for text in released]
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
