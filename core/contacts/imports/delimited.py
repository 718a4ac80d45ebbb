"""Rows out of a text file of values, however badly its quotation marks are paired."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator
from typing import BinaryIO

# A cell with more line breaks than this is a quotation mark that was never closed.
LINES_MAX = 100
# Characters read at a time. Where there is no quotation mark among them, every line is a row.
BLOCK = 64 * 1024
# What stands for bytes that are no letter.
LOST = "\ufffd"


class Broken(list[str]):
    """A row that could not be read as it should; its cells are what there is to show.

    `code` is one of the reasons in `errors`, `at` the column it is about, from 0.
    """

    __slots__ = ("at", "code")

    def __init__(self, cells: list[str], code: str, at: int = 0) -> None:
        super().__init__(cells)
        self.code = code
        self.at = at


class _Unclosed(Exception):
    """A row goes on for too long."""


def _may_be_garbled(text: str, encoding: str) -> bool:
    """Say quickly whether any cell of a long text needs a look."""
    return LOST in text or (encoding == "cp1252" and not text.isascii())


def _is_garbled(cell: str, encoding: str) -> bool:
    """Say whether a cell was written in another encoding than most of its file."""
    if LOST in cell:
        return True
    if encoding != "cp1252" or cell.isascii():
        return False
    try:
        cell.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return False
    return True


def _longest(line: str, delimiter: str) -> int:
    """Which cell of a line is the longest, from 0."""
    lengths = [0]
    for at, part in enumerate(line.split('"')):
        if at % 2:
            lengths[-1] += len(part)
        else:
            first, *others = part.split(delimiter)
            lengths[-1] += len(first)
            lengths += map(len, others)
    return lengths.index(max(lengths))


def text_of(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """A file's text from its first character on; what is no character becomes U+FFFD."""
    file.seek(0)
    return io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")


class Delimited:
    """The rows of a text file, some thousands at a time.

    `is_row` says whether some cells look like a whole row. It is asked about what a cell with line
    breaks holds: if a row is among it, the quotation mark before it was never closed, and only the
    line it stands on is at fault.
    """

    def __init__(
        self, text: io.TextIOBase, delimiter: str, is_row: Callable[[list[str]], bool]
    ) -> None:
        self._text = text
        self._delimiter = delimiter
        self._is_row = is_row
        # Read from a file: what is left of bytes that are no letters, is told then.
        self._encoding: str | None = text.encoding
        self._held: list[str] = []  # the lines of the row that is being read
        self._waiting: deque[str] = deque()  # lines that have been read and not yet looked at

    def batches(self) -> Iterator[list[list[str]]]:
        """Every row of the file. Call it once."""
        delimiter = self._delimiter
        while block := self._text.readlines(BLOCK):
            text = "".join(block)
            if '"' not in text:
                try:
                    rows = list(csv.reader(block, delimiter=delimiter))
                except csv.Error:  # a cell beyond the library's limit, 131,072 characters
                    pass
                else:
                    yield self._legible(rows, text)
                    continue
            self._waiting.extend(block)
            while self._waiting:
                rows = list(self._with_care())
                yield self._legible(rows, "".join(map("".join, rows)))

    def _legible(self, rows: list[list[str]], text: str) -> list[list[str]]:
        """The rows of a text, of which those are broken that were written in another encoding."""
        encoding = self._encoding
        if encoding is None or not _may_be_garbled(text, encoding):
            return rows
        return [
            Broken(row, "letters_unreadable")
            if not isinstance(row, Broken) and any(_is_garbled(cell, encoding) for cell in row)
            else row
            for row in rows
        ]

    def _with_care(self) -> Iterator[list[str]]:
        """Rows of the waiting lines, up to one that is broken."""
        held = self._held
        reader = csv.reader(self._lines(), delimiter=self._delimiter)
        try:
            for cells in reader:
                if len(held) > 1 and self._swallows(cells):
                    break
                held.clear()
                yield cells
            else:
                return
        except csv.Error:
            if len(held) == 1:
                row = held.pop()
                yield Broken([row[:1000]], "cell_too_long", _longest(row, self._delimiter))
                return
        except _Unclosed:
            pass
        yield self._first_line()

    def _lines(self) -> Iterator[str]:
        """The waiting lines, and as many more as the last of their rows goes on for."""
        held, waiting = self._held, self._waiting
        while True:
            if waiting:
                line = waiting.popleft()
            elif held:
                line = self._text.readline()
                if not line:
                    raise _Unclosed
            else:
                return
            held.append(line)
            yield line
            if len(held) > LINES_MAX:
                raise _Unclosed

    def _swallows(self, cells: list[str]) -> bool:
        """Say whether a row of several lines holds other rows.

        Where all marks are in their places, they may only be within its cells; a single number on
        a line there is no row, but one of two in a cell. Else a mark that opens another row's cell
        may have closed one of this, and every line is looked at.
        """
        delimiter = self._delimiter
        try:
            if self._is_well_formed():
                inner = [line for cell in cells for line in cell.splitlines()[1:]]
                found = csv.reader(inner, delimiter=delimiter)
                return any(len(each) > 1 and self._is_row(each) for each in found)
            return any(map(self._is_row, csv.reader(self._held[1:], delimiter=delimiter)))
        except csv.Error:
            return True

    def _is_well_formed(self) -> bool:
        """Say whether every mark of a row opens a cell, closes it, or is one of a pair within."""
        try:
            list(csv.reader(self._held, delimiter=self._delimiter, strict=True))
        except csv.Error:
            return False
        return True

    def _first_line(self) -> Broken:
        """Give up the first line of the row, and have the others read again."""
        first, *rest = self._held
        self._held.clear()
        self._waiting.extendleft(reversed(rest))
        bare = first.rstrip("\r\n")
        return Broken(bare.replace('"', "").split(self._delimiter), "quote_open")
