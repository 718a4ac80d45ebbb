"""Making rows of a chunk. A hot path.

`store` is set-based: `executemany` on SQLite, COPY on PostgreSQL. `store_plainly` is the same in
plain Peewee and states what it means; a property test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core import clock, phone
from core.database import copy_in, execute_many, is_postgres
from core.messaging import rules
from core.messaging.bulk.spool import Chunk, Terms
from core.messaging.models import Category, Charge, Lane, Message, Status
from core.messaging.naming import campaign_message_ids


@dataclass(frozen=True, slots=True)
class Fate:
    """What all texts of a chunk begin as; None is queued, or scheduled when they have to wait."""

    status: Status | None = None
    charge: Charge = Charge.HELD


CANCELLED = Fate(Status.CANCELLED, Charge.RELEASED)


class _Dues:
    """When each text may go, in ms; None is at once. An operator's hours are looked up once."""

    def __init__(self, terms: Terms) -> None:
        now = clock.now()
        wanted = terms.schedule_at
        self._wanted = wanted if wanted is not None and wanted > now else None
        self._moment = self._wanted or now
        self._category = Category(terms.category)
        self._known: dict[str, int | None] = {}
        self.for_all = None if self._wanted is None else clock.to_ms(self._wanted)
        self.are_alike = self._category is not Category.PROMOTIONAL

    def of(self, msisdn: str) -> int | None:
        """When a text to this number may go."""
        # Whose number it is goes by its first six digits.
        begins = msisdn[:6]
        try:
            return self._known[begins]
        except KeyError:
            due = self._known[begins] = self._read(phone.operator(msisdn))
            return due

    def _read(self, operator: str) -> int | None:
        opens = rules.goes_at(self._category, operator, self._moment)
        return None if self._wanted is None and opens == self._moment else clock.to_ms(opens)


def store(terms: Terms, chunk: Chunk, fate: Fate) -> dict[Status, tuple[int, int]]:
    """Store a chunk's texts, in the caller's transaction.

    Returns how many began in each status, and their segments.
    """
    ids = campaign_message_ids(terms.batch_id, chunk.first, len(chunk.which))
    dues = _all_dues(terms, chunk, fate)
    if is_postgres():
        _store_postgres(terms, chunk, fate, ids, dues)
    else:
        _store_sqlite(terms, chunk, fate, ids, dues)
    return _begun(chunk, fate, dues)


def _all_dues(terms: Terms, chunk: Chunk, fate: Fate) -> list[int | None]:
    if fate.status is not None:
        return [None] * len(chunk.which)
    dues = _Dues(terms)
    if dues.are_alike:
        return [dues.for_all] * len(chunk.which)
    return [dues.of(msisdn) for msisdn in chunk.msisdns]


def _begun(chunk: Chunk, fate: Fate, dues: list[int | None]) -> dict[Status, tuple[int, int]]:
    whole = (len(chunk.which), chunk.segments)
    if fate.status is not None:
        return {fate.status: whole}
    at_once = dues.count(None)
    if at_once in (0, whole[0]):
        return {Status.QUEUED if at_once else Status.SCHEDULED: whole}
    segments = sum(
        chunk.texts[place][2] for place, due in zip(chunk.which, dues, strict=True) if due is None
    )
    return {
        Status.QUEUED: (at_once, segments),
        Status.SCHEDULED: (whole[0] - at_once, whole[1] - segments),
    }


def _status(fate: Fate, due: int | None) -> str:
    if fate.status is not None:
        return fate.status.value
    return (Status.QUEUED if due is None else Status.SCHEDULED).value


_COLUMNS = """
    (id, tenant_id, batch_id, account_id, lane, category, sender, charge, created_at, final_at,
     msisdn, body, is_unicode, segments, cost, due_at, status)
"""
_STORE_SQLITE = f"""
    INSERT INTO message {_COLUMNS}
    VALUES (%s, %s, %s, %s, {Lane.BULK.value}, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""  # noqa: S608
_STORE_POSTGRES = f"COPY message {_COLUMNS} FROM STDIN"


def _store_sqlite(
    terms: Terms, chunk: Chunk, fate: Fate, ids: list[str], dues: list[int | None]
) -> None:
    now = clock.ms()
    batch, tenant, account = terms.batch_id, terms.tenant_id, terms.account_id
    category, sender, charge = terms.category, terms.sender, fate.charge.value
    final = None if fate.status is None else now
    written = [
        (body, is_unicode, segments, segments * chunk.price)
        for body, is_unicode, segments in chunk.texts
    ]
    begins = {due: _status(fate, due) for due in set(dues)}
    execute_many(
        _STORE_SQLITE,
        [
            (each, tenant, batch, account, category, sender, charge, now, final, msisdn,
             *written[place], due, begins[due])
            for each, msisdn, place, due in zip(ids, chunk.msisdns, chunk.which, dues, strict=True)
        ],
    )  # fmt: skip


_ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_NOTHING = "\\N"


def _escaped(text: str) -> str:
    # Nearly every text has nothing of the kind, and looking for it is much quicker.
    return text if text.isprintable() and "\\" not in text else text.translate(_ESCAPED)


def _store_postgres(
    terms: Terms, chunk: Chunk, fate: Fate, ids: list[str], dues: list[int | None]
) -> None:
    now = clock.ms()
    final = _NOTHING if fate.status is None else now
    shared = (
        f"\t{terms.tenant_id}\t{terms.batch_id}\t{terms.account_id}\t{Lane.BULK.value}"
        f"\t{terms.category}\t{_escaped(terms.sender)}\t{fate.charge.value}\t{now}"
        f"\t{final}\t"
    )
    written = [
        f"\t{_escaped(body)}\t{'t' if is_unicode else 'f'}\t{segments}\t{segments * chunk.price}\t"
        for body, is_unicode, segments in chunk.texts
    ]
    begins = {
        due: f"{_NOTHING if due is None else due}\t{_status(fate, due)}\n" for due in set(dues)
    }
    lines = [
        each + shared + msisdn + written[place] + begins[due]
        for each, msisdn, place, due in zip(ids, chunk.msisdns, chunk.which, dues, strict=True)
    ]
    copy_in(_STORE_POSTGRES, "".join(lines))


def store_plainly(terms: Terms, chunk: Chunk, fate: Fate) -> dict[Status, tuple[int, int]]:
    """Do what `store` does, a text at a time."""
    begun: dict[Status, tuple[int, int]] = {}
    for row in _rows(terms, chunk, fate):
        Message.insert(**row).execute()
        status = Status(str(row["status"]))
        messages, segments = begun.get(status, (0, 0))
        begun[status] = (messages + 1, segments + int(str(row["segments"])))
    return begun


def _rows(terms: Terms, chunk: Chunk, fate: Fate) -> Iterator[dict[str, object]]:
    dues = _Dues(terms)
    ids = campaign_message_ids(terms.batch_id, chunk.first, len(chunk.which))
    for each, msisdn, place in zip(ids, chunk.msisdns, chunk.which, strict=True):
        body, is_unicode, segments = chunk.texts[place]
        due = dues.of(msisdn) if fate.status is None else None
        yield {
            "id": each,
            "tenant_id": terms.tenant_id,
            "batch_id": terms.batch_id,
            "account_id": terms.account_id,
            "lane": Lane.BULK.value,
            "category": terms.category,
            "sender": terms.sender,
            "msisdn": msisdn,
            "body": body,
            "is_unicode": is_unicode,
            "segments": segments,
            "cost": segments * chunk.price,
            "status": _status(fate, due),
            "charge": fate.charge.value,
            "due_at": due,
            "created_at": clock.ms(),
            "final_at": None if fate.status is None else clock.ms(),
        }
