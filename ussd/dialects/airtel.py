"""Airtel without a reseller: Comviva Flares 1.5, a GET with the last answer.

Whether it goes on is told in the header `Freeflow`: FC continues, FB breaks. Source: Vumi's Airtel
transport, written from Flares 1.5.0.
"""

from __future__ import annotations

from ussd.dialects.base import PLAIN, Wire, phone
from ussd.hops import Answer, Event, Hop
from ussd.requests import Request


class Airtel:
    """The first input is the dialled code; the end of a session comes as another GET."""

    name = "airtel"
    screen_limit: int | None = None

    def read(self, request: Request) -> Hop:
        """Understand a request."""
        if request.has("clean"):
            (session_id,) = request.need("SessionID")
            outcome = request.get("error") or request.get("clean")
            return Hop(self.name, session_id, "", event=Event.END, outcome=outcome)
        session_id, _ = request.need("SessionID", "MSISDN")
        return Hop(
            self.name,
            session_id,
            phone(request, "MSISDN"),
            network=request.get("MSC"),
            last_input=request.get("input"),
            must_dial=True,
        )

    def write(self, request: Request, answer: Answer) -> Wire:
        """Write an answer."""
        headers = {
            "Freeflow": "FC" if answer.goes_on else "FB",
            "charge": "N",
            "amount": "0",
        }
        return Wire(answer.text.lstrip().encode(), PLAIN, headers)
