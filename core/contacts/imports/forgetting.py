"""Letting go of files and of rows that were left out, once nobody needs them."""

from __future__ import annotations

from datetime import datetime, timedelta

import peewee

from core import clock
from core.contacts.imports import parts
from core.contacts.imports.models import (
    Import,
    ImportPart,
    ImportRejection,
    ImportStatus,
    unmoved,
)
from core.database import transaction
from core.queue import job

# A file that waits for its sender's word, or that was only tried.
FILE_KEPT = timedelta(days=1)
# A file whose storing was cut off: it takes minutes.
STORING_MAX = timedelta(hours=1)
# Files that a business has tried and may still import without sending them again.
REHEARSED_MAX = 10
# Rows that were left out hold names and numbers of people.
ROWS_KEPT = timedelta(days=30)
AT_ONCE = 1000


@job()
def forget_old() -> None:
    """Delete files that were never started, those of imports that ended, and old left-out rows."""
    now = clock.now()
    for found in _never_started(now):
        _give_up(found)
    for import_id in _without_import():
        parts.forget(import_id)
    for found in _still_with(ImportPart, Import.created_at < now - FILE_KEPT):
        if found.finished_at and (not found.is_dry_run or found.finished_at < now - FILE_KEPT):
            _let_go(found)
    for found in _still_with(ImportRejection, Import.finished_at < now - ROWS_KEPT):
        _forget_rows(found.id)


def _never_started(now: datetime) -> list[Import]:
    """Imports that wait in vain, whether anything of their files was stored or not."""
    is_cut_off = (Import.status == ImportStatus.UPLOADING.value) & (
        Import.created_at < now - STORING_MAX
    )
    is_unanswered = (Import.status == ImportStatus.READY.value) & (
        Import.created_at < now - FILE_KEPT
    )
    return list(Import.select().where(is_cut_off | is_unanswered))


def _without_import() -> list[str]:
    """Files whose import is deleted, and whose deletion was cut off then."""
    theirs = Import.select(peewee.SQL("1")).where(Import.id == ImportPart.import_id)
    left = ImportPart.select(ImportPart.import_id).where(~peewee.fn.EXISTS(theirs)).distinct()
    return [row.import_id for row in left]


def _still_with(
    table: type[ImportPart] | type[ImportRejection], condition: peewee.Expression
) -> list[Import]:
    """Imports of which a table holds something."""
    kept = table.select(peewee.SQL("1")).where(table.import_id == Import.id)
    return list(Import.select().where(condition, peewee.fn.EXISTS(kept)))


def forget_rehearsed(tenant_id: int) -> None:
    """Delete the files of a business's dry runs but the newest few."""
    tried = (Import.tenant_id == tenant_id) & Import.is_dry_run & Import.finished_at.is_null(False)
    kept = sorted(_still_with(ImportPart, tried), key=lambda found: found.id, reverse=True)
    for found in kept[REHEARSED_MAX:]:
        _let_go(found)


def _let_go(found: Import) -> None:
    """Delete the file of an import that ended, unless it is started again at this moment."""
    with transaction():
        # A change that is none: whoever starts it waits, and then finds the first piece gone.
        held = Import.update(holder="").where(unmoved(found))
        if not held.execute():
            return
        ImportPart.delete().where(
            ImportPart.import_id == found.id, ImportPart.number == 0
        ).execute()
    parts.forget(found.id)


def _give_up(found: Import) -> None:
    """Delete an import that was not started, unless it is at this moment."""
    with transaction():
        is_gone = bool(Import.delete().where(unmoved(found)).execute())
    if is_gone:
        forget(found.id)


def forget(import_id: str) -> None:
    """Delete an import that nobody needs, with its file and its rows."""
    parts.forget(import_id)
    _forget_rows(import_id)
    with transaction():
        Import.delete().where(Import.id == import_id).execute()


def _forget_rows(import_id: str) -> None:
    while True:
        query = (
            ImportRejection.select(ImportRejection.row)
            .where(ImportRejection.import_id == import_id)
            .order_by(ImportRejection.row)
            .limit(AT_ONCE)
        )
        numbers = [row.row for row in query]
        if not numbers:
            return
        with transaction():
            ImportRejection.delete().where(
                ImportRejection.import_id == import_id, ImportRejection.row.in_(numbers)
            ).execute()
