"""What Onfon tells us later: delivery reports and inbound texts, in any of the spellings seen.

Most sources report a GET with camelCase names, three expect a POST, form or JSON, in PascalCase.
Both are read alike. Nothing here raises: the sender cannot be told that it wrote badly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.gateways import dates, reading

__all__ = ["Inbound", "Report", "Verdict", "read_inbound", "read_report", "verdict"]

_ID_MAX = 128
_TEXT_MAX = 10_000


class Verdict(StrEnum):
    """What a status word means for a message."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"  # the operator tried, and the handset did not take it
    EXPIRED = "expired"  # the operator gave up waiting for the handset
    FAILED = "failed"  # it could never have arrived, by the number's fault or the network's
    BLACKLISTED = "blacklisted"  # the subscriber or the operator shuts this sender out
    PENDING = "pending"  # on its way, or nobody knows yet: not final
    UNKNOWN = "unknown"  # a word we have not met: keep it, change nothing


# SMPP's words beside the Kenyan operators' own, as integrators have met them. Words of doubt
# ("uncertain", "unknown error") are not final, for a real final may still follow a day later.
_WORDS = {
    Verdict.DELIVERED: (
        "DELIVRD DELIVERED SUCCESS DeliveredToTerminal DelivredToTerminal"  # sic, in its reports
    ),
    Verdict.UNDELIVERED: (
        "UNDELIV UNDELIVRD UNDELIVERED AbsentSubscriber DeliveryImpossible CallBarred "
        "UserAbnormalState UserIsSuspended"
    ),
    Verdict.EXPIRED: "EXPIRED DELETED",
    Verdict.FAILED: (
        "FAILED REJECTD REJECTED UnknownSubscriber InvalidMsisdn SystemFailure "
        "ServiceNotProvisioned"
    ),
    Verdict.BLACKLISTED: "SenderNameBlacklisted UserInBlacklist MsisdnBlacklisted",
    Verdict.PENDING: (
        "ACCEPTD ACCEPTED SUBMITTED ENROUTE BUFFERED PENDING QUEUED SENT DeliveredToNetwork "
        "DeliveryUncertain MessageWaiting DeliveryNotificationNotSupported UnknownError"
    ),
}
# What inbound texts may call their parts, most telling name first.
_FROM = (
    "from", "sender", "msisdn", "mobile", "mobilenumber", "phonenumber", "phone", "source",
    "sourceaddress", "sourceaddr", "originator", "number",
)  # fmt: skip
_TO = (
    "to", "shortcode", "destination", "recipient", "destinationaddress", "destinationaddr",
    "receiver", "senderid", "servicecode",
)  # fmt: skip
_WORDS_IN = ("message", "text", "shortmessage", "content", "body", "messagetext", "msg", "sms")
_VERDICTS = {
    word.casefold(): meaning for meaning, words in _WORDS.items() for word in words.split()
}


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report.

    `provider_id` is None when the gateway named the number only. `word` is its status as written;
    `error_code` is the operator's, and so is `detail`, unless it only repeats how the text begins.
    """

    provider_id: str | None
    msisdn: str | None
    word: str
    verdict: Verdict
    error_code: str | None = None
    detail: str | None = None
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text that somebody sent to our shortcode."""

    sender: str
    to: str | None
    text: str
    provider_id: str | None = None
    received_at: datetime | None = None


def verdict(word: str) -> Verdict:
    """What a status word means, in any case and with or without spaces, dashes and underscores.

    Digits are unknown: the one integrator who reads them has two lists, and they disagree.
    """
    return _VERDICTS.get(re.sub(r"[\s_-]+", "", word).casefold(), Verdict.UNKNOWN)


def read_report(said: Mapping[str, object]) -> Report | None:
    """A delivery report from a query, a form or a JSON object; None when it names no message."""
    held = reading.fields(said)
    provider_id = reading.field_text(held, "messageid", limit=_ID_MAX + 1)
    if provider_id is not None and len(provider_id) > _ID_MAX:
        provider_id = None
    msisdn = _digits(reading.field_text(held, "mobile", "mobilenumber", "number", "msisdn"))
    if provider_id is None and msisdn is None:
        return None
    word = reading.field_text(held, "status", limit=64) or ""
    detail = reading.field_text(held, "shortmessage", "statusdescription", "description")
    return Report(
        provider_id=provider_id,
        msisdn=msisdn,
        word=word,
        verdict=verdict(word),
        error_code=reading.field_text(held, "errorcode", limit=64),
        detail=(detail.strip("' ") or None) if detail else None,
        done_at=_when(held, "donedate", "deliverytime", "timestamp"),
    )


def read_inbound(said: Mapping[str, object]) -> Inbound | None:
    """An inbound text from a query, a form or a JSON object; None without a sender and a text.

    No real one has been seen: the names are the ones integrators expect.
    """
    held = reading.fields(said)
    sender = reading.field_text(held, *_FROM, limit=32)
    text = reading.field_text(held, *_WORDS_IN, limit=_TEXT_MAX)
    if sender is None or text is None:
        return None
    return Inbound(
        sender=sender,
        to=reading.field_text(held, *_TO, limit=32),
        text=text,
        provider_id=reading.field_text(held, "messageid", "smsid", "id", limit=_ID_MAX),
        received_at=_when(held, "receivedtime", "receivedat", "timestamp", "date", "time"),
    )


def _digits(number: str | None) -> str | None:
    """A number as an MSISDN, if it is whole: a plus lost on the way, or a local form, is mended."""
    digits = re.sub(r"[^0-9]", "", number or "")[:20]
    if len(digits) < 9:
        return None
    return re.sub(r"^0?(?=[17][0-9]{8}$)", "254", digits)


def _when(held: reading.Fields, *names: str) -> datetime | None:
    return dates.read(reading.field_text(held, *names, limit=64))
