"""Every row of a file is a contact, a repetition, or left out for a reason in words."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.contacts.imports import csv_out, reading
from core.contacts.imports.queries import Rejection
from core.contacts.imports.values import line
from tests.contacts.imports.scene import read, workbook

NUMBER = "254712345678"


@pytest.mark.parametrize(
    ("written", "msisdn"),
    [
        ("712345678", NUMBER),
        ("254712345678.0", NUMBER),
        ("2.54712345678E+11", NUMBER),
        ("2,54712345678E+11", NUMBER),
        ("+254 712-345-678", NUMBER),
        ("'+254712345678", NUMBER),
        ("\u200e0712\u00a0345 678\u202c", NUMBER),
        ("0712345678\0", NUMBER),
        ("tel:+254712345678", NUMBER),
        ("+256 772 123456", "256772123456"),
    ],
)
def test_damage_that_can_be_undone_is_undone(written: str, msisdn: str) -> None:
    entries, _, _ = read(f'Phone;Name\n0799999999;Z\n"{written}";Asha\n')

    assert entries[1][1] == msisdn


@pytest.mark.parametrize(
    "row", ['="0712000110",Asha', '"=""0712000110""",Asha', '" =""+254 712-000110"" ",Asha']
)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_formula_that_only_keeps_a_zero_is_read_as_its_digits(row: str, delimiter: str) -> None:
    heads = f"Phone,Name\n{row}\n0799999999,Z\n".replace(",", delimiter)
    bare = f"{row}\n{row}\n".replace(",", delimiter)

    assert read(heads)[0][0][1:3] == ("254712000110", "Asha")
    assert read(bare)[0][0][1:3] == ("254712000110", "Asha")


@pytest.mark.parametrize("cell", ['=""0712000110""&A1', "=0712000110", "=1+1", '=""=0712000110""'])
def test_no_other_formula_is_read(cell: str) -> None:
    entries, _, rejected = read(f'Phone,Name\n0799999999,Z\n"{cell}",Asha\n')

    assert len(entries) == len(rejected) == 1


def test_a_cell_beyond_all_measure_is_told_under_its_own_column() -> None:
    far = "x" * 200_000
    _, _, rejected = read(f'Phone,Name,Town\n0712345678,"A, B",{far}\n0722345678,{far},K\n')

    assert [each.code for each in rejected] == ["cell_too_long"] * 2
    assert [each.about["column"] for each in rejected] == ["Town", "Name"]
    assert [each.about["most"] for each in rejected] == [500, 60]


@pytest.mark.parametrize("written", ["2.54712E+11", "2.54712e11", "2,54712E+11", "7.12346E+8"])
def test_digits_that_excel_has_lost_are_never_guessed(written: str) -> None:
    _, _, (left_out,) = read(f"Phone;Name\n0799999999;Z\n{written};Asha\n")
    told = Rejection(*left_out[:1], left_out.cells, left_out.code, left_out.about)

    assert left_out.code == "number_damaged"
    assert "Format the column as text" in told.words()
    assert "maandishi" in told.words("sw")


def test_a_column_that_excel_has_ruined_whole_is_recognised() -> None:
    entries, _, rejected = read("Simu,Jina\n2.54712E+11,Asha\n2.54722E+11,Juma\n")

    assert entries == []
    assert {each.code for each in rejected} == {"number_damaged"}


def test_a_number_is_taken_once_a_file() -> None:
    entries, duplicate, _ = read("0712345678,Asha\n+254712345678,Juma\n0722345678,Njeri\n")

    assert [(entry[0], entry[2]) for entry in entries] == [(1, "Asha"), (3, "Njeri")]
    assert duplicate == 1


def test_blank_rows_are_none() -> None:
    entries, duplicate, rejected = read('Phone,Name\n\n0712345678,Asha\n , \n"",""\n\0\n\x1a')

    assert (len(entries), duplicate, rejected) == (1, 0, [])


def test_rows_may_be_too_short() -> None:
    entries, _, rejected = read("Name,Phone,Town\nAsha,0712345678\nJuma\n")

    assert [entry[2] for entry in entries] == ["Asha"]
    assert [each.code for each in rejected] == ["number_missing"]


def test_a_row_with_more_cells_than_columns_is_left_out() -> None:
    """Whose balance is "Jane" nobody wants to find out from a text."""
    entries, _, rejected = read("Phone,Name,Due\n0712345678,Doe, Jane,500\n0722345678,Asha,5,,\n")

    assert [entry[2] for entry in entries] == ["Asha"]
    assert [(each.code, each.about) for each in rejected] == [
        ("row_too_wide", {"cells": 4, "columns": 3})
    ]


def test_line_breaks_within_quotes_belong_to_the_cell() -> None:
    entries, _, _ = read('Phone,Name,Note\n0712345678,"Asha\r\nNjeri","one\ntwo\nthree"\n')

    assert entries == [(2, NUMBER, "Asha Njeri", None, '{"Note":"one two three"}')]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_breaks_may_stand_before_the_number(end: str) -> None:
    rows = [f'"Box {n}{end}Nairobi","Asha{end}""Mama"" {n}",07123456{n}' for n in range(10, 20)]

    entries, _, rejected = read(end.join(["Address,Name,Phone", *rows]))

    assert rejected == []
    assert entries[0] == (2, "254712345610", 'Asha "Mama" 10', None, '{"Address":"Box 10 Nairobi"}')
    assert [entry[0] for entry in entries] == list(range(2, 12))


def test_two_numbers_on_two_lines_of_a_cell_are_one_row() -> None:
    entries, _, rejected = read('Phone,Name\n"0712345678\n0722345678",Asha\n0733345678,Juma\n')

    assert [entry[2] for entry in entries] == ["Juma"]
    assert [(each.row, each.code) for each in rejected] == [(2, "number_too_long")]


@pytest.mark.parametrize(
    "rows",
    [
        '"Asha,0712345678\n"Juma",0722345678\nNjeri,0733345678\n',
        '"Asha,0712345678\nJuma,0722345678\n"Njeri",0733345678\n',
        '"Asha,0712345678\nJuma,0722345678\nTV 32",0733345678\n',
        '"Asha,0712345678\nJuma,0722345678\nNjeri 5" pipe,0733345678\n',
    ],
)
def test_nobody_vanishes_into_the_name_above(rows: str) -> None:
    entries, _, rejected = read(f"Name,Phone\n{rows}")

    assert [(each.row, each.code) for each in rejected] == [(2, "quote_open")]
    assert {entry[1] for entry in entries} == {"254722345678", "254733345678"}


def test_a_quote_that_is_never_closed_costs_its_own_row_alone() -> None:
    rows = [f"07{n:08d},Asha {n}" for n in range(300)]
    rows[100] = '0700000100,"Asha'

    entries, _, rejected = read("Phone,Name\n" + "\n".join(rows))

    assert len(entries) == 299
    assert [(each.row, each.code) for each in rejected] == [(102, "quote_open")]


def test_a_quote_that_a_later_one_closes_swallows_nothing() -> None:
    entries, _, rejected = read(
        'Phone,Name\n0712345678,"Asha\n0722345678,Juma\n0733345678,"Njeri"\n0744345678,Mutua\n'
    )

    assert [entry[2] for entry in entries] == ["Juma", "Njeri", "Mutua"]
    assert [each.code for each in rejected] == ["quote_open"]


def test_a_quote_left_open_on_the_last_line_is_seen() -> None:
    entries, _, rejected = read('Phone,Name\n0712345678,Asha\n0722345678,"Juma')

    assert (len(entries), [each.code for each in rejected]) == (1, ["quote_open"])


def test_a_huge_cell_costs_its_row_alone() -> None:
    huge = "x" * 200_000
    entries, _, rejected = read(f"Phone,Note\n0712345678,{huge}\n0722345678,y\n")

    assert [entry[1] for entry in entries] == ["254722345678"]
    assert [each.code for each in rejected] == ["cell_too_long"]


def test_text_too_long_to_keep_is_named_with_its_column() -> None:
    _, _, rejected = read(f"Phone,Name\n0712345678,{'A' * 61}\n0722345678,B\n")

    assert [(each.code, each.about) for each in rejected] == [
        ("cell_too_long", {"column": "Name", "most": 60})
    ]


def test_of_a_row_that_is_left_out_only_so_much_is_kept() -> None:
    cells = ",".join("x" * 400 for _ in range(20))
    _, _, (left_out, narrow) = read(
        f"Phone{',' * 20}\n0712345678\n07,{cells}\n" + "07," + "y," * 19 + "z\n"
    )

    assert [len(cell) for cell in left_out.cells] == [2, *[400] * 4, 398, *[0] * 15]
    assert narrow.cells == ["07", *["y"] * 19, "z"]


def test_of_a_file_only_so_much_is_kept_of_what_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "FILE_KEPT", 12)
    _, _, rejected = read("Phone,Name\n07,Asha\n071,Juma\n072,A\n0712345678,B\n")

    assert [each.cells for each in rejected] == [["07", "Asha"], ["071", "Jum"], []]
    assert [each.row for each in rejected] == [2, 3, 4]


@pytest.mark.parametrize("error", ["#N/A", "#REF!", " #DIV/0! ", "#VALUE!"])
def test_what_a_formula_gives_that_went_wrong_is_nothing(error: str) -> None:
    rows = f"Phone,Name,Due\n0712345678,{error},{error}\n0722345678,#1 Salon,#5\n"

    assert read(rows)[0] == [
        (2, NUMBER, "", None, None),
        (3, "254722345678", "#1 Salon", None, '{"Due":"#5"}'),
    ]


def test_what_cannot_be_seen_is_taken_out_of_names() -> None:
    entries, _, _ = read("Phone,Name\n0712345678,\u202eAsha\u202c\t Nje\0ri \n".replace("\t", "  "))

    assert entries[0][2] == "Asha Nje ri"


def test_names_are_composed() -> None:
    assert read("Phone,Name\n0712345678,Jose\u0301\n")[0][0][2] == "Jos\u00e9"


# The same rows, as a file and as a workbook.

CELLS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\r\t"), max_size=12
)
NUMBERS = st.sampled_from(
    ["0712345678", "+254722345678", "712345679", "2.54712E+11", "07123", "", "abc", "256772123456"]
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(NUMBERS, CELLS, CELLS), min_size=1, max_size=12), st.sampled_from(",;\t|")
)
def test_every_row_is_accounted_for_whatever_stands_in_it(
    rows: list[tuple[str, str, str]], delimiter: str
) -> None:
    out = io.StringIO(newline="")
    written = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    written.writerow(["Phone", "Name", "Note"])
    written.writerows([("0799999999", "Zawadi", "first"), *rows])
    blank = sum(not any(line(cell) for cell in row) for row in rows)

    entries, duplicate, rejected = read(out.getvalue())

    assert len(entries) + duplicate + len(rejected) == len(rows) + 1 - blank


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NUMBERS, st.text("abc d,;\"'é😀", max_size=9)), min_size=1, max_size=9))
def test_a_workbook_and_a_csv_of_the_same_rows_say_the_same(rows: list[tuple[str, str]]) -> None:
    table = [("Phone", "Note"), ("0799999999", "first"), *rows]
    out = io.StringIO(newline="")
    csv.writer(out).writerows(table)

    from_csv, from_workbook = read(out.getvalue()), read(workbook(table))

    assert from_csv[:2] == from_workbook[:2]
    assert [(each.row, each.code) for each in from_csv[2]] == [
        (each.row, each.code) for each in from_workbook[2]
    ]


# What goes out again.


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", " =1", "\uff1d1", "=", "\r=1"],
)
def test_nothing_that_looks_like_a_formula_leaves_unguarded(cell: str) -> None:
    assert csv_out.guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["+254712345678", "-12.50", "0712 345 678", "Asha", "", "a=b"])
def test_numbers_and_words_leave_as_they_are(cell: str) -> None:
    assert csv_out.guarded(cell) == cell


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=5))
def test_what_was_written_out_is_read_back(rows: list[list[str]]) -> None:
    written = b"".join(csv_out.lines(rows)).decode()

    back = list(csv.reader(io.StringIO(written, newline="")))

    assert back == [[csv_out.guarded(cell) for cell in row] for row in rows]
