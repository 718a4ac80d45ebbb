"""Guessing what the columns of a file are, from its headings and from what stands in them."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from core import phone
from core.contacts import free_fields
from core.contacts.imports import headings
from core.contacts.imports.errors import (
    ColumnUnknown,
    MeaningUnknown,
    NoPhoneColumn,
    NoRows,
    TooManyColumns,
)
from core.contacts.imports.layouts import Column, Meaning
from core.contacts.imports.values import LANGUAGES, unguarded
from core.errors import Invalid

DELIMITERS = ",;\t|"
COLUMNS_MAX = 200
# Titles, dates and blank lines that people put above their headings.
ABOVE_MAX = 15
# The share of a column that has to look like numbers for it to be one of numbers.
ENOUGH = 0.5

Rows = Sequence[Sequence[str]]

_DIGITS = re.compile(r"\d").findall
_ROUNDED = re.compile(r"\+?\d[.,]?\d*[eE]\+?\d{1,2}").fullmatch
_WORDY = re.compile(r"[^\W\d_][\w .,'’/()-]*").fullmatch


def delimiter(lines: Sequence[str]) -> str:
    """Guess what stands between the cells of some lines of text.

    What makes a column of telephone numbers comes first, then what cuts the lines alike.
    """
    best, best_score = DELIMITERS[0], (0.0, 0.0, 0)
    for candidate in DELIMITERS:
        rows = split(lines, candidate)
        widths = Counter(len(row) for row in rows if len(row) > 1)
        if not widths:
            continue
        width, alike = widths.most_common(1)[0]
        phones = max((_phones(rows, at) for at in range(min(width, COLUMNS_MAX))), default=0.0)
        score = (round(phones, 1), round(alike / len(rows), 1), width)
        if score > best_score:
            best, best_score = candidate, score
    return best


def split(lines: Sequence[str], delimiter_: str) -> list[list[str]]:
    """Rows of some lines, as far as they can be read; blank ones are left out."""
    rows: list[list[str]] = []
    reader = csv.reader(lines, delimiter=delimiter_)
    while True:
        try:
            rows += [row for row in reader if any(cell.strip() for cell in row)]
        except csv.Error:
            continue
        return rows


def columns(
    rows: Rows, wishes: Mapping[str, str] | None = None
) -> tuple[tuple[Column, ...], int | None]:
    """Say what each column is, and which of the rows (from 0) holds the headings, if one does.

    `wishes` names columns for certain: what it means to a heading, or to its number from 1.
    Raises: NoRows, NoPhoneColumn, TooManyColumns, ColumnUnknown, MeaningUnknown.
    """
    if not any(cell.strip() for row in rows for cell in row):
        raise NoRows
    header = _header(rows, wishes or {})
    below = rows if header is None else rows[header + 1 :]
    width = _usual_width(below, 0.2 if header is None else 0.5)
    if header is not None:
        width = max(width, _width(rows[header]))
    if width > COLUMNS_MAX:
        raise TooManyColumns(columns=width, most=COLUMNS_MAX)
    top = ([] if header is None else list(rows[header])) + [""] * width
    top = top[:width]
    names = headings.distinct(top)
    chosen = dict.fromkeys(headings.ours(top), Meaning.SKIP) | _as_wished(names, wishes or {})
    meanings = _rest(below, top, chosen)
    fields = [at for at in range(width) if meanings[at] is Meaning.FIELD]
    for at in fields[free_fields.FIELDS_MAX :]:
        meanings[at] = Meaning.SKIP
    for at in fields:
        names[at] = headings.apart(names[at], names)
    return tuple(map(Column, names, meanings)), header


def _width(row: Sequence[str]) -> int:
    """How many cells a row has, without empty ones at its end."""
    return next((at for at in range(len(row), 0, -1) if row[at - 1].strip()), 0)


def _usual_width(rows: Rows, share: float) -> int:
    """How many cells at least such a share of the rows have."""
    widths = sorted(map(_width, rows), reverse=True)
    return widths[int(len(widths) * share)] if widths else 0


def _header(rows: Rows, wishes: Mapping[str, str]) -> int | None:
    """Find the row of headings among those above the first number.

    It is the one most of whose cells are known headings, a phone's among them or a column's that
    the sender of the file has named; or else the first row, when there is no number in it.
    """
    wanted = {headings.plain(each) for each in wishes.values() if not each.strip().isdigit()}
    best, best_known = None, 0
    for at, row in enumerate(rows[:ABOVE_MAX]):
        if any(map(_is_number, row)):
            break
        meanings = [headings.meaning(cell) for cell in row if cell.strip()]
        is_wanted = bool(wanted & {headings.plain(cell) for cell in row})
        known = len(meanings) - meanings.count(None) + 2 * is_wanted
        if (Meaning.PHONE in meanings or is_wanted) and known > best_known:
            best, best_known = at, known
    if best is not None:
        return best
    cells = [cell for cell in rows[0] if cell.strip()]
    wordy = all(len(_DIGITS(cell)) < 3 and not _ROUNDED(cell.strip()) for cell in cells)
    return 0 if cells and wordy and len(rows) > 1 else None


def _as_wished(names: Sequence[str], wishes: Mapping[str, str]) -> dict[int, Meaning]:
    """The columns that were named for certain, by place.

    Raises: ColumnUnknown, MeaningUnknown.
    """
    chosen: dict[int, Meaning] = {}
    places: dict[str, int] = {}
    for at, name in enumerate(names):
        places.setdefault(headings.plain(name), at)
    for meaning, column in wishes.items():
        if meaning not in (Meaning.PHONE, Meaning.NAME, Meaning.LANGUAGE):
            offered = ", ".join((Meaning.PHONE, Meaning.NAME, Meaning.LANGUAGE))
            raise MeaningUnknown(meaning=meaning[:20], offered=offered)
        bare = column.strip()
        found = places.get(headings.plain(headings.shown(bare)))
        if found is None and bare.isascii() and bare.isdigit() and len(bare) < 4:
            found = int(bare) - 1
        if found is None or not 0 <= found < len(names):
            raise ColumnUnknown(column=headings.shown(bare)[:20])
        chosen[found] = Meaning(meaning)
    return chosen


def _rest(rows: Rows, top: Sequence[str], chosen: Mapping[int, Meaning]) -> list[Meaning]:
    """Meanings for all columns: as chosen, else as headings say, else as their cells look.

    Raises: NoPhoneColumn.
    """
    width = len(top)
    said = [headings.meaning(cell) if cell.strip() else None for cell in top]
    meanings = [chosen.get(at, Meaning.FIELD) for at in range(width)]
    free = [at for at in range(width) if at not in chosen]
    taken = set(chosen.values())
    if Meaning.PHONE not in taken:
        best = _phone_column(rows, top, said, free)
        meanings[best] = Meaning.PHONE
        free.remove(best)
    if Meaning.NAME not in taken:
        named = {at: top[at] for at in free if said[at] is Meaning.NAME}
        for at in named:  # what the whole name says already is nobody's field
            meanings[at] = Meaning.SKIP if headings.is_part(top[at]) else Meaning.FIELD
        for at in headings.of_one_name(named) or _first_wordy(rows, free, said):
            meanings[at] = Meaning.NAME
            free.remove(at)
    if Meaning.LANGUAGE not in taken:
        spoken = [at for at in free if said[at] is Meaning.LANGUAGE and _languages(rows, at)]
        for at in spoken[:1]:
            meanings[at] = Meaning.LANGUAGE
    return meanings


def _phone_column(
    rows: Rows, top: Sequence[str], said: Sequence[Meaning | None], free: Sequence[int]
) -> int:
    """Find the column of numbers: one called just that, else by its heading, else by its cells.

    Among equals it is the one with the most numbers: a second one that few people have is full of
    good ones, too. Raises: NoPhoneColumn.
    """

    def rank(at: int) -> tuple[int, float, int]:
        is_said, cells = said[at] is Meaning.PHONE, _cells(rows, at)
        found = sum(map(_likeness, cells))
        is_sound = is_said and found >= ENOUGH * len(cells) > 0
        trust = is_sound + (is_sound and headings.is_phone(top[at]))
        return trust, found + 0.5 * is_said * len(rows), -at

    likely = [at for at in free if said[at] is Meaning.PHONE or _phones(rows, at) >= ENOUGH]
    if not likely:
        raise NoPhoneColumn
    return max(likely, key=rank)


def _first_wordy(rows: Rows, free: list[int], said: Sequence[Meaning | None]) -> list[int]:
    """Without headings, the first column of words is taken for names."""
    if any(said):
        return []
    for at in free:
        cells = _cells(rows, at)
        if cells and sum(bool(_WORDY(cell)) for cell in cells) > 0.8 * len(cells):
            return [at]
    return []


def _languages(rows: Rows, at: int) -> bool:
    """Say whether most of a column are names of languages that are spoken here."""
    cells = _cells(rows, at)
    known = sum(cell.casefold() in LANGUAGES for cell in cells)
    return 2 * known >= len(cells)


def _cells(rows: Rows, at: int) -> list[str]:
    return [row[at].strip() for row in rows if len(row) > at and row[at].strip()]


def _phones(rows: Rows, at: int) -> float:
    """How much of a column looks like telephone numbers, from 0 to 1."""
    cells = _cells(rows, at)
    return sum(map(_likeness, cells)) / len(cells) if cells else 0.0


def _likeness(cell: str) -> float:
    """How much a cell looks like a telephone number; one that Excel has ruined looks so, too."""
    if len(cell) > 40 or not 6 <= len(_DIGITS(cell)) + 5 * bool(_ROUNDED(cell)) <= 24:
        return 0.0
    try:
        phone.parse(unguarded(cell))
    except phone.NumberDamaged:
        return 0.9 if _ROUNDED(cell) else 0.0
    except phone.NumberNotDigits:
        return 0.0
    except Invalid:
        return 0.3
    return 1.0


def _is_number(cell: str) -> bool:
    return _likeness(cell.strip()) > ENOUGH


def looks_like_row(cells: Sequence[str], phone_at: int) -> bool:
    """Say whether some cells could be a row of their own, by the number in its place."""
    return len(cells) > phone_at and _likeness(cells[phone_at].strip()) > 0
