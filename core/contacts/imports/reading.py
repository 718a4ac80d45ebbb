"""Reading a file's rows into contacts, a chunk at a time; every row is something. A hot path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from core import phone
from core.contacts import free_fields
from core.contacts.contacts import NAME_MAX
from core.contacts.free_fields import VALUE_MAX
from core.contacts.imports import values
from core.contacts.imports.delimited import Broken
from core.contacts.imports.errors import CODES, CellTooLong, NumberUnworked, RowTooWide
from core.contacts.imports.layouts import Layout, Meaning
from core.contacts.imports.sources import Source
from core.contacts.imports.values import Rounded, Unworked
from core.errors import Invalid
from core.numberset import NumberSet
from core.settings import settings

# What is kept of a row that is left out: so many cells, and letters of each and in all. Rows of a
# workbook can share their texts, and hold more than any file that was sent.
CELLS_KEPT, CELL_KEPT, ROW_KEPT, FILE_KEPT = 60, 500, 2000, 50_000_000
KNOWN_MAX = 2000


# A contact as a row of the file has it: the row's number, MSISDN, name, language, and free fields
# as JSON; what is empty was not said. A plain tuple, for a million of them are made.
Entry = tuple[int, str, str, str | None, str | None]


class Rejected(NamedTuple):
    """A row that is left out: its number in the file, why, and its cells as they are kept."""

    row: int
    code: str
    about: Mapping[str, object]
    cells: list[str]


class Chunk(NamedTuple):
    """So many rows of a file: each is an entry, a repetition in the file, or rejected."""

    rows: int
    entries: list[Entry]
    duplicate: int
    rejected: list[Rejected]
    done: float


@dataclass(slots=True)
class Window:
    """All rows of one stretch of a file, of which the first `after` have been dealt with."""

    entries: list[Entry]
    duplicate: int
    rejected: list[Rejected]
    begun: float  # how much of the file had been read before, and at its end
    done: float
    after: int = 0

    @property
    def rows(self) -> int:
        """How many rows they are."""
        return len(self.entries) + self.duplicate + len(self.rejected)

    def chunks(self, size: int) -> Iterator[Chunk]:
        """Its rows in chunks, from behind the first `after`.

        The repetitions come first, then what is rejected, then the entries by their numbers: an
        index that has grown large takes neighbours at a fraction of what scattered ones cost.
        """
        total, told = self.rows, self.after
        self.entries.sort(key=itemgetter(1))
        duplicate = 0 if self.after else self.duplicate
        items = max(0, self.after - self.duplicate)  # dealt with
        split = len(self.rejected)
        while duplicate or items < split + len(self.entries):
            rejected = self.rejected[items : items + size]
            first = max(0, items - split)
            entries = self.entries[first : max(first, items + size - split)]
            items += len(rejected) + len(entries)
            rows = duplicate + len(rejected) + len(entries)
            told += rows
            done = self.begun + (self.done - self.begun) * told / total
            yield Chunk(rows, entries, duplicate, rejected, done)
            duplicate = 0


class Reader:
    """Reads the rows of a source. The same file is always read the same way.

    Blank rows are passed over and counted as none.
    """

    def __init__(self, source: Source, layout: Layout) -> None:
        self._source = source
        self._layout = layout
        self._seen = NumberSet()
        self._width = len(layout.columns)
        self._names = layout.places(Meaning.NAME)
        self._languages = layout.places(Meaning.LANGUAGE)
        self._fields = layout.places(Meaning.FIELD)
        # What cells of each column were read as: the same few stand in many rows.
        self._known: list[dict[str, str]] = [{} for _ in layout.columns]
        self._room = FILE_KEPT
        self._spoken = frozenset(settings().app.languages)

    def windows(self, *, after: int = 0) -> Iterator[Window]:
        """Give every window of the file, of whose rows the first `after` were dealt with."""
        begun = 0.0
        for window in self._read():
            begun, window.begun = window.done, begun
            window.after = min(after, window.rows)
            after -= window.after
            yield window

    def _read(self) -> Iterator[Window]:
        """Read the file, a window at a time: so many of its rows, with blank ones and headings."""
        size, number = self._layout.window, 0
        window = Window([], 0, [], 0.0, 0.0)
        for batch in self._source.batches():
            while batch:
                room = size - number % size
                part, batch = batch[:room], batch[room:]
                self._take(part, number, window)
                number += len(part)
                if number % size == 0:
                    window.done = self._source.done
                    yield window
                    window = Window([], 0, [], 0.0, 0.0)
        window.done = 1.0
        yield window

    def _take(self, rows: list[list[str]], before: int, window: Window) -> None:
        """Put rows into a window, each as what it is; so many rows were before them in the file."""
        above = max(0, self._layout.above - before)
        width, phone_at = self._width, self._layout.phone
        one_name = self._names[0] if len(self._names) == 1 else -1
        one_field = self._fields[0] if len(self._fields) == 1 else -1
        known = self._known[one_field] if self._fields else {}
        has_names, has_languages, has_fields = (
            bool(places) for places in (self._names, self._languages, self._fields)
        )
        names = self._known[one_name]
        parse, is_new, keep = phone.parse, self._seen.add, window.entries.append
        name: str | None = ""
        language = fields = None
        for number, cells in enumerate(rows[above:], start=before + above + 1):
            try:
                msisdn = parse(cells[phone_at])
                if msisdn.endswith("000000") and isinstance(cells[phone_at], Rounded):
                    raise phone.NumberDamaged(given=f"{int(msisdn):.6G}")
                if len(cells) != width or cells.__class__ is Broken:
                    cells = self._shaped(cells)
                if one_name >= 0:
                    name = names.get(cells[one_name])
                    if name is None:
                        name = self._one_name(cells[one_name])
                elif has_names:
                    name = self._name(cells)
                if has_languages:
                    language = self._language(cells)
                if has_fields:
                    fields = known.get(cells[one_field]) if one_field >= 0 else None
                    if fields is None:
                        fields = self._free(cells)
            except (Invalid, IndexError) as error:
                if (bare := self._unguarded(cells)) is not None:
                    self._take([bare], number - 1, window)
                elif (why := self._why(cells, error)) is not None:
                    window.rejected.append(Rejected(number, *why, self._kept(cells)))
            else:
                if is_new(msisdn):
                    keep((number, msisdn, name or "", language, fields or None))
                else:
                    window.duplicate += 1

    def _why(
        self, cells: list[str], error: Invalid | IndexError
    ) -> tuple[str, Mapping[str, object]] | None:
        """Why a row is rejected, in a code and the fields of its sentence; None for a blank row."""
        if isinstance(cells, Broken):
            return self._broken(cells)
        if any(isinstance(cell, Unworked) for cell in cells[self._layout.phone :][:1]):
            return NumberUnworked.code, {}
        if not any(values.line(cell) for cell in cells):
            return None
        if isinstance(error, IndexError):
            error = phone.NumberMissing()
        if len(cells) > self._width and values.line("".join(cells[self._width :])):
            error = RowTooWide(cells=len(cells), columns=self._width)
        return CODES.get(type(error), "number_invalid"), error.fields

    def _kept(self, cells: list[str]) -> list[str]:
        """A row's cells as they are kept: NUL is the one character that PostgreSQL does not store.

        Nothing is, once so much was kept of the file.
        """
        kept, left = [], min(ROW_KEPT, self._room)
        for cell in cells[:CELLS_KEPT] if left else ():
            kept.append(cell[: min(CELL_KEPT, left)].replace("\0", ""))
            left -= len(kept[-1])
        self._room -= sum(map(len, kept))
        return kept

    def _broken(self, cells: Broken) -> tuple[str, Mapping[str, object]]:
        """Why a row could not be read, in a code and the fields of its sentence."""
        if cells.code != CellTooLong.code:
            return cells.code, {}
        if cells.at >= self._width:
            return RowTooWide.code, RowTooWide(cells=cells.at + 1, columns=self._width).fields
        is_name = self._layout.columns[cells.at].meaning is Meaning.NAME
        return cells.code, self._too_long(cells.at, NAME_MAX if is_name else VALUE_MAX).fields

    def _unguarded(self, cells: list[str]) -> list[str] | None:
        """A row without what makes its number text in a spreadsheet: `'0712`, or `="0712"`."""
        at = self._layout.phone
        if isinstance(cells, Broken) or at >= len(cells):
            return None
        bare = values.unguarded(cells[at].strip().lstrip("'"))
        if len(bare) == len(cells[at].strip()):
            return None
        return [*cells[:at], bare, *cells[at + 1 :]] if values.line(bare) else None

    def _shaped(self, cells: list[str]) -> list[str]:
        """A row with as many cells as there are columns, when what is too much is empty."""
        if isinstance(cells, Broken):
            raise Invalid
        if len(cells) < self._width:
            return cells + [""] * (self._width - len(cells))
        if values.line("".join(cells[self._width :])):
            raise RowTooWide(cells=len(cells), columns=self._width)
        return cells

    def _too_long(self, at: int, most: int) -> CellTooLong:
        return CellTooLong(column=self._layout.columns[at].heading, most=most)

    def _one_name(self, cell: str) -> str:
        """A name that stands in one column."""
        at = self._names[0]
        name, known = values.line(cell), self._known[at]
        if len(name) > NAME_MAX:
            raise self._too_long(at, NAME_MAX)
        if len(known) > KNOWN_MAX:
            known.clear()
        known[cell] = name
        return name

    def _name(self, cells: list[str]) -> str:
        """A name out of all columns that are parts of one."""
        parts = [values.line(cells[at]) for at in self._names]
        name = " ".join(part for part in parts if part)
        if len(name) > NAME_MAX:
            raise self._too_long(self._names[0], NAME_MAX)
        return name

    def _language(self, cells: list[str]) -> str | None:
        """The language of a row; one in which nobody is written to here is as good as none."""
        said = values.line(cells[self._languages[0]]).casefold()
        if not said:
            return None
        spoken = values.LANGUAGES.get(said)
        return spoken if spoken in self._spoken else None

    def _free(self, cells: list[str]) -> str:
        """The free fields of a row, without empty ones, as a JSON object; nothing for none."""
        found = []
        for at in self._fields:
            known = self._known[at]
            written = known.get(cells[at])
            if written is None:
                written = self._field(at, cells[at])
                if len(known) > KNOWN_MAX:
                    known.clear()
                known[cells[at]] = written
            if written:
                found.append(written[1:-1])
        return "{" + ",".join(found) + "}" if found else ""

    def _field(self, at: int, cell: str) -> str:
        """One field as a JSON object of its own; nothing for an empty one."""
        value = values.line(cell)
        if len(value) > VALUE_MAX:
            raise self._too_long(at, VALUE_MAX)
        return free_fields.dump({self._layout.columns[at].heading: value}) or "" if value else ""
