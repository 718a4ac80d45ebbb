"""USSD sessions and their hops: each hop acted on once, whatever gateways repeat.

Nothing that was typed is kept, only digests of it: with everything repeated at every hop, a PIN
would stand in each transcript after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import peewee

from core import clock
from core.database import InstantField, Model, grouped

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
class Outcome:
    """What has come of a hop."""

    reply: str
    shown: str
    is_over: bool


def hold(dialect: str, session_id: str, holder: str) -> UssdSession | None:
    """Take a session to work on; None when there is none, or somebody else has it."""
    now = clock.ms()
    rows = (
        UssdSession.update(holder=holder, held_until=now + LEASE_MS)
        .where(
            UssdSession.dialect == dialect,
            UssdSession.session_id == session_id,
            UssdSession.held_until < now,
        )
        .returning(UssdSession)
        .execute()
    )
    return next(iter(rows), None)


def let_go(session: UssdSession) -> None:
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
) -> UssdSession | None:
    """Open a session and hold it; None when it was opened a moment ago.

    A phone has one session at a time: those it had before are over.
    """
    now = clock.ms()
    made = (
        UssdSession.insert(
            dialect=dialect,
            session_id=session_id,
            msisdn=msisdn,
            service_code=service_code[:40],
            network=network[:20],
            prefix=prefix[:100],
            holder=holder,
            held_until=now + LEASE_MS,
            started_at=now,
            heard_at=now,
        )
        .on_conflict_ignore()
        .returning(UssdSession)
        .execute()
    )
    session = next(iter(made), None)
    if session is not None:
        UssdSession.update(is_over=True).where(
            UssdSession.msisdn == msisdn,
            UssdSession.id < session.id,
            ~UssdSession.is_over,
        ).execute()
    return session


def before(session: UssdSession, since_ms: int) -> UssdSession | None:
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


def put_aside(session: UssdSession) -> None:
    """Free the name of an old session for a new one: some gateways use theirs again."""
    UssdSession.update(
        session_id=f"{session.session_id[:78]}~{session.id}", is_over=True, held_until=0
    ).where(UssdSession.id == session.id).execute()


def hop(session: UssdSession, key: str) -> UssdHop | None:
    """One hop of a session."""
    found: UssdHop | None = UssdHop.get_or_none(
        UssdHop.session_id == session.id, UssdHop.key == key
    )
    return found


def hop_number(session: UssdSession, number: int) -> UssdHop | None:
    """A hop by its place: the first, or the last."""
    found: UssdHop | None = UssdHop.get_or_none(
        UssdHop.session_id == session.id, UssdHop.number == number
    )
    return found


def note(session: UssdSession, key: str) -> bool:
    """Write a hop down before it is acted on; False when that had been done before."""
    return bool(
        UssdHop.insert(
            session_id=session.id, key=key, number=session.hops + 1, arrived_at=clock.ms()
        )
        .on_conflict_ignore()
        .as_rowcount()
        .execute()
    )


def finish(
    session: UssdSession, key: str, outcome: Outcome, *, heard: tuple[int, str], took_ms: int
) -> None:
    """Keep the answer for whoever repeats the hop, go on to the next, and let the session go.

    Whoever was so slow that another has taken the session over changes nothing any more.
    """

    def write() -> None:
        changed = (
            UssdSession.update(
                heard_length=heard[0],
                heard_digest=heard[1],
                hops=session.hops + 1,
                shown=outcome.shown,
                is_over=UssdSession.is_over | outcome.is_over,
                heard_at=clock.ms(),
                answered_at=clock.ms(),
                took_ms=took_ms,
                held_until=0,
            )
            .where(UssdSession.id == session.id, UssdSession.holder == session.holder)
            .execute()
        )
        if changed:
            UssdHop.update(reply=outcome.reply).where(
                UssdHop.session_id == session.id, UssdHop.key == key
            ).execute()

    grouped(write)


def end(dialect: str, session_id: str, outcome: str) -> bool:
    """Note that a gateway has ended a session, and how; False when we do not know it."""
    return bool(
        grouped(
            lambda: (
                UssdSession.update(is_over=True, outcome=outcome[:40])
                .where(UssdSession.dialect == dialect, UssdSession.session_id == session_id)
                .execute()
            )
        )
    )


def forget_before(moment_ms: int) -> int:
    """Delete sessions nobody has been heard in since, with their hops. Returns how many."""
    old = UssdSession.select(UssdSession.id).where(UssdSession.heard_at < moment_ms)

    def write() -> int:
        UssdHop.delete().where(UssdHop.session_id.in_(old)).execute()
        return int(UssdSession.delete().where(UssdSession.heard_at < moment_ms).execute())

    return grouped(write)
