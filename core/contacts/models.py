"""The tables of contacts and groups. Each row names its business, in groups' members too."""

from __future__ import annotations

from enum import StrEnum

import peewee

from core.database import InstantField, Model


class ContactStatus(StrEnum):
    """Whether a contact is written to."""

    ACTIVE = "active"
    INACTIVE = "inactive"


class Contact(Model):
    """Somebody a business writes to, known by a number. `language` is None when nobody has said."""

    id = peewee.CharField(max_length=30, primary_key=True)
    tenant_id = peewee.IntegerField()
    msisdn = peewee.CharField(max_length=15)
    name = peewee.CharField(max_length=120, default="")
    language = peewee.CharField(max_length=5, null=True)
    status = peewee.CharField(max_length=10, default=ContactStatus.ACTIVE.value)
    created_at = InstantField()


Contact.add_index(
    Contact.index(Contact.tenant_id, Contact.msisdn, unique=True, name="contact_msisdn")
)
Contact.add_index(Contact.index(Contact.tenant_id, Contact.name, Contact.id, name="contact_name"))


class Group(Model):
    """A named set of contacts. `name_key` is the name as it is compared: case does not count."""

    id = peewee.CharField(max_length=30, primary_key=True)
    tenant_id = peewee.IntegerField()
    name = peewee.CharField(max_length=60)
    name_key = peewee.CharField(max_length=120)
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
