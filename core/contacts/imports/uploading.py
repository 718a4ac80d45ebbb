"""Taking a file in: looked at before anything is kept, then stored in pieces and set to work."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import BinaryIO, cast

import msgspec
import peewee

from core import clock, ids
from core.contacts import consents, groups
from core.contacts.imports import headings, parts, sources
from core.contacts.imports.errors import (
    ImportForgotten,
    ImportUnderWay,
    TooManyImports,
)
from core.contacts.imports.forgetting import forget, forget_rehearsed
from core.contacts.imports.models import Import, ImportRejection, ImportStatus, unmoved
from core.contacts.imports.queries import one
from core.contacts.imports.receiving import receive
from core.contacts.imports.working import COUNTS, run
from core.database import transaction
from core.tenants import audit, rows

# Files of a business that are being stored, wait or are being read.
OPEN_MAX = 10
_OPEN = (ImportStatus.UPLOADING, ImportStatus.QUEUED, ImportStatus.RUNNING)
_IN_MEMORY = 1024 * 1024

Columns = Mapping[str, str]


def begin(
    tenant_id: int,
    file_name: str,
    chunks: Iterable[bytes],
    *,
    group_id: str | None = None,
    dry_run: bool = False,
    wait: bool = False,
    columns: Columns | None = None,
    consent: consents.Given | None = None,
    once: str | None = None,
    actor: str,
    channel: str,
) -> Import:
    """Take in a file of contacts and set it to work.

    `columns` names columns for certain: `phone`, `name` or `language` to a heading or a number from
    1; the others are guessed. A dry run counts and stores nothing. With `wait` nothing is read
    until `start`, and what the same person left waiting before is thrown away. The same `once`
    gives the same import again.
    Raises: NotFound, GroupNotFound, TooManyImports, ConsentInFuture and its kin, FileEmpty,
    UploadTooLarge, NotATable, OldWorkbook, WorkbookLocked, WorkbookDamaged, WorkbookTooLarge,
    NoRows, NoPhoneColumn, TooManyColumns, ColumnUnknown, MeaningUnknown, ImportForgotten (it was
    given up, because storing it took too long).
    """
    key = None if once is None else _key(tenant_id, once)
    if (earlier := _made_by(key)) is not None:
        return earlier
    rows.get(tenant_id)
    _check_open(tenant_id)
    if group_id is not None:
        groups.one(tenant_id, group_id)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as spool:
        received = receive(chunks, cast(BinaryIO, spool))
        layout = sources.find_layout(
            received.file, received.kind, received.encoding, _wishes(columns)
        )
        with transaction():
            noted = consent and consents.note(tenant_id, consent, actor=actor, channel=channel)
            made = Import.create(
                id=ids.new("imp"),
                tenant_id=tenant_id,
                actor=actor[:60],
                channel=channel[:12],
                file_name=headings.shown(file_name, most=100) or "contacts",
                size_bytes=received.size,
                is_dry_run=dry_run,
                group_id=group_id,
                consent_id=noted.id if noted else None,
                layout=msgspec.json.encode(layout).decode(),
                created_at=clock.now(),
            )
        parts.keep(made.id, received.file)
    if (earlier := _publish(made, key, wait=wait)) is not None:
        forget(made.id)
        return earlier
    if wait:
        _discard_earlier(made)
    if dry_run:
        forget_rehearsed(tenant_id)
    return one(tenant_id, made.id)


def _publish(made: Import, key: str | None, *, wait: bool) -> Import | None:
    """Let a stored file be seen and worked on. Returns its twin, when that was first."""
    status = ImportStatus.READY if wait else ImportStatus.QUEUED
    try:
        with transaction():
            if (earlier := _made_by(key)) is not None:
                return earlier
            shown = Import.update(once=key, status=status.value).where(Import.id == made.id)
            if not shown.execute():
                raise ImportForgotten
            told = {"file": made.file_name, "dry_run": made.is_dry_run, "group": made.group_id}
            audit.record(
                made.tenant_id,
                made.actor,
                made.channel,
                "import.begun",
                subject=made.id,
                after=told,
            )
    except peewee.IntegrityError:  # a twin's `once` was committed between our look and our write
        return _made_by(key)
    if not wait:
        run.nudge(made.id)
    return None


def _discard_earlier(made: Import) -> None:
    """Throw away what somebody sent before and left unanswered: they ask about a new file now."""
    unanswered = Import.select().where(
        Import.tenant_id == made.tenant_id,
        Import.actor == made.actor,
        Import.channel == made.channel,
        Import.status == ImportStatus.READY.value,
        Import.id < made.id,
    )
    for each in list(unanswered):
        with suppress(ImportUnderWay):  # it is answered at this moment
            _throw_away(each, actor=made.actor, channel=made.channel)


def start(
    tenant_id: int,
    import_id: str,
    *,
    group_id: str | None = None,
    dry_run: bool = False,
    columns: Columns | None = None,
    consent: consents.Given | None = None,
    actor: str,
    channel: str,
) -> Import:
    """Set a file to work that waits for this word, or do in earnest what was a dry run.

    Group, columns and consent given here count instead of those given before. What has been started
    already in the same way is returned as it is.
    Raises: ImportNotFound, ImportUnderWay, ImportForgotten, GroupNotFound, and what `begin` raises
    of columns and consent.
    """
    found = one(tenant_id, import_id)
    if not _may_start(found, dry_run=dry_run):
        return found
    if not parts.exist(import_id):
        raise ImportForgotten
    if group_id is not None:
        groups.one(tenant_id, group_id)
    layout = found.found
    if columns:
        with parts.opened(import_id, found.size_bytes) as file:
            layout = sources.find_columns(file, layout, _wishes(columns))
    with transaction():
        noted = consent and consents.note(tenant_id, consent, actor=actor, channel=channel)
        moved = (
            Import.update(
                status=ImportStatus.QUEUED.value,
                is_dry_run=dry_run,
                group_id=group_id or found.group_id,
                consent_id=noted.id if noted else found.consent_id,
                layout=msgspec.json.encode(layout).decode(),
                actor=actor[:60],
                channel=channel[:12],
                progress=0,
                attempts=0,
                lease_until=0,
                problem=None,
                started_at=None,
                finished_at=None,
                **dict.fromkeys(COUNTS, 0),
            )
            .where(unmoved(found))
            .execute()
        )
        if moved:
            if not parts.exist(import_id):  # it was let go of since we looked
                raise ImportForgotten
            ImportRejection.delete().where(ImportRejection.import_id == import_id).execute()
            told = {"dry_run": dry_run, "group": group_id or found.group_id}
            audit.record(tenant_id, actor, channel, "import.begun", subject=import_id, after=told)
    if not moved:  # a second tap was faster
        return start(tenant_id, import_id, dry_run=dry_run, actor=actor, channel=channel)
    run.nudge(import_id)
    return one(tenant_id, import_id)


def _may_start(found: Import, *, dry_run: bool) -> bool:
    """Say whether an import is there to be started; False when just this was done already.

    Raises: ImportUnderWay.
    """
    if found.status == ImportStatus.READY.value:
        return True
    if found.is_dry_run == dry_run:
        return False
    if not found.is_rehearsed:
        raise ImportUnderWay
    return True


def discard(tenant_id: int, import_id: str, *, actor: str, channel: str) -> None:
    """Throw a file away that has not been started, or only in a dry run.

    Raises: ImportNotFound, ImportUnderWay.
    """
    found = one(tenant_id, import_id)
    if found.status != ImportStatus.READY.value and not found.is_rehearsed:
        raise ImportUnderWay
    _throw_away(found, actor=actor, channel=channel)


def _throw_away(found: Import, *, actor: str, channel: str) -> None:
    """Delete an import, if it still stands where it stood. Raises: ImportUnderWay."""
    with transaction():
        if not Import.delete().where(unmoved(found)).execute():
            raise ImportUnderWay
        # At once: rows without their import would be found neither by time nor by erasing.
        ImportRejection.delete().where(ImportRejection.import_id == found.id).execute()
        audit.record(found.tenant_id, actor, channel, "import.discarded", subject=found.id)
    forget(found.id)


def _key(tenant_id: int, once: str) -> str:
    """The key of an act within all businesses, in the room there is for it."""
    return f"{tenant_id}:{hashlib.sha256(once.encode()).hexdigest()}"


def _made_by(key: str | None) -> Import | None:
    return None if key is None else Import.get_or_none(Import.once == key)


def _wishes(columns: Columns | None) -> dict[str, str]:
    return {meaning: column for meaning, column in (columns or {}).items() if column.strip()}


def _check_open(tenant_id: int) -> None:
    """See that a business has room for another file. Raises: TooManyImports.

    One that waits for somebody's word takes none: each person has one at most.
    """
    waiting = Import.select().where(
        Import.tenant_id == tenant_id, Import.status.in_([each.value for each in _OPEN])
    )
    if waiting.count() >= OPEN_MAX:
        raise TooManyImports(most=OPEN_MAX)
