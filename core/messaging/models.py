"""The tables of messaging."""

from __future__ import annotations

from enum import IntEnum, StrEnum

import peewee

from core.database import InstantField, Model


class Status(StrEnum):
    """Where a text stands. The order in which they follow each other is in `reports`."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    FAILED = "failed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


class Charge(StrEnum):
    """What became of a text's price."""

    HELD = "held"
    TAKEN = "taken"
    RELEASED = "released"
    REFUNDED = "refunded"


class Lane(IntEnum):
    """Who goes first at the gateway: a one-time code never waits behind an advert."""

    TRANSACTIONAL = 0
    PROMOTIONAL = 1


class Category(StrEnum):
    """The regulator's two kinds of text; the REST field is called `class`."""

    TRANSACTIONAL = "transactional"
    PROMOTIONAL = "promotional"


class SubmissionState(StrEnum):
    """What we know of one request to a gateway."""

    POSTING = "posting"
    ANSWERED = "answered"
    BUSY = "busy"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class ReportState(StrEnum):
    """What we have done with one delivery report."""

    NEW = "new"
    WAITING = "waiting"
    APPLIED = "applied"
    IGNORED = "ignored"


SHARED_ACCOUNT = 1
REHEARSAL_ACCOUNT = 2


class GatewayAccount(Model):
    """One account at a gateway, with the pace it is driven at.

    Row 1 is the operator's own, its credentials and limits read from the settings; row 2 is the
    rehearsal behind test keys. `next_slot_at` is the instant the next request may start (a virtual
    clock, so all workers together keep the rate); `turn` and `advert_turn` remember, for each lane,
    which tenant was served last.
    """

    id = peewee.AutoField()
    kind = peewee.CharField(max_length=12)
    tenant_id = peewee.IntegerField(null=True, unique=True)
    credentials = peewee.TextField(null=True)
    next_slot_at = InstantField(default=0)
    paused_until = InstantField(default=0)
    paused_why = peewee.CharField(max_length=300, null=True)
    failures = peewee.IntegerField(default=0)
    turn = peewee.IntegerField(default=-1)
    advert_turn = peewee.IntegerField(default=-1)


class GatewaySlot(Model):
    """The right to have one request open at a gateway account, leased to one worker thread."""

    account_id = peewee.IntegerField()
    number = peewee.IntegerField()
    holder = peewee.CharField(max_length=40, default="")
    lease_until = InstantField(default=0)

    class Meta:
        primary_key = peewee.CompositeKey("account_id", "number")


class GatewayBalance(Model):
    """What a gateway said our balance was, beside what we believed."""

    id = peewee.BigAutoField()
    account_id = peewee.IntegerField()
    said = peewee.CharField(max_length=60)
    units = peewee.BigIntegerField()
    is_money = peewee.BooleanField()
    # What our books had written off at this gateway by then, in KES/4.
    booked = peewee.BigIntegerField(default=0)
    created_at = InstantField()


GatewayBalance.add_index(
    GatewayBalance.index(GatewayBalance.account_id, GatewayBalance.id, name="gatewaybalance_latest")
)


class Sender(Model):
    """A sender ID a tenant may use, as approved by hand."""

    tenant_id = peewee.IntegerField()
    name = peewee.CharField(max_length=11)
    category = peewee.CharField(max_length=14, default=Category.TRANSACTIONAL.value)
    created_at = InstantField()

    class Meta:
        primary_key = peewee.CompositeKey("tenant_id", "name")


class Message(Model):
    """One text to one number. `cost` is KES/4 and never changes.

    The texts of one send share its hold: `batch_id`. Their ids are the batch's own with a position
    behind it, so a batch is one range of the primary key and needs no index.
    """

    id = peewee.CharField(max_length=30, primary_key=True)
    tenant_id = peewee.IntegerField()
    batch_id = peewee.CharField(max_length=40)
    account_id = peewee.IntegerField()
    lane = peewee.SmallIntegerField()
    category = peewee.CharField(max_length=14)
    sender = peewee.CharField(max_length=11)
    msisdn = peewee.CharField(max_length=15)
    body = peewee.TextField()
    is_unicode = peewee.BooleanField()
    segments = peewee.SmallIntegerField()
    cost = peewee.BigIntegerField()
    status = peewee.CharField(max_length=11)
    charge = peewee.CharField(max_length=8, default=Charge.HELD.value)
    reference = peewee.CharField(max_length=100, null=True)
    due_at = InstantField(null=True)
    created_at = InstantField()
    submission_id = peewee.CharField(max_length=30, null=True)
    provider_id = peewee.CharField(max_length=128, null=True)
    submitted_at = InstantField(null=True)
    final_at = InstantField(null=True)
    reason = peewee.CharField(max_length=500, null=True)

    class Meta:
        constraints = (peewee.Check("cost >= 0"),)


Message.add_index(Message.index(Message.tenant_id, Message.id, name="message_tenant"))
# With the id behind, lists come newest first out of the index: without it SQLite goes through all
# texts of the tenant in their order, rather than sort the few that are asked for.
Message.add_index(
    Message.index(Message.tenant_id, Message.msisdn, Message.id, name="message_msisdn")
)
# The queue itself: only what waits is in it, in the order it is served.
Message.add_index(
    Message.index(
        Message.account_id,
        Message.lane,
        Message.tenant_id,
        Message.id,
        where=peewee.SQL("status = 'queued'"),
        name="message_queue",
    )
)
Message.add_index(
    Message.index(Message.due_at, where=peewee.SQL("status = 'scheduled'"), name="message_due")
)
Message.add_index(
    Message.index(
        Message.submission_id,
        where=Message.submission_id.is_null(False),
        name="message_submission",
    )
)
Message.add_index(
    Message.index(
        Message.provider_id, where=Message.provider_id.is_null(False), name="message_provider"
    )
)
Message.add_index(
    Message.index(
        Message.msisdn,
        where=peewee.SQL("provider_id IS NULL AND status IN ('unknown', 'submitted')"),
        name="message_unnamed",
    )
)
Message.add_index(
    Message.index(
        Message.tenant_id,
        Message.reference,
        Message.id,
        where=Message.reference.is_null(False),
        name="message_reference",
    )
)


class Submission(Model):
    """One request to a gateway: committed before it is made, so that a crash is remembered."""

    id = peewee.CharField(max_length=30, primary_key=True)
    account_id = peewee.IntegerField()
    tenant_id = peewee.IntegerField()
    size = peewee.IntegerField()
    state = peewee.CharField(max_length=10)
    lease_until = InstantField()
    created_at = InstantField()
    answered_at = InstantField(null=True)
    why = peewee.CharField(max_length=300, null=True)
    reply = peewee.TextField(null=True)


Submission.add_index(
    Submission.index(
        Submission.lease_until,
        where=peewee.SQL("state = 'posting'"),
        name="submission_posting",
    )
)
Submission.add_index(
    Submission.index(
        Submission.created_at,
        where=peewee.SQL("state = 'unknown'"),
        name="submission_unknown",
    )
)


class Report(Model):
    """A delivery report as it came, and what has been done with it."""

    id = peewee.BigAutoField()
    account_id = peewee.IntegerField()
    provider_id = peewee.CharField(max_length=128)
    msisdn = peewee.CharField(max_length=20, null=True)
    word = peewee.CharField(max_length=60)
    verdict = peewee.CharField(max_length=12)
    error_code = peewee.CharField(max_length=40, null=True)
    detail = peewee.CharField(max_length=300, null=True)
    state = peewee.CharField(max_length=8, default=ReportState.NEW.value)
    retry_at = InstantField(default=0)
    received_at = InstantField()


Report.add_index(Report.index(Report.provider_id, name="report_provider"))
Report.add_index(Report.index(Report.id, where=peewee.SQL("state = 'new'"), name="report_new"))
Report.add_index(
    Report.index(Report.retry_at, where=peewee.SQL("state = 'waiting'"), name="report_waiting")
)


class Suppression(Model):
    """A number that wants nothing (more) of this class from this tenant."""

    tenant_id = peewee.IntegerField()
    msisdn = peewee.CharField(max_length=15)
    category = peewee.CharField(max_length=14)
    source = peewee.CharField(max_length=40)
    created_at = InstantField()

    class Meta:
        primary_key = peewee.CompositeKey("tenant_id", "msisdn", "category")


class Usage(Model):
    """Texts handed over, counted as they go: a row a tenant, day, sender, operator and status.

    `day` is the Nairobi calendar day of the hand-over as yyyymmdd.
    """

    tenant_id = peewee.IntegerField()
    day = peewee.IntegerField()
    sender = peewee.CharField(max_length=11)
    operator = peewee.CharField(max_length=20)
    status = peewee.CharField(max_length=11)
    is_test = peewee.BooleanField()
    messages = peewee.BigIntegerField()
    segments = peewee.BigIntegerField()
    cost = peewee.BigIntegerField()

    class Meta:
        primary_key = peewee.CompositeKey(
            "tenant_id", "day", "sender", "operator", "status", "is_test"
        )


class Switch(Model):
    """Something the operator has turned off for everybody, such as all sending."""

    name = peewee.CharField(max_length=30, primary_key=True)
    since = InstantField()
    actor = peewee.CharField(max_length=60)
    reason = peewee.CharField(max_length=300)
