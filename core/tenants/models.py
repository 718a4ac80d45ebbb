"""The tables of tenants and people."""

from __future__ import annotations

from enum import StrEnum

import peewee

from core.database import InstantField, Model

PLATFORM_TENANT = 0  # the operator itself: the sender of verification codes
TENANT_ID_MAX = 2**31 - 1  # what the column takes: both databases fail on more


class TenantStatus(StrEnum):
    """How far a business has come with us."""

    UNVERIFIED = "unverified"
    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REJECTED = "rejected"
    CLOSED = "closed"


class Role(StrEnum):
    """What a person may do in a business."""

    OWNER = "owner"
    MANAGER = "manager"
    SENDER = "sender"
    FINANCE = "finance"
    DEVELOPER = "developer"
    VIEWER = "viewer"


class Tenant(Model):
    """A business. `price_units` overrides its tier's price per segment (KES/4)."""

    id = peewee.AutoField()
    name = peewee.CharField(max_length=120)
    contact_name = peewee.CharField(max_length=120)
    phone = peewee.CharField(max_length=15, index=True)
    email = peewee.CharField(max_length=254, null=True)
    language = peewee.CharField(max_length=5, default="en")
    status = peewee.CharField(max_length=12, default=TenantStatus.UNVERIFIED.value)
    status_reason = peewee.CharField(max_length=500, null=True)
    tier = peewee.CharField(max_length=20, default="standard")
    price_units = peewee.BigIntegerField(null=True)
    # What a customer types as account number on the paybill.
    account_number = peewee.CharField(max_length=12, unique=True)
    kra_pin = peewee.CharField(max_length=11, null=True)
    address = peewee.CharField(max_length=300, null=True)
    # How many days the words of its texts are kept; the platform's own number when None.
    message_days = peewee.IntegerField(null=True)
    # Above this (KES/4) a sender's spending needs a second person; the platform's own when None.
    approval_units = peewee.BigIntegerField(null=True)
    created_at = InstantField()
    verified_at = InstantField(null=True)
    approved_at = InstantField(null=True)


Tenant.add_index(Tenant.index(Tenant.status, Tenant.id, name="tenant_status"))
# However often a phone signs up before it is proved, and however many do at once.
Tenant.add_index(
    Tenant.index(
        Tenant.phone, unique=True, where=peewee.SQL("status = 'unverified'"), name="tenant_signup"
    )
)


class Person(Model):
    """Someone with a phone that was proved to be theirs.

    A Telegram account belongs to one person at most; `telegram_ok` is False once it has blocked us.
    The digest of the PIN is sealed, because four digits are soon guessed from a bare one.
    """

    id = peewee.CharField(max_length=30, primary_key=True)
    msisdn = peewee.CharField(max_length=15, unique=True)
    name = peewee.CharField(max_length=120)
    language = peewee.CharField(max_length=5, default="en")
    telegram_id = peewee.BigIntegerField(null=True, unique=True)
    telegram_ok = peewee.BooleanField(default=True)
    pin_digest = peewee.TextField(null=True)
    pin_failures = peewee.SmallIntegerField(default=0)
    # How often in a row it was locked: each lock is longer than the one before.
    pin_locks = peewee.SmallIntegerField(default=0)
    pin_locked_until = InstantField(default=0)
    # The business that was chosen last, by someone who has several.
    current_tenant_id = peewee.IntegerField(null=True)
    created_at = InstantField()

    @property
    def actor(self) -> str:
        """The name under which this person's acts are recorded."""
        return f"person:{self.id}"


class Tongue(Model):
    """The language a stranger chose at one of our doors, until we know who they are."""

    channel = peewee.CharField(max_length=12)
    address = peewee.CharField(max_length=40)
    language = peewee.CharField(max_length=5)
    chosen_at = InstantField()

    class Meta:
        primary_key = peewee.CompositeKey("channel", "address")


class Membership(Model):
    """A person's role in a business."""

    person_id = peewee.CharField(max_length=30, index=True)
    tenant_id = peewee.IntegerField()
    role = peewee.CharField(max_length=10)
    created_at = InstantField()

    class Meta:
        primary_key = peewee.CompositeKey("tenant_id", "person_id")


class Invite(Model):
    """A phone that may join a business with a role, once its owner agrees."""

    tenant_id = peewee.IntegerField()
    msisdn = peewee.CharField(max_length=15, index=True)
    role = peewee.CharField(max_length=10)
    invited_by = peewee.CharField(max_length=30)
    once = peewee.CharField(max_length=120)
    created_at = InstantField()
    expires_at = InstantField()

    class Meta:
        primary_key = peewee.CompositeKey("tenant_id", "msisdn")


class ApiKey(Model):
    """A developer's key. Only its digest is kept."""

    id = peewee.CharField(max_length=30, primary_key=True)
    tenant_id = peewee.IntegerField(index=True)
    name = peewee.CharField(max_length=80)
    mode = peewee.CharField(max_length=4)
    digest = peewee.CharField(max_length=64, unique=True)
    hint = peewee.CharField(max_length=20)
    scopes = peewee.TextField(default="*")
    allowed_ips = peewee.TextField(default="")
    created_at = InstantField()
    expires_at = InstantField(null=True)
    revoked_at = InstantField(null=True)
    last_used_at = InstantField(null=True)
    # The key that a rotation put in its place.
    replaced_by = peewee.CharField(max_length=30, null=True)
    # What a double tap would repeat: a key is shown once, so it is also made once.
    once = peewee.CharField(max_length=120, null=True, unique=True)


class AdminKey(Model):
    """A key of the operator's own, for `/admin`."""

    id = peewee.CharField(max_length=30, primary_key=True)
    name = peewee.CharField(max_length=80)
    digest = peewee.CharField(max_length=64, unique=True)
    created_at = InstantField()
    revoked_at = InstantField(null=True)


class Audit(Model):
    """Who did what, from where, and what it changed. Never altered."""

    id = peewee.BigAutoField()
    tenant_id = peewee.IntegerField(null=True)
    actor = peewee.CharField(max_length=60)
    channel = peewee.CharField(max_length=12)
    act = peewee.CharField(max_length=60)
    subject = peewee.CharField(max_length=60, null=True)
    before = peewee.TextField(null=True)
    after = peewee.TextField(null=True)
    created_at = InstantField()


Audit.add_index(Audit.index(Audit.tenant_id, Audit.id, name="audit_tenant"))
Audit.add_index(Audit.index(Audit.tenant_id, Audit.subject, Audit.id, name="audit_subject"))
