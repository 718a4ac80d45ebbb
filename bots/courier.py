"""How calls go out: floods obeyed chat by chat, and nothing repeated that may have arrived."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any

import structlog
from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bots.wire import NeverLeft

log = structlog.get_logger(__name__)

TRIES = 3
# Whoever is told to wait longer than this gets no answer now; the conversation stands still.
WAIT_MAX_S = 60.0

Called = bool | dict[str, Any] | list[dict[str, Any]]


class Courier(BaseRateLimiter[None]):
    """Sends at once, and after a 429 holds back that chat alone.

    We speak when spoken to, so there is no pace to keep; the limits are unstated and Telegram says
    when one was reached. A send that timed out may have arrived and is not repeated.
    """

    def __init__(self, wait: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._wait = wait
        self._held: dict[int, float] = {}

    async def initialize(self) -> None:
        """Need nothing."""

    async def shutdown(self) -> None:
        """Leave nothing."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Called]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,
    ) -> Called:
        """Make a call; again after a flood has passed, or when it never left us."""
        chat_id = data.get("chat_id")
        chat = chat_id if isinstance(chat_id, int) else None
        for left in reversed(range(TRIES)):
            await self._until_free(chat)
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as flood:
                if not self._hold(chat, _seconds(flood)) or not left:
                    raise
            except NeverLeft:
                if not left:
                    raise
                log.info("telegram_unreachable", endpoint=endpoint)
                await self._wait(0.5 * (TRIES - left))
        raise AssertionError("the last try returns or raises")

    async def _until_free(self, chat: int | None) -> None:
        if chat is None or chat not in self._held:
            return
        while (left_s := self._held.get(chat, 0.0) - time.monotonic()) > 0:
            await self._wait(left_s)
        self._held.pop(chat, None)

    def _hold(self, chat: int | None, seconds: float) -> bool:
        """Note how long a chat wants to be left alone; False when it is not worth waiting."""
        log.warning("telegram_flood", chat=chat, seconds=seconds)
        if chat is None:
            return False
        self._held[chat] = time.monotonic() + min(seconds, WAIT_MAX_S)
        return seconds <= WAIT_MAX_S


def _seconds(flood: RetryAfter) -> float:
    """A number now, a timedelta in PTB's future."""
    wait = flood.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
