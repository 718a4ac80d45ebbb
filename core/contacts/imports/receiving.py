"""Receiving an upload: written down and judged by its bytes as they come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO, NamedTuple

from core.contacts.imports.errors import FileEmpty, NotATable, UploadTooLarge
from core.contacts.imports.layouts import Kind
from core.contacts.imports.sniffing import HEAD, ZIP, Compound, Letters, judge

SIZE_MAX = 50 * 1024 * 1024
# A line longer than this is no row of a table, and would have to be held in memory whole.
LINE_MAX = 1024 * 1024


class Upload(NamedTuple):
    """An upload on this machine, and what its bytes said."""

    file: BinaryIO
    size: int
    kind: Kind
    encoding: str | None


def receive(chunks: Iterable[bytes], into: BinaryIO) -> Upload:
    """Write an upload down and judge it by its bytes, as they come.

    Raises: FileEmpty, UploadTooLarge, NotATable, OldWorkbook, WorkbookLocked.
    """
    size, head = 0, b""
    letters, compound = Letters(), Compound()
    since_line = 0
    for chunk in chunks:
        size += len(chunk)
        if size > SIZE_MAX:
            raise UploadTooLarge(most=SIZE_MAX // 2**20)
        into.write(chunk)
        head += chunk[: HEAD - len(head)]
        if compound.is_one(head):
            compound.look(chunk)
            continue
        if head.startswith(ZIP):
            continue
        letters.look(chunk)
        last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        since_line = since_line + len(chunk) if last < 0 else len(chunk) - last
        if since_line > LINE_MAX:
            raise NotATable
    if not size:
        raise FileEmpty
    if compound.is_one(head):
        compound.end()
    letters.look(b"", is_last=True)
    judged = judge(head)
    return Upload(into, size, judged.kind, judged.encoding or letters.encoding)
