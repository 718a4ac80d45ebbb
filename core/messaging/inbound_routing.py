"""Whose an inbound text is: the owner of the sender ID it went to, else whoever wrote last."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

import peewee

from core import clock, ids
from core.database import execute, is_postgres
from core.messaging.guards import DRAFT_MS
from core.messaging.models import REHEARSAL_ACCOUNT, Sender, SenderStatus
from core.settings import settings


class Owner(NamedTuple):
    """The business a text is for, and the text of ours it seems to answer, with its class."""

    tenant_id: int
    answers: str | None = None
    category: str | None = None


def owner(msisdn: str, sent_to: str, *, is_stop: bool) -> Owner | None:
    """Find whose a text is; None when nobody can tell.

    An answer is to the latest text, as far back as `rules.reply_days`. A no (`is_stop`) is to the
    latest text however old it is: nobody has to say it in time.
    """
    holders = _holders(sent_to)
    if len(holders) == 1:
        latest = _latest(msisdn, None, tenant_id=holders[0], is_stop=True)
        return latest or Owner(holders[0])
    onfon = settings().onfon
    if holders or sent_to.casefold() == onfon.sender_id.casefold():
        return _latest(msisdn, sent_to, is_stop=is_stop)
    if sent_to and onfon.shortcode and sent_to.isdecimal() and sent_to != onfon.shortcode:
        return None  # a number that is none of ours: whoever wrote under it was somebody else
    return _latest(msisdn, None, is_stop=is_stop)


def _holders(sent_to: str) -> list[int]:
    """Find the businesses that send under a name, or a number, of their own."""
    if not sent_to:
        return []
    rows = Sender.select(Sender.tenant_id).where(
        peewee.fn.LOWER(Sender.name) == sent_to.lower(),
        Sender.status == SenderStatus.APPROVED.value,
    )
    return sorted({int(row.tenant_id) for row in rows})


# A business after the other, and of each the texts to this number by the index: without the order
# held so, the planner may read the whole table.
_LATEST = """
    SELECT m.tenant_id, m.id, m.category
    FROM tenant t CROSS JOIN {texts}
    WHERE t.id > 0 {only}
    ORDER BY m.submitted_at DESC, m.id DESC LIMIT 1
"""
_TEXTS_SQLITE = """
    message m INDEXED BY message_msisdn ON m.tenant_id = t.id AND m.msisdn = %s AND m.id >= %s
    AND m.account_id <> {rehearsal} AND m.submitted_at >= %s AND m.status NOT IN
    ('rejected', 'queued', 'submitting') {named}
"""
_TEXTS_POSTGRES = """
    LATERAL (
        SELECT tenant_id, id, category, submitted_at FROM message
        WHERE tenant_id = t.id AND msisdn = %s AND id >= %s AND account_id <> {rehearsal}
        AND submitted_at >= %s AND status NOT IN ('rejected', 'queued', 'submitting') {named}
        ORDER BY submitted_at DESC LIMIT 1
    ) m
"""


def _latest(
    msisdn: str, sender: str | None, *, is_stop: bool, tenant_id: int | None = None
) -> Owner | None:
    """Find the text to a number that was handed over last; our own, such as codes, do not count."""
    days = timedelta(days=settings().rules.reply_days)
    since = 0 if is_stop else clock.to_ms(clock.now() - days)
    floor = "" if is_stop else ids.floor("msg", days // timedelta(milliseconds=1) + DRAFT_MS)
    texts = (_TEXTS_POSTGRES if is_postgres() else _TEXTS_SQLITE).format(
        rehearsal=REHEARSAL_ACCOUNT, named="" if sender is None else "AND LOWER(sender) = %s"
    )
    only = "" if tenant_id is None else "AND t.id = %s"
    params: list[object] = [msisdn, floor, since]
    params += [] if sender is None else [sender.lower()]
    params += [] if tenant_id is None else [tenant_id]
    row = execute(_LATEST.format(texts=texts, only=only), params).fetchone()
    return None if row is None else Owner(int(row[0]), str(row[1]), str(row[2]))
