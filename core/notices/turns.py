"""How often the ops chat is spoken to: every message and edit of every process takes a turn.

About twenty a minute is what one group takes (Telegram's FAQ for bots). What admins ask for is
answered at once and takes none.
"""

from __future__ import annotations

from datetime import timedelta

from core import pace
from core.gateways.telegram import Answer

EVERY = timedelta(milliseconds=3_200)
BURST = 8
_NAME = "telegram:ops"


def take() -> bool:
    """Take a turn, if there is one."""
    return pace.turn(_NAME, every_ms=EVERY // timedelta(milliseconds=1), burst=BURST)


def rest(answer: Answer) -> None:
    """Leave the chat alone for as long as it asks: a flood told to one of us is told to all."""
    if answer.retry_after_s:
        pace.rest(_NAME, for_ms=int(answer.retry_after_s * 1000))
