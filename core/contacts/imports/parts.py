"""An uploaded file in the database, in pieces, so that any worker on any host can read it."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

from core.contacts.imports.errors import ImportForgotten
from core.contacts.imports.models import ImportPart
from core.database import execute, transaction

PART = 512 * 1024
# Pieces deleted in one transaction.
AT_ONCE = 8


class _Pieces(io.RawIOBase):
    """A stored file to read from, one piece of it in memory at a time."""

    def __init__(self, import_id: str, size: int) -> None:
        super().__init__()
        self._import_id = import_id
        self._size = size
        self._at = 0
        self._number = -1
        self._piece = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, into: Any) -> int:
        if self._at >= self._size:
            return 0
        number, inside = divmod(self._at, PART)
        if number != self._number:
            self._piece = _load(self._import_id, number)
            self._number = number
        given = self._piece[inside : inside + len(into)]
        if not given:  # not the end of the file: a piece of it is gone
            raise ImportForgotten
        into[: len(given)] = given
        self._at += len(given)
        return len(given)


def _load(import_id: str, number: int) -> bytes:
    row = execute(
        "SELECT content FROM contact_import_part WHERE import_id = %s AND number = %s",
        (import_id, number),
    ).fetchone()
    return bytes(row[0]) if row is not None else b""


def opened(import_id: str, size: int) -> BinaryIO:
    """Open a stored file to read from. Reading raises ImportForgotten where a piece is missing."""
    return io.BufferedReader(_Pieces(import_id, size), 64 * 1024)


def keep(import_id: str, file: BinaryIO) -> None:
    """Store a file, a piece a transaction."""
    file.seek(0)
    number = 0
    while piece := file.read(PART):
        with transaction():
            ImportPart.insert(import_id=import_id, number=number, content=piece).execute()
        number += 1


def exist(import_id: str) -> bool:
    """Say whether a file is still kept: its first piece is the first to go."""
    first = ImportPart.select().where(ImportPart.import_id == import_id, ImportPart.number == 0)
    return bool(first.exists())


def forget(import_id: str) -> None:
    """Delete a stored file, some pieces a transaction, from the first one on."""
    while True:
        query = (
            ImportPart.select(ImportPart.number)
            .where(ImportPart.import_id == import_id)
            .order_by(ImportPart.number)
            .limit(AT_ONCE)
        )
        numbers = [row.number for row in query]
        if not numbers:
            return
        with transaction():
            ImportPart.delete().where(
                ImportPart.import_id == import_id, ImportPart.number.in_(numbers)
            ).execute()
