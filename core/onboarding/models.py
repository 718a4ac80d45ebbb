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
