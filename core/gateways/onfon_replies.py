"""What Onfon's replies say: which texts were taken, which refused, and which nobody can tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.gateways import onfon_words, reading
from core.gateways.http import Reply
from core.gateways.outcome import Outcome
from core.gateways.reading import Fields
from core.gateways.sms import Answer, RowAnswer

__all__ = ["BUSY", "Envelope", "answer", "opened"]

_ID_MAX = 128
_NO_ID = frozenset({"0", "null", "none"})

# Turned away unread, and saying so: the only statuses after which a text may be sent again.
BUSY = frozenset({429, 503})
# Refusals of what was in the call. Every other 4xx is about who calls, or where.
_ABOUT_CONTENT = frozenset({400, 413, 414, 415, 422, 431})
# For a whole call and without a word of explanation, these can only mean what they mean in HTTP.
_ACCOUNT_CODES = frozenset({"401", "402", "403"})
# The address moved and the call was not processed; unlike 302 and 303, which may follow a success.
_MOVED = frozenset({301, 307, 308})


@dataclass(frozen=True, slots=True)
class Envelope:
    """The outer part of any of Onfon's replies."""

    code: str | None
    why: str | None
    rows: list[Fields]

    @property
    def has_ids(self) -> bool:
        return any(_provider_id(row) for row in self.rows)


def answer(reply: Reply, sent: Sequence[str]) -> Answer:
    """What a reply to SendBulkSMS says of these numbers."""
    envelope = opened(reply)
    if reply.status in BUSY and not (envelope and envelope.has_ids):
        return Answer(Outcome.BUSY, why=f"HTTP {reply.status}", retry_after_s=reply.retry_after_s)
    # A gateway that broke down may have queued the texts first: one integrator refunded such
    # calls, and Onfon delivered them an hour later.
    if reply.status >= 500 or reply.status in BUSY:
        return Answer(Outcome.UNKNOWN, why=f"HTTP {reply.status}")
    if envelope is None or (envelope.code is None and not envelope.rows):
        return _by_status(reply)
    if envelope.code not in (None, "0"):
        return _refusal(reply, envelope)
    if not envelope.rows and reply.status >= 300:
        return _by_status(reply)
    return _processed(envelope, sent)


def _by_status(reply: Reply) -> Answer:
    """What to make of a reply without Onfon's JSON: some server's in between, or cut off."""
    why = f"HTTP {reply.status}"
    if reply.status in _ABOUT_CONTENT:
        return Answer(Outcome.REFUSED, why=why)
    # 408 is sent by servers that gave up on us, and by proxies that gave up on the gateway.
    if (400 <= reply.status < 500 and reply.status != 408) or reply.status in _MOVED:
        return Answer(Outcome.REFUSED, why=why, blocked=True)
    return Answer(Outcome.UNKNOWN, why=f"{why} without an answer in it")


def _refusal(reply: Reply, envelope: Envelope) -> Answer:
    """A top-level code other than 0: nothing was taken, unless the same reply says it was."""
    code, why = envelope.code or "", envelope.why
    if envelope.has_ids or not re.fullmatch(r"-?[0-9]+", code):
        return Answer(Outcome.UNKNOWN, why=why, code=code)
    blocked = (
        onfon_words.is_about_account(code, why)
        or (code in _ACCOUNT_CODES and why is None)
        or (400 <= reply.status < 500 and reply.status not in _ABOUT_CONTENT)
    )
    return Answer(Outcome.REFUSED, why=why, code=code, blocked=blocked)


def _processed(envelope: Envelope, sent: Sequence[str]) -> Answer:
    """A reply with rows: each decides for itself, and a number without a row stays unknown."""
    rows = tuple(
        RowAnswer(Outcome.UNKNOWN, why="The answer has no row for this number.")
        if row is None
        else _row(row)
        for row in _matched(envelope.rows, sent)
    )
    blocked = next((row for row in rows if row.blocked), None)
    return Answer(
        Outcome.ACCEPTED,
        rows,
        why=blocked.why if blocked else None,
        code=envelope.code,
        blocked=blocked is not None,
    )


def _row(row: Fields) -> RowAnswer:
    """What one row says. Its description is never asked whether it succeeded: that varies."""
    provider_id = _provider_id(row)
    code = reading.code(row.get("messageerrorcode", row.get("errorcode")))
    why = _said(row, "messageerrordescription", "errordescription")
    if code == "0" or (code is None and provider_id):
        return RowAnswer(Outcome.ACCEPTED, provider_id, code)
    if code is None or not re.fullmatch(r"-?[0-9]+", code):
        return RowAnswer(Outcome.UNKNOWN, provider_id, code, why)
    # A row's codes are known to clash between sources, so only its words speak of the account.
    blocked = onfon_words.is_about_account(None, why)
    return RowAnswer(Outcome.REFUSED, provider_id, code, why, blocked)


def _matched(rows: list[Fields], sent: Sequence[str]) -> list[Fields | None]:
    """The row of each number sent: by place when all agree, else by number where that is plain."""
    theirs = [_ending(reading.field_text(row, "mobilenumber", "number", "mobile")) for row in rows]
    ours = [_ending(number) for number in sent]
    if len(rows) == len(sent) and all(
        it is None or it == our for it, our in zip(theirs, ours, strict=True)
    ):
        return list(rows)
    told, asked = Counter(theirs), Counter(ours)
    by_number = {it: row for it, row in zip(theirs, rows, strict=True) if told[it] == 1}
    return [by_number.get(our) if asked[our] == 1 else None for our in ours]


def _ending(number: str | None) -> str | None:
    """The last nine digits, the same however a number is written; None if some are masked."""
    digits = re.sub(r"[^0-9]", "", number or "")
    return digits[-9:] if len(digits) >= 9 else None


def opened(reply: Reply) -> Envelope | None:
    """A reply's code, words and rows; None when it is not an object of JSON."""
    outer = reading.json(reply.text)
    if not isinstance(outer, dict):
        return None
    held = reading.fields(outer)
    return Envelope(
        code=reading.code(held.get("errorcode")),
        why=_said(held, "errordescription"),
        rows=list(_rows(held)),
    )


def _rows(held: Fields) -> Iterator[Fields]:
    """The rows of `Data`: a list as a rule, one object in one sample, or nested one deeper."""
    data = held.get("data")
    if isinstance(data, dict):
        inner = [value for value in data.values() if isinstance(value, list)]
        data = inner[0] if inner and not _provider_id(reading.fields(data)) else [data]
    if isinstance(data, list):
        # What is no object still holds its place: rows are matched by place.
        yield from (reading.fields(row) for row in data)
    elif _provider_id(held):
        yield {key: value for key, value in held.items() if not key.startswith("error")}


def _provider_id(row: Fields, depth: int = 3) -> str | None:
    """The message's id in whatever case it is spelt, and one or two objects down if need be.

    The empty id of a refused row is none. One too long for any id would be cut by a database, and
    half an id matches nothing, so that is none either.
    """
    found = reading.text(row.get("messageid"))
    if found and found.casefold() not in _NO_ID and len(found) <= _ID_MAX:
        return found
    if depth > 0:
        for value in row.values():
            if isinstance(value, dict) and (
                inner := _provider_id(reading.fields(value), depth - 1)
            ):
                return inner
    return None


def _said(held: Fields, *names: str) -> str | None:
    """A description as the gateway wrote it; its word "null" is nothing."""
    found = reading.field_text(held, *names)
    return None if found is None or found.casefold() == "null" else found
