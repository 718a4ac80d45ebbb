"""What the tests of imports share: files of both kinds, and sending one in and having it worked."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape

from core.contacts import imports
from core.contacts.imports import reading, receiving, sources, working
from core.contacts.imports.layouts import Layout
from core.contacts.imports.models import Import
from core.contacts.imports.reading import Entry, Rejected
from core.contacts.models import Contact

BY: dict[str, Any] = {"actor": "person:usr_1", "channel": "telegram"}
COUNTS = ("rows", "created", "updated", "duplicate", "rejected")


def pieces(content: bytes, size: int = 1000) -> Iterator[bytes]:
    """An upload as a connection delivers it."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


def send(tenant_id: int, content: str | bytes, **how: Any) -> Import:
    """Send a file in and let a worker work through it."""
    given = content.encode() if isinstance(content, str) else content
    begun = imports.begin(tenant_id, "list.csv", pieces(given), **BY, **how)
    working.run(begun.id)
    return imports.one(tenant_id, begun.id)


def counts(done: Import) -> tuple[int, ...]:
    """Rows, then what became of them: created, updated, duplicate, rejected."""
    return tuple(getattr(done, name) for name in COUNTS)


def people(tenant_id: int) -> dict[str, str]:
    """Names by number."""
    rows = Contact.select().where(Contact.tenant_id == tenant_id)
    return {row.msisdn: row.name for row in rows}


def understood(content: str | bytes, **columns: str) -> Layout:
    """What is found out about a file."""
    given = content.encode() if isinstance(content, str) else content
    upload = receiving.receive(pieces(given), io.BytesIO())
    return sources.find_layout(upload.file, upload.kind, upload.encoding, columns)


def read(content: str | bytes, **columns: str) -> tuple[list[Entry], int, list[Rejected]]:
    """All that a file says: contacts in the order of their rows, repetitions, what is left out."""
    given = content.encode() if isinstance(content, str) else content
    upload = receiving.receive(pieces(given), io.BytesIO())
    layout = sources.find_layout(upload.file, upload.kind, upload.encoding, columns)
    source = sources.open_source(upload.file, upload.size, layout)
    windows = list(reading.Reader(source, layout).windows())
    entries = sorted(entry for window in windows for entry in window.entries)
    rejected = [each for window in windows for each in window.rejected]
    return entries, sum(window.duplicate for window in windows), rejected


# Workbooks, written by hand: what a test needs is often what no program writes.

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
RELS = (
    f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r1" '
    f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
BOOK = (
    f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>'
    '<sheet name="Wateja" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_SHEET = '<sheet name="{0}" sheetId="{1}" r:id="rId{1}"/>'
_RELATION = (
    f'<Relationship Id="rId{{0}}" Type="{_REL}/worksheet" Target="worksheets/sheet{{0}}.xml"/>'
)
BOOK_RELS = (
    f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" '
    f'Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)

_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>%s</Types>'
)
STRINGS_TYPE = (
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPES}.sharedStrings+xml"/>'
)


def cell(value: object) -> str:
    """One cell: numbers as numbers, texts in line; XML as it is given."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def sheet(rows: Sequence[Sequence[object]]) -> str:
    """A worksheet's part."""
    lines = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>'


def workbook(rows: Sequence[Sequence[object]] = (), **parts: str) -> bytes:
    """A workbook; `parts` stand in for those of the same name, with _ for / and without .xml."""
    made = {
        "[Content_Types].xml": TYPES % (STRINGS_TYPE if "strings" in parts else ""),
        "_rels/.rels": RELS,
        "xl/workbook.xml": BOOK,
        "xl/_rels/workbook.xml.rels": BOOK_RELS,
        "xl/worksheets/sheet1.xml": sheet(rows),
    }
    for name, content in parts.items():
        made[{"strings": "xl/sharedStrings.xml", "styles": "xl/styles.xml"}.get(name, name)] = (
            content
        )
    return packed({path: content.encode() for path, content in made.items()})


def sheets(**named: str) -> bytes:
    """A workbook of several worksheets, by their names."""
    inside = "".join(_SHEET.format(name, at) for at, name in enumerate(named, start=1))
    relations = "".join(_RELATION.format(at) for at in range(1, len(named) + 1))
    return workbook(
        **{
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{inside}'
            "</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{relations}'
            "</Relationships>",
        },
        **{f"xl/worksheets/sheet{at}.xml": part for at, part in enumerate(named.values(), 1)},
    )


def packed(parts: dict[str, bytes]) -> bytes:
    """A package of parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for path, content in parts.items():
            package.writestr(path, content)
    return out.getvalue()
