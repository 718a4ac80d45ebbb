"""The ledger's tables: accounts with running totals, holds, transfers, seals."""

from __future__ import annotations

import peewee

from core.database import InstantField, Model


class Account(Model):
    """A place money can be. All amounts are KES/4.

    A wallet is what we owe a tenant, so its money is `posted_credit - posted_debit`; `pending` is
    the part of it that is promised to texts not yet answered for.
    """

    id = peewee.AutoField()
    kind = peewee.CharField(max_length=20)
    tenant_id = peewee.IntegerField(null=True)
    posted_debit = peewee.BigIntegerField(default=0)
    posted_credit = peewee.BigIntegerField(default=0)
    pending = peewee.BigIntegerField(default=0)
    credit_limit = peewee.BigIntegerField(default=0)
    # What was held on the latest day anything was held, and the most that may be: the daily cap.
    spending_day = peewee.IntegerField(default=0)
    spent_that_day = peewee.BigIntegerField(default=0)
    daily_cap = peewee.BigIntegerField(null=True)

    class Meta:
        indexes = ((("tenant_id", "kind"), True),)
        constraints = (peewee.Check("pending >= 0"),)


class Hold(Model):
    """Money set aside for one send or one campaign; its id is that batch's or campaign's id.

    `amount` never changes. `taken` and `released` are running totals of what became of it.
    """

    id = peewee.CharField(max_length=40, primary_key=True)
    account_id = peewee.IntegerField()
    amount = peewee.BigIntegerField()
    taken = peewee.BigIntegerField(default=0)
    released = peewee.BigIntegerField(default=0)
    once = peewee.CharField(max_length=300, null=True)
    actor = peewee.CharField(max_length=60)
    created_at = InstantField()

    class Meta:
        constraints = (peewee.Check("taken >= 0 AND released >= 0 AND taken + released <= amount"),)


Hold.add_index(Hold.index(Hold.once, unique=True, where=Hold.once.is_null(False), name="hold_once"))
# The seals go through a day's holds, whosever they are.
Hold.add_index(Hold.index(Hold.created_at, name="hold_created"))


class Transfer(Model):
    """One line of the journal: an amount from one account to another. Never changed.

    `phase` says how it counts: *post* moves money; *take* moves money that was held; *release* only
    gives held money back to its wallet, and moves nothing between accounts.
    """

    id = peewee.BigAutoField()
    phase = peewee.CharField(max_length=8)
    debit_id = peewee.IntegerField()
    credit_id = peewee.IntegerField()
    amount = peewee.BigIntegerField()
    kind = peewee.CharField(max_length=20)
    once = peewee.CharField(max_length=300, unique=True)
    subject = peewee.CharField(max_length=60)
    actor = peewee.CharField(max_length=60)
    created_at = InstantField(index=True)

    class Meta:
        constraints = (peewee.Check("amount > 0"),)


Transfer.add_index(Transfer.index(Transfer.credit_id, Transfer.id, name="transfer_credit"))
Transfer.add_index(Transfer.index(Transfer.debit_id, Transfer.id, name="transfer_debit"))


class Seal(Model):
    """The hash of one day's journal, chained onto the day before."""

    day = peewee.IntegerField(primary_key=True)
    transfers = peewee.IntegerField()
    holds = peewee.IntegerField()
    digest = peewee.CharField(max_length=64)
    sealed_at = InstantField()
