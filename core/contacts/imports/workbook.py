"""Rows out of an Excel workbook (.xlsx), read as data only and in bounded memory.

openpyxl knows the format, defusedxml refuses entities, and what each part may take is settled
here. Nothing in the file is run or fetched: formulas give the value that was stored with them.
"""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import IO, Any, BinaryIO, cast

from defusedxml.ElementTree import iterparse
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import from_excel
from openpyxl.worksheet._reader import DATA_TAG, ROW_TAG, WorkSheetParser
from openpyxl.xml import constants

from core.contacts.imports.errors import (
    NoRows,
    NotATable,
    WorkbookDamaged,
    WorkbookLocked,
    WorkbookTooLarge,
)
from core.contacts.imports.values import Rounded, Unworked
from core.errors import Invalid

# What the parts of a workbook may unpack to, in bytes. A million rows of ten cells take 600 MB,
# and are read row by row. The other parts are held as a whole, in twenty times their room at worst;
# the smallest become objects, which take long to make.
SHEET_MAX = 1_000_000_000
ROW_MAX = 2_000_000
STRINGS_MAX, STRINGS_MANY = 40_000_000, 2_000_000
STYLES_MAX = 8_000_000
SMALL_MAX = 1_000_000
PARTS_MAX = 5000
# Sheets of people pack to a tenth or a thirtieth; what packs to a hundredth is there to do harm.
DENSE_BYTES, DENSE_TIMES = 5_000_000, 100
# Excel's own limits. Its days end with the year 9999.
ROWS_MAX, COLUMNS_MAX, DAYS_MAX = 1_048_576, 16_384, 2_958_466
FORMAT_MAX = 255
# What stands further right is told as one cell more. It may be far from the others, and empty ones
# between them cost room in memory and none in the file.
CELLS_MAX = 1000
# A sheet is empty when there is nothing in its first bytes; somebody waits for the answer.
SHEETS_TRIED, LOOKED_AT = 10, 256 * 1024
PIECE = 64 * 1024

_FORMAT = f"{{{constants.SHEET_MAIN_NS}}}numFmt"
_STYLES = f"{{{constants.SHEET_MAIN_NS}}}cellXfs"
_STRING, _TEXT, _SOUND, _FORMULA = (
    f"{{{constants.SHEET_MAIN_NS}}}{name}" for name in ("si", "t", "rPh", "f")
)
_KINDS = {constants.XLSX, constants.XLSM, constants.XLTX, constants.XLTM}
# The names that "Strict Open XML" has for what every other workbook names so.
_STRICT = (
    (b"http://purl.oclc.org/ooxml/spreadsheetml/main", constants.SHEET_MAIN_NS.encode()),
    (b"http://purl.oclc.org/ooxml/officeDocument/relationships", constants.REL_NS.encode()),
)
_DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    SyntaxError,  # what ElementTree's ParseError is
    EOFError,
    LookupError,
    ValueError,  # covers bad text encodings and forbidden entities, too
    TypeError,
    AttributeError,
    NotImplementedError,  # a way of packing we cannot unpack
    OverflowError,
    RecursionError,
)
# It tells of names and relations that it goes without, which is nobody's business here.
warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")


@contextmanager
def _told_in_words() -> Iterator[None]:
    """Turn what a damaged file makes of its readers into a refusal."""
    try:
        yield
    except _DAMAGE as error:
        raise WorkbookDamaged from error
    except RuntimeError as error:  # zipfile's way to say that a part has a password
        raise WorkbookLocked from error


class _Part(io.BufferedIOBase):
    """A part as it is unpacked; `left` is how many bytes of it may still be asked for."""

    def __init__(self, stream: IO[bytes], left: int) -> None:
        self._stream = stream
        self.left = left
        self.taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = self._stream.read(-1 if size is None else size)
        self.left -= len(piece)
        if self.left < 0:
            raise WorkbookTooLarge
        is_first, self.taken = not self.taken, self.taken + len(piece)
        if is_first:  # where the names stand
            for strict, usual in _STRICT:
                piece = piece.replace(strict, usual)
        return piece

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Package(zipfile.ZipFile):
    """A package with no part above `most` bytes; zipfile gives no more than is declared."""

    most = SMALL_MAX

    def open(self, name: str | zipfile.ZipInfo, *how: Any, **more: Any) -> IO[bytes]:
        info = self.getinfo(name) if isinstance(name, str) else name
        is_dense = info.file_size > max(DENSE_BYTES, DENSE_TIMES * info.compress_size)
        if info.file_size > self.most or is_dense:
            raise WorkbookTooLarge
        return cast(IO[bytes], _Part(super().open(info, *how, **more), self.most))


class Workbook:
    """A workbook's sheet of that name, or its first one, which holds something and can be seen.

    Raises: NotATable, WorkbookLocked, WorkbookDamaged, WorkbookTooLarge, NoRows.
    """

    sheet: str

    def __init__(self, file: BinaryIO, sheet: str | None = None) -> None:
        self.done = 0.0
        self._days: set[int] = set()
        self._spans: set[int] = set()
        with _told_in_words():
            self._package = _Package(file)
            self._reader = self._opened(file)
            self._package.most = SHEET_MAX
        self._filled = self._filled_sheets()
        while self.turn():
            if sheet in (None, self.sheet):
                return
        raise NoRows

    def turn(self) -> bool:
        """Turn to the next sheet that holds something. Returns whether there is one."""
        with _told_in_words():
            found = next(self._filled, None)
        if found is None:
            return False
        self.sheet, self._path = found
        return True

    def _opened(self, file: BinaryIO) -> ExcelReader:
        """Read all but the sheets, of which openpyxl would look through every one."""
        names = self._package.namelist()
        if len(names) > PARTS_MAX:
            raise WorkbookTooLarge
        if constants.ARC_CONTENT_TYPES not in names and constants.ARC_WORKBOOK not in names:
            raise NotATable
        reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
        reader.archive.close()
        reader.archive = self._package
        reader.read_manifest()
        parts = (*reader.package.Override, *reader.package.Default)
        if _KINDS.isdisjoint(part.ContentType for part in parts):
            raise NotATable
        reader.read_workbook()
        self._package.most = STYLES_MAX
        if constants.ARC_STYLE in names:
            with self._package.open(constants.ARC_STYLE) as part:
                self._days, self._spans = _day_styles(part)
        self._package.most = STRINGS_MAX
        kinds = {part.ContentType: part.PartName for part in reader.package.Override}
        if path := kinds.get(constants.SHARED_STRINGS):
            with self._package.open(path[1:]) as part:
                reader.shared_strings = list(_strings(part))
        return reader

    def _filled_sheets(self) -> Iterator[tuple[str, str]]:
        """The names and places of those sheets that people see and that hold something."""
        sheets = (
            (sheet.name, relation.target)
            for sheet, relation in self._reader.parser.find_sheets()
            if sheet.state == "visible" and relation.Type.endswith("/worksheet")
        )
        for name, path in islice(sheets, SHEETS_TRIED):
            if self._is_filled(path):
                yield name, path

    def _is_filled(self, path: str) -> bool:
        with self._package.open(path) as stream:
            part = cast(_Part, stream)
            for _, row in self._rows(part):
                if any(row):
                    return True
                if part.taken > LOOKED_AT:
                    break
        return False

    def behind(self) -> list[str]:
        """The names of the sheets behind this one that hold something, as far as can be seen."""
        names: list[str] = []
        with suppress(Invalid), _told_in_words():
            for name, _ in self._filled:
                names.append(name)
        return names

    def batches(self) -> Iterator[list[list[str]]]:
        """Every row of the sheet, the empty ones between them as well. Call it once a sheet."""
        with _told_in_words():
            yield from self._batches(self._path)

    def _batches(self, path: str) -> Iterator[list[list[str]]]:
        size = max(1, self._package.getinfo(path).file_size)
        with self._package.open(path) as stream:
            part = cast(_Part, stream)
            rows: list[list[str]] = []
            number = told = 0
            for at, row in self._rows(part):
                if not number < at <= ROWS_MAX:
                    raise WorkbookDamaged
                rows += [[]] * (at - number - 1)
                rows.append(row)
                number = at
                if part.taken - told >= PIECE:
                    told = part.taken
                    self.done = min(1.0, told / size)
                    yield rows
                    rows = []
            self.done = 1.0
            yield rows

    def _rows(self, part: _Part) -> Iterator[tuple[int, list[str]]]:
        """The rows that are there, with their numbers; nothing after them is looked at."""
        parser = WorkSheetParser(part, self._reader.shared_strings, data_only=True)
        part.left = ROW_MAX
        data = None
        for event, element in iterparse(part, ("start", "end")):
            if element.tag == DATA_TAG:
                if event == "end":
                    break
                data = element
            elif event == "end" and element.tag == ROW_TAG and data is not None:
                if len(element) > COLUMNS_MAX:
                    raise WorkbookDamaged
                number, cells = parser.parse_row(element)
                data.clear()  # both would keep something of every row
                parser.row_dimensions.clear()
                part.left = ROW_MAX
                yield number, self._row(cells, element)
        part.left = SHEET_MAX
        while part.read(io.DEFAULT_BUFFER_SIZE):  # zipfile compares the sum at the end
            pass

    def _row(self, cells: list[dict[str, Any]], elements: Iterable[Any]) -> list[str]:
        row: list[str] = []
        for cell, element in zip(cells, elements, strict=True):
            value, at = cell["value"], cell["column"] - 1
            if value is None:
                if element.find(_FORMULA) is None:
                    continue
                value = Unworked()
            if at >= COLUMNS_MAX:
                raise WorkbookDamaged
            at = min(at, CELLS_MAX)
            text = value if isinstance(value, str) else self._shown(value, cell["style_id"])
            row += [""] * (at + 1 - len(row))
            row[at] = text
        return row

    def _shown(self, value: object, style: int) -> str:
        """A value as the person who wrote it sees it, but numbers with all their digits.

        What a sheet shows as 2.54712E+11 is stored with every digit, and is not lost here. Unless
        it was lost before: then the last six of twelve are zeros, which is marked.
        """
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, int | float):
            if style not in self._days or not 0 <= value < DAYS_MAX:
                is_whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1e15)
                if is_whole and 1e11 <= value < 1e12 and value % 1_000_000 == 0:
                    return Rounded(int(value))
                return str(int(value)) if is_whole else f"{value:.15g}"
            seconds = round(value * 86400)
            epoch, is_span = self._reader.wb.epoch, style in self._spans
            return _moment(from_excel(seconds / 86400, epoch, timedelta=is_span))
        return _moment(value)


def _strings(part: IO[bytes]) -> Iterator[str]:
    """The texts that cells share, in order, without what is only there to be spoken.

    openpyxl would make objects of every one, in four times the time, and keep all elements.
    """
    root, count = None, 0
    for event, element in iterparse(part, ("start", "end")):
        if root is None:
            root = element
        elif event == "end" and element.tag == _STRING:
            pieces = (piece for piece in element if piece.tag != _SOUND)
            texts = [text.text or "" for piece in pieces for text in piece.iter(_TEXT)]
            yield "".join(texts).replace("x005F_", "")
            root.clear()
            count += 1
            if count > STRINGS_MANY:
                raise WorkbookTooLarge


def _day_styles(part: IO[bytes]) -> tuple[set[int], set[int]]:
    """The styles of cells that show a number as a day or a time, and those as a time span.

    openpyxl would make objects of all fonts and fills, too: a minute for 7 KB made to that end.
    """
    codes: dict[str, str] = {str(number): code for number, code in BUILTIN_FORMATS.items()}
    used: list[str] = []
    for _, element in iterparse(part):
        if element.tag == _FORMAT:
            codes[element.get("numFmtId", "")] = element.get("formatCode", "")[:FORMAT_MAX]
        elif element.tag == _STYLES:
            used = [style.get("numFmtId", "0") for style in element]
    days = {number for number, code in codes.items() if is_date_format(code)}
    spans = {number for number in days if is_timedelta_format(codes[number])}
    return (
        {at for at, number in enumerate(used) if number in days},
        {at for at, number in enumerate(used) if number in spans},
    )


def _moment(value: object) -> str:
    """A day as Kenyans write it, with its time if it has one; a time alone as a time."""
    if isinstance(value, timedelta):
        minutes = int(value.total_seconds()) // 60
        return f"{minutes // 60:02}:{minutes % 60:02}"
    if isinstance(value, datetime) and value.time() != time():
        return f"{value:%d/%m/%Y %H:%M}"
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else f"{value:%H:%M}"
