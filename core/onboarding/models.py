"""The table of verification codes."""

from __future__ import annotations

import peewee

from core.database import InstantField, Model


class VerificationCode(Model):
    """A code on its way to a phone. Only its keyed digest is kept."""

    id = peewee.AutoField()
    tenant_id = peewee.IntegerField(index=True)
    digest = peewee.CharField(max_length=64)
    attempts_left = peewee.IntegerField()
    created_at = InstantField()
    expires_at = InstantField()
    used_at = InstantField(null=True)


class PinCode(Model):
    """A code on its way to a person who has forgotten their PIN: one a person, the last one."""

    person_id = peewee.CharField(max_length=30, primary_key=True)
    digest = peewee.CharField(max_length=64)
    attempts_left = peewee.IntegerField()
    # What asked for it, so that a second tap does not kill the code that is on its way.
    once = peewee.CharField(max_length=120)
    expires_at = InstantField()
