"""Everything a business holds about one person, for that person to see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.contacts import consents, contacts, groups
from core.contacts.models import Consent, Contact, Group, Suppression
from core.database import snapshot
from core.messaging import optouts
from core.messaging.models import Inbound, Message
from core.tenants.models import Audit


@dataclass(frozen=True, slots=True)
class Held:
    """A contact, and all that is kept beside it."""

    contact: Contact
    groups: list[Group]
    consent: Consent | None
    opt_outs: list[Suppression]
    texts: list[Message]
    replies: list[Inbound]
    acts: list[Audit]


def gather(tenant_id: int, contact_id: str) -> Held:
    """Collect all that is held of a person, as it stands at one moment.

    Of somebody erased that is what the pseudonym stands for. Texts of test keys are among them.
    Raises: ContactNotFound.
    """
    with snapshot():
        found = contacts.one(tenant_id, contact_id)
        noted = {found.consent_id} if found.consent_id else set()
        return Held(
            contact=found,
            groups=groups.of_contact(tenant_id, contact_id),
            consent=next(iter(consents.among(tenant_id, noted).values()), None),
            opt_outs=optouts.of(tenant_id, found.msisdn),
            texts=list(_texts(tenant_id, found.msisdn)),
            replies=list(_replies(tenant_id, found.msisdn)),
            acts=list(_acts(tenant_id, contact_id)),
        )


def _texts(tenant_id: int, msisdn: str) -> Iterator[Message]:
    rows = Message.select().where(Message.tenant_id == tenant_id, Message.msisdn == msisdn)
    yield from rows.order_by(Message.id.desc())


def _replies(tenant_id: int, msisdn: str) -> Iterator[Inbound]:
    rows = Inbound.select().where(Inbound.tenant_id == tenant_id, Inbound.msisdn == msisdn)
    yield from rows.order_by(Inbound.id.desc())


def _acts(tenant_id: int, contact_id: str) -> Iterator[Audit]:
    rows = Audit.select().where(Audit.tenant_id == tenant_id, Audit.subject == contact_id)
    yield from rows.order_by(Audit.id.desc())
