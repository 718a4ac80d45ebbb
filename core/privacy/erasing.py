"""Forgetting somebody: what is kept stands under a pseudonym and says nothing of who it was.

Texts stay, because they were paid for, but without number and words. Opt-outs stay, because a
number that comes back must not get what its owner refused. The record of consent stays as evidence
that there was one. Everything happens in one transaction: either somebody is forgotten or not.
"""

from __future__ import annotations

from core import clock
from core.contacts import book, contacts, pseudonyms
from core.contacts.models import Contact, ContactBook, ContactStatus
from core.database import after_commit, transaction
from core.messaging import erasing, suppression
from core.messaging.bulk import veiling
from core.privacy import traces
from core.privacy.traces import Places
from core.tenants import audit


def erase(tenant_id: int, contact_id: str, *, actor: str, channel: str) -> None:
    """Erase a person: contact, words, replies, and the number wherever it stands.

    Texts that wait are taken back with their price, and a campaign that is being filled leaves the
    person out. Erasing somebody again changes nothing.
    Raises: ContactNotFound.
    """
    found = contacts.one(tenant_id, contact_id)
    if found.status == ContactStatus.ERASED.value:
        return
    # Looked for before, because that takes its time; changed below by what was found.
    places = traces.find(tenant_id, found.msisdn)
    while not _erase(tenant_id, contact_id, places, actor=actor, channel=channel):
        pass


def _erase(tenant_id: int, contact_id: str, places: Places, *, actor: str, channel: str) -> bool:
    """Erase somebody who was found in these places.

    Returns False when there are more by now: they have been added, and nothing has changed.
    """
    with transaction():
        traces.lock(places)
        book.lock(tenant_id)
        found = contacts.one(tenant_id, contact_id)
        if found.status == ContactStatus.ERASED.value:
            return True
        msisdn, pseudonym = found.msisdn, pseudonyms.of(tenant_id, found.msisdn)
        if traces.find_more(tenant_id, msisdn, places):
            return False
        veiling.veil(places.chunks, msisdn, pseudonym)
        texts = erasing.texts(tenant_id, msisdn, pseudonym, once=contact_id, actor=actor)
        replies = erasing.replies(tenant_id, msisdn, pseudonym)
        opt_outs = erasing.opt_outs(tenant_id, msisdn, pseudonym)
        traces.wipe(places, msisdn, pseudonym)
        _forget(found, pseudonym)
        audit.record(
            tenant_id,
            actor,
            channel,
            "contact.erased",
            subject=contact_id,
            after={
                "texts": texts.found,
                "cancelled": texts.cancelled,
                "replies": replies,
                "opt_outs": opt_outs,
            },
        )
        after_commit(suppression.forget)
    return True


def _forget(found: Contact, pseudonym: str) -> None:
    """Make a contact's row a pseudonym; if the person was erased before, that one's is enough."""
    tenant_id, now = found.tenant_id, clock.now()
    contacts.leave_groups(tenant_id, found.id)
    if contacts.by_number(tenant_id, pseudonym) is not None:
        contacts.delete(found)
        Contact.update(updated_at=now).where(
            Contact.tenant_id == tenant_id, Contact.msisdn == pseudonym
        ).execute()
    else:
        Contact.update(
            msisdn=pseudonym,
            name="",
            language=None,
            fields=None,
            status=ContactStatus.ERASED.value,
            updated_at=now,
        ).where(Contact.tenant_id == tenant_id, Contact.id == found.id).execute()
        book.grow(tenant_id, -1)
    ContactBook.update(erased_at=now).where(ContactBook.tenant_id == tenant_id).execute()
