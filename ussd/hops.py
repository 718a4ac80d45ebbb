"""One exchange with a gateway, the same shape whichever gateway it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.dialogue.screens import Asks


class Event(StrEnum):
    """What a gateway tells us. Many do not say whether a session is new: that is `HOP`."""

    BEGIN = "begin"
    INPUT = "input"
    HOP = "hop"
    END = "end"


@dataclass(frozen=True, slots=True)
class Hop:
    """What somebody did, as the gateway put it.

    Gateways repeat either everything typed since dialling (`transcript`, joined by "*") or only the
    last answer (`last_input`, which at the start is what was dialled); the other is None. `hop_id`
    is the gateway's own name for this hop, where it has one: the same again is a repetition.
    """

    dialect: str
    session_id: str
    msisdn: str
    service_code: str = ""
    network: str = ""
    event: Event = Event.HOP
    transcript: str | None = None
    last_input: str | None = None
    hop_id: str | None = None
    extension: str = ""  # our part of a shared code, where the gateway passes it on as an answer
    must_dial: bool = False  # a first hop without a dialled code is a late answer, and refused
    is_by_phone: bool = False  # the gateway has no lasting session id: the phone stands for it
    outcome: str = ""  # how the session ended, in the gateway's word

    @property
    def given(self) -> str:
        """What the gateway passed on, one way or the other."""
        return (self.last_input if self.transcript is None else self.transcript) or ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes on the screen, and whether more is asked.

    `step` is a fixed name for the gateway's own figures, never anything a person typed.
    """

    text: str
    goes_on: bool = False
    asks: Asks = Asks.NOTHING
    step: str = ""
