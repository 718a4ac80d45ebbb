"""Every result code of an STK push, as data: what it is, whether it is the end, and what to say.

Source: Safaricom's Daraja 3.0 portal (codes 0 1 2 3 4 8 11 17 26 1019 1025 1032 1037 2001 2028 8006
SFC_IC0003); dated logs of integrators (4999, E3008, 500.001.1001); their reports (1001, 2029,
9999). The words that come with a code differ from one channel to the other for the same payment,
so only the code is ever asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["RESULTS", "UNKNOWN_WORDS", "Charged", "Result", "result"]


class Charged(StrEnum):
    """Whether the customer's money can have moved."""

    YES = "yes"
    NO = "no"
    PROBABLY_NOT = "probably not"  # a success may still follow, and then it wins
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Result:
    """What a code means. `words` is an English sentence, and the key to its Swahili.

    `final` ends the attempt on the channel that said it, though a later success always wins.
    `alarm` asks for an operator. `wait_s` is how long to keep the customer from another push.
    """

    code: str
    final: bool
    charged: Charged
    alarm: bool
    words: str
    wait_s: int = 0


_PAID = "M-Pesa says that the payment went through. We are adding it; please do not pay again."
_OURS = "Something is wrong on our side, and no money was taken. We have been told about it."
_BUSY = "M-Pesa is very busy. Look at your M-Pesa messages before you pay again."
_SILENT = (
    "That phone did not answer in time. Check that it is on and has network, then try again. "
    "If you did enter your PIN, wait: we will add it."
)
_OPEN = (
    "M-Pesa is still working on this. If the request is on the phone, enter the PIN. "
    "Please do not pay a second time."
)
UNKNOWN_WORDS = (
    "M-Pesa has not said clearly whether this was paid. Please do not pay again; we are checking."
)

RESULTS: dict[str, Result] = {
    row.code: row
    for row in (
        Result("0", True, Charged.YES, False, _PAID),
        Result(
            "1",
            True,
            Charged.NO,
            False,
            "There is not enough money in that M-Pesa account, so nothing was taken. "
            "Add money to it or choose a smaller amount.",
        ),
        Result("2", True, Charged.NO, True, _OURS),
        Result(
            "3",
            True,
            Charged.NO,
            False,
            "M-Pesa moves at most KES 250,000 in one payment. No money was taken. "
            "Pay in smaller amounts.",
        ),
        Result(
            "4",
            True,
            Charged.NO,
            False,
            "This would pass that phone's M-Pesa limit for today. No money was taken. "
            "Pay less, or try again tomorrow.",
        ),
        Result("8", True, Charged.NO, True, _OURS),
        Result(
            "11",
            True,
            Charged.NO,
            False,
            "M-Pesa says that this account is not active. No money was taken. "
            "Please ask Safaricom on 100.",
        ),
        Result(
            "17",
            True,
            Charged.NO,
            False,
            "M-Pesa does not take the same amount twice within 2 minutes. "
            "Wait 2 minutes, then try again.",
            wait_s=120,
        ),
        Result("26", False, Charged.PROBABLY_NOT, False, _BUSY, wait_s=60),
        Result(
            "1001",
            True,
            Charged.UNKNOWN,  # nothing for this push; an earlier one of ours may be what is open
            False,
            "That phone has another M-Pesa request or menu open. Finish it, wait a minute, "
            "then try again.",
            wait_s=60,
        ),
        Result("1019", True, Charged.PROBABLY_NOT, False, _SILENT, wait_s=60),
        Result("1025", True, Charged.NO, False, _BUSY, wait_s=60),
        Result(
            "1032",
            True,
            Charged.NO,
            False,
            "The request was cancelled on the phone. No money was taken. Try again when you like.",
        ),
        Result("1037", True, Charged.PROBABLY_NOT, False, _SILENT, wait_s=60),
        Result(
            "2001",
            True,
            Charged.NO,
            False,
            "The M-Pesa PIN was not right. No money was taken. Try again with the right PIN.",
        ),
        Result("2028", True, Charged.NO, True, _OURS),
        Result("2029", True, Charged.NO, True, _OURS),
        Result("4999", False, Charged.UNKNOWN, False, _OPEN),
        Result(
            "8006",
            True,
            Charged.NO,
            False,
            "That M-Pesa PIN is locked. No money was taken. "
            "Call Safaricom on 100 to unlock it, then try again.",
        ),
        Result("9999", True, Charged.NO, False, _BUSY, wait_s=60),
        Result("E3008", True, Charged.NO, False, _OURS),  # the sandbox, for any phone but its own
        Result("SFC_IC0003", True, Charged.NO, True, _OURS),
        Result("500.001.1001", False, Charged.UNKNOWN, False, _OPEN),
    )
}


def result(code: str) -> Result:
    """What a code means. One we have not met is no end, and never a failure."""
    known = RESULTS.get(code.strip())
    return known or Result(code.strip(), False, Charged.UNKNOWN, False, UNKNOWN_WORDS)
