"""Files of contacts: sent, followed, and what was left out of them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from api import refusals
from api.calls import TenantCall
from api.fields import Instant, Request, Shape
from api.operations import Download, for_tenant
from api.pages import Page, Paging, page
from api.problems import Refusals, about
from api.resources.contacts import READ, WRITE, ConsentRequest
from api.uploads import Sent
from core.contacts import consents, imports
from core.contacts.groups import GroupNotFound
from core.contacts.imports import Import, ImportStatus, Meaning, errors, rejected
from core.errors import Refused
from core.tenants import fields

REFUSES: tuple[type[Refused], ...] = (
    GroupNotFound,
    errors.TooManyImports,
    errors.FileEmpty,
    errors.UploadTooLarge,
    errors.NotATable,
    errors.OldWorkbook,
    errors.WorkbookLocked,
    errors.WorkbookDamaged,
    errors.WorkbookTooLarge,
    errors.NoRows,
    errors.NoPhoneColumn,
    errors.TooManyColumns,
    errors.ColumnUnknown,
    errors.MeaningUnknown,
    fields.FieldMissing,
    fields.FieldTooLong,
    fields.FieldUnprintable,
)
ColumnsText = Annotated[
    str,
    msgspec.Meta(
        max_length=4000,
        description=(
            "JSON: which column is the phone, the name or the language, by its heading or its "
            "number from 1. What is not said is guessed."
        ),
        examples=['{"phone": "Mobile", "name": "2"}'],
    ),
]
_NAMED = msgspec.json.Decoder(dict[str, str]).decode


class ImportForm(Request, frozen=True, kw_only=True):
    """What is said beside the file."""

    group: (
        Annotated[str, msgspec.Meta(description="Id of a group to put the contacts into.")] | None
    ) = None
    dry_run: Annotated[bool, msgspec.Meta(description="Count and report, and store nothing.")] = (
        False
    )
    columns: ColumnsText | None = None
    consent_source: (
        Annotated[
            str,
            msgspec.Meta(
                max_length=consents.SOURCE_MAX, description="Where these people agreed to texts."
            ),
        ]
        | None
    ) = None
    consent_wording: (
        Annotated[
            str,
            msgspec.Meta(max_length=consents.WORDING_MAX, description="What they agreed to."),
        ]
        | None
    ) = None


class ImportStart(Request, frozen=True, kw_only=True):
    """What to change before the file of a dry run is imported in earnest."""

    group: str | None = None
    columns: dict[str, str] | None = None
    consent: ConsentRequest | None = None


class ColumnShape(Shape, frozen=True, kw_only=True):
    """A column of the file, and what it is taken for."""

    heading: str
    meaning: Meaning


class ImportProblem(Shape, frozen=True, kw_only=True):
    """Why an import failed."""

    code: str
    detail: str


class ImportShape(Shape, frozen=True, kw_only=True):
    """A file and how far it is: `rows` = `created` + `updated` + `duplicate` + `rejected`.

    `progress` is how much of the file has been read, in percent. Of a workbook one `sheet` is read;
    `unread_sheets` hold something as well, and have to be sent as files of their own.
    """

    id: str
    status: ImportStatus
    file: str
    dry_run: bool
    group: str | None
    progress: int
    rows: int
    created: int
    updated: int
    duplicate: int
    rejected: int
    columns: list[ColumnShape]
    has_header: bool
    encoding: str | None
    delimiter: str | None
    sheet: str | None
    unread_sheets: list[str]
    problem: ImportProblem | None
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None


def _shape(call: TenantCall, row: Import) -> ImportShape:
    layout = imports.layout(row)
    code = row.problem_code
    detail = row.problem_words(call.profile.language)
    return ImportShape(
        id=row.id,
        status=ImportStatus(row.status),
        file=row.file_name,
        dry_run=row.is_dry_run,
        group=row.group_id,
        progress=row.percent,
        rows=row.rows,
        created=row.created,
        updated=row.updated,
        duplicate=row.duplicate,
        rejected=row.rejected,
        columns=[
            ColumnShape(heading=column.heading, meaning=column.meaning) for column in layout.columns
        ],
        has_header=layout.has_header,
        encoding=layout.encoding,
        delimiter=layout.delimiter,
        sheet=layout.sheet,
        unread_sheets=list(layout.unread),
        problem=None if code is None else ImportProblem(code=code, detail=detail or ""),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def _columns(given: str | None) -> dict[str, str] | None:
    """Read which column is what. Raises: Refusals."""
    if not given:
        return None
    try:
        return _NAMED(given.encode())
    except (msgspec.DecodeError, ValueError):
        wrong = refusals.WrongType(expected=["an object"], given="text")
        raise Refusals([("columns", wrong)]) from None


def _consent(asked: ImportForm) -> consents.Given | None:
    """The consent of all in the file; both its parts are needed. Raises: Refusals."""
    source, wording = asked.consent_source, asked.consent_wording
    if not source and not wording:
        return None
    for name, said in (("consent_source", source), ("consent_wording", wording)):
        if not said:
            raise Refusals([(name, refusals.MissingField(given=name))])
    return consents.Given(source or "", wording or "")


class Imports:
    """GET and POST /api/{tenant}/imports"""

    @for_tenant("listImports", scope=READ)
    def on_get(self, call: TenantCall, where: Paging) -> Page[ImportShape]:
        """List imports, newest first."""
        return page(
            call,
            where,
            lambda after, limit: imports.listing(call.tenant_id, after, limit),
            lambda row: _shape(call, row),
            key=lambda row: row.id,
        )

    @for_tenant("importContacts", scope=WRITE, status=202, refuses=REFUSES, upload="file")
    def on_post(self, call: TenantCall, asked: ImportForm, sent: Sent) -> ImportShape:
        """Send a file of contacts as CSV or XLSX, up to 50 MB, as multipart/form-data.

        Encoding, delimiter, heading and the column of phones are found out and told in the answer.
        Columns of other names become free fields. Ask again how far it is; every row is counted.
        """
        with about("group", GroupNotFound):
            made = imports.begin(
                call.tenant_id,
                sent.file_name,
                sent.chunks(),
                group_id=asked.group,
                dry_run=asked.dry_run,
                columns=_columns(asked.columns),
                consent=_consent(asked),
                once=call.once,
                actor=call.actor,
                channel="api",
            )
        return _shape(call, made)


class OneImport:
    """GET /api/{tenant}/imports/{id}"""

    @for_tenant("getImport", scope=READ, refuses=(errors.ImportNotFound,))
    def on_get(self, call: TenantCall, id: str) -> ImportShape:
        """One import, and how far it is."""
        return _shape(call, imports.one(call.tenant_id, id))


class StartImport:
    """POST /api/{tenant}/imports/{id}/start"""

    @for_tenant(
        "startImport",
        scope=WRITE,
        status=202,
        refuses=(
            errors.ImportNotFound,
            errors.ImportUnderWay,
            errors.ImportForgotten,
            consents.ConsentInFuture,
            *REFUSES,
        ),
    )
    def on_post(self, call: TenantCall, id: str, asked: ImportStart) -> ImportShape:
        """Import the file of a dry run in earnest, without sending it again."""
        with about("group", GroupNotFound):
            started = imports.start(
                call.tenant_id,
                id,
                group_id=asked.group,
                columns=asked.columns,
                consent=asked.consent.given() if asked.consent else None,
                actor=call.actor,
                channel="api",
            )
        return _shape(call, started)


class RejectedRows:
    """GET /api/{tenant}/imports/{id}/rejected.csv"""

    @for_tenant("downloadRejected", scope=READ, refuses=(errors.ImportNotFound,))
    def on_get(self, call: TenantCall, id: str) -> Download:
        """The rows that were left out as CSV, each with the reason, to correct and send again."""
        found = imports.one(call.tenant_id, id)
        return Download(
            "text/csv; charset=utf-8", "rejected.csv", rejected.stream(found, call.profile.language)
        )
