"""USSD sessions and their hops: each hop acted on once, whatever gateways repeat.

Nothing that was typed is kept, only digests of it: with everything repeated at every hop, a PIN
would stand in each transcript after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import peewee

from core import clock
from core.database import (
    InstantField,
    Model,
    execute,
    execute_unflushed,
    grouped,
    is_postgres,
)

T = TypeVar("T")

# How long one worker may be at a session before another takes over: longer than any act.
LEASE_MS = 30_000


class UssdSession(Model):
    """One dialling, and what is on the person's screen.

    `prefix` is what the gateway puts before everything typed. `heard_length` and `heard_digest`
    are of what it sent last; `shown` is the door's own note of the screen. Whoever works on the
    session holds it until `held_until`. `took_ms` is how long the last answer took.
    """

    id = peewee.BigAutoField()
    dialect = peewee.CharField(max_length=40)
    session_id = peewee.CharField(max_length=100)
    msisdn = peewee.CharField(max_length=15)
    service_code = peewee.CharField(max_length=40)
    network = peewee.CharField(max_length=20)
    prefix = peewee.CharField(max_length=100)
    heard_length = peewee.IntegerField(default=0)
    heard_digest = peewee.CharField(max_length=64, default="")
    hops = peewee.IntegerField(default=0)
    shown = peewee.TextField(default="")
    is_over = peewee.BooleanField(default=False)
    outcome = peewee.CharField(max_length=40, null=True)
    holder = peewee.CharField(max_length=32)
    held_until = InstantField()
    started_at = InstantField()
    heard_at = InstantField(index=True)
    answered_at = InstantField(default=0)
    took_ms = peewee.IntegerField(default=0)


UssdSession.add_index(
    UssdSession.index(
        UssdSession.dialect, UssdSession.session_id, unique=True, name="ussdsession_gateway"
    )
)
UssdSession.add_index(UssdSession.index(UssdSession.msisdn, UssdSession.id, name="ussdsession_of"))


class UssdHop(Model):
    """One hop, by a digest of what tells it from the others, and the answer for its repetitions.

    It is written before anything is done; without a `reply` it is being worked on, or was when its
    worker died.
    """

    session_id = peewee.BigIntegerField()
    key = peewee.CharField(max_length=64)
    number = peewee.IntegerField()
    reply = peewee.TextField(null=True)
    arrived_at = InstantField()

    class Meta:
        primary_key = peewee.CompositeKey("session_id", "key")


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it was read; times in milliseconds."""

    id: int
    dialect: str
    session_id: str
    msisdn: str
    service_code: str
    prefix: str
    heard_length: int
    heard_digest: str
    hops: int
    shown: str
    is_over: bool  # a number in SQLite
    holder: str
    heard_at: int
    answered_at: int
    took_ms: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has come of a hop."""

    reply: str
    shown: str
    is_over: bool


# An answer has fifty milliseconds, so what every hop asks is written out, and on PostgreSQL it is
# few statements, each its own transaction. None of those waits for the disk there: what a power cut
# takes of a hop is the memory of it, and it cuts the session off as well. Acts do wait.
_COLUMNS = ", ".join(Session.__slots__)
_HOLD = f"""
    UPDATE ussd_session SET holder = %s, held_until = %s
    WHERE dialect = %s AND session_id = %s AND held_until < %s RETURNING {_COLUMNS}
"""  # noqa: S608 -- our own names
_BEGIN = f"""
    INSERT INTO ussd_session
        (dialect, session_id, msisdn, service_code, network, prefix, heard_length, heard_digest,
         hops, shown, is_over, holder, held_until, started_at, heard_at, answered_at, took_ms)
    VALUES (%s, %s, %s, %s, %s, %s, 0, '', 0, '', %s, %s, %s, %s, %s, 0, 0)
    ON CONFLICT (dialect, session_id) DO NOTHING RETURNING {_COLUMNS}
"""  # noqa: S608 -- our own names
_SUPERSEDE = """
    UPDATE ussd_session SET is_over = %s
    WHERE msisdn = %s AND id < %s AND is_over = %s RETURNING 1
"""
_NOTE = """
    INSERT INTO ussd_hop (session_id, key, number, arrived_at) VALUES (%s, %s, %s, %s)
    ON CONFLICT (session_id, key) DO NOTHING RETURNING 1
"""
_FINISH = """
    UPDATE ussd_session
    SET heard_length = %s, heard_digest = %s, hops = %s, shown = %s, is_over = (is_over OR %s),
        heard_at = %s, answered_at = %s, took_ms = %s, held_until = 0
    WHERE id = %s AND holder = %s RETURNING id
"""
_ANSWERED = "UPDATE ussd_hop SET reply = %s WHERE session_id = %s AND key = %s"
_FINISH_AT_ONCE = f"""
    WITH finished AS ({_FINISH})
    UPDATE ussd_hop SET reply = %s FROM finished WHERE session_id = finished.id AND key = %s
    RETURNING 1
"""  # noqa: S608 -- our own names


def together(work: Callable[[], T]) -> T:
    """Write several things with one flush on SQLite; on PostgreSQL each goes without one."""
    return work() if is_postgres() else grouped(work)


def _session(sql: str, values: tuple[object, ...]) -> Session | None:
    row = execute_unflushed(sql, values)
    return None if row is None else Session(*row)


def hold(dialect: str, session_id: str, holder: str) -> Session | None:
    """Take a session to work on; None when there is none, or somebody else has it."""
    now = clock.ms()
    return _session(_HOLD, (holder, now + LEASE_MS, dialect, session_id, now))


def let_go(session: Session) -> None:
    """Leave a session to whoever comes next, as it was."""
    UssdSession.update(held_until=0).where(
        UssdSession.id == session.id, UssdSession.holder == session.holder
    ).execute()


def exists(dialect: str, session_id: str) -> bool:
    """Whether a session is known, be it in somebody's hands."""
    return bool(
        UssdSession.select(UssdSession.id)
        .where(UssdSession.dialect == dialect, UssdSession.session_id == session_id)
        .exists()
    )


def begin(
    dialect: str,
    session_id: str,
    holder: str,
    *,
    msisdn: str,
    service_code: str,
    network: str,
    prefix: str,
) -> Session | None:
    """Open a session and hold it; None when it was opened a moment ago.

    A phone has one session at a time: those it had before are over.
    """
    now = clock.ms()
    who = (dialect, session_id, msisdn, service_code[:40], network[:20], prefix[:100])
    session = _session(_BEGIN, (*who, False, holder, now + LEASE_MS, now, now))
    if session is not None:
        execute_unflushed(_SUPERSEDE, (True, msisdn, session.id, False))
    return session


def before(session: Session, since_ms: int) -> UssdSession | None:
    """The session a phone had before this one, if it was heard of since."""
    found: UssdSession | None = (
        UssdSession.select()
        .where(
            UssdSession.msisdn == session.msisdn,
            UssdSession.id < session.id,
            UssdSession.heard_at >= since_ms,
        )
        .order_by(UssdSession.id.desc())
        .first()
    )
    return found


def put_aside(session: Session) -> None:
    """Free the name of an old session for a new one: some gateways use theirs again."""
    UssdSession.update(
        session_id=f"{session.session_id[:78]}~{session.id}", is_over=True, held_until=0
    ).where(UssdSession.id == session.id).execute()


def hop(session: Session, key: str) -> UssdHop | None:
    """One hop of a session."""
    found: UssdHop | None = UssdHop.get_or_none(
        UssdHop.session_id == session.id, UssdHop.key == key
    )
    return found


def hop_number(session: Session, number: int) -> UssdHop | None:
    """A hop by its place: the first, or the last."""
    found: UssdHop | None = UssdHop.get_or_none(
        UssdHop.session_id == session.id, UssdHop.number == number
    )
    return found


def note(session: Session, key: str) -> bool:
    """Write a hop down before it is acted on; False when that had been done before."""
    return execute_unflushed(_NOTE, (session.id, key, session.hops + 1, clock.ms())) is not None


def finish(
    session: Session, key: str, outcome: Outcome, *, heard: tuple[int, str], took_ms: int
) -> None:
    """Keep the answer for whoever repeats the hop, go on to the next, and let the session go.

    Whoever was so slow that another has taken the session over changes nothing any more.
    """
    now = clock.ms()
    state = (*heard, session.hops + 1, outcome.shown, outcome.is_over, now, now, took_ms)
    values = (*state, session.id, session.holder)
    if is_postgres():
        execute_unflushed(_FINISH_AT_ONCE, (*values, outcome.reply, key))
        return

    def write() -> None:
        if execute(_FINISH, values).fetchone() is not None:
            execute(_ANSWERED, (outcome.reply, session.id, key))

    grouped(write)


def end(dialect: str, session_id: str, outcome: str) -> bool:
    """Note that a gateway has ended a session, and how; False when we do not know it."""
    known = (UssdSession.dialect == dialect) & (UssdSession.session_id == session_id)
    told = UssdSession.update(is_over=True, outcome=outcome[:40]).where(known)
    return bool(grouped(told.execute))


def forget_before(moment_ms: int) -> int:
    """Delete sessions nobody has been heard in since, with their hops. Returns how many."""
    old = UssdSession.select(UssdSession.id).where(UssdSession.heard_at < moment_ms)

    def write() -> int:
        UssdHop.delete().where(UssdHop.session_id.in_(old)).execute()
        return int(UssdSession.delete().where(UssdSession.heard_at < moment_ms).execute())

    return grouped(write)
