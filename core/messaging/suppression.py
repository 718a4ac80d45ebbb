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
from core.contacts import book, erased, pseudonyms, standing
from core.contacts.models import EVERYTHING, Suppression
from core.database import execute, is_postgres, opened, transaction
from core.messaging.models import Category

# Why somebody gets nothing, as it stands beside a text.
OPTED_OUT, BLOCKED, ERASED = "opted_out", "blocked", "erased"

# Where an opt-out is known from. The operator's counts more than the person's own, by an answer,
# and that more than what the business has noted.
OPERATOR, REPLY = "operator", "reply:"

_AT_ONCE = 1000

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


def is_others(source: str) -> bool:
    """Say whether an opt-out is known from the person or the operator, not from the business."""
    return source == OPERATOR or source.startswith(REPLY)


def add(tenant_id: int, msisdn: str, category: str, *, source: str) -> bool:
    """Suppress a number, as `add_all` does many. Returns False when it was suppressed."""
    return bool(add_all(tenant_id, [msisdn], [category], source=source))


def add_all(
    tenant_id: int, msisdns: Collection[str], categories: Collection[str], *, source: str
) -> dict[str, list[str]]:
    """Suppress numbers in some classes, and let their contacts say so.

    Returns the classes that are new, by number. Each is one of the two classes, or EVERYTHING for a
    number the business has blocked. The number of somebody erased is written down as the pseudonym.
    """
    classes = sorted(each if each == EVERYTHING else Category(each).value for each in categories)
    with transaction():
        book.keep(tenant_id)  # a number may be becoming a contact, or being erased
        names = standing.aliases(tenant_id, msisdns)  # under a pseudonym, if need be
        stands = _stands(tenant_id, names, classes)
        if stands:
            _outrank(tenant_id, names, classes, source[:40])
        new = {
            msisdn: missing
            for msisdn in sorted(msisdns)
            if (missing := [each for each in classes if (msisdn, each) not in stands])
        }
        if new:
            _store(tenant_id, new, source[:40])
            standing.refresh(tenant_id, list(new))
    forget()
    return new


def _stands(
    tenant_id: int, names: Mapping[str, str], classes: Sequence[str]
) -> set[tuple[str, str]]:
    """Find what is suppressed of some numbers, of which `names` gives every name."""
    rows = Suppression.select(Suppression.msisdn, Suppression.category).where(
        Suppression.tenant_id == tenant_id,
        Suppression.category.in_(classes),
        Suppression.msisdn.in_(list(names)),
    )
    return {(names[row.msisdn], row.category) for row in rows}


def _store(tenant_id: int, new: Mapping[str, Sequence[str]], source: str) -> None:
    known_as = erased.among(tenant_id, list(new))
    now = clock.now()
    rows = [
        {
            "tenant_id": tenant_id,
            "msisdn": known_as.get(msisdn, msisdn),
            "category": category,
            "source": source,
            "created_at": now,
        }
        for msisdn, categories in new.items()
        for category in categories
    ]
    for at in range(0, len(rows), _AT_ONCE):
        Suppression.insert_many(rows[at : at + _AT_ONCE]).on_conflict_ignore().execute()


def _outrank(tenant_id: int, names: Mapping[str, str], classes: Sequence[str], source: str) -> None:
    """Let what a person or the operator says stand in place of what was known from less."""
    if not is_others(source):
        return
    is_less = Suppression.source != OPERATOR
    if source != OPERATOR:
        is_less &= ~Suppression.source.startswith(REPLY)
    Suppression.update(source=source).where(
        Suppression.tenant_id == tenant_id,
        Suppression.category.in_([each for each in classes if each != EVERYTHING]),
        Suppression.msisdn.in_(list(names)),
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
        book.keep(tenant_id)
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
