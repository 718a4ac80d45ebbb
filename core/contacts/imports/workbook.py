"""Rows out of an Excel workbook (.xlsx), read as data only and in bounded memory.

Source: ECMA-376 part 1, sections 18.3 (worksheets), 18.4 (shared strings), 18.8 (styles). Nothing
in the file is run, fetched or expanded: formulas give the value that was stored with them, and a
document type, which entities would need, is refused.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO
from xml.parsers import expat

from core.contacts.imports import sheet_cells
from core.contacts.imports.errors import (
    NoRows,
    NotATable,
    WorkbookDamaged,
    WorkbookLocked,
    WorkbookTooLarge,
)
from core.contacts.imports.sheet_cells import Strings, Styles

PIECE = 64 * 1024
# What the parts of a workbook may unpack to, in bytes. A million rows of ten cells take 600 MB.
SHEET_MAX = 1_000_000_000
STRINGS_MAX = 300_000_000
SMALL_MAX = 20_000_000
PARTS_MAX = 5000
# Sheets of people pack to a tenth or a thirtieth; what packs to a hundredth is there to do harm.
DENSE_BYTES, DENSE_TIMES = 20_000_000, 100
# Excel's own limit.
ROWS_MAX = 1_048_576
SHEETS_TRIED = 10

_DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    expat.ExpatError,
    EOFError,
    KeyError,
    IndexError,
    ValueError,  # covers bad text encodings, too
    NotImplementedError,  # a way of packing we cannot unpack
    OverflowError,
)

Attributes = dict[str, str]


@contextmanager
def _told_in_words() -> Iterator[None]:
    """Turn what a damaged file makes of its readers into a refusal."""
    try:
        yield
    except _DAMAGE as error:
        raise WorkbookDamaged from error
    except RuntimeError as error:  # zipfile's way to say that a part has a password
        raise WorkbookLocked from error


def local(name: str) -> str:
    """An element's or attribute's name without its prefix."""
    return name.rpartition(":")[2]


def _refuse_types(*_: object) -> None:
    raise WorkbookDamaged


def parser() -> expat.XMLParserType:
    """An XML parser that knows no entities but the five that need no declaring."""
    made = expat.ParserCreate()
    made.StartDoctypeDeclHandler = _refuse_types
    made.buffer_text = True
    return made


def _elements(stream: IO[bytes], see: Callable[[str, Attributes], None]) -> None:
    """Show every element of a small part and its attributes, without their prefixes."""
    reader = parser()

    def start(name: str, given: Attributes) -> None:
        see(local(name), {local(key): value for key, value in given.items()})

    reader.StartElementHandler = start
    reader.ParseFile(stream)


class Workbook:
    """A workbook's first sheet with something on it. Iterate over it once.

    Raises: NotATable, WorkbookLocked, WorkbookDamaged, WorkbookTooLarge, NoRows.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.done = 0.0
        with _told_in_words():
            self._zip = zipfile.ZipFile(file)
            self._parts = {info.filename: info for info in self._zip.infolist()}
            if len(self._parts) > PARTS_MAX:
                raise WorkbookTooLarge
            if "xl/workbook.xml" not in self._parts and not self._main_part():
                raise NotATable
            self._folder = posixpath.dirname(self._main_part() or "xl/workbook.xml")
            self.is_1904 = False
            self._sheets = self._listed()
            self._strings = self._read_strings()
            self._styles = self._read_styles()
            self.sheet, self._path = self._first_filled()

    def _main_part(self) -> str | None:
        """The workbook's own part, which need not have its usual name."""
        found: list[str] = []

        def see(name: str, given: Attributes) -> None:
            if name == "Relationship" and given.get("Type", "").endswith("/officeDocument"):
                found.append(given.get("Target", "").lstrip("/"))

        if "_rels/.rels" in self._parts:
            with self._open("_rels/.rels", SMALL_MAX) as stream:
                _elements(stream, see)
        return next((each for each in found if each.endswith(".xml") and "workbook" in each), None)

    def _listed(self) -> list[tuple[str, str]]:
        """The visible sheets in order: name, path."""
        main = self._main_part() or "xl/workbook.xml"
        targets: dict[str, str] = {}
        sheets: list[tuple[str, str]] = []

        def see_target(name: str, given: Attributes) -> None:
            if name == "Relationship" and given.get("Type", "").endswith("/worksheet"):
                targets[given["Id"]] = self._path_of(given["Target"])

        def see_sheet(name: str, given: Attributes) -> None:
            if name == "workbookPr" and given.get("date1904") in ("1", "true"):
                self.is_1904 = True
            if name == "sheet" and given.get("state", "visible") == "visible":
                path = targets.get(given.get("id", ""))
                if path in self._parts:
                    sheets.append((given.get("name", ""), path))

        rels = f"{self._folder}/_rels/{posixpath.basename(main)}.rels"
        with self._open(rels, SMALL_MAX) as stream:
            _elements(stream, see_target)
        with self._open(main, SMALL_MAX) as stream:
            _elements(stream, see_sheet)
        return sheets

    def _path_of(self, target: str) -> str:
        if target.startswith("/"):
            return target.lstrip("/")
        return posixpath.normpath(posixpath.join(self._folder, target))

    def _open(self, path: str, most: int) -> IO[bytes]:
        """Open a part that may unpack to so many bytes; zipfile gives no more than it declares."""
        info = self._parts[path]
        is_dense = info.file_size > max(DENSE_BYTES, DENSE_TIMES * info.compress_size)
        if info.file_size > most or is_dense:
            raise WorkbookTooLarge
        return self._zip.open(info)

    def _read_strings(self) -> Strings:
        strings = Strings()
        path = f"{self._folder}/sharedStrings.xml"
        if path in self._parts:
            with self._open(path, STRINGS_MAX) as stream:
                strings.read(stream, parser())
        return strings

    def _read_styles(self) -> Styles:
        styles = Styles()
        path = f"{self._folder}/styles.xml"
        if path in self._parts:
            with self._open(path, SMALL_MAX) as stream:
                _elements(stream, styles.see)
        return styles

    def _first_filled(self) -> tuple[str, str]:
        for name, path in self._sheets[:SHEETS_TRIED]:
            for rows in self._batches(path):
                if any(any(row) for row in rows):
                    return name, path
        raise NoRows

    def batches(self) -> Iterator[list[list[str]]]:
        """Every row of the sheet, the empty ones between them as well. Call it once."""
        with _told_in_words():
            yield from self._batches(self._path)

    def _batches(self, path: str) -> Iterator[list[list[str]]]:
        cells = sheet_cells.Cells(self._strings, self._styles, is_1904=self.is_1904)
        reader = parser()
        cells.listen_to(reader)
        size = max(1, self._parts[path].file_size)
        read, number = 0, 0
        with self._open(path, SHEET_MAX) as stream:
            while True:
                piece = stream.read(PIECE)
                reader.Parse(piece, not piece)
                read += len(piece)
                self.done = min(1.0, read / size)
                rows: list[list[str]] = []
                for at, row in cells.taken():
                    if at > ROWS_MAX:
                        raise WorkbookDamaged
                    rows += [[]] * (at - number - 1)
                    rows.append(row)
                    number = at
                yield rows
                if not piece:
                    return
