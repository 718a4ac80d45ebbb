"""What the cells of a row become: a number, a name, a language, free fields; or why they cannot."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["LANGUAGES", "Rounded", "Unworked", "line", "unguarded"]

# What people write in a column of languages.
LANGUAGES = {
    **dict.fromkeys(("en", "eng", "english", "kiingereza", "kizungu", "en-ke", "en-gb"), "en"),
    **dict.fromkeys(("sw", "swa", "swahili", "kiswahili", "sw-ke", "ksw"), "sw"),
}
# Marks without a shape of their own (Cf) vanish: some turn the direction of writing, which can make
# one name look like another.
_UNSEEN = {**dict.fromkeys(("Cc", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"), " "), "Cf": ""}
# Digits that somebody wrote as a formula, so that a spreadsheet keeps the zero before them.
_DIGITS = re.compile(r'="\s*(\+?[0-9][0-9 -]*?)\s*"\s*').fullmatch
# An apostrophe that keeps a spreadsheet from reading a formula, ours or another program's.
_GUARDED = re.compile(r"'(?=[=+\-@\t\r])")
# What a formula gives that went wrong. As a value it is none; nobody wants it in a text.
_ERRORS = frozenset(
    ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
)
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*").fullmatch


class Rounded(str):
    """A number that a spreadsheet keeps as one, and shows without its last six digits."""

    __slots__ = ()


class Unworked(str):
    """A formula without a value: the program that wrote the workbook never worked it out."""

    __slots__ = ()

    def __new__(cls) -> Unworked:
        return super().__new__(cls, "=")


def line(cell: str) -> str:
    """A cell as one line of text: composed letters, single spaces, nothing that cannot be seen."""
    if not cell or (_PLAIN(cell) and cell[0] not in "'=#"):
        return str(cell)  # a plain one
    if isinstance(cell, Unworked):
        return ""
    seen = "".join([_UNSEEN.get(unicodedata.category(letter), letter) for letter in cell])
    said = unguarded(" ".join(unicodedata.normalize("NFC", seen).split()))
    return "" if said in _ERRORS else said


def unguarded(cell: str) -> str:
    """A cell without what keeps a spreadsheet from changing it: an apostrophe, or `="0712"`.

    Only digits are taken out of a formula, and nothing is worked out.
    """
    bare = cell[1:] if _GUARDED.match(cell) else cell
    found = _DIGITS(bare) if bare.startswith("=") else None
    return found[1] if found else bare
