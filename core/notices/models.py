"""The tables of notices."""

from __future__ import annotations

from enum import StrEnum

import peewee

from core.database import InstantField, Model


class NoticeState(StrEnum):
    """What became of one notice."""

    NEW = "new"
    POSTING = "posting"  # being handed to Telegram, by whoever holds the lease
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # may have gone; never posted again
    DROPPED = "dropped"  # nobody to tell, or no longer true


class Notice(Model):
    """Something to tell one recipient, once.

    `cause` is the fact's id, or the name of what else calls for it, such as a day's digest;
    `recipient` is `person:<id>`, `phone:<msisdn>` or `ops`. The unique index is what makes it once.
    """

    id = peewee.CharField(max_length=30, primary_key=True)
    cause = peewee.CharField(max_length=60)
    recipient = peewee.CharField(max_length=40)
    kind = peewee.CharField(max_length=40)
    tenant_id = peewee.IntegerField(null=True)
    data = peewee.TextField()
    state = peewee.CharField(max_length=8, default=NoticeState.NEW.value)
    due_at = InstantField()
    lease_until = InstantField(default=0)
    tries = peewee.SmallIntegerField(default=0)
    channel = peewee.CharField(max_length=8, null=True)
    why = peewee.CharField(max_length=300, null=True)
    created_at = InstantField()
    done_at = InstantField(null=True)

    class Meta:
        indexes = ((("cause", "recipient", "kind"), True),)


Notice.add_index(Notice.index(Notice.due_at, where=peewee.SQL("state = 'new'"), name="notice_due"))
Notice.add_index(
    Notice.index(Notice.lease_until, where=peewee.SQL("state = 'posting'"), name="notice_posting")
)
Notice.add_index(
    Notice.index(Notice.done_at, where=Notice.done_at.is_null(False), name="notice_done")
)


class OpsCard(Model):
    """A message in the ops chat that shows how something stands, and follows it.

    There may be several of one subject. `wanted` counts the changes of the subject, `shown` is the
    count it was last drawn for; `look` tells a drawing that would change nothing.
    """

    id = peewee.AutoField()
    subject = peewee.CharField(max_length=60)
    chat_id = peewee.BigIntegerField()
    message_id = peewee.BigIntegerField()
    wanted = peewee.IntegerField(default=1)
    shown = peewee.IntegerField(default=0)
    look = peewee.CharField(max_length=64, default="")
    due_at = InstantField(default=0)
    tries = peewee.SmallIntegerField(default=0)
    posted_at = InstantField()

    class Meta:
        indexes = ((("chat_id", "message_id"), True),)


OpsCard.add_index(OpsCard.index(OpsCard.subject, name="opscard_subject"))
OpsCard.add_index(
    OpsCard.index(OpsCard.due_at, where=peewee.SQL("shown < wanted"), name="opscard_stale")
)


class OpsAlert(Model):
    """One trouble in one hour: however often it comes, it is told by one message with a counter.

    `since` is when the trouble began, `opened_at` when this message's hour did. `details` holds the
    latest few, as JSON.
    """

    id = peewee.AutoField()
    cause = peewee.CharField(max_length=60)
    is_open = peewee.BooleanField(default=True)
    since = InstantField()
    opened_at = InstantField()
    last_at = InstantField()
    count = peewee.IntegerField(default=1)
    details = peewee.TextField(default="[]")
    seen_by = peewee.CharField(max_length=60, null=True)
    seen_at = InstantField(null=True)
    muted_until = InstantField(default=0)


# Of two workers who meet the same trouble at the same moment, one opens the hour.
OpsAlert.add_index(
    OpsAlert.index(OpsAlert.cause, unique=True, where=peewee.SQL("is_open"), name="opsalert_open")
)


class OpsQuestion(Model):
    """Something an admin began in the ops chat, and has to say a second time or say why.

    `once` is the update that began it; `asks` is `press` or `words`; `outcome` says, in the card's
    markup, how it ended.
    """

    id = peewee.CharField(max_length=30, primary_key=True)
    once = peewee.CharField(max_length=60, unique=True)
    act = peewee.CharField(max_length=12)
    asks = peewee.CharField(max_length=6)
    args = peewee.TextField()
    asked_by = peewee.BigIntegerField()
    chat_id = peewee.BigIntegerField()
    message_id = peewee.BigIntegerField(null=True)
    is_open = peewee.BooleanField(default=True)
    outcome = peewee.CharField(max_length=1000, null=True)
    created_at = InstantField()
    expires_at = InstantField()


OpsQuestion.add_index(
    OpsQuestion.index(OpsQuestion.asked_by, where=peewee.SQL("is_open"), name="opsquestion_open")
)


class Operator(Model):
    """What an admin is called in Telegram, so that cards can say who did what."""

    telegram_id = peewee.BigIntegerField(primary_key=True)
    name = peewee.CharField(max_length=80)


class LowBalance(Model):
    """A tenant whose money runs out soon and whose owners have been told: until it is better."""

    tenant_id = peewee.IntegerField(primary_key=True)
    since = InstantField()


class LiveMessage(Model):
    """A message in a person's chat that is edited while what it tells of goes on.

    `shown` is a digest of how it looks. One that `is_over` is left as it is and stays for a while,
    because it has told the result.
    """

    id = peewee.CharField(max_length=30, primary_key=True)
    chat_id = peewee.BigIntegerField()
    message_id = peewee.BigIntegerField()
    # What it follows, such as "import:imp_..." or "campaign:cmp_...".
    subject = peewee.CharField(max_length=60)
    tenant_id = peewee.IntegerField()
    language = peewee.CharField(max_length=5)
    shown = peewee.CharField(max_length=64, default="")
    is_over = peewee.BooleanField(default=False)
    tries = peewee.SmallIntegerField(default=0)
    next_at = InstantField()
    created_at = InstantField()

    class Meta:
        indexes = ((("chat_id", "message_id"), True),)


LiveMessage.add_index(LiveMessage.index(LiveMessage.subject, name="livemessage_subject"))
LiveMessage.add_index(
    LiveMessage.index(
        LiveMessage.next_at, where=peewee.SQL("NOT is_over"), name="livemessage_going"
    )
)
