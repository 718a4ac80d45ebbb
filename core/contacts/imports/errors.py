"""Why a file of contacts, or a row of one, was not taken."""

from __future__ import annotations

from core import phone
from core.contacts.free_fields import TooManyFields
from core.errors import Conflict, Invalid, NotFound, Refused, TooMany


class ImportNotFound(NotFound):
    """No such import, or another business's."""

    code = "import_not_found"
    title = "Import not found"
    sentence = "There is no such import. Check the id."


class ImportUnderWay(Conflict):
    """It runs, or it is done."""

    code = "import_under_way"
    title = "Import already started"
    sentence = "This import has been started already. Look at how far it is."


class ImportForgotten(Conflict):
    """Files are only kept as long as they are needed."""

    code = "import_forgotten"
    title = "File no longer kept"
    sentence = "We no longer keep this file. Send it again."


class TooManyImports(TooMany):
    """A business has as many files waiting as it may."""

    code = "too_many_imports"
    title = "Too many files waiting"
    sentence = "{most} of your files are waiting already. Wait until one is done."


# Files.


class FileEmpty(Invalid):
    """Nothing is in it."""

    code = "file_empty"
    title = "Empty file"
    sentence = "The file is empty. Save the list again and send it."
    field = "file"


class UploadTooLarge(Invalid):
    """More than is taken at once."""

    code = "upload_too_large"
    title = "File too large"
    sentence = "The file is too large: {most} MB at most. Send it in parts."
    field = "file"


class NotATable(Invalid):
    """Something else than a table of text."""

    code = "not_a_table"
    title = "Not a CSV or Excel file"
    sentence = "This is not a CSV or Excel file. Save the list as CSV or .xlsx and send that."
    field = "file"


class OldWorkbook(Invalid):
    """The binary format of Excel before 2007."""

    code = "old_excel_file"
    title = "Old Excel file"
    sentence = "This is an old Excel file (.xls). Open it, save it as .xlsx or CSV and send that."
    field = "file"


class WorkbookLocked(Invalid):
    """A password is needed to open it."""

    code = "file_has_password"
    title = "File with a password"
    sentence = "This file has a password. Save it without one and send that."
    field = "file"


class WorkbookDamaged(Invalid):
    """A workbook whose insides do not fit together."""

    code = "file_damaged"
    title = "Damaged file"
    sentence = "This Excel file is damaged. Open it, save it again, or save it as CSV."
    field = "file"


class WorkbookTooLarge(Invalid):
    """A small file that unpacks to a huge one."""

    code = "file_unpacks_too_large"
    title = "File unpacks to too much"
    sentence = "There is too much in this Excel file. Save the list alone as CSV and send that."
    field = "file"


class NoRows(Invalid):
    """A heading at most."""

    code = "file_without_rows"
    title = "No contacts in the file"
    sentence = "There are no contacts in this file. Put one on each line and send it again."
    field = "file"


class NoPhoneColumn(Invalid):
    """No column looks like telephone numbers."""

    code = "no_phone_column"
    title = "No column of phone numbers"
    sentence = (
        "We found no column of phone numbers in this file. "
        "Write Phone above the column and send it again."
    )
    field = "columns"


class ColumnUnknown(Invalid):
    """A column was named that the file does not have."""

    code = "column_unknown"
    title = "No such column"
    sentence = "The file has no column {column}. Name one by its heading or its number."
    field = "columns"


class MeaningUnknown(Invalid):
    """A column can be a few things only."""

    code = "column_meaning_unknown"
    title = "Columns cannot be that"
    sentence = "A column cannot be {meaning}. Choose one of: {offered}."
    field = "columns"


class TooManyColumns(Invalid):
    """Wider than any list of people."""

    code = "too_many_columns"
    title = "Too many columns"
    sentence = "The file has {columns} columns; {most} at most. Remove some and send it again."
    field = "file"


class ImportBroken(Conflict):
    """We failed at it several times."""

    code = "import_failed"
    title = "Import failed"
    sentence = "We could not finish this file. What is counted is stored. Please tell us."


# Rows.


class RowTooWide(Invalid):
    """More cells than columns: what stands in which is anybody's guess."""

    code = "row_too_wide"
    title = "Too many cells"
    sentence = (
        "This row has {cells} cells, the file {columns} columns. "
        "Put quotation marks around text with a comma."
    )


class CellTooLong(Invalid):
    """More than fits."""

    code = "cell_too_long"
    title = "Cell too long"
    sentence = "The text under {column} is too long: {most} characters at most."


class QuoteOpen(Invalid):
    """A quotation mark that would swallow the rows below."""

    code = "quote_open"
    title = "Quotation mark without its partner"
    sentence = "A quotation mark in this row is never closed. Remove it."


class LettersUnreadable(Invalid):
    """Written in another encoding than the rest of the file, as when two files were joined."""

    code = "letters_unreadable"
    title = "Letters we cannot read"
    sentence = (
        "There are letters in this row that we cannot read. "
        "Save the file as CSV UTF-8 and send it again."
    )


class NumberUnworked(Invalid):
    """A formula stands for the number, and the program that wrote the workbook left it at that."""

    code = "number_unworked"
    title = "Formula without a value"
    sentence = (
        "The number is a formula that was never worked out. "
        "Open the file in Excel, save it and send it again."
    )


class NumberErased(Conflict):
    """Somebody asked to be forgotten between the sending of the file and its reading."""

    code = "number_erased"
    title = "Person erased"
    sentence = "This person asked to be forgotten after the file was sent. Nothing is kept."


class GroupGone(Conflict):
    """The group was removed while the file was read."""

    code = "import_group_removed"
    title = "Group removed meanwhile"
    sentence = "The group was removed while the file was read. What is counted is stored."


# What stands in a rejected row: a code of its own for each sentence, for numbers share one.
REASONS: dict[str, type[Refused]] = {
    "number_missing": phone.NumberMissing,
    "number_not_digits": phone.NumberNotDigits,
    "number_damaged": phone.NumberDamaged,
    "number_too_short": phone.NumberTooShort,
    "number_too_long": phone.NumberTooLong,
    "number_country_unknown": phone.CountryUnknown,
    "number_fixed_line": phone.NumberFixedLine,
    "number_short_code": phone.NumberShortCode,
    "number_special_rate": phone.NumberSpecialRate,
    "number_unassigned": phone.NumberUnassigned,
    "number_invalid": phone.InvalidNumber,
    **{
        kind.code: kind
        for kind in (
            RowTooWide,
            CellTooLong,
            QuoteOpen,
            LettersUnreadable,
            NumberUnworked,
            NumberErased,
            TooManyFields,
        )
    },
}
CODES = {kind: code for code, kind in REASONS.items()}

# Why a whole import can fail once it has been taken in.
PROBLEMS: dict[str, type[Refused]] = {
    kind.code: kind
    for kind in (
        WorkbookDamaged,
        WorkbookTooLarge,
        WorkbookLocked,
        NotATable,
        NoRows,
        NoPhoneColumn,
        ImportBroken,
        ImportForgotten,
        GroupGone,
    )
}
