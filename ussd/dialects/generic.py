"""The many gateways that differ in nothing but the names of their fields."""

from __future__ import annotations

from dataclasses import dataclass

from core.settings.sections import Dialect as Preset
from ussd.dialects.base import Wire, con_end, phone
from ussd.hops import Answer, Hop
from ussd.requests import Request, Unreadable


@dataclass(frozen=True, slots=True)
class Generic:
    """A dialect made of a preset of the settings; it answers `CON ...` or `END ...`."""

    name: str
    preset: Preset
    screen_limit: int | None = None

    def read(self, request: Request) -> Hop:
        """Understand a request, sent by GET or POST alike."""
        names = self.preset
        session_id, _ = request.need(names.session, names.phone)
        msisdn = phone(request, names.phone)
        code = request.get(names.code)
        if _is_cut_off(request, code, names.input):
            raise Unreadable("a raw # in the address cut it off: it must be written %23")
        given = request.get(names.input)
        return Hop(
            self.name,
            session_id,
            msisdn,
            code,
            request.get(names.network) if names.network else "",
            transcript=given if names.accumulated else None,
            last_input=None if names.accumulated else given,
            extension=names.extension,
        )

    def write(self, request: Request, answer: Answer) -> Wire:
        """Write an answer."""
        return Wire(con_end(answer))


def _is_cut_off(request: Request, code: str, given: str) -> bool:
    """In a GET a raw "#" ends the query: the code stands there without it, and the input is gone.

    Published samples of several gateways are written that way.
    """
    return request.method == "GET" and code.startswith("*") and not request.has(given)
