"""The one bearer token that every process shares."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from core import clock

__all__ = ["REFRESH_BEFORE_S", "FreshToken", "MemoryTokens", "TokenStore"]

REFRESH_BEFORE_S = 60


@dataclass(frozen=True, slots=True)
class FreshToken:
    """A token just fetched, and for how long it is good."""

    value: str = field(repr=False)
    expires_in_s: int


class TokenStore(Protocol):
    """Keeps a token for all who use one (environment, consumer key).

    A new token kills the one before it, so processes that each fetch their own knock each other
    out. A store calls `fetch` under a lock that all of them share, and only when what it holds is
    missing, discarded or within REFRESH_BEFORE_S of its end.
    """

    def get(self, fetch: Callable[[], FreshToken]) -> str:
        """The token to use now. What `fetch` raises passes through."""
        ...

    def discard(self, token: str) -> None:
        """Forget this token, if it is still the one held: another may have been fetched since."""
        ...


class MemoryTokens:
    """A store for one process: tests, and tools that run alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token: FreshToken | None = None
        self._until: datetime | None = None

    def get(self, fetch: Callable[[], FreshToken]) -> str:
        with self._lock:
            if self._token is None or self._until is None or clock.now() >= self._until:
                self._token = fetch()
                good_s = self._token.expires_in_s - REFRESH_BEFORE_S
                self._until = clock.now() + timedelta(seconds=good_s)
            return self._token.value

    def discard(self, token: str) -> None:
        with self._lock:
            if self._token is not None and self._token.value == token:
                self._token = None
