"""What USSD gateways call: always an answer they can show, with status 200, in time."""

from __future__ import annotations

from collections.abc import Callable

import falcon
import structlog

from core import secrets
from core.dialogue.engine import Engine, V
from core.flows import Visit, conversation, open_visit
from core.settings import settings
from core.words import say
from ussd import dialects, requests
from ussd.deadline import in_time
from ussd.dialects import Dialect, Wire
from ussd.hops import Answer, Event, Hop
from ussd.requests import Request, Unreadable
from ussd.sessions import LATE, UNREADABLE, Sessions
from ussd.talking import Talker

log = structlog.get_logger(__name__)


def _open(msisdn: str) -> Visit:
    return open_visit("ussd", msisdn, msisdn=msisdn)


def _dialect(secret: str, name: str) -> Dialect:
    """The dialect of an address; whoever guesses finds nothing there."""
    ours = settings().ussd.secret.split(",")
    is_ours = [bool(each) and secrets.same(secret, each) for each in ours]
    found = dialects.find(name)
    if not any(is_ours) or found is None:
        raise falcon.HTTPStatus(falcon.HTTP_404)
    return found


class Door:
    """Leads requests of any dialect to one conversation."""

    def __init__(self, engine: Engine[V], open_: Callable[[str], V]) -> None:
        self._sessions = Sessions(Talker(engine, open_))

    def hop(self, dialect: Dialect, request: Request) -> Wire:
        """Answer a hop. A status of ours would be shown as the operator's own ugly words."""
        try:
            return dialect.write(request, self._answer(dialect, request))
        except Exception as error:
            return dialect.write(request, self._sessions.sorry(error, dialect.name))

    def _answer(self, dialect: Dialect, request: Request) -> Answer:
        try:
            hop = dialect.read(request)
        except Unreadable as error:
            return _unreadable(dialect, error)
        limit = min(settings().ussd.screen_limit, dialect.screen_limit or 182)
        return in_time(
            lambda watch: self._sessions.answer(hop, limit, watch),
            lambda watch: self._sessions.closing(LATE, watch.language),
        )

    def ended(self, dialect: Dialect, request: Request) -> None:
        """Note how a session ended, as the gateway sees it. Nothing depends on it."""
        try:
            hop = dialect.read(request)
        except Unreadable as error:
            _unreadable(dialect, error)
            return
        outcome = request.get("status") or hop.outcome
        over = Hop(hop.dialect, hop.session_id, hop.msisdn, event=Event.END, outcome=outcome)
        in_time(
            lambda watch: self._sessions.answer(over, 0, watch),
            lambda watch: self._sessions.closing(LATE, watch.language),
        )
        if request.get("errorMessage"):
            log.warning("ussd_gateway_complains", dialect=dialect.name, outcome=outcome[:20])


def _unreadable(dialect: Dialect, error: Unreadable) -> Answer:
    log.warning("ussd_unreadable", dialect=dialect.name, why=error.why, fields=list(error.names))
    return Answer(say(settings().app.languages[0], UNREADABLE))


def _send(resp: falcon.Response, wire: Wire) -> None:
    resp.data = wire.body
    resp.content_type = wire.content_type
    resp.set_headers(wire.headers)
    resp.set_header("Cache-Control", "no-store")


class Hops:
    """GET, POST and PUT /ussd/{secret}/{dialect} and, for Infobip, .../session/{session}/{act}"""

    def __init__(self, door: Door) -> None:
        self._door = door

    def on_post(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        secret: str,
        dialect: str,
        session: str = "",
        act: str = "",
    ) -> None:
        """Answer a hop, or be told of an end."""
        found = _dialect(secret, dialect)
        request = requests.read(req.env, (session, act) if act else ())
        _send(resp, self._door.hop(found, request))

    on_get = on_post
    on_put = on_post


class Events:
    """GET and POST /ussd/{secret}/{dialect}/events"""

    def __init__(self, door: Door) -> None:
        self._door = door

    def on_post(
        self, req: falcon.Request, resp: falcon.Response, secret: str, dialect: str
    ) -> None:
        """Note how a session ended."""
        found = _dialect(secret, dialect)
        self._door.ended(found, requests.read(req.env))
        _send(resp, Wire(b"OK"))

    on_get = on_post


def routes(door: Door | None = None) -> tuple[tuple[str, object], ...]:
    """The addresses of this door."""
    door = door or Door(conversation, _open)
    hops = Hops(door)
    return (
        ("/ussd/{secret}/{dialect}", hops),
        ("/ussd/{secret}/{dialect}/events", Events(door)),
        ("/ussd/{secret}/{dialect}/session/{session}/{act}", hops),
    )
