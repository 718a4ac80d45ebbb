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
    """Who goes first at the gateway: a one-time code never waits behind adverts or a campaign."""

    TRANSACTIONAL = 0
    BULK = 1


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


class SenderStatus(StrEnum):
    """How far a sender ID has come: with us, and with each operator."""

    REQUESTED = "requested"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"


class Sender(Model):
    """A sender ID of a tenant's: asked for with its class and purpose, approved by the operator.

    Only an approved one is sent under.
    """

    tenant_id = peewee.IntegerField()
    name = peewee.CharField(max_length=11)
    category = peewee.CharField(max_length=14, default=Category.TRANSACTIONAL.value)
    public_id = peewee.CharField(max_length=30, null=True, unique=True)
    status = peewee.CharField(max_length=10, default=SenderStatus.APPROVED.value)
    purpose = peewee.CharField(max_length=500, null=True)
    reason = peewee.CharField(max_length=500, null=True)
    actor = peewee.CharField(max_length=60, null=True)
    created_at = InstantField()
    decided_at = InstantField(null=True)

    class Meta:
        primary_key = peewee.CompositeKey("tenant_id", "name")


Sender.add_index(
    Sender.index(
        Sender.created_at, where=peewee.SQL("status = 'requested'"), name="sender_requested"
    )
)


class SenderOperator(Model):
    """Where one operator stands with a sender ID."""

    tenant_id = peewee.IntegerField()
    name = peewee.CharField(max_length=11)
    operator = peewee.CharField(max_length=20)
    status = peewee.CharField(max_length=10)
    updated_at = InstantField()

    class Meta:
        primary_key = peewee.CompositeKey("tenant_id", "name", "operator")


class SenderDocument(Model):
    """A paper that came with a request for a sender ID."""

    id = peewee.CharField(max_length=30, primary_key=True)
    tenant_id = peewee.IntegerField()
    name = peewee.CharField(max_length=11)
    file_name = peewee.CharField(max_length=200)
    media_type = peewee.CharField(max_length=100)
    content = peewee.BlobField()
    created_at = InstantField()


SenderDocument.add_index(
    SenderDocument.index(
        SenderDocument.tenant_id, SenderDocument.name, name="sender_document_sender"
    )
)


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
# Cancelling goes through what is scheduled of one campaign, whenever that is due.
Message.add_index(
    Message.index(Message.id, where=peewee.SQL("status = 'scheduled'"), name="message_scheduled")
)
# Why texts of a campaign were refused, found without looking through the others.
Message.add_index(
    Message.index(
        Message.batch_id,
        Message.reason,
        where=peewee.SQL("status = 'rejected'"),
        name="message_rejected",
    )
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


class Blanked(Model):
    """Up to which id the words of a business's texts, or of replies to it, have been blanked."""

    tenant_id = peewee.IntegerField()
    kind = peewee.CharField(max_length=10)
    until_id = peewee.CharField(max_length=30, default="")

    class Meta:
        primary_key = peewee.CompositeKey("tenant_id", "kind")


class Gate(Model):
    """A batch that may go only while its gate is open: a campaign that runs.

    Its texts may be handed over from `opens_at` until `closes_at`, the end of the day that was
    agreed on, and not while it is shut by hand. A batch without a gate may always go.
    """

    batch_id = peewee.CharField(max_length=40, primary_key=True)
    tenant_id = peewee.IntegerField(index=True)
    is_shut = peewee.BooleanField(default=False)
    opens_at = InstantField()
    closes_at = InstantField(null=True)


class BatchCount(Model):
    """A campaign's texts in one status, counted as they move. `cost` is KES/4."""

    batch_id = peewee.CharField(max_length=40)
    status = peewee.CharField(max_length=11)
    messages = peewee.BigIntegerField()
    segments = peewee.BigIntegerField()
    cost = peewee.BigIntegerField()

    class Meta:
        primary_key = peewee.CompositeKey("batch_id", "status")


class Spool(Model):
    """Texts of a campaign that are priced and written, but not yet rows of their own.

    What was estimated, what is held and what goes come from these same bytes. A chunk becomes rows
    and disappears in one transaction, so each text of it is stored exactly once. `first` is the
    place of its first text in the campaign, `cost` KES/4.
    """

    batch_id = peewee.CharField(max_length=40)
    number = peewee.IntegerField()
    first = peewee.IntegerField()
    messages = peewee.IntegerField()
    segments = peewee.BigIntegerField()
    cost = peewee.BigIntegerField()
    rows = peewee.BlobField()

    class Meta:
        primary_key = peewee.CompositeKey("batch_id", "number")


class Inbound(Model):
    """A text that somebody sent to us. `tenant_id` is None while nobody knows for whom it is.

    `key` tells a repetition: the gateway's own id, or a digest where it gives none.
    """

    id = peewee.CharField(max_length=30, primary_key=True)
    key = peewee.CharField(max_length=80, unique=True)
    account_id = peewee.IntegerField()
    tenant_id = peewee.IntegerField(null=True)
    msisdn = peewee.CharField(max_length=20)
    sent_to = peewee.CharField(max_length=20)
    body = peewee.TextField()
    # What it did: "opt_out", "opt_in", or nothing but arrive.
    verdict = peewee.CharField(max_length=10, null=True)
    # The text of ours it seems to answer.
    answers = peewee.CharField(max_length=30, null=True)
    received_at = InstantField()
    handled_at = InstantField(null=True)


Inbound.add_index(Inbound.index(Inbound.tenant_id, Inbound.id, name="inbound_tenant"))
Inbound.add_index(
    Inbound.index(Inbound.tenant_id, Inbound.msisdn, Inbound.id, name="inbound_msisdn")
)
Inbound.add_index(
    Inbound.index(Inbound.id, where=Inbound.handled_at.is_null(), name="inbound_fresh")
)


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
