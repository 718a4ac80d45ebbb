"""A book of contacts, or the contacts of a group, as a file for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from core import clock
from core.contacts import consents, free_fields, listing
from core.contacts.imports import csv_out, headings
from core.contacts.listing import EVERYBODY, Line, Wanted
from core.contacts.models import Consent, Group
from core.errors import Invalid
from core.tenants import audit

COLUMNS = ("phone", "name", "language", *headings.EXPORTED)
MEGABYTE = 10**6


class ExportTooLarge(Invalid):
    """More contacts than one file can hold where it is to be brought."""

    code = "export_too_large"
    title = "Too large for one file"
    sentence = (
        "The file would be over {limit} MB, the most Telegram takes. "
        "Export one group at a time, or use the API."
    )


def note(tenant_id: int, wanted: Wanted, *, actor: str, channel: str) -> None:
    """Write down who takes people's details away, inside the transaction that lets them."""
    audit.record(tenant_id, actor, channel, "contacts.exported", subject=wanted.group_id)


def stream(tenant_id: int, wanted: Wanted = EVERYBODY) -> Iterator[bytes]:
    """Write the file, some hundreds of contacts at a time. The free fields are its last columns.

    Raises: GroupNotFound, before anything is written.
    """
    return csv_out.lines(_rows(tenant_id, wanted), for_excel=True)


def write(file: BinaryIO, tenant_id: int, wanted: Wanted, *, most_bytes: int) -> int:
    """Write it into a file, and return how many contacts it holds.

    Raises: GroupNotFound, ExportTooLarge.
    """
    count = -1  # the headings are no contact

    def counted(rows: Iterator[list[str]]) -> Iterator[list[str]]:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    for piece in csv_out.lines(counted(_rows(tenant_id, wanted)), for_excel=True):
        if file.tell() + len(piece) > most_bytes:
            raise ExportTooLarge(limit=most_bytes // MEGABYTE)
        file.write(piece)
    return count


def _rows(tenant_id: int, wanted: Wanted) -> Iterator[list[str]]:
    pages = listing.stream(tenant_id, wanted)  # refuses an unknown group before anything is sent
    return _lines(tenant_id, pages, listing.field_names(tenant_id, wanted))


def _lines(
    tenant_id: int, pages: Iterator[list[Line]], names: Mapping[str, str]
) -> Iterator[list[str]]:
    yield [*COLUMNS, *names.values()]
    for rows in pages:
        inside = listing.groups_of(tenant_id, rows)
        noted = consents.among(tenant_id, {row.consent_id for row in rows if row.consent_id})
        for row in rows:
            consent = noted.get(row.consent_id or "")
            yield _line(row, inside.get(row.id, ()), consent, names)


def _line(
    row: Line, inside: Sequence[Group], consent: Consent | None, names: Mapping[str, str]
) -> list[str]:
    own = {free_fields.key(name): value for name, value in free_fields.load(row.fields).items()}
    given = (consent.source, consent.wording, clock.rfc3339(consent.given_at)) if consent else ()
    return [
        row.msisdn,
        row.name,
        row.language or "",
        row.status,
        "; ".join(group.name for group in inside),
        *(given or ("", "", "")),
        clock.rfc3339(row.created_at),
        *(own.get(key, "") for key in names),
    ]
