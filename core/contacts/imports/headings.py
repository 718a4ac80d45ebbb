"""What a heading says its column is, in English and in Swahili."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from core.contacts import free_fields
from core.contacts.imports.layouts import Meaning

HEADING_MAX = 40

_NO_FIELD = re.compile(r"[^\w -]+")
_SIGNS = re.compile(r"[^\w]+|_+")
_PHONE = re.compile(
    r"\b(phones?|telephones?|tel|mobiles?|cell|cellphone|msisdn|gsm|whatsapp|simu|rununu)\b"
)
_PHONE_ALONE = frozenset(
    {
        *("number", "numbers", "contact", "contacts", "no", "to", "destination"),
        *("recipient", "recipients", "phonenumber", "phoneno", "mobilenumber", "mobileno", "telno"),
        *("namba", "nambari", "mawasiliano"),
    }
)
_NAMES = frozenset(
    {
        *("name", "names", "full name", "fullname", "first name", "firstname", "last name"),
        *("lastname", "middle name", "surname", "other name", "other names", "given name"),
        *("family name", "forename", "contact name", "contact person", "recipient name"),
        *("customer", "customer name", "client", "client name", "member", "member name"),
        *("student", "student name", "patient", "patient name", "employee", "employee name"),
        *("jina", "majina", "jina kamili", "jina la kwanza", "jina la kati", "jina la mwisho"),
        *("jina la ukoo", "mteja", "jina la mteja", "mwanachama", "jina la mwanachama"),
        *("mwanafunzi", "jina la mwanafunzi", "mgonjwa", "jina la mgonjwa", "mhusika"),
    }
)
_LANGUAGES = frozenset(
    ("language", "lang", "lugha", "preferred language", "language code", "lugha ya mawasiliano")
)


def plain(heading: str) -> str:
    """A heading as it is compared: lower case, single spaces, no signs and no accents."""
    split = unicodedata.normalize("NFKD", heading.casefold())
    bare = "".join(letter for letter in split if not unicodedata.combining(letter))
    return _SIGNS.sub(" ", bare).strip()


def meaning(heading: str) -> Meaning | None:
    """What a heading says, or None when it is a free field's."""
    words = plain(heading)
    if words in _NAMES:
        return Meaning.NAME
    if words in _LANGUAGES:
        return Meaning.LANGUAGE
    if words in _PHONE_ALONE or _PHONE.search(words):
        return Meaning.PHONE
    return None


def shown(cell: str, most: int = HEADING_MAX) -> str:
    """A text of somebody's as it is kept and shown: one line of what can be seen."""
    seen = "".join(c if c.isprintable() else " " for c in cell[: 4 * most])
    return " ".join(unicodedata.normalize("NFC", seen).split())[:most].rstrip()


def _as_field(cell: str) -> str:
    """A heading as the name of a free field, which templates can call."""
    return _NO_FIELD.sub(" ", shown(cell)).strip(" _-")


def distinct(cells: list[str]) -> list[str]:
    """Headings for columns: each its own, and a number for one that has none."""
    taken: set[str] = set()
    made = []
    for at, cell in enumerate(cells, start=1):
        base = " ".join(_as_field(cell).split()) or f"column {at}"
        heading, again = base, 1
        while free_fields.key(heading) in taken:
            again += 1
            heading = f"{base[: HEADING_MAX - 4].rstrip()} {again}"
        taken.add(free_fields.key(heading))
        made.append(heading)
    return made


def apart(heading: str, others: Collection[str]) -> str:
    """A heading for a free field, where every contact has something else of that name."""
    taken, again, made = {free_fields.key(each) for each in others}, 1, heading
    while not free_fields.is_name(made) or (again > 1 and free_fields.key(made) in taken):
        again += 1
        made = f"{heading[: HEADING_MAX - 4].rstrip()} {again}"
    return made
