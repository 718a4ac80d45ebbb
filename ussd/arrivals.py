"""What a hop is, when it arrives: a first one, the next, a repetition, or nobody's."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass, replace

import msgspec
import structlog

from core import clock
from core.database import transaction
from core.dialogue import hops
from core.dialogue.hops import Session, UssdSession
from core.settings import settings
from ussd import transcripts
from ussd.deadline import Watch
from ussd.hops import Answer, Event, Hop
from ussd.talking import Shown
from ussd.transcripts import Dialled, Heard

log = structlog.get_logger(__name__)

# How long a hop waits for the one before it in the same session.
WAIT_S = 3.0
# The same answer again so soon is the gateway's repetition: nobody reads and types that fast.
RETRY_MS = 2_000
# A gateway we kept waiting may give up and ask again later than that.
SLOW_MS = 2_000
SLOW_RETRY_MS = 10_000
# No network keeps a session longer; the same name after that is another session.
SESSION_MS = 180_000
# A finished session's name may come again sooner, where gateways use names over and over.
FINISHED_MS = 10_000
_NAME_MAX = 72

OVER = "This session has ended. Dial {code} to start again."
BUSY = "We are still busy with your last answer. Dial {code} again in a minute."


@dataclass(frozen=True, slots=True)
class Told:
    """The hop has an answer already, or gets one without anything being done."""

    answer: Answer | None
    sentence: str = OVER
    language: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """The hop is ours to act on, and the session is held."""

    session: Session
    key: str
    heard: Heard
    parts: tuple[str, ...] = ()
    typed: str = ""
    is_repeated: bool = False  # somebody began to act on it and did not finish


Arrival = Told | Taken


def shown_in(session: Session | UssdSession) -> Shown | None:
    """What is on the screen; None before the first answer."""
    return msgspec.json.decode(session.shown, type=Shown) if session.shown else None


def name_of(session_id: str) -> str:
    """A session's name as it is stored; nobody knows what a gateway may take for one."""
    plain = "".join(each for each in session_id if each.isprintable())
    if len(plain) <= _NAME_MAX:
        return plain
    return hashlib.sha256(plain.encode()).hexdigest()


def receive(hop: Hop, watch: Watch) -> Arrival:
    """Take the hop, or wait for whoever is at its session."""
    name, holder = name_of(hop.session_id), secrets.token_hex(8)
    pause = 0.004
    while True:
        arrival = hops.together(lambda: _arrive(hop, name, holder))
        if arrival is not None:
            return arrival
        if watch.is_over or watch.elapsed_ms > WAIT_S * 1000:
            log.warning("ussd_busy", dialect=hop.dialect)
            return Told(None, BUSY)
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


def _arrive(hop: Hop, name: str, holder: str) -> Arrival | None:
    """Find out what a hop is; None while somebody holds its session."""
    session = hops.hold(hop.dialect, name, holder)
    if session is None:
        return _begin(hop, name, holder)
    if _is_another(hop, session):
        with transaction():
            hops.put_aside(session)
            return _begin(hop, name, holder)
    arrival = _go_on(hop, session)
    if isinstance(arrival, Told):
        hops.let_go(session)
        shown = shown_in(session)
        return replace(arrival, language=shown.language if shown else "")
    return arrival


def _begin(hop: Hop, name: str, holder: str) -> Arrival | None:
    dialled = _dialled(hop)
    if hop.event is Event.INPUT or not _may_begin(hop, dialled):
        return None if hops.exists(hop.dialect, name) else Told(None)
    session = hops.begin(
        hop.dialect,
        name,
        holder,
        msisdn=hop.msisdn,
        service_code=hop.service_code,
        network=hop.network,
        prefix=dialled.prefix,
    )
    if session is None:
        return None
    heard = _heard(hop, session)
    key = _key(hop, session, heard)
    hops.note(session, key)
    return Taken(session, key, heard, parts=dialled.parts)


def _dialled(hop: Hop) -> Dialled:
    ours = transcripts.codes()
    return transcripts.first(hop.given, hop.service_code, ours, hop.extension)


def _may_begin(hop: Hop, dialled: Dialled) -> bool:
    """Whether a first hop is one: for a code of ours, and no late answer to a dropped session."""
    ours = transcripts.codes()
    strict = settings().app.is_production and bool(ours)
    if hop.must_dial and not dialled.is_ours:
        return not strict and transcripts.looks_dialled(hop.given)
    given = hop.service_code or (hop.given if hop.given.startswith("*") else "")
    if not given or dialled.is_ours or transcripts.is_ours(given, ours):
        return True
    log.warning("ussd_code_unknown", dialect=hop.dialect, service_code=given[:20])
    return not strict


def _begins(hop: Hop, session: Session) -> bool:
    """Whether a hop at a known session is a first one."""
    if hop.event is not Event.HOP:
        return hop.event is Event.BEGIN
    if hop.transcript is not None:
        return not transcripts.after(hop.transcript, session.prefix)
    return _dialled(hop).is_ours


def _is_another(hop: Hop, session: Session) -> bool:
    """Whether a known name stands for a new session."""
    silent_ms = clock.ms() - session.heard_at
    if _begins(hop, session):
        if hop.is_by_phone:
            return session.hops != 1 or not _is_retry(_heard(hop, session), session)
        return silent_ms > (FINISHED_MS if session.is_over else SESSION_MS)
    if silent_ms <= SESSION_MS or hop.transcript is None or not session.shown:
        return False
    return _added(hop.transcript, session) is None


def _added(transcript: str, session: Session) -> str | None:
    """What a transcript has more than the one before it in a session."""
    before = Heard(session.heard_length, session.heard_digest)
    return transcripts.added(transcripts.after(transcript, session.prefix), before)


def _go_on(hop: Hop, session: Session) -> Arrival:
    if hop.msisdn != session.msisdn or not _same_code(hop.service_code, session.service_code):
        log.warning("ussd_not_theirs", dialect=hop.dialect, session=session.id)
        return Told(None)
    heard = _heard(hop, session)
    key = _key(hop, session, heard)
    typed = hop.given if hop.transcript is None else _added(hop.transcript, session)
    if session.is_over or (typed is None and session.shown) or _is_old(hop, session, heard):
        told = _again(hop, session, key, heard)
        if told is None and not session.is_over:
            log.warning("ussd_impossible", dialect=hop.dialect, session=session.id)
        return told or Told(None)
    is_repeated = not hops.note(session, key)
    if is_repeated and (told := _again(hop, session, key, heard)):
        return told
    # What is repeated and has no answer was written down by a worker that died of it.
    parts = () if session.shown else _dialled(hop).parts
    return Taken(session, key, heard, parts, typed or "", is_repeated)


def _is_old(hop: Hop, session: Session, heard: Heard) -> bool:
    """Whether a hop that says nothing but its last answer can only be one we have seen."""
    if hop.transcript is not None or not session.shown:
        return False
    return _begins(hop, session) or (hop.hop_id is None and _is_retry(heard, session))


def _again(hop: Hop, session: Session, key: str, heard: Heard) -> Told | None:
    """The answer a hop got before; None when it got none."""
    earlier = hops.hop(session, key)
    if earlier is None and _begins(hop, session):
        earlier = hops.hop_number(session, 1)
    elif earlier is None and _is_old(hop, session, heard):
        earlier = hops.hop_number(session, session.hops)
    if earlier is None or earlier.reply is None:
        return None
    log.info("ussd_repeated", dialect=hop.dialect)
    return Told(msgspec.json.decode(earlier.reply, type=Answer))


def _heard(hop: Hop, session: Session) -> Heard:
    """What is remembered of what the gateway sent: never the words themselves."""
    if hop.transcript is None:
        return transcripts.remember(hop.given.strip())
    return transcripts.remember(transcripts.after(hop.transcript, session.prefix))


def _key(hop: Hop, session: Session, heard: Heard) -> str:
    """What tells this hop from every other of its session."""
    if hop.transcript is not None:
        return heard.digest
    if hop.hop_id is not None:
        return transcripts.remember(f"{hop.hop_id}|{heard.digest}").digest
    return str(session.hops + 1)


def _is_retry(heard: Heard, session: Session) -> bool:
    """Whether a last answer without a number of its own can only be the one before again."""
    since_ms = clock.ms() - session.answered_at
    window = SLOW_RETRY_MS if session.took_ms > SLOW_MS else RETRY_MS
    return heard.digest == session.heard_digest and since_ms <= window


def _same_code(given: str, bound: str) -> bool:
    """Whether two codes agree; some gateways leave it out now and then."""
    left, right = transcripts.parts_of(given[:40]), transcripts.parts_of(bound)
    return not left or not right or left == right
