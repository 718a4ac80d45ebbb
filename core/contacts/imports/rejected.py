"""The rows that an import left out, as a file to correct and send again."""

from __future__ import annotations

from collections.abc import Iterator

from core import words
from core.contacts.imports import csv_out, headings
from core.contacts.imports.models import Import
from core.contacts.imports.queries import Rejection, rejections


def table(found: Import, language: str = "en", *, most_bytes: int | None = None) -> bytes:
    """The whole file at once, or as many of its first rows as may take so much room."""
    made = bytearray()
    for piece in stream(found, language):
        if made and most_bytes is not None and len(made) + len(piece) > most_bytes:
            break
        made += piece
    return bytes(made)


def stream(found: Import, language: str = "en") -> Iterator[bytes]:
    """The whole file, some hundreds of rows at a time; marked so that Excel reads it rightly."""
    return csv_out.lines(_rows(found, language), for_excel=True)


def _rows(found: Import, language: str) -> Iterator[list[str]]:
    """The columns of the file as they were, then the row's number in it, and why it was left out.

    The file can be sent again when it has been corrected: the headings are those of the first one,
    and what we add to them is known again. It is not added to what an earlier such file has.
    """
    named = found.found.headings
    width, passed = len(named), headings.ours(named)

    def line(cells: list[str], number: str, reason: str) -> list[str]:
        return [*(cell for at, cell in enumerate(cells) if at not in passed), number, reason]

    yield line([*named], words.say(language, headings.ROW), words.say(language, headings.REASON))
    for each in rejections(found.tenant_id, found.id):
        yield line(_cells(each, width), str(each.row), each.words(language))


def _cells(each: Rejection, width: int) -> list[str]:
    """A row's cells: those beyond the columns are put into the last one, where they can be seen."""
    cells = list(each.cells[:width]) + [""] * (width - len(each.cells))
    if len(each.cells) > width:
        cells[-1] = " ".join([cells[-1], *each.cells[width:]])
    return cells
