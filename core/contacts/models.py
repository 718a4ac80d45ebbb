"""The tables of contacts, groups and opt-outs. Each row names its business, members' too."""

from __future__ import annotations

from enum import StrEnum

import peewee

from core.database import InstantField, Model


class ContactStatus(StrEnum):
    """Whether a contact is written to.

    An opted-out one said no to promotional texts; a blocked one gets nothing at all; an erased one
    is a pseudonym that keeps its texts and its opt-outs together.
    """

    ACTIVE = "active"
    OPTED_OUT = "opted_out"
    BLOCKED = "blocked"
    ERASED = "erased"


class Consent(Model):
    """Permission to write to people: who noted it, when, in which words, and where it came from.

    A record is shared by all whom it covers, such as the rows of one import.
    """

    id = peewee.CharField(max_length=30, primary_key=True)
    tenant_id = peewee.IntegerField()
    source = peewee.CharField(max_length=120)
    wording = peewee.CharField(max_length=500)
    actor = peewee.CharField(max_length=60)
    channel = peewee.CharField(max_length=12)
    given_at = InstantField()


class ContactBook(Model):
    """How many contacts a business has, counted as they come and go; the erased are not in it.

    Its row is also the lock of all that changes the business's contacts and groups. `changed_at` is
    when that happened last: what was counted before may be different now. `erased_at` is when
    somebody was erased last: what was read before may still hold that person's number.
    """

    tenant_id = peewee.IntegerField(primary_key=True)
    size = peewee.IntegerField(default=0)
    changed_at = InstantField(default=0)
    erased_at = InstantField(default=0)


class Contact(Model):
    """Somebody a business writes to, known by a number. `language` is None when nobody has said.

    `fields` is a JSON object of texts, what templates call by name. An erased contact has a
    pseudonym for its number. On SQLite the rows lie in the tree of their key, which an import
    extends at its end.
    """

    id = peewee.CharField(max_length=30)
    tenant_id = peewee.IntegerField()
    msisdn = peewee.CharField(max_length=15)
    name = peewee.CharField(max_length=120, default="")
    language = peewee.CharField(max_length=5, null=True)
    fields = peewee.TextField(null=True)
    status = peewee.CharField(max_length=10, default=ContactStatus.ACTIVE.value)
    consent_id = peewee.CharField(max_length=30, null=True)
    created_at = InstantField()
    updated_at = InstantField(null=True)

    class Meta:
        primary_key = peewee.CompositeKey("tenant_id", "id")


Contact.add_index(
    Contact.index(Contact.tenant_id, Contact.msisdn, unique=True, name="contact_msisdn")
)
Contact.add_index(Contact.index(Contact.tenant_id, Contact.name, Contact.id, name="contact_name"))
# The few that are not written to as others are.
Contact.add_index(
    Contact.index(
        Contact.tenant_id,
        Contact.status,
        Contact.id,
        where=peewee.SQL("status <> 'active'"),
        name="contact_apart",
    )
)


class Group(Model):
    """A named set of contacts. `name_key` is the name as it is compared: case does not count.

    `size` counts the members as they come and go.
    """

    id = peewee.CharField(max_length=30, primary_key=True)
    tenant_id = peewee.IntegerField()
    name = peewee.CharField(max_length=60)
    name_key = peewee.CharField(max_length=120)
    size = peewee.IntegerField(default=0)
    created_at = InstantField()

    class Meta:
        table_name = "contact_group"


Group.add_index(
    Group.index(Group.tenant_id, Group.name_key, unique=True, name="contact_group_name")
)


class GroupMember(Model):
    """A contact in a group of the same business."""

    tenant_id = peewee.IntegerField()
    group_id = peewee.CharField(max_length=30)
    contact_id = peewee.CharField(max_length=30)

    class Meta:
        primary_key = peewee.CompositeKey("tenant_id", "group_id", "contact_id")
        table_name = "contact_group_member"


GroupMember.add_index(
    GroupMember.index(
        GroupMember.tenant_id, GroupMember.contact_id, name="contact_group_member_contact"
    )
)


class Suppression(Model):
    """A number that wants nothing (more) of this class from this business.

    A class of its own, `EVERYTHING`, is of those whom the business has blocked, so that it comes
    and goes beside what people asked for themselves. An erased person's number is a pseudonym.
    """

    tenant_id = peewee.IntegerField()
    msisdn = peewee.CharField(max_length=15)
    category = peewee.CharField(max_length=14)
    source = peewee.CharField(max_length=40)
    created_at = InstantField()

    class Meta:
        primary_key = peewee.CompositeKey("tenant_id", "msisdn", "category")


EVERYTHING = "everything"

Suppression.add_index(
    Suppression.index(
        Suppression.tenant_id,
        Suppression.created_at,
        Suppression.msisdn,
        Suppression.category,
        name="suppression_latest",
    )
)
