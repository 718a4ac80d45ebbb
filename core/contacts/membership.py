"""Many contacts put into a group, or taken out of it, at once: by their ids or their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core import phone
from core.contacts import book, contacts, groups
from core.contacts.contacts import ContactNotFound
from core.contacts.models import Contact, ContactStatus
from core.database import transaction
from core.errors import Refused
from core.tenants import audit


@dataclass(frozen=True, slots=True)
class Wrong:
    """One of those named who could not be found or read, and why."""

    given: str
    refusal: Refused
    is_number: bool = True


@dataclass(slots=True)
class Moved:
    """What became of those who were named: how many moved, stood there already, were made."""

    moved: int = 0
    already: int = 0
    created: int = 0
    wrong: list[Wrong] = field(default_factory=list)


def add(
    tenant_id: int,
    group_id: str,
    *,
    contact_ids: Sequence[str] = (),
    numbers: Sequence[str] = (),
    actor: str,
    channel: str,
) -> Moved:
    """Put contacts into a group. A number that is no contact yet becomes one.

    Raises: GroupNotFound.
    """
    done = Moved()
    msisdns = _read(numbers, done)
    with transaction():
        book.lock(tenant_id)
        groups.one(tenant_id, group_id)
        found = dict.fromkeys(_known(tenant_id, contact_ids, done))
        by_number = _by_number(tenant_id, msisdns)
        if fresh := [each for each in msisdns if each not in by_number]:
            by_number |= {row.msisdn: row.id for row in contacts.insert(tenant_id, fresh)}
            done.created = len(fresh)
        found |= dict.fromkeys(by_number[each] for each in msisdns)
        done.moved = groups.put_in(tenant_id, group_id, list(found))
        done.already = len(found) - done.moved
        if done.moved or done.created:
            audit.record(
                tenant_id,
                actor,
                channel,
                "group.added",
                subject=group_id,
                after={"contacts": done.moved, "created": done.created},
            )
    return done


def drop(
    tenant_id: int,
    group_id: str,
    *,
    contact_ids: Sequence[str] = (),
    numbers: Sequence[str] = (),
    actor: str,
    channel: str,
) -> Moved:
    """Take contacts out of a group; they stay contacts. `already` counts those not in it.

    Raises: GroupNotFound.
    """
    done = Moved()
    msisdns = _read(numbers, done)
    with transaction():
        book.lock(tenant_id)
        groups.one(tenant_id, group_id)
        found = dict.fromkeys(_known(tenant_id, contact_ids, done))
        by_number = _by_number(tenant_id, msisdns)
        done.wrong += [Wrong(each, ContactNotFound()) for each in msisdns if each not in by_number]
        found |= dict.fromkeys(by_number.values())
        done.moved = groups.take_out(tenant_id, group_id, list(found))
        done.already = len(found) - done.moved
        if done.moved:
            audit.record(
                tenant_id,
                actor,
                channel,
                "group.dropped",
                subject=group_id,
                before={"contacts": done.moved},
            )
    return done


def _read(numbers: Sequence[str], done: Moved) -> list[str]:
    """Read numbers, each once, and note the wrong ones."""
    found: dict[str, None] = {}
    for given in numbers:
        try:
            found[phone.parse(given)] = None
        except Refused as refusal:
            done.wrong.append(Wrong(given, refusal))
    return list(found)


def _known(tenant_id: int, contact_ids: Sequence[str], done: Moved) -> list[str]:
    """Return those of these ids that are contacts, and note the others."""
    asked = list(dict.fromkeys(contact_ids))
    if not asked:
        return []
    rows = contacts.of(tenant_id).where(
        Contact.id.in_(asked), Contact.status != ContactStatus.ERASED.value
    )
    there = {row.id for row in rows}
    done.wrong += [
        Wrong(each, ContactNotFound(), is_number=False) for each in asked if each not in there
    ]
    return [each for each in asked if each in there]


def _by_number(tenant_id: int, msisdns: Sequence[str]) -> dict[str, str]:
    """Return the ids of the contacts of some numbers."""
    if not msisdns:
        return {}
    rows = contacts.of(tenant_id).where(Contact.msisdn.in_(list(msisdns)))
    return {row.msisdn: row.id for row in rows}
