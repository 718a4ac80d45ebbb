"""Reading a file's rows into contacts, a chunk at a time; every row is something. A hot path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from core import phone
from core.contacts.contacts import NAME_MAX
from core.contacts.free_fields import VALUE_MAX
from core.contacts.imports import values
from core.contacts.imports.delimited import Broken
from core.contacts.imports.errors import CODES, CellTooLong, RowTooWide
from core.contacts.imports.layouts import Layout, Meaning
from core.contacts.imports.sources import Source
from core.errors import Invalid
from core.numberset import NumberSet
from core.settings import settings
from core.tenants.fields import UnknownLanguage

CELL_KEPT = 500
CELLS_KEPT = 60


class Entry(NamedTuple):
    """A contact as a row of the file has it; what is empty was not said."""

    row: int
    msisdn: str
    name: str
    language: str | None
    fields: Mapping[str, str] | None


class Rejected(NamedTuple):
    """A row that is left out: its number in the file, why, and its cells."""

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


class Reader:
    """Reads the rows of a source. The same file is always read the same way.

    Blank rows are passed over and counted as none.
    """

    def __init__(self, source: Source, layout: Layout) -> None:
        self._source = source
        self._layout = layout
        self._seen = NumberSet()
        self._width = len(layout.columns)
        self._phone = layout.phone
        self._names = layout.places(Meaning.NAME)
        self._languages = layout.places(Meaning.LANGUAGE)
        self._fields = [(at, layout.columns[at].heading) for at in layout.places(Meaning.FIELD)]
        self._spoken = frozenset(settings().app.languages)

    def chunks(self, size: int, *, after: int = 0) -> Iterator[Chunk]:
        """Give chunks of `size` rows, from behind the first `after` rows."""
        entries: list[Entry] = []
        rejected: list[Rejected] = []
        duplicate = counted = 0
        above, phone_at, names, width = self._layout.above, self._phone, self._names, self._width
        one_name = names[0] if len(names) == 1 else None
        parse, line, seen, name_max = phone.parse, values.line, self._seen.add, NAME_MAX
        goal = after or size
        is_skipping = after > 0
        for number, cells in enumerate(self._source, start=1):
            if number <= above or not cells:
                continue
            try:
                msisdn = parse(cells[phone_at])
                if len(cells) > width or cells.__class__ is Broken:
                    self._check_shape(cells)
                if one_name is None:
                    name = self._name(cells)
                else:
                    name = cells[one_name] if len(cells) > one_name else ""
                    if name:
                        name = line(name)
                        if len(name) > name_max:
                            raise self._too_long(one_name, name_max)
                language = self._language(cells) if self._languages else None
                fields = self._free(cells) if self._fields else None
            except (Invalid, IndexError) as error:
                why = self._why(cells, error)
                if why is None:
                    continue
                rejected.append(Rejected(number, *why, cells))
            else:
                if seen(msisdn):
                    entries.append(Entry(number, msisdn, name, language, fields))
                else:
                    duplicate += 1
            counted += 1
            if counted == goal:
                if not is_skipping:
                    yield Chunk(counted, entries, duplicate, rejected, self._source.done)
                entries, rejected, duplicate, counted = [], [], 0, 0
                goal, is_skipping = size, False
        if counted and not is_skipping:
            yield Chunk(counted, entries, duplicate, rejected, 1.0)

    def _why(
        self, cells: list[str], error: Invalid | IndexError
    ) -> tuple[str, Mapping[str, object]] | None:
        """Why a row is rejected, in a code and the fields of its sentence; None for a blank row."""
        if isinstance(cells, Broken):
            return cells.code, self._too_long(0, 131_072).fields
        if not any(values.line(cell) for cell in cells):
            return None
        if isinstance(error, IndexError):
            error = phone.NumberMissing()
        if len(cells) > self._width and values.line("".join(cells[self._width :])):
            error = RowTooWide(cells=len(cells), columns=self._width)
        return CODES.get(type(error), "number_invalid"), error.fields

    def _check_shape(self, cells: list[str]) -> None:
        """Refuse a row with more cells than there are columns, unless they are empty."""
        if isinstance(cells, Broken):
            raise Invalid
        if values.line("".join(cells[self._width :])):
            raise RowTooWide(cells=len(cells), columns=self._width)

    def _too_long(self, at: int, most: int) -> CellTooLong:
        return CellTooLong(column=self._layout.columns[at].heading, most=most)

    def _name(self, cells: list[str]) -> str:
        """A name out of all columns that are parts of one."""
        if not self._names:
            return ""
        parts = (values.line(cells[at]) for at in self._names if at < len(cells))
        name = " ".join(part for part in parts if part)
        if len(name) > NAME_MAX:
            raise self._too_long(self._names[0], NAME_MAX)
        return name

    def _language(self, cells: list[str]) -> str | None:
        at = self._languages[0]
        said = values.line(cells[at]).casefold() if at < len(cells) else ""
        if not said:
            return None
        spoken = values.LANGUAGES.get(said)
        if spoken not in self._spoken:
            raise UnknownLanguage(offered=", ".join(settings().app.languages))
        return spoken

    def _free(self, cells: list[str]) -> dict[str, str] | None:
        """The free fields of a row, without empty ones."""
        width = len(cells)
        found: dict[str, str] = {}
        for at, heading in self._fields:
            if at < width and (cell := cells[at]):
                value = values.line(cell)
                if len(value) > VALUE_MAX:
                    raise self._too_long(at, VALUE_MAX)
                if value:
                    found[heading] = value
        return found or None
