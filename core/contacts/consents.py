"""Permission to write to people, noted with its source and its wording."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from core import clock, ids
from core.contacts.models import Consent
from core.database import transaction
from core.errors import Invalid
from core.tenants import fields

SOURCE_MAX = 120
WORDING_MAX = 500


class ConsentInFuture(Invalid):
    """A consent that nobody can have given yet."""

    code = "consent_in_future"
    title = "Consent in the future"
    sentence = "This consent would be given in the future. Say when it was given."
    field = "consent.given_at"


class Given(NamedTuple):
    """What is said of a consent: where it came from, its words, and when; now when left out."""

    source: str
    wording: str
    given_at: datetime | None = None


def note(tenant_id: int, given: Given, *, actor: str, channel: str) -> Consent:
    """Keep a record of a consent, for one contact or for all of an import.

    Raises: FieldMissing, FieldTooLong, FieldUnprintable, ConsentInFuture.
    """
    now = clock.now()
    if given.given_at is not None and given.given_at > now:
        raise ConsentInFuture
    source = fields.line(given.source, "consent.source", most=SOURCE_MAX)
    wording = fields.line(given.wording, "consent.wording", most=WORDING_MAX)
    with transaction():
        return Consent.create(
            id=ids.new("cns"),
            tenant_id=tenant_id,
            source=source,
            wording=wording,
            actor=actor[:60],
            channel=channel[:12],
            given_at=given.given_at or now,
        )


def among(tenant_id: int, consent_ids: set[str]) -> dict[str, Consent]:
    """Return a business's records of these ids."""
    if not consent_ids:
        return {}
    rows = Consent.select().where(
        Consent.tenant_id == tenant_id, Consent.id.in_(sorted(consent_ids))
    )
    return {row.id: row for row in rows}
