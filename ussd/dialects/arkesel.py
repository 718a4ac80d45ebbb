"""Arkesel (Ghana): JSON with the last answer; at the start that is the dialled string.

Source: the provider page of starhash-docs for Arkesel.
"""

from __future__ import annotations

from ussd.dialects.base import Wire, as_json, flag, phone
from ussd.hops import Answer, Event, Hop
from ussd.requests import Request

_COUNTRY = "233"


class Arkesel:
    """`newSession` says that it begins, `continueSession` that it goes on."""

    name = "arkesel"
    screen_limit: int | None = None

    def read(self, request: Request) -> Hop:
        """Understand a request."""
        session_id, _ = request.need("sessionID", "msisdn")
        return Hop(
            self.name,
            session_id,
            phone(request, "msisdn", _COUNTRY),
            network=request.get("network"),
            event=Event.BEGIN if flag(request, "newSession") else Event.INPUT,
            last_input=request.get("userData"),
        )

    def write(self, request: Request, answer: Answer) -> Wire:
        """Write an answer."""
        return as_json(
            sessionID=request.echo("sessionID"),
            userID=request.echo("userID"),
            msisdn=request.echo("msisdn"),
            message=answer.text,
            continueSession=answer.goes_on,
        )
