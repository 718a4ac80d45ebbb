"""Numbers that want no more texts of a class from a business, or are blocked by it.

The one place that knows: asked when texts are taken on, and again right before they are handed
over. An erased person is found under the pseudonym, and a text that stands under a pseudonym is
never handed over at all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from core import clock
from core.cache import TTLCache
from core.contacts import erased, pseudonyms, standing
from core.contacts.models import EVERYTHING, Suppression
from core.database import execute, is_postgres, opened, transaction
from core.messaging.models import Category

# Why somebody gets nothing, as it stands beside a text.
OPTED_OUT, BLOCKED, ERASED = "opted_out", "blocked", "erased"

# Where an opt-out is known from. The operator's counts more than the person's own, by an answer,
# and that more than what the business has noted.
OPERATOR, REPLY = "operator", "reply:"

# Most tenants have no suppressed number, and then no send should ask for one. The hand-over checks
# again, so a second's delay here costs nobody a text.
_with_any: TTLCache[tuple[int, int], bool] = TTLCache(seconds=1.0, size=20_000)


def has_any(tenant_id: int) -> bool:
    """Say whether a business has any suppressed number at this moment."""
    return bool(Suppression.select().where(Suppression.tenant_id == tenant_id).exists())


def among(tenant_id: int, category: str, msisdns: Sequence[str]) -> Mapping[str, str]:
    """Return which of these numbers are suppressed and why, as known a second ago at most."""
    if not _with_any.get((opened(), tenant_id), lambda: has_any(tenant_id)):
        return {}
    return among_now(tenant_id, category, msisdns)


# Asked for thousands of numbers at once, and each is found by the key.
_AMONG_POSTGRES = """
    SELECT msisdn, category FROM suppression
    WHERE tenant_id = %s AND category IN (%s, %s) AND msisdn = ANY(%s)
"""
_AMONG_SQLITE = """
    SELECT s.msisdn, s.category FROM json_each(%s) w
    CROSS JOIN suppression s
    ON s.tenant_id = %s AND s.msisdn = w.value AND s.category IN (%s, %s)
"""


def among_now(tenant_id: int, category: str, msisdns: Sequence[str]) -> Mapping[str, str]:
    """Return which of these numbers are suppressed at this moment, and why."""
    found = dict.fromkeys(filter(pseudonyms.is_one, msisdns), ERASED)
    names = standing.aliases(tenant_id, msisdns)
    classes = (str(category), EVERYTHING)
    if is_postgres():
        rows = execute(_AMONG_POSTGRES, (tenant_id, *classes, list(names))).fetchall()
    else:
        asked = msgspec.json.encode(list(names)).decode()
        rows = execute(_AMONG_SQLITE, (asked, tenant_id, *classes)).fetchall()
    for name, kind in rows:
        if kind == EVERYTHING:
            found[names[name]] = BLOCKED
        else:
            found.setdefault(names[name], OPTED_OUT)
    return found


_ADD = """
    INSERT INTO suppression (tenant_id, msisdn, category, source, created_at)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, msisdn, category) DO NOTHING RETURNING 1
"""


def add(tenant_id: int, msisdn: str, category: str, *, source: str) -> bool:
    """Suppress a number, and let its contact say so. Returns False when it was suppressed.

    `category` is one of the two classes, or EVERYTHING for a number the business has blocked. The
    number of somebody erased is written down as the pseudonym. Call it under the book's lock: the
    number may be becoming a contact, or being erased.
    """
    if category != EVERYTHING:
        category = Category(category).value
    with transaction():
        if _stands(tenant_id, msisdn, category):  # under a pseudonym, if need be
            _outrank(tenant_id, msisdn, category, source[:40])
            return False
        name = erased.among(tenant_id, [msisdn]).get(msisdn, msisdn)
        row = execute(_ADD, (tenant_id, name, category, source[:40], clock.ms())).fetchone()
        if row is not None:
            standing.refresh(tenant_id, [msisdn])
    forget()
    return row is not None


def _stands(tenant_id: int, msisdn: str, category: str) -> bool:
    return bool(
        Suppression.select()
        .where(
            Suppression.tenant_id == tenant_id,
            Suppression.category == category,
            Suppression.msisdn.in_(list(standing.aliases(tenant_id, [msisdn]))),
        )
        .exists()
    )


def _outrank(tenant_id: int, msisdn: str, category: str, source: str) -> None:
    """Let what a person or the operator says stand in place of what was known from less."""
    if category == EVERYTHING or not (source == OPERATOR or source.startswith(REPLY)):
        return
    is_less = Suppression.source != OPERATOR
    if source != OPERATOR:
        is_less &= ~Suppression.source.startswith(REPLY)
    Suppression.update(source=source).where(
        Suppression.tenant_id == tenant_id,
        Suppression.category == category,
        Suppression.msisdn.in_(list(standing.aliases(tenant_id, [msisdn]))),
        is_less,
    ).execute()


def remove(
    tenant_id: int,
    msisdn: str,
    categories: Sequence[str],
    *,
    source: str = "",
    sources: Collection[str] | None = None,
) -> list[str]:
    """Lift what keeps a number from texts of some classes. Returns the classes that did.

    With `source` only what has a source that begins so, with `sources` only what has one of these.
    """
    with transaction():
        names = list(standing.aliases(tenant_id, [msisdn]))
        mine = (
            (Suppression.tenant_id == tenant_id)
            & Suppression.msisdn.in_(names)
            & Suppression.category.in_(list(categories))
            & Suppression.source.startswith(source)
        )
        if sources is not None:
            mine &= Suppression.source.in_(sorted(sources))
        found = sorted({row.category for row in Suppression.select().where(mine)})
        if found:
            Suppression.delete().where(mine).execute()
            standing.refresh(tenant_id, [msisdn])
    forget()
    return found


def forget() -> None:
    """Drop what is remembered, after a change."""
    _with_any.clear()
