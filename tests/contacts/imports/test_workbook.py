"""Workbooks are read as data only: what a person sees in their cells, and nothing is run."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from core.contacts.imports import errors, sheet_cells
from core.contacts.imports.workbook import Workbook, parser
from tests.contacts.imports.scene import BOOK, packed, read, understood, workbook

RECORDED = Path(__file__).parent / "made_by_openpyxl.xlsx"
HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = "</sheetData></worksheet>"


def rows(content: bytes) -> list[list[str]]:
    book = Workbook(io.BytesIO(content))
    return [row for batch in book.batches() for row in batch]


def with_sheet(inside: str, **parts: str) -> bytes:
    return workbook(**{"xl/worksheets/sheet1.xml": HEAD + inside + TAIL}, **parts)


def test_a_workbook_made_by_another_program_is_read_as_a_person_sees_it() -> None:
    """Its first sheet is empty, its second hidden; a formula there was never worked out."""
    book = Workbook(io.BytesIO(RECORDED.read_bytes()))

    found = [row for batch in book.batches() for row in batch]

    assert book.sheet == "Wateja"
    assert found[1][:6] == ["0712345678", "Asha & <b>", "21/01/2026", "1500.5", "TRUE", "14:30"]
    assert found[1][6:] == ["", "#N/A"]
    assert found[2] == ["254722345678", "Juma\nOtieno", "21/01/2026 14:30", "0.3", "FALSE"]
    assert found[3] == ["254733345678", "", "", "712345678"]
    assert found[4:] == [[], [], [], ["", "gap"]]
    assert book.done == 1.0


def test_numbers_of_a_workbook_keep_all_their_digits() -> None:
    entries, _, rejected = read(
        workbook(
            [("Phone", "Name")]
            + [
                (number, "A")
                for number in (254712345678, 722345678.0, 2.54733345678e11, "0744345678")
            ]
        )
    )

    assert [entry[1] for entry in entries] == [
        "254712345678",
        "254722345678",
        "254733345678",
        "254744345678",
    ]
    assert rejected == []


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("0712345678", "0712345678"), ("254712345678.0", "254712345678"), ("2.5E+3", "2500"),
     ("0.30000000000000004", "0.3"), ("-5", "-5"), ("1e300", "1e+300")],
)  # fmt: skip
def test_a_stored_number_is_shown_without_its_storage(stored: str, shown: str) -> None:
    assert sheet_cells.number(stored) == shown


def test_texts_that_cells_share_may_be_in_pieces() -> None:
    strings = (
        "<sst><si><t>Phone</t></si><si><r><t>Asha </t></r><r><t>Njeri</t></r>"
        "<rPh><t>not this</t></rPh></si><si/></sst>"
    )
    inside = (
        '<row><c t="s"><v>0</v></c></row><row><c><v>712345678</v></c><c t="s"><v>1</v></c>'
        '<c t="s"><v>2</v></c></row>'
    )

    found = rows(with_sheet(inside, strings=strings))

    assert found == [["Phone"], ["712345678", "Asha Njeri", ""]]


def test_prefixes_do_not_matter() -> None:
    part = (
        '<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:sheetData>'
        '<x:row r="2"><x:c r="C2"><x:v>5</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )

    assert rows(workbook(**{"xl/worksheets/sheet1.xml": part})) == [[], ["", "", "5"]]


def test_a_bomb_is_refused_before_it_unpacks() -> None:
    bomb = HEAD + " " * 60_000_000 + TAIL

    with pytest.raises(errors.WorkbookTooLarge):
        Workbook(io.BytesIO(workbook(**{"xl/worksheets/sheet1.xml": bomb})))


def test_entities_are_refused() -> None:
    laughs = (
        '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
        + HEAD
        + '<row><c t="inlineStr"><is><t>&b;</t></is></c></row>'
        + TAIL
    )

    with pytest.raises(errors.WorkbookDamaged):
        Workbook(io.BytesIO(workbook(**{"xl/worksheets/sheet1.xml": laughs})))


@pytest.mark.parametrize(
    "inside",
    [
        '<row r="1048577"><c><v>1</v></c></row>',
        '<row><c r="XFE1"><v>1</v></c></row>',
        '<row><c r="A"><v>x1</v></c></row>',
        '<row><c t="s"><v>9</v></c></row>',
        '<row><c t="s"><v>-1</v></c></row>',
        "<row>" + "<c><v>1</v></c>" * 16_385 + "</row>",
        "<row><c><v>1</v></c>",
        f"<row r='{'9' * 5000}'><c><v>1</v></c></row>",
    ],
)
def test_what_excel_would_never_write_is_called_damaged(inside: str) -> None:
    with pytest.raises(errors.WorkbookDamaged):
        rows(with_sheet(inside))


def test_a_package_of_something_else_is_no_table() -> None:
    with pytest.raises(errors.NotATable):
        understood(packed({"word/document.xml": b"<a/>"}))


def test_a_part_with_a_password_is_said_to_have_one() -> None:
    content = bytearray(workbook([("Phone",), (712345678,)]))
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:  # the flag of encryption, in the directory
        content[at + 8] |= 1
        at += 1
    at = 0
    while (at := content.find(b"PK\x03\x04", at)) >= 0:
        content[at + 6] |= 1
        at += 1

    with pytest.raises(errors.WorkbookLocked):
        understood(bytes(content))


def test_a_torn_workbook_is_called_damaged() -> None:
    whole = workbook([("Phone", "Name")] + [(f"07{n:08d}", f"N{n}") for n in range(500)])

    for part in (100, len(whole) // 2, len(whole) - 30):
        with pytest.raises((errors.WorkbookDamaged, errors.NotATable)):
            understood(whole[:part])


def test_a_workbook_without_rows_says_so() -> None:
    with pytest.raises(errors.NoRows):
        understood(workbook([]))
    with pytest.raises(errors.NoRows):
        understood(workbook([("Phone", "Name")]))


def test_hidden_sheets_are_passed_over() -> None:
    hidden = BOOK.replace('sheetId="1"', 'sheetId="1" state="hidden"')

    with pytest.raises(errors.NoRows):
        understood(workbook([(712345678,)], **{"xl/workbook.xml": hidden}))


def test_a_million_texts_take_little_room() -> None:
    strings = sheet_cells.Strings()
    many = "".join(f"<si><t>Asha {number}</t></si>" for number in range(20_000))
    strings.read(io.BytesIO(f"<sst>{many}</sst>".encode()), parser())

    assert strings[19_999] == "Asha 19999"
    with pytest.raises(IndexError):
        strings[20_000]


def test_days_are_counted_from_either_year() -> None:
    assert sheet_cells.date("46043", is_1904=False) == "21/01/2026"
    assert sheet_cells.date("44581", is_1904=True) == "21/01/2026"
    assert sheet_cells.date("46043.5", is_1904=False) == "21/01/2026 12:00"
    assert sheet_cells.date("-1", is_1904=False) == "-1"


def test_a_part_that_is_missing_is_called_damage() -> None:
    with pytest.raises(errors.WorkbookDamaged):
        Workbook(io.BytesIO(packed({"xl/workbook.xml": BOOK.encode()})))
