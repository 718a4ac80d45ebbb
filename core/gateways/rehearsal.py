"""The gateway behind test keys: in process, free of charge, and the number decides what happens."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from core.gateways.outcome import Outcome
from core.gateways.sms import Answer, RowAnswer

__all__ = ["LATE_S", "SOON_S", "Rehearsal", "RehearsedReport"]

SOON_S = 1.0
LATE_S = 60.0

_UNDELIVERED, _REFUSED, _UNKNOWN, _LATE = "000002", "000003", "000004", "000005"


class RehearsedReport(NamedTuple):
    """A delivery report to come: which text, the gateway's word, and in how many seconds."""

    provider_id: str
    word: str
    delay_s: float


class Rehearsal:
    """Fits `SmsGateway`. Ids carry what is to become of the text, so that nothing is kept here."""

    def send(self, sender_id: str, rows: Sequence[tuple[str, str]], unicode: bool) -> Answer:
        """Answer as the ending of each number asks; see the contract's test keys."""
        return Answer(Outcome.ACCEPTED, tuple(_answer(number) for number, _ in rows), code="0")

    def reports_for(self, rows: Iterable[RowAnswer]) -> list[RehearsedReport]:
        """The reports that a gateway would send later for these answers of `send`."""
        return [_report(row.provider_id) for row in rows if row.provider_id is not None]


def _answer(number: str) -> RowAnswer:
    ending = number[-6:]
    if ending == _REFUSED:
        why = "Refused, because the number ends in 000003."
        return RowAnswer(Outcome.REFUSED, code="401", why=why)
    if ending == _UNKNOWN:
        why = "The answer was lost, because the number ends in 000004."
        return RowAnswer(Outcome.UNKNOWN, why=why)
    return RowAnswer(Outcome.ACCEPTED, f"test-{uuid.uuid4()}-{ending}", "0")


def _report(provider_id: str) -> RehearsedReport:
    if provider_id.endswith(_UNDELIVERED):
        return RehearsedReport(provider_id, "UNDELIV", SOON_S)
    late = provider_id.endswith(_LATE)
    return RehearsedReport(provider_id, "DELIVRD", LATE_S if late else SOON_S)
