"""Opt-outs as a business sees and keeps them, and the numbers it blocks itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core import clock, events, phone
from core.contacts import book, consents, contacts
from core.contacts import standing as standings
from core.contacts.models import EVERYTHING, Contact, Suppression
from core.database import after_commit, transaction
from core.errors import Conflict, NotFound, Refused
from core.messaging import suppression
from core.messaging.models import Category
from core.tenants import audit, fields, rows

SOURCE_MAX = 40
ALL = tuple(sorted(each.value for each in Category))


class OptOutNotFound(NotFound):
    """Nothing keeps this number from getting texts."""

    code = "opt_out_not_found"
    title = "No such opt-out"
    sentence = "This number has not opted out. Check the number and the class."


class OptedOutThemselves(Conflict):
    """The person said no, and nothing shows that they want texts again."""

    code = "opted_out_themselves"
    title = "They opted out themselves"
    sentence = (
        "They opted out by an answer of their own. Give consent_source and consent_wording: where "
        "and in which words they have asked for texts again."
    )


class OperatorBlocks(Conflict):
    """The operator shuts the business out: nobody but the subscriber can change that."""

    code = "operator_blocks"
    title = "Blocked by the network"
    sentence = (
        "The network blocks your texts to this number. Only its owner can allow them again: with "
        "*456# on Safaricom, else by calling the network."
    )


@dataclass(frozen=True, slots=True)
class Wrong:
    """A number that could not be read, and why."""

    given: str
    refusal: Refused


@dataclass(slots=True)
class Added:
    """How many opt-outs are new, how many stood already, and which numbers could not be read."""

    added: int = 0
    already: int = 0
    wrong: list[Wrong] = field(default_factory=list)


def add(
    tenant_id: int,
    numbers: Sequence[str],
    categories: Collection[str],
    *,
    source: str,
    actor: str,
    channel: str,
) -> Added:
    """Note that numbers want no texts of some classes. `source` says where that is known from.

    Raises: NotFound, FieldMissing and its kin for the source.
    """
    said = fields.line(source, "source", most=SOURCE_MAX)
    if suppression.is_others(said):
        said = f"says {said}"[:SOURCE_MAX]  # what others say themselves could not be taken back
    done = Added()
    msisdns: dict[str, None] = {}
    for given in numbers:
        try:
            msisdns[phone.parse(given)] = None
        except Refused as refusal:
            done.wrong.append(Wrong(given, refusal))
    with transaction():
        rows.get(tenant_id)
        book.lock(tenant_id)
        new = suppression.add_all(tenant_id, msisdns, categories, source=said)
        done.added = sum(map(len, new.values()))
        done.already = len(msisdns) * len(categories) - done.added
        events.record_all(
            "contact.opted_out",
            tenant_id,
            [
                {"phone": msisdn, "classes": classes, "source": said}
                for msisdn, classes in new.items()
            ],
        )
        if done.added:
            audit.record(
                tenant_id,
                actor,
                channel,
                "optout.added",
                after={"classes": sorted(categories), "opt_outs": done.added, "source": said},
            )
        # Others may read what was there before until this holds.
        after_commit(suppression.forget)
    return done


def remove(
    tenant_id: int,
    number: str,
    categories: Collection[str],
    *,
    consent: consents.Given | None = None,
    actor: str,
    channel: str,
) -> list[str]:
    """Take opt-outs back, for somebody who has asked for texts again. Returns their classes.

    What a person has said by an answer takes their `consent`, of which a record is kept; what the
    operator says stands. With one that stands nothing is taken back.
    Raises: InvalidNumber, OptOutNotFound, OptedOutThemselves, OperatorBlocks, FieldMissing and its
    kin for the consent.
    """
    msisdn = number if _is_listed(tenant_id, number) else phone.parse(number)
    with transaction():
        book.lock(tenant_id)
        held = [row for row in of(tenant_id, msisdn) if row.category in categories]
        sources = {str(row.source) for row in held}
        if suppression.OPERATOR in sources:
            raise OperatorBlocks
        if any(source.startswith(suppression.REPLY) for source in sources) and consent is None:
            raise OptedOutThemselves
        # What has come meanwhile, or has grown into more, stays.
        found = suppression.remove(tenant_id, msisdn, sorted(categories), sources=sources)
        if not found:
            raise OptOutNotFound
        record = consent and consents.note(tenant_id, consent, actor=actor, channel=channel)
        audit.record(
            tenant_id,
            actor,
            channel,
            "optout.removed",
            before={"classes": found},
            after={"consent": record.id} if record else None,
        )
        after_commit(suppression.forget)
    return found


def _is_listed(tenant_id: int, msisdn: str) -> bool:
    """Say whether this is as an opt-out is listed: an MSISDN, or an erased person's pseudonym."""
    mine = (Suppression.tenant_id == tenant_id) & (Suppression.msisdn == msisdn)
    return bool(Suppression.select().where(mine).exists())


def block(tenant_id: int, contact_id: str, *, actor: str, channel: str) -> Contact:
    """Send a contact nothing at all any more, single texts neither. Twice is once.

    Raises: ContactNotFound, ContactErased.
    """
    with transaction():
        book.lock(tenant_id)
        found = contacts.living(tenant_id, contact_id)
        if suppression.add(tenant_id, found.msisdn, EVERYTHING, source=suppression.BLOCKED):
            audit.record(tenant_id, actor, channel, "contact.blocked", subject=contact_id)
        after_commit(suppression.forget)
    return contacts.one(tenant_id, contact_id)


def unblock(tenant_id: int, contact_id: str, *, actor: str, channel: str) -> Contact:
    """Write to a contact again, as far as it has not opted out itself. Twice is once.

    Raises: ContactNotFound, ContactErased.
    """
    with transaction():
        book.lock(tenant_id)
        found = contacts.living(tenant_id, contact_id)
        if suppression.remove(tenant_id, found.msisdn, [EVERYTHING]):
            audit.record(tenant_id, actor, channel, "contact.unblocked", subject=contact_id)
        after_commit(suppression.forget)
    return contacts.one(tenant_id, contact_id)


def of(tenant_id: int, msisdn: str) -> list[Suppression]:
    """List what keeps a number from texts, blocks included, oldest first."""
    names = list(standings.aliases(tenant_id, [msisdn]))
    rows_ = Suppression.select().where(
        Suppression.tenant_id == tenant_id, Suppression.msisdn.in_(names)
    )
    return list(rows_.order_by(Suppression.created_at, Suppression.category))


def standing(tenant_id: int, msisdn: str) -> set[str]:
    """Return the classes of texts that a number has opted out of."""
    return {str(row.category) for row in of(tenant_id, msisdn)} & set(ALL)


def listing(
    tenant_id: int,
    *,
    category: str | None = None,
    number: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[Suppression]:
    """List the opt-outs of a business, newest first, from behind the place `after`.

    Blocks are the business's own and not among them. Raises: InvalidNumber.
    """
    query = Suppression.select().where(
        Suppression.tenant_id == tenant_id, Suppression.category != EVERYTHING
    )
    if category is not None:
        query = query.where(Suppression.category == category)
    if number is not None:
        names = list(standings.aliases(tenant_id, [phone.parse(number)]))
        query = query.where(Suppression.msisdn.in_(names))
    if after is not None:
        moment, msisdn, last = _read_place(after)
        at = Suppression.created_at
        query = query.where(
            (at < moment)
            | ((at == moment) & (Suppression.msisdn < msisdn))
            | ((at == moment) & (Suppression.msisdn == msisdn) & (Suppression.category < last))
        )
    return list(
        query.order_by(
            Suppression.created_at.desc(), Suppression.msisdn.desc(), Suppression.category.desc()
        ).limit(limit)
    )


def place(row: Suppression) -> str:
    """Name an opt-out's place in the list."""
    return f"{clock.to_ms(row.created_at)}.{row.msisdn}.{row.category}"


def _read_place(after: str) -> tuple[datetime, str, str]:
    moment, msisdn, category = after.split(".")
    return clock.from_ms(int(moment)), msisdn, category
