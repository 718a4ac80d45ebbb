"""Verification codes: made, tried, burnt.

Whoever does not hold the right code learns nothing from trying others, not even whether the
business exists: where there is no living code, tries are counted all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from core import clock, quota, secrets
from core.database import execute, transaction
from core.onboarding.errors import NotACode
from core.onboarding.models import VerificationCode
from core.settings import settings
from core.tenants.models import TENANT_ID_MAX

DIGITS = 6
KEPT = timedelta(days=7)

_FORM = re.compile(rf"[0-9]{{{DIGITS}}}").fullmatch


class Verdict(Enum):
    """What a typed code turned out to be."""

    RIGHT = auto()
    WRONG = auto()
    BURNT = auto()
    EXPIRED = auto()
    USED = auto()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A verdict, and how many wrong tries are left."""

    verdict: Verdict
    left: int = 0


def read(typed: str) -> str:
    """Read a code as people type it, with spaces or a dash. Raises: NotACode."""
    plain = re.sub(r"[\s-]", "", typed[:40])
    if not _FORM(plain):
        raise NotACode
    return plain


def issue(tenant_id: int) -> tuple[str, datetime]:
    """Make a new code, and kill the older ones. Returns it and when it dies.

    Call it inside the transaction that holds the tenant's row.
    """
    limits = settings().limits
    code = secrets.make_code(DIGITS)
    now = clock.now()
    expires_at = now + timedelta(minutes=limits.code_minutes)
    with transaction():
        kill(tenant_id)
        VerificationCode.create(
            tenant_id=tenant_id,
            digest=_digest(tenant_id, code),
            attempts_left=limits.code_attempts,
            created_at=now,
            expires_at=expires_at,
        )
    return code, expires_at


def kill(tenant_id: int) -> None:
    """Make an end of a business's unused codes. Call it where the business's row is held."""
    VerificationCode.delete().where(
        VerificationCode.tenant_id == tenant_id, VerificationCode.used_at.is_null()
    ).execute()


# Each try is paid for before it is compared, so that parallel guesses cannot be more than allowed.
_TRY = """
    UPDATE verification_code SET attempts_left = attempts_left - 1
    WHERE tenant_id = %s AND used_at IS NULL AND attempts_left > 0 AND expires_at > %s
    RETURNING id, digest, attempts_left
"""


def attempt(tenant_id: int, code: str) -> Attempt:
    """Try a code, and use it up when it is right.

    Let the transaction hold whatever the verdict, or wrong tries would not count.
    """
    digest = _digest(tenant_id, code)
    with transaction():
        row = execute(_TRY, (tenant_id, clock.ms())).fetchone()
        if row is None:
            return _without_living_code(tenant_id, digest)
        code_id, kept, left = row
        if secrets.same(kept, digest):
            VerificationCode.update(used_at=clock.now()).where(
                VerificationCode.id == code_id
            ).execute()
            return Attempt(Verdict.RIGHT)
        return Attempt(Verdict.WRONG, left) if left else Attempt(Verdict.BURNT)


def _without_living_code(tenant_id: int, digest: str) -> Attempt:
    last = (
        VerificationCode.select()
        .where(VerificationCode.tenant_id == tenant_id)
        .order_by(VerificationCode.id.desc())
        .first()
    )
    if last is not None and last.used_at is None and last.attempts_left == 0:
        return Attempt(Verdict.BURNT)
    # Counted before it is compared, here too: a dead code must not become a book to guess in.
    counted = attempt_at_nothing(tenant_id)
    if last is not None and counted.verdict is Verdict.WRONG and secrets.same(last.digest, digest):
        return Attempt(Verdict.EXPIRED if last.used_at is None else Verdict.USED)
    return counted


def attempt_at_nothing(tenant_id: int) -> Attempt:
    """Count a try where there is no code, so that it looks like a wrong one."""
    limits = settings().limits
    # Anybody can send any number; they all mean nobody, and need no more room than one.
    scope = f"code:none:{min(max(tenant_id, 0), TENANT_ID_MAX)}"
    got = quota.take(scope, limits.code_attempts, seconds=60 * limits.code_minutes)
    return Attempt(Verdict.WRONG, got.remaining) if got.remaining else Attempt(Verdict.BURNT)


def forget_old() -> int:
    """Delete codes that have been dead for days. Returns how many."""
    with transaction():
        return int(
            VerificationCode.delete()
            .where(VerificationCode.expires_at < clock.now() - KEPT)
            .execute()
        )


def _digest(tenant_id: int, code: str) -> str:
    return secrets.keyed_digest("verification code", f"{tenant_id}:{code}")
