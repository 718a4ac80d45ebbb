"""Whose an inbound text is: the owner of the sender ID it went to, else whoever wrote last."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

import msgspec
import peewee

from core import clock, ids
from core.contacts import pseudonyms
from core.database import execute, is_postgres
from core.messaging.guards import DRAFT_MS
from core.messaging.models import REHEARSAL_ACCOUNT, Sender, SenderStatus
from core.settings import settings


class Owner(NamedTuple):
    """The business a text is for, and the text of ours it seems to answer, with its class.

    A text to somebody who was erased since is not named: nothing may lead from the number to it.
    """

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


# One business after the other, and of each the texts to this number by the index: without the order
# held so, the planner may read the whole table.
_LATEST = """
    SELECT m.tenant_id, m.id, m.category, w.is_number
    FROM {names} CROSS JOIN {texts}
    ORDER BY m.submitted_at DESC, m.id DESC LIMIT 1
"""
_NAMES_SQLITE = """
    (SELECT json_extract(value, '$.tenant_id') AS tenant_id,
            json_extract(value, '$.msisdn') AS msisdn,
            json_extract(value, '$.is_number') AS is_number
     FROM json_each(%s)) w
"""
_NAMES_POSTGRES = "json_to_recordset(%s) AS w (tenant_id int, msisdn text, is_number boolean)"
_TEXTS_SQLITE = """
    message m INDEXED BY message_msisdn ON m.tenant_id = w.tenant_id AND m.msisdn = w.msisdn
    AND m.id >= %s AND m.account_id <> {rehearsal} AND m.submitted_at >= %s AND m.status NOT IN
    ('rejected', 'queued', 'submitting') {named}
"""
_TEXTS_POSTGRES = """
    LATERAL (
        SELECT tenant_id, id, category, submitted_at FROM message
        WHERE tenant_id = w.tenant_id AND msisdn = w.msisdn AND id >= %s
        AND account_id <> {rehearsal} AND submitted_at >= %s
        AND status NOT IN ('rejected', 'queued', 'submitting') {named}
        ORDER BY submitted_at DESC LIMIT 1
    ) m
"""
_TENANTS = """
    SELECT t.id, COALESCE(b.erased_at, 0) > 0
    FROM tenant t LEFT JOIN contact_book b ON b.tenant_id = t.id WHERE t.id > 0 {only}
"""


class _Name(NamedTuple):
    """What a number's texts stand under in a business: the number, or what is left of it."""

    tenant_id: int
    msisdn: str
    is_number: bool


def _names(msisdn: str, tenant_id: int | None) -> list[_Name]:
    """List the names under which a number may have had texts, in one business or in all."""
    only = "" if tenant_id is None else "AND t.id = %s"
    params = () if tenant_id is None else (tenant_id,)
    found = []
    for each, has_erased in execute(_TENANTS.format(only=only), params).fetchall():
        found.append(_Name(each, msisdn, True))
        if has_erased:
            names = pseudonyms.every(each, msisdn)
            found += [_Name(each, name, False) for name in names]
    return found


def _latest(
    msisdn: str, sender: str | None, *, is_stop: bool, tenant_id: int | None = None
) -> Owner | None:
    """Find the text to a number that was handed over last; our own, such as codes, do not count."""
    days = timedelta(days=settings().rules.reply_days)
    since = 0 if is_stop else clock.to_ms(clock.now() - days)
    floor = "" if is_stop else ids.floor("msg", days // timedelta(milliseconds=1) + DRAFT_MS)
    names, texts = (
        (_NAMES_POSTGRES, _TEXTS_POSTGRES) if is_postgres() else (_NAMES_SQLITE, _TEXTS_SQLITE)
    )
    texts = texts.format(
        rehearsal=REHEARSAL_ACCOUNT, named="" if sender is None else "AND LOWER(sender) = %s"
    )
    asked = [each._asdict() for each in _names(msisdn, tenant_id)]
    params: list[object] = [msgspec.json.encode(asked).decode(), floor, since]
    params += [] if sender is None else [sender.lower()]
    row = execute(_LATEST.format(names=names, texts=texts), params).fetchone()
    if row is None:
        return None
    return Owner(int(row[0]), str(row[1]) if row[3] else None, str(row[2]))
