"""Africa's Talking: a form with everything typed so far; the default.

Source: developers.africastalking.com/docs/ussd/overview and /handle_sessions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.settings.sections import Dialect as Preset
from ussd.dialects.base import PLAIN, Wire, con_end
from ussd.dialects.generic import Generic
from ussd.hops import Answer, Hop
from ussd.requests import Request

# Their dashboard shows these names, joined by "|", for each session.
_LABEL = "at-ussd-hop-metadata"
_LABEL_MAX = 99


@dataclass(frozen=True, slots=True)
class AfricasTalking:
    """The generic dialect, with a label of the step for their figures."""

    name: str
    preset: Preset
    screen_limit: int | None = None

    def read(self, request: Request) -> Hop:
        """Understand a request."""
        return Generic(self.name, self.preset).read(request)

    def write(self, request: Request, answer: Answer) -> Wire:
        """Write an answer."""
        label = re.sub(r"[^A-Za-z0-9._-]", "_", answer.step)[:_LABEL_MAX]
        return Wire(con_end(answer), PLAIN, {_LABEL: label} if label else {})
