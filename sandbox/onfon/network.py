"""The operators' side: every text that was accepted, and exact counts of them."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Iterable
from functools import lru_cache

import msgspec

TEXTS_MAX = 250_000
"""Texts kept to be looked at. Older ones are forgotten; counts and totals never are."""


class Text(msgspec.Struct, gc=False, omit_defaults=False):
    """A text the gateway accepted.

    Status: accepted, then delivered or undelivered; lost when the number was written 07…, which
    Onfon accepts and never hands on.
    """

    id: str
    to: str
    sender: str = msgspec.field(name="from")
    text: str
    segments: int
    at: str
    status: str
    unicode: bool
    flash: bool
    account: str


class Network:
    """What was accepted, in the order it was."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: deque[Text] = deque()
        self._by_id: dict[str, Text] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self._total = 0
        self._segments = 0
        self._misflagged = 0

    def accept(self, texts: Iterable[Text], misflagged: int) -> None:
        """Take texts over; `misflagged` of them had an IsUnicode that does not fit the text."""
        with self._lock:
            for text in texts:
                if len(self._texts) == TEXTS_MAX:
                    del self._by_id[self._texts.popleft().id]
                self._texts.append(text)
                self._by_id[text.id] = text
                key = (text.to, _digest(text.text))
                self._counts[key] = self._counts.get(key, 0) + 1
                self._total += 1
                self._segments += text.segments
            self._misflagged += misflagged

    def find(self, message_id: str) -> Text | None:
        """A text by its MessageId."""
        return self._by_id.get(message_id)

    def texts(self, to: str = "", since: str = "") -> list[Text]:
        """Texts to a number, not older than a time; all of them without either."""
        with self._lock:
            every = list(self._texts)
        if to or since:
            return [text for text in every if (not to or text.to == to) and text.at >= since]
        return every

    def totals(self) -> dict[str, int]:
        """Everything ever accepted, forgotten texts included."""
        with self._lock:
            return {
                "texts": self._total,
                "segments": self._segments,
                "misflagged": self._misflagged,
            }

    def counts(self, to: str = "", over: int = 0) -> dict[str, dict[str, int]]:
        """How often each text (by SHA-1 of its UTF-8) was accepted for each number."""
        with self._lock:
            every = list(self._counts.items())
        found: dict[str, dict[str, int]] = {}
        for (number, digest), count in every:
            if count > over and (not to or number == to):
                found.setdefault(number, {})[digest] = count
        return found


@lru_cache(maxsize=4096)
def _digest(text: str) -> str:
    # To tell texts apart, not to protect them.
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
