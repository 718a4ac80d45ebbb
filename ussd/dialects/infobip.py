"""Infobip's USSD gateway: JSON, with the session in the address.

`{base}/session/{id}/start` and `/response` are posted, `/end` is put. Source: Infobip's USSD
gateway API, as Vumi's transport spoke it in production.
"""

from __future__ import annotations

from ussd.dialects.base import Wire, as_json, phone
from ussd.hops import Answer, Event, Hop
from ussd.requests import Request, Unreadable

_EVENTS = {"start": Event.BEGIN, "response": Event.INPUT, "end": Event.END}


class Infobip:
    """Only the last answer comes; wrong use is told inside a 200."""

    name = "infobip"
    screen_limit: int | None = None

    def read(self, request: Request) -> Hop:
        """Understand a request."""
        if len(request.path) != 2 or request.path[1] not in _EVENTS:
            raise Unreadable("the address must end in /session/<id>/start, /response or /end")
        session_id, act = request.path
        event = _EVENTS[act]
        if event is Event.END:
            return Hop(self.name, session_id, "", event=event, outcome=request.get("reason"))
        request.need("msisdn")
        msisdn = phone(request, "msisdn")
        return Hop(
            self.name,
            session_id,
            msisdn,
            request.get("shortCode"),  # documented, but sometimes missing
            event=event,
            last_input=request.get("text"),
        )

    def write(self, request: Request, answer: Answer) -> Wire:
        """Write an answer; `shouldClose` is the end."""
        try:
            self.read(request)
            code, said = 200, ""
        except Unreadable as error:
            code, said = 400, error.why
        return as_json(
            ussdMenu=answer.text,
            shouldClose=not answer.goes_on,
            responseExitCode=code,
            responseMessage=said,
        )
