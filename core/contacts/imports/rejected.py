"""The rows that an import left out, as a file to correct and send again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from core import words
from core.contacts.imports import csv_out
from core.contacts.imports.models import Import
from core.contacts.imports.queries import Rejection, rejections

ROW, REASON = "Row", "Reason"


def table(found: Import, language: str = "en", *, most: int | None = None) -> bytes:
    """The whole file at once, or its first rows; marked so that Excel reads it rightly."""
    return b"".join(csv_out.lines(_rows(found, language, most), for_excel=True))


def stream(found: Import, language: str = "en") -> Iterator[bytes]:
    """The whole file, some hundreds of rows at a time."""
    return csv_out.lines(_rows(found, language, None))


def _rows(found: Import, language: str, most: int | None) -> Iterator[list[str]]:
    """The columns of the file as they were, then the row's number in it, and why it was left out.

    The file can be sent again when it has been corrected: the headings are those of the first one.
    """
    width = len(found.found.columns)
    yield [*found.found.headings, words.say(language, ROW), words.say(language, REASON)]
    for each in islice(rejections(found.tenant_id, found.id), most):
        yield _row(each, width, language)


def _row(each: Rejection, width: int, language: str) -> list[str]:
    """One row: cells beyond the columns are put into the last one, where they can be seen."""
    cells = list(each.cells[:width]) + [""] * (width - len(each.cells))
    if len(each.cells) > width:
        cells[-1] = " ".join([cells[-1], *each.cells[width:]])
    return [*cells, str(each.row), each.words(language)]
