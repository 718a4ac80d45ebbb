"""A forgotten PIN: a code by SMS to the person's own phone lets them choose another."""

from __future__ import annotations

from datetime import timedelta

from peewee import EXCLUDED

from core import clock, secrets, words
from core.database import execute, transaction
from core.errors import Conflict
from core.messaging.sending import send_platform_text
from core.onboarding import codes, limits
from core.onboarding.errors import CodeWrong
from core.onboarding.models import PinCode
from core.settings import settings
from core.tenants import pins
from core.tenants.models import Person

TEXT = "{code} is your {app} code for a new PIN. It works for {minutes} minutes. Tell it to nobody."


class PinCodeDead(Conflict):
    """None was asked for, it is too old, used, or was guessed at too often."""

    code = "pin_code_dead"
    title = "No code to use"
    sentence = "There is no code to use. Ask for a new one under Account, PIN."


def ask(person: Person, *, once: str) -> None:
    """Text a person a code; an earlier one is dead. The same `once` sends one text.

    Raises: TooManyCodes.
    """
    limits.count_code(person.msisdn)
    rules = settings().limits
    code = secrets.make_code(codes.DIGITS)
    with transaction():
        is_new = (
            PinCode.insert(
                person_id=person.id,
                once=once,
                digest=_digest(person, code),
                attempts_left=rules.code_attempts,
                expires_at=clock.now() + timedelta(minutes=rules.code_minutes),
            )
            .on_conflict(
                conflict_target=[PinCode.person_id],
                preserve=[PinCode.digest, PinCode.attempts_left, PinCode.once, PinCode.expires_at],
                where=(PinCode.once != EXCLUDED.once),
            )
            .as_rowcount()
            .execute()
        )
        if not is_new:
            return
        body = words.say(
            person.language,
            TEXT,
            code=code,
            app=settings().app.name,
            minutes=rules.code_minutes,
        )
        send_platform_text(person.msisdn, body, once=f"pin:{once}")


_TRY = """
    UPDATE pin_code SET attempts_left = attempts_left - 1
    WHERE person_id = %s AND attempts_left > 0 AND expires_at > %s
    RETURNING digest, attempts_left
"""


def attempt(person: Person, typed: str) -> str:
    """Try a code, each try counted before it is compared. Gives what `redeem` wants to see.

    Raises: NotACode, CodeWrong, PinCodeDead.
    """
    digest = _digest(person, codes.read(typed))
    with transaction():
        row = execute(_TRY, (person.id, clock.ms())).fetchone()
    if row is None:
        raise PinCodeDead
    if not secrets.same(row[0], digest):
        raise CodeWrong(left=row[1])
    return digest


def redeem(person: Person, proof: str, pin_digest: str, *, channel: str) -> None:
    """Use a code up and take the new PIN. Repeating with the same PIN is harmless.

    Raises: PinCodeDead.
    """
    with transaction():
        used = (
            PinCode.delete()
            .where(
                PinCode.person_id == person.id,
                PinCode.digest == proof,
                PinCode.expires_at > clock.now(),
            )
            .execute()
        )
        if not used and Person.get_by_id(person.id).pin_digest != pin_digest:
            raise PinCodeDead
        pins.put(person, pin_digest, channel=channel, act="pin.reset")


def forget_old() -> int:
    """Delete codes that are dead. Returns how many."""
    with transaction():
        return int(PinCode.delete().where(PinCode.expires_at < clock.now()).execute())


def _digest(person: Person, code: str) -> str:
    return secrets.keyed_digest("pin code", f"{person.id}:{code}")
