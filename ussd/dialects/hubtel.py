"""Hubtel (Ghana): JSON with the last answer, and a sequence number for each hop.

Source: developers.hubtel.com/docs/api-reference-prog-services.
"""

from __future__ import annotations

from core.dialogue.screens import Asks
from ussd.dialects.base import Wire, as_json, phone
from ussd.hops import Answer, Event, Hop
from ussd.requests import Request

_COUNTRY = "233"
_EVENTS = {
    "initiation": Event.BEGIN,
    "response": Event.INPUT,
    "release": Event.END,
    "timeout": Event.END,
}
# What the next answer is, for Hubtel's own app, which draws lists and fields out of it.
_DATA = {
    Asks.CHOICE: "menu",
    Asks.CONFIRM: "menu",
    Asks.TEXT: "input",
    Asks.PIN: "input",
    Asks.NOTHING: "display",
}


class Hubtel:
    """Words for the kind of a request come in either case; both mean the same."""

    name = "hubtel"
    screen_limit: int | None = None

    def read(self, request: Request) -> Hop:
        """Understand a request."""
        kind, session_id, _ = request.need("Type", "SessionId", "Mobile")
        event = _EVENTS.get(kind.lower(), Event.HOP)
        return Hop(
            self.name,
            session_id,
            phone(request, "Mobile", _COUNTRY),
            request.get("ServiceCode"),
            request.get("Operator"),
            event,
            last_input=request.get("Message"),
            hop_id=request.get("Sequence") or None,
            outcome=kind if event is Event.END else "",
        )

    def write(self, request: Request, answer: Answer) -> Wire:
        """Write an answer."""
        is_secret = answer.asks is Asks.PIN
        return as_json(
            SessionId=request.echo("SessionId"),
            Type="Response" if answer.goes_on else "Release",
            Message=answer.text,
            Label=answer.step,
            ClientState=request.echo("ClientState"),
            DataType=_DATA.get(answer.asks, "input") if answer.goes_on else "display",
            FieldType="number" if is_secret else "text",
            MaskNextRoute=is_secret,
        )
