"""Working through imports: claimed under a lease, a chunk a transaction, taken up after a kill."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

import msgspec
import structlog

from core import clock, events, ids
from core.contacts import book
from core.contacts.imports import parts, sources
from core.contacts.imports.errors import PROBLEMS, ImportBroken
from core.contacts.imports.models import Import, ImportStatus
from core.contacts.imports.reading import Chunk, Reader, Rejected
from core.contacts.imports.receiving import SIZE_MAX
from core.contacts.imports.storing import Stored, store, target_of
from core.database import (
    bulk,
    changed,
    execute,
    execute_many,
    is_postgres,
    is_wanted,
    recover,
    transaction,
)
from core.errors import Refused
from core.queue import job
from core.tenants import audit

log = structlog.get_logger(__name__)

LEASE_MS = 60_000
# What fails without storing a row is given up after so many attempts. An error weighs as much as
# many kills: a worker that is stopped again and again says nothing against the file.
ATTEMPTS_MAX, ERROR_WEIGHS = 50, 10
# Rows a transaction. On SQLite everybody who writes waits for it to end: after every so many it is
# asked whether anybody does, and else it goes on.
ROWS_POSTGRES = 5000
ROWS_SQLITE, ROWS_SQLITE_MAX = 500, 20_000
# How long it then stands back: other threads of this process have their turn, and on a small
# machine whoever waits for a screen has a core to himself.
PAUSE_S = 0.005
# A worker reads one large file at a time, and small ones beside it, so that its other threads stay
# free for texts, and nobody with twenty rows waits behind a million.
SMALL_BYTES = 256 * 1024
_lanes = {True: threading.BoundedSemaphore(2), False: threading.BoundedSemaphore(1)}


class _Lost(Exception):
    """Somebody else works on this import now, or it is no more."""


@job()
def run(import_id: str) -> None:
    """Work through an import. Safe to run twice, or never: the sweep takes up what waits."""
    found = Import.get_or_none(Import.id == import_id)
    if found is None:
        return
    with _place_in(_lanes[found.size_bytes <= SMALL_BYTES]) as has_place:
        if not has_place:
            return
        holder = _claim(import_id)
        if holder is None:
            return
        try:
            _work(Import.get_by_id(import_id), holder)
        except _Lost:
            log.info("import_lost", import_id=import_id)
        except Exception:
            # Not caught: the worker's edge tells it. But the file may be what is wrong.
            _weigh(import_id, holder)
            raise
    sweep.nudge()  # another one may have waited for the place


_WAITING = """
    SELECT id FROM contact_import
    WHERE status IN ('queued', 'running') AND lease_until < %s AND size_bytes BETWEEN %s AND %s
    ORDER BY lease_until, id LIMIT 20
"""


@job()
def sweep() -> None:
    """Start every import that waits, and take up those whose worker has died."""
    for least, most in ((0, SMALL_BYTES), (SMALL_BYTES + 1, SIZE_MAX)):  # a lane each
        waiting = execute(_WAITING, (clock.ms(), least, most)).fetchall()
        for (import_id,) in waiting:
            run.nudge(import_id)


@contextmanager
def _place_in(lane: threading.BoundedSemaphore) -> Iterator[bool]:
    has_place = lane.acquire(blocking=False)
    try:
        yield has_place
    finally:
        if has_place:
            lane.release()


_CLAIM = """
    UPDATE contact_import
    SET status = 'running', holder = %s, lease_until = %s, attempts = attempts + 1,
        started_at = COALESCE(started_at, %s)
    WHERE id = %s AND status IN ('queued', 'running') AND lease_until < %s
"""


def _claim(import_id: str) -> str | None:
    """Lease an import that nobody works on. Returns the name of the lease, or None."""
    holder, now = ids.new("lea"), clock.ms()
    with transaction():
        taken = changed(execute(_CLAIM, (holder, now + LEASE_MS, now, import_id, now)))
    return holder if taken else None


def _weigh(import_id: str, holder: str) -> None:
    """Note that an attempt ended in an error."""
    recover()
    with transaction():
        execute(
            "UPDATE contact_import SET attempts = attempts + %s WHERE id = %s AND holder = %s",
            (ERROR_WEIGHS, import_id, holder),
        )


def _work(found: Import, holder: str) -> None:
    """Read on from where the last commit ended, and end it."""
    if found.attempts > ATTEMPTS_MAX:
        _end(found, holder, ImportBroken())
        return
    try:
        with parts.opened(found.id, found.size_bytes) as file:
            _read_on(found, holder, file)
    except Refused as problem:
        _end(found, holder, problem)
        return
    _end(found, holder, None)


def _read_on(found: Import, holder: str, file: BinaryIO) -> None:
    """Store what is left of a file. Raises: GroupGone, _Lost, and what `Workbook` raises."""
    layout, rows = found.found, found.rows
    # Nobody is in the book but who came out of this file.
    likely_new = book.size(found.tenant_id) <= found.created
    source = sources.open_source(file, found.size_bytes, layout)
    reader = Reader(_Kept(source, lambda: _stay(found, holder)), layout)
    with bulk() as carry_over:
        for window in reader.windows(after=rows):
            chunks = deque(window.chunks(ROWS_POSTGRES if is_postgres() else ROWS_SQLITE))
            while chunks:
                done = _commit(found, holder, chunks, rows, likely_new=likely_new)
                likely_new = likely_new and not done.updated
                rows += done.rows
                carry_over()
                if done.was_wanted:
                    time.sleep(PAUSE_S)


class _Kept:
    """A source, of which the reader keeps its lease however long it reads without storing a row."""

    def __init__(self, source: sources.Source, stay: Callable[[], None]) -> None:
        self._source, self._stay = source, stay

    def batches(self) -> Iterator[list[list[str]]]:
        until = 0  # opening a workbook takes its time as well
        for batch in self._source.batches():
            if clock.ms() >= until:
                self._stay()
                until = clock.ms() + LEASE_MS // 4
            yield batch

    @property
    def done(self) -> float:
        return self._source.done


def _stay(found: Import, holder: str) -> None:
    """Keep the lease while nothing is stored. Raises: _Lost."""
    with transaction():
        kept = execute(
            "UPDATE contact_import SET lease_until = %s WHERE id = %s AND holder = %s",
            (clock.ms() + LEASE_MS, found.id, holder),
        )
        if not changed(kept):
            raise _Lost


_HELD = """
    UPDATE contact_import SET lease_until = %s, attempts = 0
    WHERE id = %s AND holder = %s AND status = 'running' AND rows = %s
"""
_COUNT = """
    UPDATE contact_import
    SET rows = rows + %s, created = created + %s, updated = updated + %s,
        duplicate = duplicate + %s, rejected = rejected + %s, progress = %s
    WHERE id = %s
"""


class _Done(NamedTuple):
    """What one transaction has done: rows, how many of them were known; and who waited for it."""

    rows: int
    updated: int
    was_wanted: bool


def _commit(
    found: Import, holder: str, chunks: deque[Chunk], rows: int, *, likely_new: bool
) -> _Done:
    """Store chunks, and count their rows, if this import still stands at `rows` and is ours.

    It goes on while nobody else wants to write. Raises: GroupGone, _Lost.
    """
    most = ROWS_POSTGRES if is_postgres() else ROWS_SQLITE_MAX
    sums, was_wanted = [0, 0, 0, 0, 0], False
    with transaction():
        # The book before the import's own row: whoever erases somebody comes to both like that.
        hold = book.keep if found.is_dry_run else book.lock
        hold(found.tenant_id)
        now = clock.ms()
        if not changed(execute(_HELD, (now + LEASE_MS, found.id, holder, rows))):
            raise _Lost
        target = target_of(found)
        while chunks:
            chunk = chunks.popleft()
            done = Stored(0, 0, [])
            if chunk.entries:
                done = store(target, chunk.entries, likely_new=likely_new and not sums[2])
            rejected = [*chunk.rejected, *done.rejected]
            if target.saw_erasure:
                rejected = [_veiled(each) for each in rejected]
            _keep(found.id, rejected)
            counts = (chunk.rows, done.created, done.updated, chunk.duplicate, len(rejected))
            sums = [before + more for before, more in zip(sums, counts, strict=True)]
            if (was_wanted := is_wanted()) or sums[0] >= most:
                break
        execute(_COUNT, (*sums, min(9_999, int(chunk.done * 10_000)), found.id))
    return _Done(sums[0], sums[2], was_wanted)


_KEEP = """
    INSERT INTO contact_import_rejection (import_id, row, code, about, cells)
    VALUES (%s, %s, %s, %s, %s)
"""
_encode = msgspec.json.Encoder().encode


def _keep(import_id: str, rejected: list[Rejected]) -> None:
    """Write down the rows that are left out."""
    if not rejected:
        return
    execute_many(
        _KEEP,
        [
            (
                import_id,
                each.row,
                each.code,
                _encode(each.about).decode(),
                _encode(each.cells).decode(),
            )
            for each in rejected
        ],
    )


def _veiled(each: Rejected) -> Rejected:
    """A row without what stood in it: it may be somebody's who was erased since the file came."""
    about = {name: said for name, said in each.about.items() if name != "given"}
    return each._replace(about=about, cells=[])


def _end(found: Import, holder: str, problem: Refused | None) -> None:
    """Write down that an import is done, or why it is not, and tell.

    Raises: _Lost.
    """
    status = ImportStatus.COMPLETED if problem is None else ImportStatus.FAILED
    why = None
    if problem is not None:
        code = problem.code if problem.code in PROBLEMS else ImportBroken.code
        why = _encode({"code": code}).decode()
    with transaction():
        now = clock.ms()
        ended = execute(
            "UPDATE contact_import SET status = %s, problem = %s, finished_at = %s, holder = '', "
            "progress = CASE WHEN %s = 'completed' THEN 10000 ELSE progress END, layout = %s "
            "WHERE id = %s AND holder = %s AND status = 'running'",
            (
                status.value,
                why,
                now,
                status.value,
                _encode(found.found.without_sample()).decode(),
                found.id,
                holder,
            ),
        )
        if not changed(ended):
            raise _Lost
        told = told_of(Import.get_by_id(found.id))
        events.record(f"import.{status.value}", found.tenant_id, **told)
        audit.record(
            found.tenant_id,
            found.actor,
            found.channel,
            f"import.{status.value}",
            subject=found.id,
            after={key: told[key] for key in ("dry_run", "problem", *COUNTS)},
        )
    if problem is not None or not found.is_dry_run:
        parts.forget(found.id)


COUNTS = ("rows", "created", "updated", "duplicate", "rejected")


def told_of(found: Import) -> dict[str, object]:
    """What a fact about an import says."""
    return {
        "import_id": found.id,
        "file_name": found.file_name,
        "group_id": found.group_id,
        "dry_run": found.is_dry_run,
        "actor": found.actor,
        "channel": found.channel,
        "problem": found.problem_code,
        **{key: getattr(found, key) for key in COUNTS},
    }
