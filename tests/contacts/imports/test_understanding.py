"""How a file is written, and what its columns are, is found out from the file itself."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from core.contacts import exporting
from core.contacts.imports import errors, receiving
from core.contacts.imports.layouts import Layout, Meaning
from tests.contacts.imports.scene import read, understood


def meanings(layout: Layout) -> list[tuple[str, str]]:
    return [(column.heading, column.meaning.value) for column in layout.columns]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    rows = [["Phone", "Name", "Town"], ["0712345678", "Doe, Jane; and sons", "Kisumu"]]
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)

    found = understood(text)

    assert found.delimiter == delimiter
    assert meanings(found) == [("Phone", "phone"), ("Name", "name"), ("Town", "field")]


def test_a_comma_in_names_does_not_make_it_the_delimiter() -> None:
    entries, _, _ = read("Jina;Simu\nOtieno, Juma;0712345678\nNjeri, Asha;0722345678\n")

    assert [entry[2] for entry in entries] == ["Otieno, Juma", "Njeri, Asha"]


def test_what_excel_is_told_on_the_first_line_is_no_row() -> None:
    found = understood("sep=;\nPhone;Name\n0712345678;Asha\n")

    assert (found.delimiter, found.above, found.has_header) == (";", 2, True)
    assert len(read("sep=;\n0712345678;Asha\n")[0]) == 1


@pytest.mark.parametrize(
    ("encoding", "mark", "said"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8-sig"),
        ("utf-16-le", b"\xff\xfe", "utf-16"),
        ("utf-16-be", b"\xfe\xff", "utf-16"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
        ("cp1252", b"", "cp1252"),
    ],
)
def test_the_encoding_is_found(encoding: str, mark: bytes, said: str) -> None:
    text = "Phone,Name,Town\r\n0712345678,José Muñoz,Kisumu\r\n"

    found = understood(mark + text.encode(encoding))
    entries, _, _ = read(mark + text.encode(encoding))

    assert found.encoding == said
    assert found.headings == ["Phone", "Name", "Town"]
    assert entries[0][2] == "José Muñoz"


def test_one_torn_letter_among_whole_ones_is_no_other_encoding() -> None:
    rows = "".join(f"07123456{n:02d},Zoë Müller\n" for n in range(20)).encode()

    assert understood(rows + b"0722345678,Jos\xc3\n").encoding == "utf-8"


def test_rows_in_another_encoding_are_left_out_and_say_so() -> None:
    whole = "".join(f"071234{n:04d},Zoë Müller\n" for n in range(2000)).encode()
    other = "".join(f"07223456{n:02d},José Muñoz\n" for n in range(90)).encode("cp1252")
    joined = b"Phone,Name\n" + whole[:115] + other + b"0799345678,Asha\n"

    first, _, late = read(b"Phone,Name\n" + whole + b"0722345678,Jos\xe9\n0799345678,Asha\n")
    second, _, early = read(joined)

    assert [(each.row, each.code) for each in late] == [(2002, "letters_unreadable")]
    assert {entry[2] for entry in first} == {"Zoë Müller", "Asha"}
    assert {entry[2] for entry in second} == {"José Muñoz", "Asha"}
    assert [(each.row, each.code) for each in early] == [
        (row, "letters_unreadable") for row in range(2, 7)
    ]


def test_a_windows_letter_at_the_end_of_a_long_file_tells_the_encoding() -> None:
    rows = "".join(f"07123456{n % 100:02d},Asha\n" for n in range(5000)).encode()

    entries, _, rejected = read(rows + b"0722345678,Jos\xe9\n")

    assert entries[-1][2] == "José"
    assert rejected == []


def test_bytes_that_are_no_letter_in_any_encoding_are_never_stored() -> None:
    entries, _, rejected = read(b"Phone,Name\n0712345678,Jos\xe9\n0722345678,A\x81sha\n")

    assert [entry[2] for entry in entries] == ["José"]
    assert [each.code for each in rejected] == ["letters_unreadable"]


@pytest.mark.parametrize(
    "heading",
    ["Phone", "PHONE NUMBER", "mobile no.", "Simu", "Namba ya simu", "Nambari", "Tel", "MSISDN",
     "Contact", "WhatsApp number", "phone_number", "Numéro de téléphone"],
)  # fmt: skip
def test_headings_name_the_phone_column_in_both_languages(heading: str) -> None:
    """Though another column holds numbers as well."""
    found = understood(f"Backup,{heading}\n0722345678,0712345678\n0722345679,0712345679\n")

    assert [column.meaning.value for column in found.columns] == ["field", "phone"]


def test_a_second_number_that_few_people_have_is_not_the_number() -> None:
    """Though every one of them is good, and one of the first column's is not."""
    rows = "".join(f"N{n},07123456{n},\n" for n in range(10, 21))
    text = f"Name,Phone,Other phone\n{rows}Q,020222222,0712004100\n"

    assert understood(text).phone == 1
    assert understood(text.replace("Phone,Other", "Contact,Other")).phone == 1
    assert understood(text.replace("Name,Phone,Other phone\n", "")).phone == 1


def test_the_column_called_phone_goes_before_others_with_more_numbers() -> None:
    text = "Simu ya pili,Simu\n0722345678,0712345678\n0722345679,\n0722345670,0712345670\n"

    assert understood(text).phone == 1
    assert understood("Phone,WhatsApp\nSamsung,0712345678\nNokia,0722345678\n").phone == 1


@pytest.mark.parametrize(
    "heading",
    ["Name", "Jina", "Full Name", "Jina kamili", "Mteja", "NAMES", "Full Names", "Name of client",
     "Client name", "Client's name", "Names of the customers", "Official names", "Majina",
     "Jina la mteja", "Majina ya wateja", "Majina matatu", "Jina kamili la mwanachama"],
)  # fmt: skip
def test_headings_name_the_name_column_in_both_languages(heading: str) -> None:
    found = understood(f"Code,{heading},Simu\nA,Asha,0712345678\n")

    assert [column.meaning.value for column in found.columns] == ["field", "name", "phone"]


@pytest.mark.parametrize(
    "heading", ["Business name", "Name of the dog", "Jina la duka", "Username"]
)
def test_not_every_name_is_a_persons(heading: str) -> None:
    assert understood(f"{heading},Simu,Jina\nA,0712345678,Asha\n").columns[0].meaning == "field"


def test_first_and_last_names_are_put_together() -> None:
    entries, _, _ = read("First Name,Simu,Surname\nAsha,0712345678,Njeri\n,0722345678,Mutua\n")

    assert [entry[2] for entry in entries] == ["Asha Njeri", "Mutua"]


@pytest.mark.parametrize(
    ("headings", "meant"),
    [
        ("Name,Given Name,Family Name", ["name", "skip", "skip"]),
        ("First name,Last name,Full name", ["skip", "skip", "name"]),
        ("Jina,Jina la ukoo", ["name", "name"]),
        ("Customer name,Contact person", ["name", "field"]),
    ],
)
def test_nobodys_name_is_said_twice(headings: str, meant: list[str]) -> None:
    found = understood(f"{headings},Simu\n{'A,' * len(meant)}0712345678\n")

    assert [column.meaning.value for column in found.columns[:-1]] == meant


def test_a_language_column_is_one_only_when_it_holds_languages() -> None:
    entries, _, rejected = read(
        "Simu,Lugha\n0712345678,Kiswahili\n0722345678,EN\n0733345678,\n0744345678,Kifaransa\n"
    )

    assert [entry[3] for entry in entries] == ["sw", "en", None, None]
    assert rejected == []
    assert understood("Simu,Lugha\n0712345678,12\n").columns[1].meaning.value == "field"


def test_without_headings_columns_go_by_what_stands_in_them() -> None:
    text = "1,Asha Njeri,0712 345 678,Kisumu\n2,Juma Otieno,+254722345678,Nakuru\n"

    found = understood(text)

    assert not found.has_header
    assert meanings(found) == [
        ("column 1", "field"),
        ("column 2", "name"),
        ("column 3", "phone"),
        ("column 4", "field"),
    ]
    assert len(read(text)[0]) == 2


def test_identity_numbers_and_amounts_are_no_phones() -> None:
    text = "Namba,Kiasi,Mawasiliano ya mteja\n23456789,150000,0712345678\n34567890,5,0722345678\n"

    assert understood(text).phone == 2


def test_titles_above_the_headings_are_no_rows() -> None:
    text = "Phone list 2026,,\n,,\nprinted,today,\nName,Phone,Due\nAsha,0712345678,500\n"

    found = understood(text)

    assert (found.above, found.headings) == (4, ["Name", "Phone", "Due"])
    assert len(read(text)[0]) == 1


def test_a_wrong_number_in_the_first_row_is_not_taken_for_a_heading() -> None:
    _, _, rejected = read("07123,Asha\n0722345678,Juma\n0733345678,Njeri\n")

    assert [(each.row, each.code) for each in rejected] == [(1, "number_too_short")]


def test_columns_can_be_named_by_who_sends_the_file() -> None:
    text = "A,B,C\n0712345678,0722345678,Asha\n"

    assert understood(text).phone == 0
    assert understood(text, phone="b").phone == 1
    assert understood(text, phone="2", name="C").columns[2].meaning.value == "name"


def test_a_column_that_is_not_there_cannot_be_named() -> None:
    with pytest.raises(errors.ColumnUnknown, match="no column Namba"):
        understood("Phone\n0712345678\n", phone="Namba")
    with pytest.raises(errors.ColumnUnknown):
        understood("Phone\n0712345678\n", phone="2")
    with pytest.raises(errors.MeaningUnknown):
        understood("Phone\n0712345678\n", town="1")


def test_headings_become_names_that_templates_can_call() -> None:
    text = "Phone,Balance (KES),balance_kes,,phone\n0712345678,5,6,7,0722345678\n"

    assert understood(text).headings == [
        "Phone",
        "Balance KES",
        "balance_kes 2",
        "column 4",
        "phone 2",
    ]


def test_what_only_our_own_files_say_is_no_field() -> None:
    exported, left_out = ",".join(exporting.COLUMNS), "Simu,Jina,Mji,{},{}\n0712345678,A,M,2,x\n"
    skipped = [
        understood(f"{exported},Town\n0712345678,Asha,sw,active,A; B,,,,2026-01-01,Meru\n"),
        understood(left_out.format("Row", "Reason")),
        understood(left_out.format("Mstari", "Sababu")),
    ]

    assert [each.places(Meaning.SKIP) for each in skipped] == [[3, 4, 5, 6, 7, 8], [3, 4], [3, 4]]
    assert [each.places(Meaning.FIELD) for each in skipped] == [[9], [2], [2]]


@pytest.mark.parametrize("headings", ["status,groups", "Row,created_at", "Reason,Mstari"])
def test_somebodys_own_columns_of_the_same_names_are_fields(headings: str) -> None:
    found = understood(f"Simu,{headings}\n0712345678,a,b\n")

    assert found.places(Meaning.FIELD) == [1, 2]


def test_fewer_rows_of_a_wide_file_are_held_at_once() -> None:
    """A row of 30 free fields may be 15,000 letters, most of which a workbook says only once."""
    heads = ",".join(f"f{n}" for n in range(99))

    assert understood("Phone,Name\n0712345678,Asha\n").window == 20_000
    assert understood(f"Phone,{heads}\n0712345678{',x' * 99}\n").window == 2_000


def test_fields_beyond_what_a_contact_holds_are_skipped_and_said_so() -> None:
    heads = ",".join(f"f{n}" for n in range(40))
    found = understood(f"Phone,{heads}\n0712345678{',x' * 40}\n")

    assert [column.meaning.value for column in found.columns].count("skip") == 10


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", errors.FileEmpty),
        (b"\n \r\n", errors.FileEmpty),
        (b"\xef\xbb\xbf", errors.FileEmpty),
        (b"Phone,Name\n", errors.NoRows),
        (b"Phone,Name\n,\n\n", errors.NoRows),
        (b"Town,Name\nKisumu,Asha\n", errors.NoPhoneColumn),
        (b"%PDF-1.7\n1 0 obj\n", errors.NotATable),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, errors.NotATable),
        (b"<html><table><tr><td>0712345678", errors.NotATable),
        (b"\0" * 5000, errors.NotATable),
        (bytes(range(256)) * 20, errors.NotATable),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 5000, errors.OldWorkbook),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 990
            + "EncryptedPackage".encode("utf-16-le") + b"\0" * 99,
            errors.WorkbookLocked,
        ),
        (b"0712345678," * 200_000, errors.NotATable),
        (b"0712345678" + b",x" * 300 + b"\n", errors.TooManyColumns),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused_in_words(content: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal) as told:
        understood(content)

    assert str(told.value).endswith(".")


def test_more_than_fifty_megabytes_are_refused_while_they_come() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"0712345678,Asha\n" * 60_000

    with pytest.raises(errors.UploadTooLarge, match="50 MB"):
        receiving.receive(endless(), io.BytesIO())
