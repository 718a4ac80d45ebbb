"""Opting out and in by an answer: nothing more of a class, until the same person asks for it again.

The suppression's source is the answer itself, so what was said, when and how stays to be shown.
`told` is the number as others are told of it, if it is not to be named: a pseudonym.
"""

from __future__ import annotations

from collections.abc import Collection

from core import events
from core.database import transaction
from core.messaging import suppression
from core.messaging.models import Category
from core.messaging.replies import Wish

REPLY = suppression.REPLY


def opt_out(
    tenant_id: int,
    msisdn: str,
    wish: Wish,
    *,
    inbound_id: str,
    answers: str | None,
    told: str | None = None,
) -> None:
    """Send somebody no more promotional texts, nor any of the class of the text they answer."""
    classes = {Category.PROMOTIONAL.value, answers or Category.PROMOTIONAL.value}
    if wish.is_for_all:
        classes = {each.value for each in Category}
    with transaction():
        new = {
            category
            for category in sorted(classes)
            if suppression.add(tenant_id, msisdn, category, source=f"{REPLY}{inbound_id}")
        }
        _record("contact.opted_out", tenant_id, told or msisdn, wish, inbound_id, new)


def opt_in(
    tenant_id: int, msisdn: str, wish: Wish, *, inbound_id: str, told: str | None = None
) -> None:
    """Take back what somebody has said by earlier answers; blocks by others stay."""
    with transaction():
        every = [each.value for each in Category]
        lifted = suppression.remove(tenant_id, msisdn, every, source=REPLY)
        _record("contact.opted_in", tenant_id, told or msisdn, wish, inbound_id, lifted)


def _record(
    name: str,
    tenant_id: int,
    msisdn: str,
    wish: Wish,
    inbound_id: str,
    classes: Collection[str],
) -> None:
    if not classes:  # said before, and known
        return
    events.record(
        name,
        tenant_id,
        phone=msisdn,
        word=wish.word,
        classes=sorted(classes),
        inbound=inbound_id,
    )
