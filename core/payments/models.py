"""The tables of payments."""

from __future__ import annotations

from enum import StrEnum

import peewee

from core.database import InstantField, Model


class TopUpStatus(StrEnum):
    """How a customer's intent to pay stands."""

    PENDING = "pending"
    CONFIRMING = "confirming"  # M-Pesa says paid; the receipt has not reached us yet
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"


class PushState(StrEnum):
    """How one STK push stands at Safaricom, as far as we know."""

    NEW = "new"
    SENDING = "sending"
    PROMPTED = "prompted"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    ENDED = "ended"


class PaymentStatus(StrEnum):
    """Where a receipt's money is."""

    CREDITED = "credited"
    SUSPENSE = "suspense"


class NewsState(StrEnum):
    """What we have done with something Safaricom posted to us."""

    NEW = "new"
    DONE = "done"
    QUARANTINED = "quarantined"
    UNREADABLE = "unreadable"


class TopUp(Model):
    """A customer's intent to pay. `amount` is what was asked, `paid` what came (KES/4)."""

    id = peewee.CharField(max_length=30, primary_key=True)
    tenant_id = peewee.IntegerField()
    method = peewee.CharField(max_length=6)
    amount = peewee.BigIntegerField()
    phone = peewee.CharField(max_length=15)
    status = peewee.CharField(max_length=10, default=TopUpStatus.PENDING.value)
    paid = peewee.BigIntegerField(null=True)
    receipt = peewee.CharField(max_length=20, null=True)
    result_code = peewee.CharField(max_length=30, null=True)
    # Four characters behind the account number on the paybill: they lead a C2B
    # confirmation back to this very top-up when the STK callback is lost.
    code = peewee.CharField(max_length=4)
    once = peewee.CharField(max_length=300, unique=True)
    actor = peewee.CharField(max_length=60)
    # Asked for with a test key: no provider, and play money.
    is_test = peewee.BooleanField(default=False)
    created_at = InstantField()
    ended_at = InstantField(null=True)


TopUp.add_index(TopUp.index(TopUp.tenant_id, TopUp.id, name="topup_tenant"))
TopUp.add_index(TopUp.index(TopUp.tenant_id, TopUp.code, name="topup_code"))
TopUp.add_index(
    TopUp.index(TopUp.tenant_id, where=peewee.SQL("status = 'confirming'"), name="topup_confirming")
)


class StkPush(Model):
    """One prompt to one phone. The row and its token exist before Safaricom is asked."""

    topup_id = peewee.CharField(max_length=30, primary_key=True)
    token = peewee.CharField(max_length=64, unique=True)
    phone = peewee.CharField(max_length=15)
    state = peewee.CharField(max_length=10, default=PushState.NEW.value)
    # True while a prompt may be on the phone: at most one such row a phone. After `open_until` the
    # phone is free again even when nobody ever told us how the prompt ended.
    is_open = peewee.BooleanField(default=True)
    open_until = InstantField(default=0)
    push_at = InstantField()
    lease_until = InstantField(default=0)
    merchant_request_id = peewee.CharField(max_length=64, null=True)
    checkout_request_id = peewee.CharField(max_length=64, null=True, unique=True)
    queries = peewee.IntegerField(default=0)
    query_at = InstantField(null=True)
    why = peewee.CharField(max_length=300, null=True)
    created_at = InstantField()
    sent_at = InstantField(null=True)
    heard_at = InstantField(null=True)  # when its callback came, if it did


StkPush.add_index(
    StkPush.index(
        StkPush.phone, unique=True, where=peewee.SQL("is_open"), name="stkpush_open_phone"
    )
)
StkPush.add_index(StkPush.index(StkPush.phone, StkPush.created_at, name="stkpush_phone"))
StkPush.add_index(StkPush.index(StkPush.created_at, name="stkpush_created"))
StkPush.add_index(
    StkPush.index(StkPush.push_at, where=peewee.SQL("state = 'new'"), name="stkpush_new")
)
StkPush.add_index(
    StkPush.index(
        StkPush.lease_until, where=peewee.SQL("state = 'sending'"), name="stkpush_sending"
    )
)
StkPush.add_index(
    StkPush.index(StkPush.query_at, where=StkPush.query_at.is_null(False), name="stkpush_query")
)


class Payment(Model):
    """One M-Pesa receipt, however many times and ways we heard of it. Credited at most once.

    `source` is where we first heard of it, `other_sources` where again, as words with spaces.
    """

    receipt = peewee.CharField(max_length=20, primary_key=True)
    amount = peewee.BigIntegerField()
    status = peewee.CharField(max_length=10)
    source = peewee.CharField(max_length=10)
    other_sources = peewee.CharField(max_length=60, default="")
    tenant_id = peewee.IntegerField(null=True)
    topup_id = peewee.CharField(max_length=30, null=True)
    account_typed = peewee.CharField(max_length=60, default="")
    payer = peewee.CharField(max_length=120, default="")
    payer_name = peewee.CharField(max_length=120, default="")
    paid_at = InstantField(null=True)
    created_at = InstantField()
    credited_at = InstantField(null=True)


Payment.add_index(Payment.index(Payment.tenant_id, Payment.created_at, name="payment_tenant"))
Payment.add_index(
    Payment.index(
        Payment.created_at,
        where=peewee.SQL("status = 'suspense'"),
        name="payment_suspense",
    )
)


class MpesaNews(Model):
    """What Safaricom posted, exactly as it came, and what we did with it.

    `released_by` let a quarantined row through in spite of its `why`.
    """

    id = peewee.BigAutoField()
    kind = peewee.CharField(max_length=12)
    token = peewee.CharField(max_length=64, null=True)
    address = peewee.CharField(max_length=45)
    body = peewee.BlobField()
    state = peewee.CharField(max_length=12, default=NewsState.NEW.value)
    why = peewee.CharField(max_length=300, null=True)
    tries = peewee.SmallIntegerField(default=0)
    retry_at = InstantField(default=0)
    released_by = peewee.CharField(max_length=60, null=True)
    received_at = InstantField()
    done_at = InstantField(null=True)


MpesaNews.add_index(
    MpesaNews.index(MpesaNews.id, where=peewee.SQL("state = 'new'"), name="mpesanews_new")
)


class ProviderToken(Model):
    """An OAuth token shared by every process: fetching a new one kills the old one."""

    name = peewee.CharField(max_length=80, primary_key=True)
    token = peewee.TextField(default="")
    expires_at = InstantField(default=0)
    fetching_until = InstantField(default=0)
