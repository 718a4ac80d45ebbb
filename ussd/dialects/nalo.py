"""Nalo (Ghana): JSON with the last answer, and one flag that means two things.

`MSGTYPE` is true in a request that begins a session, and true in an answer that waits for input.
Nalo's own package knows a session by its phone, and so do we: `SESSIONID` may change on the way.
Source: PyPI splathash 1.2.0.
"""

from __future__ import annotations

from ussd.dialects.base import Wire, as_json, flag, phone
from ussd.hops import Answer, Event, Hop
from ussd.requests import Request

_COUNTRY = "233"


class Nalo:
    """Its screens are shorter than others'."""

    name = "nalo"
    screen_limit: int | None = 140

    def read(self, request: Request) -> Hop:
        """Understand a request."""
        request.need("MSISDN")
        msisdn = phone(request, "MSISDN", _COUNTRY)
        return Hop(
            self.name,
            msisdn,
            msisdn,
            network=request.get("NETWORK"),
            event=Event.BEGIN if flag(request, "MSGTYPE") else Event.INPUT,
            last_input=request.get("USERDATA"),
            is_by_phone=True,
        )

    def write(self, request: Request, answer: Answer) -> Wire:
        """Write an answer."""
        return as_json(
            USERID=request.echo("USERID"),
            MSISDN=request.echo("MSISDN"),
            MSG=answer.text,
            MSGTYPE=answer.goes_on,
        )
