"""Who is served when: each person in order, no person behind another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from telegram import Update
from telegram.ext import BaseUpdateProcessor

# Updates being worked on. More wait, each behind its own person's earlier ones.
AT_ONCE = 64
# Updates the bot holds in memory; what is beyond waits in the database, or at Telegram.
HELD_MAX = 1024

_Lock = tuple[asyncio.Lock, int]


class Turns(BaseUpdateProcessor):
    """Works on many updates at once, but on one at a time for each person.

    Whoever waits for Telegram to forgive a flood gives the place to somebody else meanwhile.
    """

    __slots__ = ("_done", "_locks", "_places")

    def __init__(self, done: Callable[[int], None]) -> None:
        super().__init__(HELD_MAX)
        self._done = done
        self._locks: dict[int, _Lock] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Handle an update when it is its person's turn."""
        assert isinstance(update, Update)
        person = whose(update)
        lock, count = self._locks.get(person, (asyncio.Lock(), 0))
        self._locks[person] = (lock, count + 1)
        try:
            async with lock, self._places:
                await coroutine
        finally:
            lock, count = self._locks.pop(person)
            if count > 1:
                self._locks[person] = (lock, count - 1)
            self._done(update.update_id)

    async def step_aside(self, seconds: float) -> None:
        """Wait without keeping others from working; called by whoever has a place."""
        self._places.release()
        try:
            await asyncio.sleep(seconds)
        finally:
            await self._places.acquire()

    async def initialize(self) -> None:
        """Need nothing."""

    async def shutdown(self) -> None:
        """Leave nothing."""


def whose(update: Update) -> int:
    """Say whose turn an update is: its person's, or in a channel the chat's."""
    user, chat = update.effective_user, update.effective_chat
    return user.id if user else chat.id if chat else 0
