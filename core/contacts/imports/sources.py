"""A file as rows of cells, whatever it is written in, and how far the reading has come."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import chain, islice
from typing import BinaryIO, Protocol

import msgspec

from core.contacts.imports import guessing
from core.contacts.imports.delimited import Broken, Delimited, text_of
from core.contacts.imports.errors import ColumnUnknown, FileEmpty, NoPhoneColumn, NoRows
from core.contacts.imports.layouts import Kind, Layout
from core.contacts.imports.workbook import Workbook
from core.errors import Invalid

SAMPLE_ROWS = 200
SAMPLE_CHARACTERS = 128 * 1024
SAMPLE_BATCHES = 32
# Rows that are read before they are stored stand in memory: fewer of them where each may be wide.
WINDOW_ROWS, WINDOW_CELLS = 20_000, 200_000
SHOWN_ROWS = 5
SHOWN_CELL = 60


class Source(Protocol):
    """Rows from the first one of the file on, those without any cell included."""

    def batches(self) -> Iterator[list[list[str]]]:
        """All of them, some at a time. Call it once."""

    @property
    def done(self) -> float:
        """How much of the file has been read, from 0 to 1."""


class _Text:
    """A text file's rows."""

    def __init__(self, file: BinaryIO, size: int, layout: Layout) -> None:
        self._file, self._size = file, max(1, size)
        phone_at = layout.phone

        def is_row(cells: list[str]) -> bool:
            return guessing.looks_like_row(cells, phone_at)

        assert layout.encoding is not None
        assert layout.delimiter is not None
        self._rows = Delimited(text_of(file, layout.encoding), layout.delimiter, is_row)

    def batches(self) -> Iterator[list[list[str]]]:
        return self._rows.batches()

    @property
    def done(self) -> float:
        return min(1.0, self._file.tell() / self._size)


def open_source(file: BinaryIO, size: int, layout: Layout) -> Source:
    """Read a file as its layout says. Raises: what `Workbook` raises."""
    if layout.kind is Kind.XLSX:
        return Workbook(file, layout.sheet)
    return _Text(file, size, layout)


def find_layout(
    file: BinaryIO, kind: Kind, encoding: str | None, wishes: dict[str, str] | None
) -> Layout:
    """Find out how a file is written and what its columns mean.

    Raises: FileEmpty, NoRows, and what `guessing.columns` and `Workbook` raise.
    """
    if kind is Kind.XLSX:
        return _of_workbook(Workbook(file), wishes)
    encoding = encoding or "utf-8"
    lines = _first_lines(file, encoding)
    said = _said_delimiter(lines[0])
    delimiter = said or guessing.delimiter(lines)
    sample = Delimited(io.StringIO("".join(lines), newline=""), delimiter, _never)
    rows = list(islice(chain.from_iterable(sample.batches()), SAMPLE_ROWS))
    found = _of_rows(rows, 0 if said is None else 1, kind, wishes)
    return msgspec.structs.replace(found, encoding=encoding, delimiter=delimiter)


def find_columns(file: BinaryIO, layout: Layout, wishes: dict[str, str]) -> Layout:
    """Find out anew what the columns of a file mean, of a workbook on the same sheet.

    Raises: what `find_layout` raises.
    """
    if layout.kind is Kind.CSV:
        return find_layout(file, layout.kind, layout.encoding, wishes)
    found = _of_rows(_first_rows(Workbook(file, layout.sheet)), 0, layout.kind, wishes)
    return msgspec.structs.replace(found, sheet=layout.sheet, unread=layout.unread)


def _of_workbook(book: Workbook, wishes: dict[str, str] | None) -> Layout:
    """Find out about the first sheet with people on it: one that explains the others has none."""
    passed: dict[str, Invalid] = {}
    while True:
        try:
            found = _of_rows(_first_rows(book), 0, Kind.XLSX, wishes)
        except (NoRows, NoPhoneColumn, ColumnUnknown) as problem:
            passed[book.sheet] = problem
            if not book.turn():
                raise next(iter(passed.values())) from None
        else:
            unread = (*passed, *book.behind())
            return msgspec.structs.replace(found, sheet=book.sheet, unread=unread)


def _of_rows(
    rows: list[list[str]], above: int, kind: Kind, wishes: dict[str, str] | None
) -> Layout:
    """Find out what columns mean, by the first rows of a file, so many of which are none."""
    filled = [
        at
        for at, row in enumerate(rows)
        if at >= above and not isinstance(row, Broken) and any(cell.strip() for cell in row)
    ]
    columns, header = guessing.columns([rows[at] for at in filled], wishes)
    if header is not None:
        above = filled[header] + 1
    shown = [rows[at] for at in filled if at >= above][:SHOWN_ROWS]
    if not any(cell.strip() for row in rows[above:] for cell in row):
        raise NoRows
    return Layout(
        kind=kind,
        columns=columns,
        above=above,
        has_header=header is not None,
        window=min(WINDOW_ROWS, WINDOW_CELLS // len(columns)),
        sample=tuple(tuple(cell[:SHOWN_CELL] for cell in row) for row in shown),
    )


def _first_rows(book: Workbook) -> list[list[str]]:
    """The first rows of a workbook, fewer where each takes as much room as no row of a list."""
    batches = islice(book.batches(), SAMPLE_BATCHES)
    return list(islice(chain.from_iterable(batches), SAMPLE_ROWS))


def _first_lines(file: BinaryIO, encoding: str) -> list[str]:
    text = text_of(file, encoding)
    lines = text.readlines(SAMPLE_CHARACTERS)[: 2 * SAMPLE_ROWS]
    text.detach()
    if not any(line.strip("\0\x1a\r\n ") for line in lines):
        raise FileEmpty
    return lines


def _said_delimiter(line: str) -> str | None:
    """What a first line such as `sep=;` says, which is meant for Excel."""
    said = line.strip('\r\n"').casefold()
    return said[4] if said[:4] == "sep=" and len(said) == 5 else None


def _never(_: list[str]) -> bool:
    return False
