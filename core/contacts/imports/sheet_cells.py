"""What stands in the cells of a worksheet, as the person who made it sees it."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import IO
from xml.parsers import expat

COLUMNS_MAX = 16_384
# A cell holds 32,767 characters at most, and a parser gives text in pieces of thousands.
PIECES_MAX = 1000

# Number formats that are dates or times. Source: ECMA-376 part 1, 18.8.30.
_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_DAY_SIGN = re.compile(r"[dDyYmMhHsS]")


class Strings:
    """The texts that cells share: UTF-8 one after the other, for a million of them are many."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])

    def read(self, stream: IO[bytes], reader: expat.XMLParserType) -> None:
        """Take the part they stand in."""
        inside: list[str] = []
        state = {"is_text": False, "is_reading_aid": False}

        def start(name: str, _: dict[str, str]) -> None:
            local = name.rpartition(":")[2]
            if local == "t":
                state["is_text"] = not state["is_reading_aid"]
            elif local == "rPh":
                state["is_reading_aid"] = True
            elif local == "si":
                inside.clear()

        def text(data: str) -> None:
            if state["is_text"]:
                inside.append(data)
                if len(inside) > PIECES_MAX:
                    raise ValueError("A text without end.")

        def end(name: str) -> None:
            local = name.rpartition(":")[2]
            if local == "t":
                state["is_text"] = False
            elif local == "rPh":
                state["is_reading_aid"] = False
            elif local == "si":
                self._bytes += "".join(inside).encode("utf-8", "replace")
                self._ends.append(len(self._bytes))

        reader.StartElementHandler = start
        reader.CharacterDataHandler = text
        reader.EndElementHandler = end
        reader.ParseFile(stream)

    def __getitem__(self, number: int) -> str:
        if number < 0:
            raise IndexError(number)
        return self._bytes[self._ends[number] : self._ends[number + 1]].decode()


class Styles:
    """Which cell styles show a number as a date."""

    def __init__(self) -> None:
        self._formats: dict[str, str] = {}
        self._styles: list[bool] = []
        self._is_cells = False

    def see(self, name: str, given: dict[str, str]) -> None:
        """Take an element of the part they stand in."""
        if name == "numFmt":
            self._formats[given.get("numFmtId", "")] = given.get("formatCode", "")
        elif name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            self._is_cells = name == "cellXfs"
        elif name == "xf" and self._is_cells:
            self._styles.append(self._is_date(given.get("numFmtId", "0")))

    def _is_date(self, number: str) -> bool:
        code = self._formats.get(number)
        if code is None:
            return number.isdecimal() and int(number) in _DATES
        return bool(_DAY_SIGN.search(_QUOTED.sub("", code.split(";")[0])))

    def is_date(self, style: str | None) -> bool:
        """Say whether a cell of this style is a date."""
        if not style or not style.isdecimal():
            return False
        return int(style) < len(self._styles) and self._styles[int(style)]


def number(text: str) -> str:
    """A stored number as a person reads it: whole ones with all their digits.

    What a sheet shows as 2.54712E+11 is stored with every digit, and is not lost here.
    """
    if text.isdecimal():
        return text
    value = float(text)
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.15g}"


def date(text: str, *, is_1904: bool) -> str:
    """A stored day, counted from 1900 or 1904, as Kenyans write it; a time alone as a time."""
    days = float(text)
    if not 0 <= days < 2_958_466:  # the year 10000, where Excel ends too
        return number(text)
    first = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 a wall clock
    seconds = round(days * 86400)
    moment = first + timedelta(seconds=seconds)
    if seconds < 86400:
        return f"{moment:%H:%M}"
    return f"{moment:%d/%m/%Y}" if seconds % 86400 == 0 else f"{moment:%d/%m/%Y %H:%M}"


class Cells:
    """Listens to a parser of a worksheet and puts its rows together."""

    def __init__(self, strings: Strings, styles: Styles, *, is_1904: bool) -> None:
        self._strings = strings
        self._styles = styles
        self._is_1904 = is_1904
        self._rows: list[tuple[int, list[str]]] = []
        self._row: list[str] = []
        self._number = 0
        self._kind: str | None = None
        self._style: str | None = None
        self._at = 0
        self._next = 0  # where a cell stands that does not say it
        self._text: list[str] = []
        self._hears = False
        self._columns: dict[str, int] = {}
        self._names: dict[str, Callable[[dict[str, str]], None] | None] = {}
        self._ends: dict[str, Callable[[], None] | None] = {}

    def listen_to(self, reader: expat.XMLParserType) -> None:
        """Take the parser's elements from now on."""
        reader.StartElementHandler = self._start
        reader.EndElementHandler = self._end
        reader.CharacterDataHandler = self._hear

    def taken(self) -> list[tuple[int, list[str]]]:
        """The rows that have been completed since the last time, with their numbers."""
        rows, self._rows = self._rows, []
        return rows

    def _start(self, name: str, given: dict[str, str]) -> None:
        try:
            act = self._names[name]
        except KeyError:
            acts = {"row": self._open_row, "c": self._open_cell, "v": self._listen}
            acts |= {"t": self._listen, "rPh": self._close_ears}
            act = self._names[name] = acts.get(name.rpartition(":")[2])
        if act is not None:
            act(given)

    def _end(self, name: str) -> None:
        try:
            act = self._ends[name]
        except KeyError:
            acts = {"row": self._close_row, "c": self._close_cell, "v": self._deafen}
            acts |= {"t": self._deafen}
            act = self._ends[name] = acts.get(name.rpartition(":")[2])
        if act is not None:
            act()

    def _hear(self, data: str) -> None:
        if self._hears:
            self._text.append(data)
            if len(self._text) > PIECES_MAX:
                raise ValueError("A cell without end.")

    def _listen(self, _: dict[str, str]) -> None:
        self._hears = self._kind != "deaf"

    def _close_ears(self, _: dict[str, str]) -> None:
        self._kind = "deaf"  # a reading aid of Japanese texts, after the text itself

    def _deafen(self) -> None:
        self._hears = False

    def _open_row(self, given: dict[str, str]) -> None:
        said = given.get("r", "")
        self._number = max(int(said) if said.isdecimal() else 0, self._number + 1)
        self._row = []
        self._next = 0

    def _close_row(self) -> None:
        self._rows.append((self._number, self._row))

    def _open_cell(self, given: dict[str, str]) -> None:
        place = given.get("r")
        if place is None:
            self._at = self._next
            if self._at >= COLUMNS_MAX:
                raise ValueError("A row without end.")
        else:
            letters = place.rstrip("0123456789")
            at = self._columns.get(letters)
            if at is None:
                at = self._columns[letters] = _column(letters)
            self._at = at
        self._next = self._at + 1
        self._kind = given.get("t")
        self._style = given.get("s")
        self._text = []

    def _close_cell(self) -> None:
        if not self._text:
            return
        text, kind = "".join(self._text), self._kind
        if kind == "s":
            text = self._strings[int(text)]
        elif kind is None or kind == "n":
            if self._style is not None and self._styles.is_date(self._style):
                text = date(text, is_1904=self._is_1904)
            else:
                text = number(text)
        elif kind == "b":
            text = "TRUE" if text.strip() == "1" else "FALSE"
        row, at = self._row, self._at
        if at == len(row):
            row.append(text)
            return
        if at > len(row):
            row += [""] * (at - len(row))
            row.append(text)
        else:
            row[at] = text


def _column(letters: str) -> int:
    """A column's place from 0: A is 0, AA 26. Raises: ValueError."""
    found = 0
    for letter in letters.upper():
        if not "A" <= letter <= "Z" or found > COLUMNS_MAX:
            raise ValueError(letters)
        found = found * 26 + ord(letter) - 64
    if not 0 < found <= COLUMNS_MAX:
        raise ValueError(letters)
    return found - 1
