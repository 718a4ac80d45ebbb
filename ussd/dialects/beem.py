"""Beem (Tanzania): JSON with the last answer and a growing number for each hop.

Source: npm ussd-builder 1.3.2 and public Beem callback handlers.
"""

from __future__ import annotations

from ussd.dialects.base import Wire, as_json, phone
from ussd.hops import Answer, Event, Hop
from ussd.requests import Request

_COUNTRY = "255"
_EVENTS = {"initiate": Event.BEGIN, "continue": Event.INPUT, "terminate": Event.END}


class Beem:
    """The session id must come back in every answer, also in those that go on."""

    name = "beem"
    screen_limit: int | None = None

    def read(self, request: Request) -> Hop:
        """Understand a request."""
        command, session_id, _ = request.need("command", "session_id", "msisdn")
        event = _EVENTS.get(command.lower(), Event.HOP)
        # At the start it holds a 0 that nobody has typed.
        given = "" if event is Event.BEGIN else request.get("payload.response")
        return Hop(
            self.name,
            session_id,
            phone(request, "msisdn", _COUNTRY),
            network=request.get("operator"),
            event=event,
            last_input=given,
            hop_id=request.get("payload.request_id") or None,
            outcome=command if event is Event.END else "",
        )

    def write(self, request: Request, answer: Answer) -> Wire:
        """Write an answer."""
        return as_json(
            msisdn=request.echo("msisdn"),
            operator=request.echo("operator"),
            session_id=request.echo("session_id"),
            command="continue" if answer.goes_on else "terminate",
            payload={"request_id": request.echo("payload.request_id"), "request": answer.text},
        )
