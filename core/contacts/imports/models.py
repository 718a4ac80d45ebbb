"""The tables of imports: a file in parts, how far it is, and the rows left out."""

from __future__ import annotations

from enum import StrEnum

import msgspec
import peewee

from core.contacts.imports import errors
from core.contacts.imports.layouts import Layout
from core.database import InstantField, Model


class ImportStatus(StrEnum):
    """How far an import has come.

    `UPLOADING` is being stored and shown to nobody; `READY` waits for its sender's word.
    """

    UPLOADING = "uploading"
    READY = "ready"
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class Import(Model):
    """One file of contacts, and the count of its rows.

    `rows` = `created` + `updated` + `duplicate` + `rejected` at every commit, and also says where
    the reading goes on: a chunk's contacts and its counts are stored in one transaction, which only
    succeeds while `rows` is what the chunk began at. So a killed worker's import is taken up by
    another without a row lost or done twice. `layout` is JSON: what was found out about the file.
    """

    id = peewee.CharField(max_length=30, primary_key=True)
    tenant_id = peewee.IntegerField()
    actor = peewee.CharField(max_length=60)
    channel = peewee.CharField(max_length=12)
    once = peewee.CharField(max_length=120, null=True, unique=True)
    file_name = peewee.CharField(max_length=200)
    size_bytes = peewee.BigIntegerField()
    is_dry_run = peewee.BooleanField(default=False)
    group_id = peewee.CharField(max_length=30, null=True)
    consent_id = peewee.CharField(max_length=30, null=True)
    layout = peewee.TextField()
    status = peewee.CharField(max_length=10, default=ImportStatus.UPLOADING.value)
    rows = peewee.IntegerField(default=0)
    created = peewee.IntegerField(default=0)
    updated = peewee.IntegerField(default=0)
    duplicate = peewee.IntegerField(default=0)
    rejected = peewee.IntegerField(default=0)
    # How much of the file has been read, in ten-thousandths.
    progress = peewee.IntegerField(default=0)
    # Why it failed, as JSON: the code of a refusal.
    problem = peewee.TextField(null=True)
    # How often it was taken up since its last chunk: what fails each time is given up.
    attempts = peewee.IntegerField(default=0)
    lease_until = InstantField(default=0)
    holder = peewee.CharField(max_length=40, default="")
    created_at = InstantField()
    started_at = InstantField(null=True)
    finished_at = InstantField(null=True)

    class Meta:
        table_name = "contact_import"

    @property
    def found(self) -> Layout:
        """What was found out about the file."""
        return msgspec.json.decode(self.layout, type=Layout)

    @property
    def percent(self) -> int:
        """How much of the file has been read."""
        return int(self.progress) // 100

    @property
    def problem_code(self) -> str | None:
        """The code of why it failed; None when it did not."""
        return msgspec.json.decode(self.problem)["code"] if self.problem else None

    @property
    def is_rehearsed(self) -> bool:
        """Say whether it was tried to the end, and may be done in earnest now."""
        return bool(self.is_dry_run) and self.status == ImportStatus.COMPLETED.value

    def problem_words(self, language: str = "en") -> str | None:
        """Why it failed, to a person; None when it did not."""
        code = self.problem_code
        return code and errors.PROBLEMS.get(code, errors.ImportBroken)().words(language)


def unmoved(found: Import) -> peewee.Expression:
    """The import, if it still stands where it was found.

    One that has ended was a dry run then, and may have been done in earnest meanwhile.
    """
    return (
        (Import.id == found.id)
        & (Import.status == found.status)
        & (Import.is_dry_run == found.is_dry_run)
    )


Import.add_index(Import.index(Import.tenant_id, Import.id, name="contact_import_tenant"))
Import.add_index(
    Import.index(
        Import.lease_until,
        where=peewee.SQL("status IN ('queued', 'running')"),
        name="contact_import_open",
    )
)


class ImportPart(Model):
    """A piece of an uploaded file, in the database so that any worker on any host can read it."""

    import_id = peewee.CharField(max_length=30)
    number = peewee.IntegerField()
    content = peewee.BlobField()

    class Meta:
        primary_key = peewee.CompositeKey("import_id", "number")
        table_name = "contact_import_part"


class ImportRejection(Model):
    """A row that was left out: its number in the file, why, and its cells as a JSON list."""

    import_id = peewee.CharField(max_length=30)
    row = peewee.IntegerField()
    code = peewee.CharField(max_length=40)
    # The fields of the sentence that goes with the code, as JSON.
    about = peewee.TextField(null=True)
    cells = peewee.TextField()

    class Meta:
        primary_key = peewee.CompositeKey("import_id", "row")
        table_name = "contact_import_rejection"
