"""What Daraja can answer, in our words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.gateways.daraja_results import RESULTS, UNKNOWN_WORDS
from core.gateways.outcome import Outcome

__all__ = ["PushAnswer", "QueryAnswer", "Reason", "RegisterAnswer", "State"]


class Reason(StrEnum):
    """Why a push was not accepted."""

    PHONE_BUSY = "phone_busy"  # a prompt or a USSD menu is open on that phone
    FIELD = "field"  # one value is wrong, and the message names it
    CONFIG = "config"  # keys, shortcode, passkey or product: an operator's matter
    BUG = "bug"  # our request is malformed
    QUOTA = "quota"  # our allowance of requests is used up
    BUSY = "busy"  # too fast, too many, or not reachable
    THEIR_ERROR = "their_error"  # an error of theirs, which says nothing of the push
    NO_ANSWER = "no_answer"  # nothing came back, or nothing that can be read


class State(StrEnum):
    """What a query knows of a push."""

    OPEN = "open"
    ENDED = "ended"
    UNKNOWN = "unknown"
    BUSY = "busy"  # ask later


_WORDS = {
    Reason.PHONE_BUSY: RESULTS["1001"].words,
    Reason.FIELD: "M-Pesa did not take that number or amount. Check both, then try again.",
    Reason.CONFIG: RESULTS["2"].words,
    Reason.BUG: RESULTS["2"].words,
    Reason.QUOTA: "M-Pesa takes no more requests from us right now. No money was taken.",
    Reason.BUSY: "M-Pesa is very busy right now. No money was taken. Try again in a minute.",
    Reason.THEIR_ERROR: UNKNOWN_WORDS,
    Reason.NO_ANSWER: UNKNOWN_WORDS,
}


@dataclass(frozen=True, slots=True)
class PushAnswer:
    """What became of a push. ACCEPTED says that a prompt is on its way, never that it was paid.

    ACCEPTED always has a `checkout_request_id`. After UNKNOWN there may be a prompt: do not push
    again, wait for the callback. `alarm` asks for an operator; `retry_after_s` is how long no push
    should go out (to this phone when `reason` is PHONE_BUSY).
    """

    outcome: Outcome
    merchant_request_id: str | None = None
    checkout_request_id: str | None = None
    code: str | None = None
    message: str | None = None
    reason: Reason | None = None
    alarm: bool = False
    retry_after_s: float | None = None
    raw: str = ""

    @property
    def words(self) -> str | None:
        """What to tell the customer of a push that did not go out, in English; None if it did."""
        return _WORDS[self.reason] if self.reason else None


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """What a query says of a push. It has no receipt and no amount, so it can never credit."""

    state: State
    result_code: str | None = None
    result_text: str | None = None
    raw: str = ""
    retry_after_s: float | None = None
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class RegisterAnswer:
    """What became of registering addresses; `already` when there are some, set once for all."""

    outcome: Outcome
    code: str | None = None
    message: str | None = None
    already: bool = False
    raw: str = ""
