"""Caps a number and a day, and the same words twice: what protects people from too many texts.

A text is counted on the Nairobi day it went, or is to go. The set-based query runs through the
index of a business's texts to a number, newest first by the time in their ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import NamedTuple

import msgspec

from core import clock, ids
from core.database import execute, is_postgres
from core.messaging import rules
from core.messaging.models import REHEARSAL_ACCOUNT, Category
from core.settings import settings

DAY = timedelta(days=1)
# A text's id is as old as the draft of its campaign, or the request that scheduled it. A draft that
# is not started goes after so many days.
DRAFT_DAYS = 90
DRAFT_MS = (DRAFT_DAYS + rules.DAYS_AHEAD_MAX) * DAY // timedelta(milliseconds=1)
# Up to so many texts, looking for each is cheaper than looking whether there is anything.
FEW = 50
# Of many, a year's texts to each would be read. Nearly all that go now are younger than this, and
# each text is looked at again when it is handed over.
MANY_MS = 31 * DAY // timedelta(milliseconds=1)


class Reason(StrEnum):
    """Why a text is left out."""

    NUMBER_CAP = "number_cap"
    REPEAT = "repeat"


WORDS = {
    Reason.NUMBER_CAP: "This number has had as many texts from you as it may get in a day.",
    Reason.REPEAT: "The same text went to this number a moment ago; it gets it once.",
}


class Ready(NamedTuple):
    """One text about to be handed over."""

    id: str
    msisdn: str
    body: str


class _Had(NamedTuple):
    """What a number has had, or is to get, on a day."""

    texts: int
    adverts: int
    is_repeat: bool


def among(
    tenant_id: int,
    category: Category,
    texts: Sequence[tuple[str, str]],
    *,
    at: datetime | None = None,
    but: str | None = None,
    is_test: bool = False,
) -> dict[str, Reason]:
    """Say which of these numbers would get too much, or the same again, and why.

    `texts` are (MSISDN, final words), each number once; `at` is when they are wanted, if not now;
    the texts of the batch `but` do not count. What waits in the queue counts as if it had gone.
    """
    # Adverts outside their hours wait for the opening, and meet there those that wait already.
    goes = rules.goes_at(category, "", at or clock.now())
    had = _had(
        tenant_id,
        texts,
        at=goes,
        but=but,
        is_test=is_test,
        waiting=True,
        back_ms=DRAFT_MS if len(texts) <= FEW else MANY_MS,
    )
    return {
        texts[place][0]: reason
        for place, each in had.items()
        if (reason := _reason(each, category, repeats=True))
    }


def at_hand_over(
    tenant_id: int,
    category: Category,
    texts: Sequence[Ready],
    *,
    is_bulk: bool,
    is_test: bool = False,
) -> dict[str, Reason]:
    """Say which texts, by id, must not be handed over now, and why. Only what has gone counts.

    For the fast lane (not `is_bulk`) there is the cap on texts of any kind and nothing else: a
    one-time code is asked for again with the same words.
    """
    had = _had(
        tenant_id,
        [(each.msisdn, each.body) for each in texts],
        at=clock.now(),
        but=None,
        is_test=is_test,
        waiting=False,
        back_ms=DRAFT_MS if is_bulk else 0,
    )
    found: dict[str, Reason] = {}
    if not had and len({each.msisdn for each in texts}) == len(texts):
        # Mostly nobody has had anything yet, and all are in the same case.
        reason = _reason(_Had(0, 0, False), category, repeats=is_bulk)
        return {} if reason is None else {each.id: reason for each in texts}
    going: Counter[str] = Counter()
    said: set[tuple[str, str]] = set()
    for place, text in enumerate(texts):
        before = had.get(place, _Had(0, 0, False))
        more = going[text.msisdn]
        adverts = before.adverts + (more if category is Category.PROMOTIONAL else 0)
        again = before.is_repeat or (text.msisdn, text.body) in said
        now = _Had(before.texts + more, adverts, again)
        if reason := _reason(now, category, repeats=is_bulk):
            found[text.id] = reason
        else:
            going[text.msisdn] += 1
            said.add((text.msisdn, text.body))
    return found


def _reason(had: _Had, category: Category, *, repeats: bool) -> Reason | None:
    most = settings().rules
    if repeats and had.is_repeat:
        return Reason.REPEAT
    is_full = had.texts >= most.texts_per_number_per_day or (
        category is Category.PROMOTIONAL and had.adverts >= most.promotional_per_number_per_day
    )
    return Reason.NUMBER_CAP if is_full else None


# A text that waits goes when it is due, one in the queue or on its way goes now.
_COUNT = """
    SELECT place,
           SUM(CASE WHEN moment >= %s AND moment < %s THEN 1 ELSE 0 END),
           SUM(CASE WHEN moment >= %s AND moment < %s AND category = 'promotional'
               THEN 1 ELSE 0 END),
           MAX(CASE WHEN same AND moment > %s AND moment < %s THEN 1 ELSE 0 END)
    FROM (
        SELECT w.place, m.category,
               m.body = w.body AND m.status NOT IN ('undelivered', 'expired', 'failed') AS same,
               CASE WHEN m.status IN ('queued', 'submitting') THEN %s
                    WHEN m.status = 'scheduled' THEN m.due_at ELSE m.submitted_at END AS moment
        FROM {texts}
    ) had GROUP BY place
"""
_THEIRS = """
    tenant_id = %s AND msisdn = w.msisdn AND id >= %s AND batch_id <> %s
    AND account_id {mode} {rehearsal} AND status IN ({statuses})
"""
_GONE = "'submitting', 'submitted', 'delivered', 'undelivered', 'expired', 'failed', 'unknown'"
_WAITING = _GONE + ", 'queued', 'scheduled'"
# OFFSET 0 keeps PostgreSQL from joining it all at once: number by number the index serves.
_POSTGRES = f"""
    json_to_recordset(%s) AS w (place int, msisdn text, body text)
    CROSS JOIN LATERAL (
        SELECT category, body, status, due_at, submitted_at FROM message WHERE {_THEIRS} OFFSET 0
    ) m
"""  # noqa: S608
_SQLITE = f"""
    (SELECT key AS place,
            json_extract(value, '$.msisdn') AS msisdn, json_extract(value, '$.body') AS body
     FROM json_each(%s)) w
    CROSS JOIN message m INDEXED BY message_msisdn
    WHERE {_THEIRS.replace("msisdn =", "m.msisdn =")}
"""  # noqa: S608


@cache
def _statement(*, postgres: bool, is_test: bool, waiting: bool) -> str:
    texts = (_POSTGRES if postgres else _SQLITE).format(
        mode="=" if is_test else "<>",
        rehearsal=REHEARSAL_ACCOUNT,
        statuses=_WAITING if waiting else _GONE,
    )
    return _COUNT.format(texts=texts)


def _had(
    tenant_id: int,
    texts: Sequence[tuple[str, str]],
    *,
    at: datetime,
    but: str | None,
    is_test: bool,
    waiting: bool,
    back_ms: int,
) -> dict[int, _Had]:
    """Count what the number of each text has had, in one query, by its place in `texts`.

    Who has had nothing is not in it.
    """
    if not texts:
        return {}
    midnight = at.astimezone(clock.NAIROBI).replace(hour=0, minute=0, second=0, microsecond=0)
    opens, closes, wanted = map(clock.to_ms, (midnight, midnight + DAY, at))
    near = settings().rules.repeat_minutes * 60_000
    now = clock.ms()
    floor = ids.floor("msg", max(0, now - opens) + near + back_ms)
    if len(texts) > FEW and not _any_since(tenant_id, floor):
        return {}
    asked = [
        {"place": place, "msisdn": msisdn, "body": body}
        for place, (msisdn, body) in enumerate(texts)
    ]
    found = execute(
        _statement(postgres=is_postgres(), is_test=is_test, waiting=waiting),
        (
            *(opens, closes, opens, closes, wanted - near, wanted + near, now),
            *(msgspec.json.encode(asked).decode(), tenant_id, floor, but or ""),
        ),
    ).fetchall()
    return {
        place: _Had(int(each), int(adverts), bool(again)) for place, each, adverts, again in found
    }


def _any_since(tenant_id: int, floor: str) -> bool:
    """Say whether a business has any text of late: the first campaign of one need not ask more."""
    row = execute(
        "SELECT 1 FROM message WHERE tenant_id = %s AND id >= %s LIMIT 1", (tenant_id, floor)
    ).fetchone()
    return row is not None
