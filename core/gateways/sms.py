"""What every SMS gateway answers, whoever runs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.gateways.outcome import Outcome

__all__ = ["Answer", "RowAnswer", "SmsGateway"]


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What became of one text.

    `why` is the gateway's reason word for word. `blocked` says that the refusal is about the
    account (no credit, no access) and none of the text's doing. An accepted text may lack its
    `provider_id`, and then no delivery report can name it.
    """

    outcome: Outcome
    provider_id: str | None = None
    code: str | None = None
    why: str | None = None
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one call.

    ACCEPTED means that the call was processed: `rows` then holds one answer for each text, in the
    order of the texts. With every other outcome `rows` is empty and the outcome is that of all of
    them. `blocked` asks the caller to keep its texts and to tell an operator.
    """

    outcome: Outcome
    rows: tuple[RowAnswer, ...] = ()
    why: str | None = None
    code: str | None = None
    blocked: bool = False
    retry_after_s: float | None = None
    raw: str = ""


class SmsGateway(Protocol):
    """Anything that hands texts over: the real gateway, or the rehearsal behind test keys."""

    def send(self, sender_id: str, rows: Sequence[tuple[str, str]], unicode: bool) -> Answer:
        """Hand over (MSISDN, text) pairs under a sender ID. What a gateway does never raises."""
        ...
