"""Finding people by a part of their name or number, also in a book of a million."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Iterator

import peewee

from core import phone
from core.contacts import book
from core.contacts.models import Contact
from core.errors import Refused

# Up to this size of a book every row is looked at, which finds also what is in the middle of a
# name. In a larger one an index finds how names and numbers begin.
SMALL = 20_000
# So many are found first and then put in order.
FEW = 2_000

_LIKE_A_NUMBER = re.compile(r"[0-9 +().-]+").fullmatch


def condition(tenant_id: int, search: str) -> peewee.Expression | None:
    """Return what a contact must fulfil to be found, or None when nothing is looked for."""
    wanted = " ".join(search.replace("\0", " ").split())[:60]
    if not wanted:
        return None
    if book.size(tenant_id) <= SMALL:
        return _anywhere(wanted)
    return _beginning(tenant_id, wanted)


def _anywhere(wanted: str) -> peewee.Expression:
    # Digits behind words belong to the name: "Mama John 2" is nobody's number.
    digits = re.sub(r"[^0-9]", "", wanted).lstrip("0") if _LIKE_A_NUMBER(wanted) else ""
    named: peewee.Expression = Contact.name.contains(wanted)
    return named | Contact.msisdn.contains(digits) if digits else named


def _beginning(tenant_id: int, wanted: str) -> peewee.Expression:
    """Match how a name or a number begins.

    An index gives the few who are found by a rare beginning. Those of a common one are so many that
    any order goes past some of them soon, and looking at each is quicker than finding all first.
    """
    few: list[str] = []
    for each in _ranges(wanted, Contact.name, Contact.msisdn):
        found = Contact.select(Contact.id).where(Contact.tenant_id == tenant_id, each)
        few += [row.id for row in found.limit(FEW + 1)]
        if len(few) > FEW:
            # With nothing added to them they would be looked up in the indexes all the same.
            bare = (column.concat("") for column in (Contact.name, Contact.msisdn))
            matched: peewee.Expression = functools.reduce(operator.or_, _ranges(wanted, *bare))
            return matched
    return Contact.id.in_(few)


def _ranges(
    wanted: str, name: peewee.ColumnBase, msisdn: peewee.ColumnBase
) -> Iterator[peewee.Expression]:
    """Say how a name or a number begins by ranges that an index serves.

    A range holds all that begins alike under any order of letters; some orders put other names in
    between, so the beginning itself is looked at, too. Indexes tell small from capital letters,
    so the usual ways of writing a name are tried.
    """
    ways = {wanted, wanted.lower(), wanted.upper(), wanted.title(), wanted.capitalize()}
    begins = name.startswith(wanted)
    for way in sorted(ways):
        yield (name >= way) & (name < _end(way)) & begins
    if head := _number_head(wanted):
        yield (msisdn >= head) & (msisdn < f"{head}:")


def _end(text: str) -> str:
    """Return the first text behind all that begin with this one: its last letter moved on."""
    following = min(ord(text[-1]) + 1, 0x10FFFF)
    # Behind the last letter before the surrogates, which are none by themselves, comes this one.
    return text[:-1] + chr(0xE000 if 0xD800 <= following <= 0xDFFF else following)


def _number_head(wanted: str) -> str:
    """Return how the MSISDN of a number begins of which this is written; nothing if it is none."""
    try:
        return phone.parse(wanted)
    except Refused:
        pass
    bare = "".join(c for c in wanted if c not in " -.()")
    digits = bare.removeprefix("+")
    if not digits.isascii() or not digits.isdigit():
        return ""
    if digits.startswith("00"):
        return digits.lstrip("0")
    if bare.startswith("+") or digits.startswith("254"):
        return digits
    return f"254{digits.removeprefix('0')}"
