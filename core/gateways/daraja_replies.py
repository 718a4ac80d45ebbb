"""What Daraja's replies say, and its error codes as data.

HTTP statuses are unreliable there: errors have come with 200, 400, 404 and 500, so an `errorCode`
decides. Source: the Daraja 3.0 portal (December 2025), and dated logs of integrators (2026).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from core.gateways import reading
from core.gateways.daraja_answers import PushAnswer, QueryAnswer, Reason, RegisterAnswer, State
from core.gateways.daraja_results import RESULTS
from core.gateways.http import Reply
from core.gateways.outcome import Outcome
from core.gateways.reading import Fields

__all__ = ["Said", "pushed", "queried", "read", "registered"]

_ID_MAX = 64


@dataclass(frozen=True, slots=True)
class _Rule:
    """An error code, a part of its message (lower case) where the code has several meanings."""

    code: str
    part: str
    outcome: Outcome
    reason: Reason
    alarm: bool = False
    wait_s: float | None = None


_REFUSED, _BUSY, _UNKNOWN = Outcome.REFUSED, Outcome.BUSY, Outcome.UNKNOWN

# The first that fits counts. 500.001.1001 is four different things, told apart by their text alone.
_RULES = (
    _Rule("400.002.02", "phonenumber", _REFUSED, Reason.FIELD),
    _Rule("400.002.02", "partya", _REFUSED, Reason.FIELD),
    _Rule("400.002.02", "amount", _REFUSED, Reason.FIELD),
    _Rule("400.002.02", "", _REFUSED, Reason.FIELD, alarm=True),
    _Rule("400.002.05", "", _REFUSED, Reason.BUG, alarm=True),
    _Rule("404.001.01", "", _REFUSED, Reason.CONFIG, alarm=True),
    _Rule("404.001.04", "", _REFUSED, Reason.BUG, alarm=True),
    _Rule("405.001", "", _REFUSED, Reason.BUG, alarm=True),
    _Rule("500.001.1001", "merchant does not exist", _REFUSED, Reason.CONFIG, alarm=True),
    _Rule("500.001.1001", "wrong credentials", _REFUSED, Reason.CONFIG, alarm=True),
    _Rule("500.001.1001", "unable to lock subscriber", _REFUSED, Reason.PHONE_BUSY, wait_s=60),
    _Rule("500.001.1001", "already in process", _REFUSED, Reason.PHONE_BUSY, wait_s=60),
    _Rule("500.001.1001", "", _UNKNOWN, Reason.THEIR_ERROR),
    _Rule("500.003.02", "", _BUSY, Reason.BUSY),
    _Rule("500.003.03", "", _REFUSED, Reason.QUOTA, alarm=True),
    _Rule("500.003.1001", "", _UNKNOWN, Reason.THEIR_ERROR),
    _Rule("500.002.1001", "maintenance", _BUSY, Reason.BUSY),
    _Rule("policies.ratelimit.SpikeArrestViolation", "", _BUSY, Reason.BUSY),
    _Rule("policies.ratelimit.QuotaViolation", "", _REFUSED, Reason.QUOTA, alarm=True),
)
# One error in four dresses, by product. It also means that the product is not enabled.
_BAD_TOKEN = frozenset({"404.001.03", "400.003.01", "401.002.01", "401.003.01"})


@dataclass(frozen=True, slots=True)
class Said:
    """A reply, or why there is none.

    With an `outcome` the request came to nothing, and `code` and `message` say why. Without one,
    `held` is the answer.
    """

    held: Fields = field(default_factory=dict)
    code: str | None = None
    message: str | None = None
    outcome: Outcome | None = None
    reason: Reason | None = None
    alarm: bool = False
    retry_after_s: float | None = None
    raw: str = ""
    is_token_bad: bool = False

    def text(self, name: str) -> str | None:
        return reading.field_text(self.held, name, limit=_ID_MAX)


def read(reply: Reply) -> Said:
    """A reply's error, or the fields of its answer; UNKNOWN when it is neither."""
    held = reading.fields(reading.json(reply.text))
    fault = reading.fields(held.get("fault"))
    code = reading.field_text(held, "errorcode", limit=_ID_MAX) or reading.field_text(
        reading.fields(fault.get("detail")), "errorcode", limit=_ID_MAX
    )
    message = reading.field_text(held, "errormessage") or reading.field_text(fault, "faultstring")
    if not (code or fault or reply.status in (401, 429)) and held:
        return Said(held)
    rule = _rule(code, message)
    # Too many requests: turned away at the gate, whatever the body says.
    if reply.status == 429 and rule.outcome is Outcome.UNKNOWN:
        rule = _Rule("", "", Outcome.BUSY, Reason.BUSY)
    return Said(
        code=code,
        # An error without words is told by that, so only what has no code is given some.
        message=message if code else message or f"HTTP {reply.status}",
        outcome=rule.outcome,
        reason=rule.reason,
        alarm=rule.alarm,
        retry_after_s=rule.wait_s or reply.retry_after_s,
        is_token_bad=code in _BAD_TOKEN or reply.status == 401,
    )


def _rule(code: str | None, message: str | None) -> _Rule:
    """What an error means. One that nobody has met may have come after the prompt went out."""
    said = (message or "").casefold()
    for rule in _RULES:
        if rule.code == code and rule.part in said:
            return rule
    if code is None:
        # A page of HTML or an empty body, with anything from 200 to 503: something in between
        # answered, and what became of the request behind it is not known.
        return _Rule("", "", Outcome.UNKNOWN, Reason.NO_ANSWER)
    return _Rule(code, "", Outcome.UNKNOWN, Reason.THEIR_ERROR, alarm=True)


def pushed(said: Said) -> PushAnswer:
    """What an answer to a push says."""
    answer = PushAnswer(
        outcome=Outcome.ACCEPTED,
        merchant_request_id=said.text("merchantrequestid"),
        checkout_request_id=said.text("checkoutrequestid"),
        code=said.code or reading.code(said.held.get("responsecode")),
        message=said.message or reading.field_text(said.held, "responsedescription"),
        raw=said.raw,
        retry_after_s=said.retry_after_s,
    )
    if said.outcome is not None:
        return replace(answer, outcome=said.outcome, reason=said.reason, alarm=said.alarm)
    # A response code that nobody has met, or success without an id: there may be a prompt.
    if answer.code != "0" or answer.checkout_request_id is None:
        return replace(answer, outcome=Outcome.UNKNOWN, reason=Reason.THEIR_ERROR, alarm=True)
    return answer


def queried(said: Said) -> QueryAnswer:
    """What an answer to a query says."""
    code = said.code or reading.code(said.held.get("resultcode"))
    text = said.message or reading.field_text(said.held, "resultdesc")
    answer = QueryAnswer(State.UNKNOWN, code, text, said.raw, said.retry_after_s, alarm=said.alarm)
    if said.outcome is None:
        return replace(answer, state=_state(code))
    if said.outcome is Outcome.BUSY or said.reason is Reason.QUOTA:
        return replace(answer, state=State.BUSY, result_code=None)
    # While a payment is open, and now and then after, the query answers with this error and no
    # words; and soon after the push it may not know the id yet.
    known = (text or "").casefold()
    is_open = (code == "500.001.1001" and (text is None or "being processed" in known)) or (
        code == "400.002.02" and "checkoutrequestid" in known
    )
    if is_open:
        return replace(answer, state=State.OPEN, alarm=False)
    return answer


def _state(code: str | None) -> State:
    """A code that is known and no end keeps the payment open; one that is not known, unknown."""
    if code is None or code not in RESULTS:
        return State.UNKNOWN
    return State.ENDED if RESULTS[code].final else State.OPEN


def registered(said: Said) -> RegisterAnswer:
    """What an answer to registering addresses says."""
    code = said.code or reading.code(said.held.get("responsecode"))
    message = said.message or reading.field_text(said.held, "responsedescription")
    known = (message or "").casefold()
    # One error code for this and for any trouble of theirs, so the words have to decide.
    if "already registered" in known or "duplicate notification" in known:
        return RegisterAnswer(Outcome.REFUSED, code, message, already=True, raw=said.raw)
    outcome = said.outcome or (Outcome.ACCEPTED if code == "0" else Outcome.UNKNOWN)
    return RegisterAnswer(outcome, code, message, raw=said.raw)
