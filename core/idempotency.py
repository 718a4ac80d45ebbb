"""Requests that must not happen twice: the record behind the `Idempotency-Key` header.

The effect itself is guarded by its `once`; this record only remembers the answer, tells twins that
run at the same moment apart, and outlives a crash: when its lease runs out, a repeat of the request
runs again with the same `once` and finds what the first run had done.
"""

from __future__ import annotations

from dataclasses import dataclass

import peewee

from core import clock
from core.database import InstantField, Model, execute, grouped
from core.errors import Conflict, Invalid

LEASE_MS = 30_000
KEEP_MS = 24 * 3600 * 1000


class KeyReused(Invalid):
    """The key was used for another request."""

    code = "idempotency_key_reused"
    title = "Idempotency key used for another request"
    sentence = (
        "This Idempotency-Key was already used with another request. "
        "Use a new key for a new request."
    )


class InProgress(Conflict):
    """The first request with this key is still running."""

    code = "idempotency_in_progress"
    title = "The same request is still running"
    sentence = (
        "The first request with this Idempotency-Key is still running. Wait a second and try again."
    )


class IdempotencyRecord(Model):
    """One key in one scope, the request it stood for, and the answer once there is one."""

    scope = peewee.CharField(max_length=160)
    key = peewee.CharField(max_length=255)
    fingerprint = peewee.CharField(max_length=64)
    lease_until = InstantField()
    status = peewee.IntegerField(null=True)
    content_type = peewee.CharField(max_length=80, null=True)
    body = peewee.BlobField(null=True)
    created_at = InstantField(index=True)

    class Meta:
        primary_key = peewee.CompositeKey("scope", "key")


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer given before."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Begun:
    """A key claimed for a request, when it was claimed first, and the end of our lease (ms).

    The first moment tells this use of the key from another one after the key's day is over; a
    repeat that takes over from a crashed request gets the first one's. The lease is the claim's;
    `is_first` says that nobody had claimed the key for this request before.
    """

    since_ms: int
    lease_ms: int
    is_first: bool = True


_BEGIN = """
    INSERT INTO idempotency_record (scope, key, fingerprint, lease_until, created_at)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (scope, key) DO NOTHING RETURNING 1
"""
_TAKE_OVER = """
    UPDATE idempotency_record SET lease_until = %s
    WHERE scope = %s AND key = %s AND status IS NULL AND lease_until < %s RETURNING created_at
"""
_STALE = "DELETE FROM idempotency_record WHERE scope = %s AND key = %s AND created_at < %s"


def begin(scope: str, key: str, fingerprint: str) -> Stored | Begun:
    """Claim a key for this request, or return the answer it already has.

    Raises: KeyReused, InProgress.
    """
    now = clock.ms()

    def claim() -> bool:
        execute(_STALE, (scope, key, now - KEEP_MS))
        row = execute(_BEGIN, (scope, key, fingerprint, now + LEASE_MS, now)).fetchone()
        return row is not None

    if grouped(claim):
        return Begun(now, now + LEASE_MS)
    record = IdempotencyRecord.get_or_none(
        IdempotencyRecord.scope == scope, IdempotencyRecord.key == key
    )
    if record is None:  # the twin was refused and let go of the key a moment ago
        return begin(scope, key, fingerprint)
    if record.fingerprint != fingerprint:
        raise KeyReused
    if record.status is not None:
        return Stored(record.status, record.content_type or "", bytes(record.body or b""))
    taken = grouped(lambda: execute(_TAKE_OVER, (now + LEASE_MS, scope, key, now)).fetchone())
    if taken is None:
        raise InProgress
    return Begun(int(taken[0]), now + LEASE_MS, is_first=False)


def finish(scope: str, key: str, answer: Stored) -> None:
    """Remember the answer for whoever asks again."""
    grouped(
        lambda: execute(
            "UPDATE idempotency_record SET status = %s, content_type = %s, body = %s "
            "WHERE scope = %s AND key = %s",
            (answer.status, answer.content_type, answer.body, scope, key),
        )
    )


def release(scope: str, key: str, begun: Begun) -> None:
    """Let go of a key whose request was refused before it did anything.

    Unless a repeat has taken over meanwhile: the key is its own now, and what it does must be found
    under the same `once`.
    """
    grouped(
        lambda: execute(
            "DELETE FROM idempotency_record "
            "WHERE scope = %s AND key = %s AND status IS NULL AND lease_until = %s",
            (scope, key, begun.lease_ms),
        )
    )


def pass_on(scope: str, key: str, begun: Begun) -> None:
    """Keep a key for its request, which was refused, and let a repeat run at once.

    It runs under the same `once`, and so finds what was left behind.
    """
    grouped(
        lambda: execute(
            "UPDATE idempotency_record SET lease_until = 0 "
            "WHERE scope = %s AND key = %s AND status IS NULL AND lease_until = %s",
            (scope, key, begun.lease_ms),
        )
    )


def forget_old() -> int:
    """Delete records past their day. Returns how many."""
    return int(
        IdempotencyRecord.delete()
        .where(IdempotencyRecord.created_at < clock.ms() - KEEP_MS)
        .execute()
    )
