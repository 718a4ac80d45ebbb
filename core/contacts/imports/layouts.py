"""What was found out about a file: how it is written, and what each column means."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """The sorts of file that are read."""

    CSV = "csv"
    XLSX = "xlsx"


class Meaning(StrEnum):
    """What a column is of a contact."""

    PHONE = "phone"
    NAME = "name"
    LANGUAGE = "language"
    FIELD = "field"
    SKIP = "skip"


class Column(msgspec.Struct, frozen=True):
    """One column: its heading, or a number in words where it has none, and what it means.

    A column that means `FIELD` is kept under its heading among a contact's free fields. Several may
    mean `NAME`: a first and a last name.
    """

    heading: str
    meaning: Meaning


class Layout(msgspec.Struct, frozen=True):
    """How a file is written.

    The first `above` rows are no contacts: a title, the headings. `sample` is the first few of
    those that are, as they are written. So many rows at a time, the `window`, are read and then
    stored in the order of their telephone numbers; it stays the same until the file is done.
    Of a workbook one `sheet` is read, and those `unread` hold something, too.
    """

    kind: Kind
    columns: tuple[Column, ...]
    above: int = 0
    has_header: bool = False
    window: int = 20_000
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    unread: tuple[str, ...] = ()
    sample: tuple[tuple[str, ...], ...] = ()

    def places(self, meaning: Meaning) -> list[int]:
        """The columns with a meaning, counted from 0."""
        return [at for at, column in enumerate(self.columns) if column.meaning is meaning]

    @property
    def phone(self) -> int:
        """The column of telephone numbers, counted from 0."""
        return self.places(Meaning.PHONE)[0]

    @property
    def headings(self) -> Sequence[str]:
        """What the columns are called."""
        return [column.heading for column in self.columns]

    def without_sample(self) -> Layout:
        """The same, with nobody's data in it."""
        return msgspec.structs.replace(self, sample=())
