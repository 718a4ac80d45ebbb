"""What a heading says its column is, in English and in Swahili, and which are our own files'."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from functools import cache

from core import words
from core.contacts import free_fields
from core.contacts.imports.layouts import Meaning
from core.settings import settings

HEADING_MAX = 40
# What our file of contacts says beside number, name, language and free fields, and what our file of
# rows that were left out adds to each. None of it is anything to keep of a contact.
EXPORTED = (
    *("status", "groups", "consent_source", "consent_wording", "consent_given_at"),
    "created_at",
)
ROW, REASON = "Row", "Reason"

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
# What the column of numbers is called where there are others, of whatever people have besides.
_PHONE_PLAIN = re.compile(
    r"(?:tele|mobile |cell ?)?phones?|msisdn|mobiles?|cell|tel|simu(?: ya mkononi)?"
    r"|(?:(?:tele|mobile |cell ?)?phone|mobile|cell|tel) ?(?:numbers?|nos?)"
    r"|(?:namba|nambari) (?:ya|za) simu(?: ya mkononi)?"
).fullmatch
_WHO = (
    r"(?:beneficiary|borrower|client|contact|customer|employee|farmer|guest|member|patient|person"
    r"|pupil|recipient|staff|student|subscriber)(?: ?s)?"
)
_NANI = (
    r"(?:m|wa)(?:fanyakazi|gonjwa|husika|kulima|nachama|nafunzi|teja|tu)"
    r"|mw(?:anachama|anafunzi)|kwanza|kati|mwisho|ukoo"
)
_NAME = re.compile(
    rf"(?:{_WHO} )?(?:(?:full|official|legal) )?names?(?: of(?: the)? {_WHO})?"
    rf"|(?:first|middle|last|other|given|family) ?names?|fullname|surname|forename"
    rf"|(?:jina|majina)(?: kamili| matatu)?(?: (?:la|ya) (?:{_NANI}))?(?: kamili)?"
).fullmatch
_NAME_PART = re.compile(
    r"(?:first|middle|last|other|given|family) ?names?|surname|forename"
    r"|jina la (?:kwanza|kati|mwisho|ukoo)"
).fullmatch
_NAME_FIRST = re.compile(r"(?:first|given) ?names?|forename|jina la kwanza").fullmatch
_NAME_BARE = frozenset(("name", "names", "jina", "majina"))
_NAME_ALONE = frozenset(
    {
        *("contact person", "customer", "client", "member", "student", "patient", "employee"),
        *("mteja", "mwanachama", "mwanafunzi", "mgonjwa", "mhusika"),
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
    said = plain(heading)
    if said in _NAME_ALONE or _NAME(said):
        return Meaning.NAME
    if said in _LANGUAGES:
        return Meaning.LANGUAGE
    if said in _PHONE_ALONE or _PHONE.search(said):
        return Meaning.PHONE
    return None


def is_part(heading: str) -> bool:
    """Say whether a heading is that of a first name, a last one, or another piece of a name."""
    return _NAME_PART(plain(heading)) is not None


def of_one_name(named: Mapping[int, str]) -> list[int]:
    """Which columns of names, by place, make somebody's: one with the whole, or else its parts.

    A bare `Name` is a part where there is a surname and no first name beside it.
    """
    parts = [at for at, heading in named.items() if is_part(heading)]
    whole = next((at for at in named if at not in parts), None)
    if whole is None:
        return parts
    has_first = any(_NAME_FIRST(plain(named[at])) for at in parts)
    if plain(named[whole]) in _NAME_BARE and not has_first:
        return sorted([whole, *parts])
    return [whole]


def is_phone(heading: str) -> bool:
    """Say whether a heading is that of the number itself, and of no second or other one."""
    return _PHONE_PLAIN(plain(heading)) is not None


def ours(headings: Sequence[str]) -> set[int]:
    """The places of columns that only our own files have.

    They are ours where all of a file's are there: somebody's own `status` is a field.
    """
    said = list(map(plain, headings))
    found = {heading for added in _added() if added <= set(said) for heading in added}
    return {at for at, heading in enumerate(said) if heading in found}


@cache
def _added() -> tuple[frozenset[str], ...]:
    left_out = [
        [words.say(each, ROW), words.say(each, REASON)] for each in settings().app.languages
    ]
    return tuple(frozenset(map(plain, added)) for added in ([*EXPORTED], *left_out))


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
