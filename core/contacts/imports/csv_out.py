"""Tables for spreadsheets in which nothing is ever run: every cell is text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

# A spreadsheet takes what begins so for a formula, also behind spaces; wide signs count alike.
# Source: OWASP, CSV Injection.
_RISKY = re.compile(r"\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]").match
# A signed number is none: +254712345678, -12.50.
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[ ,.][0-9]+)*").fullmatch
ROWS_AT_ONCE = 500
MARK = "\ufeff"


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe before what looks like one.

    >>> guarded("=1+1"), guarded("+254712345678"), guarded("Asha")
    ("'=1+1", '+254712345678', 'Asha')
    """
    return f"'{cell}" if _RISKY(cell) and not _NUMBER(cell) else cell


def lines(rows: Iterable[Sequence[str]], *, for_excel: bool = False) -> Iterator[bytes]:
    """A CSV file in UTF-8, some hundreds of rows at a time.

    `for_excel` puts the mark in front without which Excel takes it for another encoding.
    """
    out = io.StringIO(newline="")
    write = csv.writer(out).writerow
    if for_excel:
        out.write(MARK)
    for count, row in enumerate(rows, start=1):
        write([guarded(cell.replace("\0", "")) for cell in row])
        if count % ROWS_AT_ONCE == 0:
            yield _emptied(out)
    yield _emptied(out)


def _emptied(out: io.StringIO) -> bytes:
    """What was written so far, taken out."""
    written = out.getvalue().encode("utf-8", "replace")
    out.seek(0)
    out.truncate()
    return written
