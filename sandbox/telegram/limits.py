"""How much may be sent how fast, as far as anybody knows.

Source: core.telegram.org/bots/faq; the true limits are not published and vary.
"""

from __future__ import annotations

import math
import time
from collections import deque

from sandbox.faults import Faults
from sandbox.telegram.errors import too_many
from sandbox.telegram.people import Chat


class Limits:
    """Counts calls about chats; only while the flag `limits` is set."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._all: deque[float] = deque()
        self._groups: dict[int, deque[float]] = {}
        self._level: dict[int, tuple[float, float]] = {}

    def count(self, chat: Chat) -> None:
        """One more call about a chat.

        Raises: Refusal.
        """
        if not self._faults.flag("telegram.limits"):
            return
        now = time.monotonic()
        number = self._faults.number
        self._window(self._all, now, 1, number("telegram.total_per_second"))
        if not chat.is_private:
            group = self._groups.setdefault(chat.id, deque())
            self._window(group, now, 60, number("telegram.group_per_minute"))
            group.append(now)
        self._bucket(chat.id, now)
        self._all.append(now)

    @staticmethod
    def _window(seen: deque[float], now: float, seconds: float, most: float) -> None:
        while seen and seen[0] <= now - seconds:
            seen.popleft()
        if most and len(seen) >= most:
            raise too_many(max(1, math.ceil(seen[0] + seconds - now)))

    def _bucket(self, chat_id: int, now: float) -> None:
        rate = self._faults.number("telegram.chat_per_second")
        burst = max(1.0, self._faults.number("telegram.chat_burst"))
        if not rate:
            return
        level, since = self._level.get(chat_id, (burst, now))
        level = min(burst, level + (now - since) * rate)
        if level < 1:
            raise too_many(max(1, math.ceil((1 - level) / rate)))
        self._level[chat_id] = level - 1, now
