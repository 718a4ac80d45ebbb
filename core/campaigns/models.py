"""The tables of templates and campaigns."""

from __future__ import annotations

from enum import StrEnum

import peewee

from core.database import InstantField, Model
from core.messaging.models import Category


class Template(Model):
    """A text with places to fill in. Its words are in its versions, of which none is changed."""

    id = peewee.CharField(max_length=30, primary_key=True)
    tenant_id = peewee.IntegerField()
    name = peewee.CharField(max_length=60)
    name_key = peewee.CharField(max_length=120)
    version = peewee.IntegerField()
    created_at = InstantField()
    updated_at = InstantField()
    removed_at = InstantField(null=True)


Template.add_index(
    Template.index(
        Template.tenant_id,
        Template.name_key,
        unique=True,
        where=Template.removed_at.is_null(),
        name="template_name",
    )
)
Template.add_index(Template.index(Template.tenant_id, Template.id, name="template_tenant"))


class TemplateVersion(Model):
    """The words of a template at one time: `bodies` is JSON, a text by language."""

    template_id = peewee.CharField(max_length=30)
    version = peewee.IntegerField()
    # The language of those who have none, or one that is not among the bodies.
    language = peewee.CharField(max_length=5)
    bodies = peewee.TextField()
    actor = peewee.CharField(max_length=60)
    created_at = InstantField()

    class Meta:
        primary_key = peewee.CompositeKey("template_id", "version")


class CampaignStatus(StrEnum):
    """Where a campaign stands. What follows what is in `states`."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    PREPARING = "preparing"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


class Campaign(Model):
    """One text to many people. Its id is also its batch's and its hold's.

    `audience` and `left_out` are JSON; so are `spread` (segments each: people) and `problem` (why
    it did not start or stands still: a code and the fields of its sentence). What is counted while
    it goes stands in messaging's counts. `attempt` numbers the pricings: whoever prices writes only
    while it is theirs.
    """

    id = peewee.CharField(max_length=30, primary_key=True)
    tenant_id = peewee.IntegerField()
    is_test = peewee.BooleanField(default=False)
    name = peewee.CharField(max_length=120)
    status = peewee.CharField(max_length=18, default=CampaignStatus.DRAFT.value)
    category = peewee.CharField(max_length=14, default=Category.TRANSACTIONAL.value)
    sender_id = peewee.CharField(max_length=11, null=True)
    message = peewee.TextField(null=True)
    template_id = peewee.CharField(max_length=30, null=True)
    template_version = peewee.IntegerField(null=True)
    # Values for all, beside each person's own, as a JSON object of texts.
    params = peewee.TextField(null=True)
    audience = peewee.TextField()
    rewrite = peewee.BooleanField(default=False)
    # A digest of words and audience: the same again within the hour is asked about.
    fingerprint = peewee.CharField(max_length=64, default="")
    schedule_at = InstantField(null=True)
    # Only so many of the audience, when the money did not reach for all.
    first = peewee.IntegerField(null=True)

    # What the pricing found.
    attempt = peewee.IntegerField(default=0)
    priced_at = InstantField(null=True)
    price_units = peewee.BigIntegerField(null=True)
    recipients = peewee.IntegerField(default=0)
    segments = peewee.BigIntegerField(default=0)
    cost = peewee.BigIntegerField(default=0)
    spread = peewee.TextField(null=True)
    left_out = peewee.TextField(null=True)
    findings = peewee.TextField(null=True)
    problem = peewee.TextField(null=True)

    # Whether all its texts are rows, and whether they may go until when.
    is_filled = peewee.BooleanField(default=False)
    good_until = InstantField(null=True)
    lease_until = InstantField(default=0)
    holder = peewee.CharField(max_length=40, default="")

    # Who asked to start it and how, as JSON.
    launch = peewee.TextField(null=True)
    once = peewee.CharField(max_length=120, null=True, unique=True)
    actor = peewee.CharField(max_length=60)
    channel = peewee.CharField(max_length=12)
    approved_by = peewee.CharField(max_length=60, null=True)
    # Made on the way to a send in a conversation: gone soon, unless somebody keeps or starts it.
    is_passing = peewee.BooleanField(default=False)
    created_at = InstantField()
    started_at = InstantField(null=True)
    finished_at = InstantField(null=True)


Campaign.add_index(
    Campaign.index(Campaign.tenant_id, Campaign.is_test, Campaign.id, name="campaign_tenant")
)
Campaign.add_index(
    Campaign.index(
        Campaign.created_at,
        where=peewee.SQL("is_passing AND status = 'draft'"),
        name="campaign_passing",
    )
)
Campaign.add_index(
    Campaign.index(
        Campaign.id,
        where=peewee.SQL("status IN ('preparing', 'scheduled', 'running', 'paused', 'cancelling')"),
        name="campaign_open",
    )
)
Campaign.add_index(
    Campaign.index(
        Campaign.tenant_id,
        Campaign.fingerprint,
        where=Campaign.started_at.is_null(False),
        name="campaign_fingerprint",
    )
)
Campaign.add_index(
    Campaign.index(
        Campaign.tenant_id,
        where=peewee.SQL("status = 'awaiting_approval'"),
        name="campaign_waiting",
    )
)
