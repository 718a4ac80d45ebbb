"""Asking for a sender ID, with what it is for and the papers that prove it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import peewee

from core import clock, events, ids
from core.database import transaction
from core.errors import Conflict, Invalid, NotFound
from core.messaging import sender_names
from core.messaging.models import (
    Category,
    Sender,
    SenderDocument,
    SenderOperator,
    SenderStatus,
)
from core.tenants import audit, fields, rows

PURPOSE_MAX = 500
DOCUMENTS_MAX = 5
DOCUMENT_BYTES_MAX = 5 * 2**20
# So many may wait for a decision at once.
OPEN_MAX = 10
# What waits for a decision.
OPEN = (SenderStatus.REQUESTED.value, SenderStatus.SUBMITTED.value)


class Kind(NamedTuple):
    """A kind of paper, by what it begins with; a name or a header may say anything."""

    start: bytes
    media_type: str
    ending: str


_KINDS = (
    Kind(b"%PDF-", "application/pdf", ".pdf"),
    Kind(b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    Kind(b"\xff\xd8\xff", "image/jpeg", ".jpg"),
)


class SenderExists(Conflict):
    """This business has the sender ID, or has asked for it."""

    code = "sender_exists"
    title = "Sender ID asked for before"
    sentence = "You have asked for {name} before: it is {status}. Nothing was changed."
    field = "name"


class SenderOtherClass(Conflict):
    """One name cannot serve both classes."""

    code = "sender_other_class"
    title = "Sender ID of another class"
    sentence = "{name} is your sender ID for {category} texts. The others need another name."
    field = "name"


class TooManySenders(Conflict):
    """As many requests wait as one business may have."""

    code = "too_many_senders"
    title = "Too many sender IDs waiting"
    sentence = "{limit} of your sender IDs wait for a decision. Ask again when they are decided."


class DocumentRefused(Invalid):
    """A file that is no paper we could hand on."""

    code = "document_refused"
    title = "Document not usable"
    sentence = "{name} is no PDF, PNG or JPEG of at most {limit} MB. Send it as one of those."
    field = "documents"


class TooManyDocuments(Invalid):
    """More files than one request takes."""

    code = "too_many_documents"
    title = "Too many documents"
    sentence = "At most {limit} documents go with one request. Put them together in a PDF."
    field = "documents"


class DocumentNotFound(NotFound):
    """The request has no such paper."""

    code = "document_not_found"
    title = "Document not found"
    sentence = "There is no such document with this sender ID. Look at the list of them."


class Paper(NamedTuple):
    """A file that comes with a request, as it was uploaded."""

    file_name: str
    content: bytes


def ask(
    tenant_id: int,
    name: str,
    category: Category,
    purpose: str,
    papers: Sequence[Paper] = (),
    *,
    actor: str,
    channel: str,
) -> Sender:
    """Ask for a sender ID. Asking again in the same words changes nothing; after a no it may be
    asked for once more.

    Raises: NotFound, InvalidSenderId, SenderProtected, SenderTaken, SenderExists,
    SenderOtherClass, TooManySenders, DocumentRefused, TooManyDocuments, FieldMissing,
    FieldTooLong, FieldUnprintable.
    """
    name = name.strip()
    sender_names.check_own(tenant_id, name)
    why = fields.line(purpose, "purpose", most=PURPOSE_MAX)
    kept = _checked(papers)
    with transaction():
        sender_names.lock(name)
        if sender_names.is_taken(tenant_id, name):  # somebody was faster
            raise sender_names.SenderTaken(name=name)
        rows.locked(tenant_id)  # one request of a business after the other
        rows.get(tenant_id)
        before = _alike(tenant_id, name)
        if before is not None and before.status != SenderStatus.REJECTED.value:
            if (before.name, before.category, before.purpose) == (name, category.value, why):
                return before
            _refuse(before, category)
        waiting = Sender.select().where(Sender.tenant_id == tenant_id, Sender.status.in_(OPEN))
        if waiting.count() >= OPEN_MAX:
            raise TooManySenders(limit=OPEN_MAX)
        if before is not None:
            _forget(before)
        sender: Sender = Sender.create(
            tenant_id=tenant_id,
            name=name,
            category=category.value,
            public_id=ids.new("snd"),
            status=SenderStatus.REQUESTED.value,
            purpose=why,
            actor=actor[:60],
            created_at=clock.now(),
        )
        for paper, media_type in kept:
            SenderDocument.create(
                id=ids.new("doc"),
                tenant_id=tenant_id,
                name=name,
                file_name=paper.file_name,
                media_type=media_type,
                content=paper.content,
                created_at=clock.now(),
            )
        audit.record(
            tenant_id,
            actor,
            channel,
            "sender_id.requested",
            subject=name,
            after={"class": category.value, "purpose": why, "documents": len(kept)},
        )
        events.record(
            "sender_id.requested", tenant_id, id=sender.public_id, sender_id=name, actor=actor
        )
    return sender


def _alike(tenant_id: int, name: str) -> Sender | None:
    """Find a business's sender ID of this name, in any case: the eye does not tell them apart."""
    found: Sender | None = (
        Sender.select()
        .where(Sender.tenant_id == tenant_id, peewee.fn.LOWER(Sender.name) == name.lower())
        .order_by(peewee.Case(None, [(Sender.status == SenderStatus.REJECTED.value, 1)], 0))
        .first()
    )
    return found


def _refuse(before: Sender, category: Category) -> None:
    if before.category != category.value:
        raise SenderOtherClass(name=before.name, category=before.category)
    raise SenderExists(name=before.name, status=before.status)


def _forget(rejected: Sender) -> None:
    """Make room for another try; what was said and decided stays in the audit trail."""
    for table in (SenderDocument, SenderOperator, Sender):
        table.delete().where(
            table.tenant_id == rejected.tenant_id, table.name == rejected.name
        ).execute()


def _checked(papers: Sequence[Paper]) -> list[tuple[Paper, str]]:
    """Look what papers are. Raises: TooManyDocuments, DocumentRefused."""
    if len(papers) > DOCUMENTS_MAX:
        raise TooManyDocuments(limit=DOCUMENTS_MAX)
    found = []
    for place, paper in enumerate(papers, start=1):
        kind = look(paper, place)
        name = _shown(paper) or f"document{place}{kind.ending}"
        found.append((paper._replace(file_name=name), kind.media_type))
    return found


def look(paper: Paper, place: int = 1) -> Kind:
    """Tell what kind of paper a file is; its beginning is enough. Raises: DocumentRefused."""
    kind = next((each for each in _KINDS if paper.content.startswith(each.start)), None)
    if kind is None or len(paper.content) > DOCUMENT_BYTES_MAX:
        plain = _shown(paper).encode("ascii", "ignore").decode()[-30:] or f"Document {place}"
        raise DocumentRefused(name=plain, limit=DOCUMENT_BYTES_MAX // 2**20)
    return kind


def _shown(paper: Paper) -> str:
    return "".join(sign for sign in paper.file_name if sign.isprintable())[-60:].strip()


def documents(sender: Sender) -> list[SenderDocument]:
    """List the papers of a request, without what is in them."""
    return documents_of([sender])[sender.tenant_id, sender.name]


def documents_of(senders_: Sequence[Sender]) -> dict[tuple[int, str], list[SenderDocument]]:
    """List the papers of some requests, by business and name."""
    found: dict[tuple[int, str], list[SenderDocument]] = {
        (each.tenant_id, each.name): [] for each in senders_
    }
    every = SenderDocument.select(
        SenderDocument.id,
        SenderDocument.tenant_id,
        SenderDocument.name,
        SenderDocument.file_name,
        SenderDocument.media_type,
    ).where(
        SenderDocument.tenant_id.in_({tenant_id for tenant_id, _ in found}),
        SenderDocument.name.in_({name for _, name in found}),
    )
    for each in every.order_by(SenderDocument.id):
        if (each.tenant_id, each.name) in found:
            found[each.tenant_id, each.name].append(each)
    return found


def document(document_id: str) -> SenderDocument | None:
    """Find a paper with what is in it."""
    found: SenderDocument | None = SenderDocument.get_or_none(SenderDocument.id == document_id)
    return found


def document_at(sender: Sender, place: int) -> SenderDocument:
    """Find a paper of a request by its place in the list, from 1. Raises: DocumentNotFound."""
    papers = documents(sender)
    if not 1 <= place <= len(papers):
        raise DocumentNotFound
    if (found := document(papers[place - 1].id)) is None:
        raise DocumentNotFound
    return found


def waiting(limit: int = 100) -> list[Sender]:
    """List the sender IDs that wait for a decision, the oldest first."""
    query = Sender.select().where(Sender.status.in_(OPEN))
    return list(query.order_by(Sender.created_at, Sender.name).limit(limit))
