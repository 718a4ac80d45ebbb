"""Workbooks are read as data only: what a person sees in their cells, and nothing is run."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from openpyxl.xml import functions

from core.contacts.imports import errors
from core.contacts.imports import workbook as reading
from core.contacts.imports.queries import Rejection
from core.contacts.imports.values import Unworked
from core.contacts.imports.workbook import Workbook
from tests.contacts.imports.scene import BOOK, packed, read, sheet, sheets, understood, workbook

RECORDED = Path(__file__).parent / "made_by_openpyxl.xlsx"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = f'<worksheet xmlns="{MAIN}"><sheetData>'
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
    assert found[1][6:] == [Unworked(), "#N/A"]
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


def test_a_number_that_was_rounded_before_it_was_stored_is_damaged() -> None:
    entries, _, rejected = read(
        workbook([("Phone", "Sum"), (254712000000, 1), ("254712000000", 254712000000)])
    )

    assert [(each.code, each.about["given"]) for each in rejected] == [
        ("number_damaged", "2.54712E+11")
    ]
    assert [(entry[1], entry[4]) for entry in entries] == [
        ("254712000000", '{"Sum":"254712000000"}')
    ]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("0712345678", "712345678"), ("254712345678.0", "254712345678"), ("2.5E+3", "2500"),
     ("0.30000000000000004", "0.3"), ("-5", "-5"), ("1e300", "1e+300")],
)  # fmt: skip
def test_a_stored_number_is_shown_without_its_storage(stored: str, shown: str) -> None:
    assert rows(with_sheet(f"<row><c><v>{stored}</v></c></row>")) == [[shown]]


def test_texts_that_cells_share_may_be_in_pieces() -> None:
    strings = (
        f'<sst xmlns="{MAIN}"><si><t>Phone</t></si><si><r><t>Asha </t></r><r><t>Njeri</t></r>'
        '<rPh sb="0" eb="1"><t>not this</t></rPh></si><si/></sst>'
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


def test_sheets_that_hold_something_and_are_not_read_are_named() -> None:
    people, empty = sheet([("Phone",), (712345678,)]), sheet([])
    hidden = BOOK.replace('sheetId="1"', 'sheetId="1" state="hidden"')

    found = understood(sheets(Empty=empty, Nairobi=people, Later=empty, Kisumu=people))

    assert (found.sheet, found.unread) == ("Nairobi", ("Kisumu",))
    assert understood(workbook([("Phone",), (712345678,)])).unread == ()
    with pytest.raises(errors.NoRows):
        understood(workbook([(712345678,)], **{"xl/workbook.xml": hidden}))


def test_a_sheet_that_explains_the_others_is_passed_over() -> None:
    about, people = sheet([("How to fill this in",), ("One per line",)]), sheet([(712345678,)])
    content = sheets(About=about, People=people, More=people)

    found = understood(content)

    assert (found.sheet, found.unread) == ("People", ("About", "More"))
    assert [entry[1] for entry in read(content)[0]] == ["254712345678"]
    with pytest.raises(errors.NoPhoneColumn):
        understood(sheets(About=about, Empty=sheet([])))


def test_a_sheet_that_cannot_be_read_does_not_spoil_the_one_that_is() -> None:
    people = sheet([("Phone",), (712345678,)])

    assert understood(sheets(Good=people, Torn="<worksheet")).unread == ()


def test_nobody_waits_for_the_end_of_empty_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LOOKED_AT", 1000)
    people = "<row/>" * 50 + "<row><c><v>712345678</v></c></row>"
    late = HEAD + "<row/>" * 50_000 + people + TAIL

    assert understood(sheets(Empty=late, Full=HEAD + people + TAIL)).sheet == "Full"


def test_a_formula_that_was_never_worked_out_says_what_to_do() -> None:
    formula = b'<c t="str"><f>A1&amp;B1</f></c>'
    entries, _, rejected = read(
        workbook([("Phone", "Name"), (712345678, formula), (formula, "Juma"), ("", formula)])
    )

    assert [entry[2] for entry in entries] == [""]
    assert [(each.row, each.code) for each in rejected] == [(3, "number_unworked")]
    told = Rejection(3, rejected[0].cells, rejected[0].code, rejected[0].about)
    assert "Open the file in Excel" in told.words()
    assert "Excel" in told.words("sw")


def test_what_lies_far_to_the_right_takes_no_room_in_memory() -> None:
    """A cell in the last column of every row, which the file says in thirty letters."""
    far = "".join(f'<row><c><v>{712000000 + n}</v></c><c r="XFD{n + 2}"><v>1</v></c></row>'
                  for n in range(5000))  # fmt: skip
    good = "<row><c><v>722345678</v></c></row>" * 300
    content = with_sheet(good + far)
    tracemalloc.start()
    _, _, rejected = read(content)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert {each.code for each in rejected} == {"row_too_wide"}
    assert len(rejected) == 5000
    assert most < 60_000_000


def test_texts_that_cells_share_may_take_so_much_room(monkeypatch: pytest.MonkeyPatch) -> None:
    many = "".join(f"<si><t>Asha {number}</t></si>" for number in range(20_000))
    strings = f'<sst xmlns="{MAIN}">{many}</sst>'
    inside = '<row><c t="s"><v>19999</v></c></row>'

    assert rows(with_sheet(inside, strings=strings)) == [["Asha 19999"]]
    with pytest.raises(errors.WorkbookDamaged):
        rows(with_sheet(inside.replace("19999", "20000"), strings=strings))
    for limit, most in (("STRINGS_MANY", 19_999), ("STRINGS_MAX", len(strings) - 1)):
        monkeypatch.setattr(reading, limit, most)
        with pytest.raises(errors.WorkbookTooLarge):
            rows(with_sheet(inside, strings=strings))
        monkeypatch.undo()


@pytest.mark.parametrize(("start", "more"), [("", "<x/>"), ("<row>", "<c/>"), ("<row><c><v>", "1")])
def test_a_row_that_never_ends_is_not_waited_for(
    start: str, more: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How much is read for one row is settled, and not by the file's size alone."""
    monkeypatch.setattr(reading, "ROW_MAX", 100_000)
    short = "<row><c><v>1</v></c></row>"

    assert len(rows(with_sheet(short * 10_000))) == 10_000
    with pytest.raises(errors.WorkbookTooLarge):
        rows(with_sheet(short + start + more * 200_000))


def test_days_are_counted_from_either_year() -> None:
    styles = (
        f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
        '<xf numFmtId="46"/></cellXfs></styleSheet>'
    )
    days = ("46043", "44581", "46043.5", "0.604166666666667", "-1", "1e9")
    inside = "".join(f'<c s="1"><v>{day}</v></c>' for day in days)
    inside = f'<row>{inside}<c s="2"><v>1.0625</v></c><c t="d"><v>2026-01-21</v></c></row>'
    since_1904 = BOOK.replace("<sheets>", '<workbookPr date1904="1"/><sheets>')

    usual = rows(with_sheet(inside, styles=styles))
    from_1904 = rows(with_sheet(inside, styles=styles, **{"xl/workbook.xml": since_1904}))

    assert usual[0][:4] == ["21/01/2026", "20/01/2022", "21/01/2026 12:00", "14:30"]
    assert usual[0][4:] == ["-1", "1000000000", "25:30", "21/01/2026"]
    assert from_1904[0][1] == "21/01/2026"


def test_a_strict_workbook_is_read_as_any_other() -> None:
    out = io.BytesIO()
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["Phone", "Due", "Hours"])
    book.active.append([254712345678, datetime(2026, 1, 21), timedelta(hours=26)])
    book.save(out)
    with zipfile.ZipFile(out) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    for name, part in parts.items():
        for strict, usual in reading._STRICT:
            part = part.replace(usual, strict)
        parts[name] = part

    assert rows(packed(parts)) == [
        ["Phone", "Due", "Hours"],
        ["254712345678", "21/01/2026", "26:00"],
    ]


def test_rows_and_sheets_out_of_order_are_not_lost_in_silence() -> None:
    twice = '<row r="2"><c><v>1</v></c></row>' * 2
    with pytest.raises(errors.WorkbookDamaged):
        rows(with_sheet(twice))

    crossed = '<row><c r="B1"><v>2</v></c><c r="A1"><v>1</v></c></row>'
    assert rows(with_sheet(crossed)) == [["1", "2"]]


def test_a_sheet_is_read_beyond_the_size_it_claims() -> None:
    part = HEAD.replace("<sheetData>", '<dimension ref="A1"/><sheetData>')
    inside = "<row><c><v>1</v></c><c><v>2</v></c></row>" * 2

    found = rows(workbook(**{"xl/worksheets/sheet1.xml": part + inside + TAIL}))

    assert found == [["1", "2"], ["1", "2"]]


def test_the_reader_of_xml_is_the_one_that_refuses_entities() -> None:
    for read_xml in (functions.iterparse, functions.fromstring, reading.iterparse):
        assert read_xml.__module__.startswith("defusedxml")


def test_a_part_that_is_missing_is_called_damage() -> None:
    with pytest.raises(errors.WorkbookDamaged):
        Workbook(io.BytesIO(packed({"xl/workbook.xml": BOOK.encode()})))
