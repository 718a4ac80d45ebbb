"""From one hop to its answer: once, whatever gateways repeat, and whoever dies on the way."""

from __future__ import annotations

import secrets
import traceback
from contextlib import suppress
from typing import Any

import msgspec
import structlog

from core import clock, phone
from core.database import grouped, recover
from core.dialogue import hops, store
from core.dialogue.hops import Outcome, Session
from core.dialogue.screens import Asks
from core.quota import Permits
from core.settings import settings
from core.words import say
from ussd import deadline
from ussd.arrivals import Taken, Told, name_of, receive, shown_in
from ussd.deadline import Watch
from ussd.hops import Answer, Event, Hop
from ussd.talking import Before, Shown, Talker, our_code

log = structlog.get_logger(__name__)

# How long somebody who was cut off is offered to go on.
RESUME_MS = 600_000

LATE = "This takes longer than it should. Dial {code} again in a minute to go on."
FAILED = "Sorry, we could not finish this. Reference {reference}. Dial {code} to go on."
TOO_MANY = "Too many tries from this phone. Wait a minute, then dial {code}."
UNREADABLE = "Sorry, we did not understand the network. Please dial again."


class Sessions:
    """Everything between a hop and its answer; threads and processes may share the database."""

    def __init__(self, talker: Talker[Any]) -> None:
        self._talker = talker
        self._permits = Permits()

    def answer(self, hop: Hop, limit: int, watch: Watch) -> Answer:
        """Answer a hop. It raises nothing: whoever dials is told what can honestly be said."""
        try:
            return self._answer(hop, limit, watch)
        except Exception as error:
            msisdn = phone.masked(hop.msisdn)
            is_secret = watch.is_secret or bool(hop.transcript)
            return self.sorry(error, hop.dialect, msisdn, watch.language, is_secret=is_secret)

    def _answer(self, hop: Hop, limit: int, watch: Watch) -> Answer:
        if hop.event is Event.END:
            hops.end(hop.dialect, name_of(hop.session_id), hop.outcome)
            return Answer("")
        allowed = self._permits.take(f"ussd:{hop.msisdn}", settings().ussd.hops_per_minute)
        if not allowed.allowed:
            return self.closing(TOO_MANY, watch.language)
        arrival = receive(hop, watch)
        if isinstance(arrival, Told):
            return arrival.answer or self.closing(arrival.sentence, arrival.language)
        return self._act(arrival, limit, watch)

    def _act(self, taken: Taken, limit: int, watch: Watch) -> Answer:
        session = taken.session
        shown = shown_in(session)
        if shown is not None:
            watch.language = shown.language
        try:
            if watch.is_over:  # the person has been sent away: nothing is done behind their back
                grouped(lambda: hops.let_go(session))
                return self.closing(LATE, watch.language)
            watch.is_secret = shown is not None and shown.asks is Asks.PIN
            now = self._turn(taken, shown, limit, watch)
            watch.language = now.language
            answer = now.answer()
            outcome = Outcome(
                reply=msgspec.json.encode(answer).decode(),
                shown=msgspec.json.encode(now).decode(),
                is_over=not answer.goes_on,
            )
            heard = (taken.heard.length, taken.heard.digest)
            hops.finish(session, taken.key, outcome, heard=heard, took_ms=watch.elapsed_ms)
        except BaseException:
            # As it was before this hop: the same again may go better, and acts know their repeats.
            with suppress(Exception):
                recover()
                grouped(lambda: hops.let_go(session))
            raise
        log.info("ussd_answered", dialect=session.dialect, step=now.step, took_ms=watch.elapsed_ms)
        return answer

    def _turn(self, taken: Taken, shown: Shown | None, limit: int, watch: Watch) -> Shown:
        session = taken.session
        if shown is None:
            before = _before(session)
            watch.language = before.language or watch.language
            return self._talker.begin(session.msisdn, taken.parts, before, limit)
        if taken.is_repeated and _has_moved(session.msisdn, shown):
            return self._talker.again(session.msisdn, limit)
        return self._talker.go_on(session.msisdn, shown, taken.typed, limit)

    def closing(self, sentence: str, language: str = "", **fields: object) -> Answer:
        """Last words of our own."""
        language = language or settings().app.languages[0]
        return Answer(say(language, sentence, code=our_code(), **fields))

    def sorry(
        self,
        error: Exception,
        dialect: str,
        msisdn: str = "",
        language: str = "",
        *,
        is_secret: bool = True,
    ) -> Answer:
        """Tell the log what broke, and the person by which reference it is found there.

        The error's own words stay out of the log when a PIN was typed: it could be in them.
        """
        reference = secrets.token_hex(3).upper()
        log.error(
            "ussd_failed",
            reference=reference,
            dialect=dialect,
            msisdn=msisdn,
            error=type(error).__name__,
            said="" if is_secret else str(error)[:300],
            where="".join(traceback.format_tb(error.__traceback__)[-6:]),
        )
        with suppress(Exception):
            recover()
        return self.closing(FAILED, language, reference=reference)


def _has_moved(msisdn: str, shown: Shown) -> bool:
    """Whether the conversation went on from a screen before its worker died."""
    chat = store.load("ussd", msisdn)
    return shown.kind == "screen" and (chat is None or chat.asked != shown.step)


def _before(session: Session) -> Before:
    """What the phone's last session left: words nobody read in time, or a PIN passed."""
    last = hops.before(session, clock.ms() - RESUME_MS)
    shown = None if last is None else shown_in(last)
    if last is None or shown is None:
        return Before()
    missed = shown.words if last.took_ms >= deadline.ANSWER_S * 1000 else ""
    return Before(shown.language, missed, shown.is_past_pin)
