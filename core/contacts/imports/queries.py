"""Looking at imports: one, the latest, the rows that were left out, the first rows to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import peewee

from core.contacts import free_fields
from core.contacts.imports import parts, sources
from core.contacts.imports.errors import REASONS, ImportForgotten, ImportNotFound
from core.contacts.imports.layouts import Layout
from core.contacts.imports.models import Import, ImportRejection, ImportStatus
from core.contacts.imports.reading import Reader
from core.phone import InvalidNumber

AT_ONCE = 500
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that was left out: its number in the file, its cells, and why."""

    row: int
    cells: Sequence[str]
    code: str
    about: Mapping[str, Any]

    def words(self, language: str = "en") -> str:
        """Why, to a person, and what to do about it."""
        kind = REASONS.get(self.code, InvalidNumber)
        given: dict[str, Any] = {"given": "…", **self.about}
        return kind(**given).words(language)


@dataclass(frozen=True, slots=True)
class Previewed:
    """A row as it would be taken: its number in the file, and what the contact would be."""

    row: int
    msisdn: str
    name: str
    language: str | None
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Preview:
    """A file as it is understood, its first contacts, and its first rows that would be left out."""

    layout: Layout
    entries: Sequence[Previewed]
    rejections: Sequence[Rejection]


def one(tenant_id: int, import_id: str) -> Import:
    """Find an import of a business. Raises: ImportNotFound."""
    found: Import | None = of(tenant_id).where(Import.id == import_id).first()
    if found is None:
        raise ImportNotFound
    return found


def listing(tenant_id: int, after: str | None = None, limit: int = 50) -> list[Import]:
    """List a business's imports, newest first, from below the id `after`."""
    query = of(tenant_id)
    if after is not None:
        query = query.where(Import.id < after)
    return list(query.order_by(Import.id.desc()).limit(limit))


def rejections(tenant_id: int, import_id: str) -> Iterator[Rejection]:
    """Every row that was left out, in the order of the file. Raises: ImportNotFound."""
    one(tenant_id, import_id)
    return _rejections(import_id)


def _rejections(import_id: str) -> Iterator[Rejection]:
    after = -1
    while True:
        rows = list(
            ImportRejection.select()
            .where(ImportRejection.import_id == import_id, ImportRejection.row > after)
            .order_by(ImportRejection.row)
            .limit(AT_ONCE)
        )
        for row in rows:
            about = msgspec.json.decode(row.about) if row.about else {}
            yield Rejection(row.row, msgspec.json.decode(row.cells), row.code, about)
        if len(rows) < AT_ONCE:
            return
        after = rows[-1].row


def preview(tenant_id: int, import_id: str) -> Preview:
    """Read the first rows of a file that is still kept, as the import will.

    Raises: ImportNotFound, ImportForgotten, and what reading a workbook raises.
    """
    found = one(tenant_id, import_id)
    if not parts.exist(import_id):
        raise ImportForgotten
    layout = found.found
    with parts.opened(import_id, found.size_bytes) as file:
        source = sources.open_source(file, found.size_bytes, layout)
        few = msgspec.structs.replace(layout, window=SHOWN)
        first = next(Reader(source, few).windows(), None)
    if first is None:
        return Preview(layout, [], [])
    first.entries.sort()
    left_out = [Rejection(each.row, each.cells, each.code, each.about) for each in first.rejected]
    entries = [Previewed(*said[:4], free_fields.load(said[4])) for said in first.entries]
    return Preview(layout, entries, left_out)


def layout(found: Import) -> Layout:
    """What was found out about a file: encoding, delimiter, columns and what each means."""
    return found.found


def of(tenant_id: int) -> peewee.ModelSelect[Import]:
    """Every query starts here: a business's own imports, those still being stored left out."""
    return Import.select().where(
        Import.tenant_id == tenant_id, Import.status != ImportStatus.UPLOADING.value
    )
