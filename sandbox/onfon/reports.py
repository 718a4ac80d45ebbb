"""Delivery reports: what they will say, when, and how they are written."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from urllib.parse import quote, urlencode

import msgspec

from sandbox.courier import Courier, Letter
from sandbox.faults import Faults
from sandbox.onfon.faults import SWITCHES
from sandbox.onfon.network import Text
from sandbox.scheduler import Scheduler, Task
from sandbox.times import minute, nairobi_now

COPIES = 3
FOLLOWS_SECONDS = 0.5
RETRY_SECONDS = 1.0


class Word(msgspec.Struct, frozen=True):
    """A status word and the error code that comes with it."""

    word: str
    code: str = "000"


DELIVERED = (Word("DELIVRD"),)
DELIVERED_OPERATOR = (Word("DeliveredToTerminal"), Word("DelivredToTerminal"))
UNDELIVERED = (Word("UNDELIV", "027"), Word("EXPIRED", "034"), Word("REJECTD", "011"))
UNDELIVERED_OPERATOR = (
    Word("AbsentSubscriber", "027"),
    Word("DeliveryImpossible", "031"),
    Word("SenderName Blacklisted", "063"),
    Word("UserInBlacklist", "064"),
    Word("UnknownSubscriber", "001"),
)
ON_ITS_WAY = Word("ACCEPTD")
ON_ITS_WAY_OPERATOR = Word("DeliveredToNetwork")
UNHEARD_OF = Word("RouteParked", "999")

STRIKES = tuple(
    switch.name for switch in SWITCHES if switch.name.startswith("dlr_") and switch.kind == "fault"
)


class Reports:
    """Decides the fate of each accepted text and reports it."""

    def __init__(self, faults: Faults, scheduler: Scheduler, courier: Courier) -> None:
        self._faults = faults
        self._scheduler = scheduler
        self._courier = courier

    def promise(self, text: Text, url: str, wait_seconds: float) -> Task | None:
        """Set a text on its way; answers the report to make at once, when that is the fault.

        `wait_seconds` is how long the text waits before it goes, when it is scheduled.
        """
        if text.status == "lost":
            return None
        # All chance is drawn here, so that faults strike in the order texts were accepted.
        struck = {name for name in STRIKES if self._faults.hit(f"onfon.{name}", text.to)}
        delivered = "dlr_failed" not in struck
        arrive = partial(self._arrive, text, "delivered" if delivered else "undelivered")
        delay = wait_seconds + self._faults.number("onfon.dlr_delay")
        if "dlr_none" in struck:
            self._scheduler.after(delay, arrive)
            return None
        tell = partial(self._tell, text, url)
        final = partial(self._finish, arrive, partial(tell, self._word(struck)))
        passing = ON_ITS_WAY_OPERATOR if "dlr_operator_words" in struck else ON_ITS_WAY
        if "dlr_intermediate" in struck:
            self._scheduler.after(wait_seconds, partial(tell, passing))
            delay = max(delay, wait_seconds + FOLLOWS_SECONDS)
        if "dlr_out_of_order" in struck:
            self._scheduler.after(delay + FOLLOWS_SECONDS, partial(tell, passing))
        if "dlr_contradicts" in struck:
            contrary = UNDELIVERED[0] if delivered else DELIVERED[0]
            self._scheduler.after(delay + FOLLOWS_SECONDS, partial(tell, contrary))
        if "dlr_before_reply" in struck:
            return final
        if "dlr_slow" in struck:
            self._scheduler.after(delay, arrive)
            delay = wait_seconds + self._faults.number("onfon.dlr_slow_seconds")
        for _ in range(COPIES if "dlr_duplicate" in struck else 1):
            self._scheduler.after(delay, final)
        return None

    def _word(self, struck: set[str]) -> Word:
        if "dlr_unknown_word" in struck:
            return UNHEARD_OF
        operator = "dlr_operator_words" in struck
        words: tuple[Word, ...] = DELIVERED_OPERATOR if operator else DELIVERED
        if "dlr_failed" in struck:
            words = UNDELIVERED_OPERATOR if operator else UNDELIVERED
        return self._faults.chance("onfon.words").choice(words)

    @staticmethod
    def _finish(arrive: Task, tell: Task) -> None:
        arrive()
        tell()

    @staticmethod
    def _arrive(text: Text, status: str) -> None:
        if text.status == "accepted":
            text.status = status

    def _tell(self, text: Text, url: str, word: Word, tries: int = 0) -> None:
        letter = write(text, url, word, self._faults.choice("onfon.dlr_style"))
        reply = self._courier.deliver(letter, reuse=True)
        if not 200 <= reply.status < 300 and tries < self._faults.number("onfon.dlr_retries"):
            again = partial(self._tell, text, url, word, tries + 1)
            self._scheduler.after(RETRY_SECONDS, again)


def write(text: Text, url: str, word: Word, style: str) -> Letter:
    """A report on the wire. Parameters already in the registered address stay in it."""
    now = nairobi_now()
    pascal = style.endswith("_pascal")
    fields = _pascal(text, word, now) if pascal else _camel(text, word, now)
    method = style.removesuffix("_pascal")
    if method == "get":
        url += ("&" if "?" in url else "?") + urlencode(fields, quote_via=quote)
        return Letter("dlr", text.id, url, "GET")
    if method == "form":
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Letter("dlr", text.id, url, "POST", headers, urlencode(fields).encode())
    headers = {"Content-Type": "application/json"}
    return Letter("dlr", text.id, url, "POST", headers, msgspec.json.encode(fields))


def _camel(text: Text, word: Word, now: datetime) -> dict[str, str]:
    return {
        "messageId": text.id,
        "mobile": text.to,
        "status": word.word,
        "errorCode": word.code,
        "submitDate": minute(datetime.fromisoformat(text.at)),
        "doneDate": minute(now),
        "shortMessage": f"'{text.text[:20]}'",
    }


def _pascal(text: Text, word: Word, now: datetime) -> dict[str, str]:
    return {
        "MessageId": text.id,
        "MobileNumber": text.to,
        "Status": word.word,
        "ErrorCode": word.code,
        "StatusDescription": word.word,
        "NetworkCode": "63902",
        "DeliveryTime": minute(now),
        "Timestamp": minute(now),
    }
