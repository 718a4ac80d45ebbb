"""What sort of file somebody has sent, judged by its bytes and never by its name."""

from __future__ import annotations

import codecs
from typing import NamedTuple

from core.contacts.imports.errors import NotATable, OldWorkbook, WorkbookLocked
from core.contacts.imports.layouts import Kind

# The head that is judged. Large enough for any byte order mark, signature or habit to show.
HEAD = 4096
# So many control characters may stand in a short text.
ODD_MAX = 8
ZIP = b"PK\x03\x04"
# Compound files: Excel's before 2007, and every workbook with a password.
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, None),
    (codecs.BOM_UTF32_BE, None),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_TABLES = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")
_MARKUP = (b"<html", b"<!doctype", b"<?xml", b"<table", b"{\\rtf", b"begin:vcard")
# What no text has, but for tabs, line ends, and the end-of-file sign of old systems. NULs are left
# out: software that pads its columns with them is known.
_CONTROLS = bytes({*range(1, 32), 127} - set(b"\t\n\v\f\r\x1a\x1b"))


class Head(NamedTuple):
    """What the first bytes say: the kind, and the encoding where they settle it."""

    kind: Kind
    encoding: str | None


def judge(head: bytes) -> Head:
    """Say what a file is by its first few thousand bytes.

    Raises: NotATable.
    """
    if head.startswith(ZIP):
        return Head(Kind.XLSX, None)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            if encoding is None:
                raise NotATable
            return Head(Kind.CSV, encoding)
    if encoding := _wide(head):
        return Head(Kind.CSV, encoding)
    if head.startswith(_NO_TABLES) or head[:200].lstrip().lower().startswith(_MARKUP):
        raise NotATable
    odd = len(head) - len(head.translate(None, _CONTROLS))
    if (odd > ODD_MAX and odd * 50 > len(head)) or head.count(0) * 2 > len(head):
        raise NotATable
    return Head(Kind.CSV, None)


def _wide(head: bytes) -> str | None:
    """Recognise UTF-16 without its mark: in Latin letters every other byte is nothing."""
    pairs = len(head) // 2
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if pairs < 2:
        return None
    if odd * 10 > pairs * 7 and even * 10 < pairs:
        return "utf-16-le"
    if even * 10 > pairs * 7 and odd * 10 < pairs:
        return "utf-16-be"
    return None


class Compound:
    """Looks through a compound file for what it is."""

    def __init__(self) -> None:
        self._tail = b""

    @staticmethod
    def is_one(head: bytes) -> bool:
        """Say whether a file begins as one."""
        return head.startswith(_COMPOUND)

    def look(self, piece: bytes) -> None:
        """Take the next piece. Raises: WorkbookLocked."""
        if _LOCKED in self._tail + piece:
            raise WorkbookLocked
        self._tail = piece[-len(_LOCKED) :]

    def end(self) -> None:
        """Nothing more comes. Raises: OldWorkbook."""
        raise OldWorkbook


class Letters:
    """Tells UTF-8 from Windows-1252 by all letters of a file that are not ASCII."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._good = 0
        self._bad = 0

    def look(self, piece: bytes, *, is_last: bool = False) -> None:
        """Take the next piece."""
        if piece.isascii() and not is_last and not self._decoder.getstate()[0]:
            return
        text = self._decoder.decode(piece, is_last)
        bad = text.count("\ufffd")
        self._bad += bad
        if not text.isascii():
            self._good += len(text) - len(text.encode("ascii", "ignore")) - bad

    @property
    def encoding(self) -> str:
        """The likelier one; rows in the other, as where files were joined, are told apart."""
        return "utf-8" if self._good >= self._bad else "cp1252"
