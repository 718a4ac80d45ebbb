"""The PIN of a person: four digits that stand for them on a phone anybody could hold.

Never stored plainly and never logged. A try is paid for before it is compared, so guessing in
parallel is no faster, and each lock lasts twice as long as the one before.
"""

from __future__ import annotations

import re

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core import clock, events, secrets
from core.database import execute_unflushed, single, transaction
from core.errors import Conflict, Invalid, NotFound, TooMany
from core.settings import settings
from core.tenants import audit
from core.tenants.models import Person

DIGITS = 4
LONGEST = 5  # how often a lock doubles: half an hour, an hour, ... up to sixteen

# Lighter than for a password: the digest is sealed besides, and a dialogue has to answer at once.
_hasher = PasswordHasher(time_cost=2, memory_cost=8 * 1024, parallelism=1)
_FORM = re.compile(rf"[0-9]{{{DIGITS}}}").fullmatch
_UP, _DOWN = "01234567890", "09876543210"


class NotAPin(Invalid):
    """Something that cannot be a PIN; it costs no try."""

    code = "not_a_pin"
    title = "Not a PIN"
    sentence = "A PIN is 4 digits."


class PinTooEasy(Invalid):
    """A PIN that the first guess would find."""

    code = "pin_too_easy"
    title = "PIN too easy"
    sentence = "That PIN is too easy to guess. Choose another."


class PinsDiffer(Invalid):
    """The second typing is not the first."""

    code = "pins_differ"
    title = "PINs differ"
    sentence = "That is not the same PIN. Type it again."


class PinWrong(Invalid):
    """Not their PIN."""

    code = "pin_wrong"
    title = "Wrong PIN"
    sentence = "Wrong PIN. Tries left: {left}."


class PinLocked(TooMany):
    """Too many wrong PINs: not even the right one works for a while."""

    code = "pin_locked"
    title = "PIN locked"
    sentence = "Too many wrong PINs. Your PIN is locked. Try again in {minutes} min."


class PinMissing(Conflict):
    """There is no PIN yet, or it was taken away."""

    code = "pin_missing"
    title = "No PIN"
    sentence = "You have no PIN. Choose one under Account."


def make(typed: str, msisdn: str) -> str:
    """Digest a new PIN. What comes back may be kept: it cannot be turned round.

    Raises: NotAPin, PinTooEasy.
    """
    if not _FORM(typed):
        raise NotAPin
    if len(set(typed)) == 1 or typed in _UP or typed in _DOWN or msisdn.endswith(typed):
        raise PinTooEasy
    return secrets.seal(_hasher.hash(typed))


def same(digest: str, typed: str) -> str:
    """Check the second typing of a new PIN; gives "ok". Raises: PinsDiffer."""
    if not _matches(digest, typed):
        raise PinsDiffer
    return "ok"


def put(person: Person, digest: str, *, channel: str, act: str = "pin.set") -> None:
    """Give a person a PIN that `make` has digested, and unlock it. Repeating is harmless."""
    with transaction():
        changed = (
            Person.update(pin_digest=digest, pin_failures=0, pin_locks=0, pin_locked_until=0)
            .where(Person.id == person.id, (Person.pin_digest != digest) | _no_pin())
            .execute()
        )
        if changed:
            audit.record(None, person.actor, channel, act, subject=person.id)
            name = f"person.{act.replace('.', '_')}"
            events.record(name, None, person=person.id, channel=channel)


def put_first(person: Person, digest: str, *, channel: str) -> None:
    """Give a person their first PIN. Raises: Conflict, when somebody was faster with another."""
    with transaction():
        kept = Person.get_by_id(person.id).pin_digest
        if kept is not None and kept != digest:
            raise Conflict
        put(person, digest, channel=channel)


def clear(person_id: str, *, actor: str, channel: str, tenant_id: int) -> None:
    """Take a PIN away, so that its owner chooses another on their own phone."""
    with transaction():
        Person.update(pin_digest=None, pin_failures=0, pin_locks=0, pin_locked_until=0).where(
            Person.id == person_id
        ).execute()
        audit.record(tenant_id, actor, channel, "pin.cleared", subject=person_id)
        events.record("person.pin_cleared", tenant_id, person=person_id, channel=channel)


def exists(person: Person) -> bool:
    """Say whether a person has a PIN that we can still read."""
    return person.pin_digest is not None and _unsealed(person.pin_digest) is not None


# The last try that is left sets the lock; if it turns out right, the lock is lifted again. No try
# waits for the disk, only the lock's own record does: whoever guesses cannot cut our power.
_TRY = """
    UPDATE person SET
        pin_failures = CASE WHEN pin_failures + 1 >= %s THEN 0 ELSE pin_failures + 1 END,
        pin_locked_until = CASE WHEN pin_failures + 1 >= %s
            THEN %s + CAST(%s AS BIGINT) * (1 << pin_locks) ELSE pin_locked_until END,
        pin_locks = CASE WHEN pin_failures + 1 >= %s AND pin_locks < %s
            THEN pin_locks + 1 ELSE pin_locks END
    WHERE id = %s AND pin_digest IS NOT NULL AND pin_locked_until <= %s
    RETURNING pin_digest, pin_failures, pin_locked_until
"""


_RIGHT = """
    UPDATE person SET pin_failures = 0, pin_locks = 0, pin_locked_until = 0
    WHERE id = %s AND pin_digest = %s RETURNING id
"""


def check(person: Person, typed: str, *, channel: str) -> str:
    """Try a person's PIN; gives "ok".

    Raises: NotAPin, PinWrong, PinLocked, PinMissing.
    """
    if not _FORM(typed):
        raise NotAPin
    limits = settings().limits
    now = clock.ms()
    lock_ms = limits.pin_lock_minutes * 60_000
    most = limits.pin_attempts
    tried = (most, most, now, lock_ms, most, LONGEST, person.id, now)
    row = single(lambda: execute_unflushed(_TRY, tried))
    if row is None:
        require_open(person)
        raise PinMissing
    digest, failures, locked_until = row
    if _matches(digest, typed):
        _right(person, digest)
        return "ok"
    if locked_until > now:
        with transaction():
            audit.record(None, person.actor, channel, "pin.locked", subject=person.id)
            events.record("person.pin_locked", None, person=person.id, channel=channel)
        raise PinLocked(minutes=_minutes(locked_until - now))
    raise PinWrong(left=most - failures)


def require_open(person: Person) -> None:
    """Refuse while a PIN is locked, before anything is typed in vain. Raises: PinLocked."""
    row = Person.get_or_none(Person.id == person.id)
    if row is None:
        raise NotFound
    left_ms = clock.to_ms(row.pin_locked_until) - clock.ms()
    if left_ms > 0:
        raise PinLocked(minutes=_minutes(left_ms))


def _right(person: Person, digest: str) -> None:
    """Forget the wrong tries before a right one."""
    single(lambda: execute_unflushed(_RIGHT, (person.id, digest)))


def _minutes(left_ms: int) -> int:
    return max(1, -(-left_ms // 60_000))


def _matches(sealed: str, typed: str) -> bool:
    digest = _unsealed(sealed)
    if digest is None:
        return False
    try:
        return _hasher.verify(digest, typed)
    except (VerificationError, InvalidHashError):
        return False


def _unsealed(sealed: str) -> str | None:
    try:
        return secrets.unseal(sealed)
    except ValueError:  # the key that sealed it is gone: the PIN has to be chosen anew
        return None


def _no_pin() -> object:
    return Person.pin_digest.is_null()
