"""Sessions: what was dialled and typed, carried to the application as Africa's Talking does.

Source: Africa's Talking's documentation of USSD sessions and their end, and recorded sandbox
traffic: form fields, accumulated text, CON and END.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections import deque
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlencode

import msgspec

from sandbox.courier import Courier, Letter, Reply
from sandbox.faults import Faults
from sandbox.gsm import cut, units
from sandbox.numbers import is_msisdn
from sandbox.scheduler import Scheduler
from sandbox.times import iso_now

SESSIONS_MAX = 2_000
HOPS_MAX = 200
NETWORKS = {"safaricom": "63902", "airtel": "63903", "telkom": "63907", "equitel": "63999"}

INVALID = "Connection problem or invalid MMI code."
_AIRTEL = re.compile(r"254(?:73|78|75[0-6]|76[29]|10[0-8])", re.ASCII)
_TELKOM = re.compile(r"254(?:77)", re.ASCII)


class NoSession(Exception):
    """Nothing is open on that phone."""


class TooLong(Exception):
    """More was typed than the phone sends."""


class Service(msgspec.Struct, frozen=True):
    """What was registered: a code, and where its hops go."""

    code: str
    url: str


class Hop(msgspec.Struct):
    """One request to the application, and what the phone showed."""

    at: str
    typed: str
    text: str
    reply: str
    status: int
    ms: int
    shown: str = ""
    units: int = 0
    cut: int = 0
    error: str = ""
    copies: int = 1


class Session(msgspec.Struct, kw_only=True):
    """One call of a code, from dialling to the end."""

    id: str
    phone: str
    code: str
    network: str
    at: str
    begun: float
    touched: float
    text: str = ""
    state: str = "open"
    hops: list[Hop] = []
    is_moving: bool = False

    def end(self, state: str) -> bool:
        """Close it, once."""
        if self.state != "open":
            return False
        self.state = state
        return True

    def shown(self) -> dict[str, object]:
        """As the phone and /state show it."""
        last = self.hops[-1] if self.hops else None
        return {
            "session": self.id,
            "phone": self.phone,
            "code": self.code,
            "network": self.network,
            "at": self.at,
            "state": self.state,
            "more": self.state == "open",
            "text": last.shown if last else "",
            "units": last.units if last else 0,
            "cut": last.cut if last else 0,
            "error": (last.error if last else "") or None,
            "ms": last.ms if last else 0,
            "hops": self.hops,
        }


class Ussd:
    """Every session of every phone; each phone has one at most that is open."""

    def __init__(
        self, service: Service, faults: Faults, scheduler: Scheduler, courier: Courier
    ) -> None:
        self.service = service
        self._faults = faults
        self._scheduler = scheduler
        self._courier = courier
        self._lock = threading.RLock()
        self._sessions: deque[Session] = deque(maxlen=SESSIONS_MAX)
        self._open: dict[str, Session] = {}

    def is_open(self, phone: str) -> bool:
        """Whether a phone is in a session, and cannot show an M-Pesa prompt."""
        return phone in self._open

    def sessions(self, phone: str = "", since: str = "") -> list[dict[str, object]]:
        """Sessions of a phone not older than a time, oldest first."""
        with self._lock:
            return [
                session.shown()
                for session in self._sessions
                if (not phone or session.phone == phone) and session.at >= since
            ]

    def dial(self, phone: str, code: str, network: str = "") -> dict[str, object]:
        """Call a code; a session that was open is dropped first."""
        self.drop(phone, quietly=True)
        base = self.service.code.rstrip("#")
        known = code == f"{base}#" or code.startswith(f"{base}*")
        if not known or self._faults.hit("ussd.down", phone):
            return {"session": None, "phone": phone, "code": code, "state": "invalid"} | {
                "more": False,
                "text": INVALID,
                "error": None,
            }
        ahead = code[len(base) + 1 : -1] if code != f"{base}#" else ""
        now = time.monotonic()
        session = Session(
            id=f"ATUid_{secrets.token_hex(16)}",
            phone=phone,
            code=code,
            network=NETWORKS.get(network) or network or network_of(phone),
            at=iso_now(),
            begun=now,
            touched=now,
            text=ahead if self._faults.flag("ussd.dial_ahead") else "",
            hops=[],
        )
        with self._lock:
            self._sessions.append(session)
            self._open[phone] = session
        if limit := self._faults.number("ussd.session_seconds"):
            self._scheduler.after(limit, partial(self._end, session, "timed_out"))
        return self._hop(session, ahead)

    def type(self, phone: str, typed: str) -> dict[str, object]:
        """Answer a screen.

        Raises: NoSession, TooLong.
        """
        most = self._faults.number("ussd.input_max")
        if most and len(typed) > most:
            raise TooLong(f"The phone sends {most:g} characters at most.")
        session = self._session(phone)
        with self._lock:
            before = session.text
            if not typed and self._faults.choice("ussd.blank") == "unchanged":
                pass
            elif session.hops and (session.text or len(session.hops) > 1):
                session.text = f"{session.text}*{typed}"
            else:
                session.text = typed
        late = session.hops and self._faults.hit("ussd.repeat_late", phone)
        answer = self._hop(session, typed)
        if late:
            self._post(session, before)
        return answer

    def repeat(self, phone: str) -> dict[str, object]:
        """The gateway posts the last hop once more, for whatever reason; the phone shows that."""
        session = self._session(phone, ended=True)
        hop = self._read(session, session.hops[-1].typed, *self._post(session, session.text))
        session.hops[-1].copies += 1
        return session.shown() | {
            "text": hop.shown,
            "same": hop.reply == session.hops[-1].reply,
        }

    def drop(self, phone: str, *, quietly: bool = False) -> dict[str, object]:
        """Hang up.

        Raises: NoSession.
        """
        with self._lock:
            session = self._open.get(phone)
        if session is None:
            if quietly:
                return {}
            raise NoSession
        self._end(session, "dropped")
        return session.shown()

    def _session(self, phone: str, *, ended: bool = False) -> Session:
        with self._lock:
            session = self._open.get(phone)
            if session is None and ended:
                mine = (one for one in reversed(self._sessions) if one.phone == phone)
                session = next((one for one in mine if one.hops), None)
            if session is None:
                raise NoSession
            return session

    def _hop(self, session: Session, typed: str) -> dict[str, object]:
        hit = partial(self._strikes, session.phone)
        if hit("not_posted"):
            self._end(session, "dropped")
            return session.shown() | {"text": INVALID, "more": False}
        if hit("slow"):
            time.sleep(self._faults.number("ussd.slow_seconds"))
        is_first = not session.hops
        reply, ms = self._posted(session, together=hit("repeat_together"))
        hop = self._read(session, typed, reply, ms)
        if (is_first and hit("repeat_first")) or hit("repeat"):
            hop.copies += 1
            reply, ms = self._posted(session)
            hop = self._read(session, typed, reply, ms)
            hop.copies += 1
        with self._lock:
            session.hops.append(hop)
            del session.hops[:-HOPS_MAX]
            session.touched = time.monotonic()
        if hit("lost"):
            self._end(session, "dropped")
            return session.shown() | {"text": INVALID, "more": False}
        if hop.error:
            self._end(session, "failed")
        elif hop.reply.startswith("END "):
            self._end(session, "ended")
        elif idle := self._faults.number("ussd.idle_seconds"):
            self._scheduler.after(idle, partial(self._tire, session, session.touched))
        return session.shown()

    def _strikes(self, phone: str, name: str) -> bool:
        return self._faults.hit(f"ussd.{name}", phone)

    def _posted(self, session: Session, *, together: bool = False) -> tuple[Reply, int]:
        twin = threading.Thread(target=self._post, args=(session, session.text))
        if together:
            twin.start()
        answer = self._post(session, session.text)
        if together:
            twin.join()
        return answer

    def _post(self, session: Session, text: str) -> tuple[Reply, int]:
        begun = time.monotonic()
        fields = {
            "sessionId": session.id,
            "phoneNumber": f"+{session.phone}",
            "networkCode": session.network,
            "serviceCode": self.service.code,
            "text": text,
        }
        patience = self._faults.number("ussd.patience_seconds")
        reply = self._courier.deliver(
            self._letter("ussd", session, self.service.url, fields), patience
        )
        return reply, round((time.monotonic() - begun) * 1000)

    @staticmethod
    def _letter(kind: str, session: Session, url: str, fields: dict[str, str]) -> Letter:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Letter(kind, session.phone, url, "POST", headers, urlencode(fields).encode())

    def _read(self, session: Session, typed: str, reply: Reply, ms: int) -> Hop:
        """What the phone makes of an answer: only CON and END, at the very beginning, will do."""
        body = reply.body.decode("utf-8", "replace")
        hop = Hop(iso_now(), typed, session.text, body, reply.status, ms)
        if reply.status == 0:
            hop.error = "The application did not answer."
        elif reply.status != 200:
            hop.error = f"The application answered with status {reply.status}."
        elif not body.startswith(("CON ", "END ")):
            hop.error = "The answer began with neither CON nor END."
        if hop.error:
            hop.shown = INVALID
            return hop
        shown = body[4:]
        hop.units = units(shown)
        hop.shown = cut(shown, round(self._faults.number("ussd.screen_max")))
        hop.cut = len(shown) - len(hop.shown)
        return hop

    def _tire(self, session: Session, touched: float) -> None:
        if session.touched == touched:
            self._end(session, "timed_out")

    def _end(self, session: Session, state: str) -> None:
        with self._lock:
            if not session.end(state):
                return
            if self._open.get(session.phone) is session:
                del self._open[session.phone]
        if not self._strikes(session.phone, "events_none"):
            delay = self._faults.number("ussd.event_delay")
            self._scheduler.after(delay, partial(self._tell_end, session))

    def _tell_end(self, session: Session) -> None:
        last = session.hops[-1] if session.hops else None
        status = {"ended": "Success", "failed": "Failed"}.get(session.state, "Incomplete")
        fields = {
            "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "sessionId": session.id,
            "serviceCode": self.service.code,
            "networkCode": session.network,
            "phoneNumber": f"+{session.phone}",
            "status": status,
            "cost": "KES 0.10",
            "durationInMillis": str(round((time.monotonic() - session.begun) * 1000)),
            "hopsCount": str(len(session.hops)),
            "input": session.text,
            "lastAppResponse": last.reply if last else "",
        }
        if last and last.error:
            fields["errorMessage"] = last.error
        letter = self._letter("ussd_end", session, f"{self.service.url}/events", fields)
        self._courier.deliver(letter)


def network_of(phone: str) -> str:
    """The operator a number was first given out by."""
    if not is_msisdn(phone):
        return "99999"
    if _AIRTEL.match(phone):
        return NETWORKS["airtel"]
    return NETWORKS["telkom"] if _TELKOM.match(phone) else NETWORKS["safaricom"]
