"""Getting updates: asked for by polling, or taken from where the web server has put them.

Either way an update is in the database before Telegram is told that we have it, so a killed bot
loses none. What is unhandled at the start is taken first.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import msgspec
import structlog
from telegram import Update
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.ext import Application
from telegram.request import BaseRequest

from bots.routing import KINDS
from bots.turns import HELD_MAX, whose
from core.database import recover
from core.telegram import inbox

log = structlog.get_logger(__name__)

POLL_S = 25
FETCH_MAX = 100
# How soon the web server's news is looked for, and how slowly when there has been none.
LOOK_S, LOOK_SELDOM_S = 0.02, 0.2
SWEEP_S = 5.0
# A person's updates in hand beyond this are a flood, or a key that hangs.
EACH_MAX = 40
RECENT_MAX = 4096

App = Application[Any, Any, Any, Any, Any, Any]


class _One(msgspec.Struct):
    update_id: int


class _Page(msgspec.Struct):
    ok: bool
    result: list[msgspec.Raw] = []
    description: str = ""
    parameters: dict[str, int] = {}


_read_page = msgspec.json.Decoder(_Page).decode
_read_one = msgspec.json.Decoder(_One).decode


class Intake:
    """Feeds the application, which says through `done` what it has finished with."""

    def __init__(self, app: App, poller: BaseRequest) -> None:
        self._app, self._poller = app, poller
        self._in_hand: dict[int, int] = {}  # whose each update is
        self._of_each: Counter[int] = Counter()
        # Two may find the same row at the same time; the second must not begin it anew.
        self._recent: dict[int, None] = {}
        self._wake = asyncio.Event()

    def done(self, update_id: int) -> None:
        """Note that an update is out of hand."""
        person = self._in_hand.pop(update_id, None)
        self._recent[update_id] = None
        if len(self._recent) > RECENT_MAX:
            del self._recent[next(iter(self._recent))]
        if person is not None:
            self._of_each[person] -= 1
            if self._of_each[person] <= 0:
                del self._of_each[person]
        self._wake.set()

    async def poll(self) -> None:
        """Ask Telegram for updates until cancelled."""
        offset = 0
        failures = 0
        await self._take_waiting()
        while True:
            try:
                page = await self._ask(offset)
                if page:
                    offset = await self._keep(page)
                failures = 0
            except (TelegramError, ValueError, OSError) as error:
                failures += 1
                await self._rest(error, failures)
            except Exception:
                # The database is away: nothing has been confirmed, so nothing is lost.
                failures += 1
                log.exception("updates_not_kept")
                await asyncio.sleep(min(0.5 * failures, 5))
            await self._room()

    async def watch(self) -> None:
        """Take what the web server stores, until cancelled."""
        wait_s = LOOK_S
        while True:
            try:
                found = await self._take_waiting()
            except Exception:
                log.exception("updates_not_read")
                found, wait_s = 0, 1.0
            wait_s = LOOK_S if found else min(wait_s * 1.3, LOOK_SELDOM_S)
            await asyncio.sleep(wait_s)
            await self._room()

    async def sweep(self) -> None:
        """While polling: take what was stored by others, or left behind, now and then."""
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                await self._take_waiting()
            except Exception:
                log.exception("updates_not_read")

    async def _ask(self, offset: int) -> list[tuple[int, str]]:
        query = {
            "timeout": POLL_S,
            "limit": FETCH_MAX,
            "allowed_updates": msgspec.json.encode(KINDS).decode(),
        }
        if offset:
            query["offset"] = offset
        status, body = await self._poller.do_request(
            f"{self._app.bot.base_url}/getUpdates?{urlencode(query)}",
            "GET",
            read_timeout=POLL_S + 10.0,
        )
        page = _read_page(body)
        if status != HTTPStatus.OK or not page.ok:
            raise _Refused(status, page.description, page.parameters.get("retry_after", 0))
        return [(_read_one(raw).update_id, bytes(raw).decode()) for raw in page.result]

    async def _keep(self, page: Sequence[tuple[int, str]]) -> int:
        """Store updates and set to work on the new ones. Returns the offset that confirms them."""
        fresh = await asyncio.to_thread(_store, page)
        for number, raw in dict(page).items():
            if number in fresh:
                await self._feed(number, raw)
        return max(number for number, _ in page) + 1

    async def _take_waiting(self) -> int:
        """Take stored updates that are not in hand. Returns how many."""
        room = HELD_MAX - len(self._in_hand)
        if room <= 0:
            return 0
        found = await asyncio.to_thread(_waiting, tuple(self._in_hand), room)
        for each in found:
            await self._feed(each.update_id, each.raw)
        return len(found)

    async def _feed(self, number: int, raw: str) -> None:
        if number in self._in_hand or number in self._recent:
            return
        try:
            update = Update.de_json(msgspec.json.decode(raw), self._app.bot)
        except Exception:  # whatever shape it has, it must not stop those behind it
            log.exception("update_not_understood", update_id=number)
            update = None
        person = 0 if update is None else whose(update)
        if self._of_each[person] >= EACH_MAX:
            log.warning("update_left_out", update_id=number)
            update = None
        if update is None:
            await asyncio.to_thread(_drop, number)
            return
        self._in_hand[number] = person
        self._of_each[person] += 1
        await self._app.update_queue.put(update)

    async def _room(self) -> None:
        """Wait while there is more in hand than memory should hold."""
        while len(self._in_hand) >= HELD_MAX:
            self._wake.clear()
            await self._wake.wait()

    async def _rest(self, error: Exception, failures: int) -> None:
        """Wait as long as a failure asks for; a bot never gives up."""
        if isinstance(error, TimedOut):
            return
        wait_s = min(0.1 * 2 ** min(failures, 8), 15.0)
        if isinstance(error, _Refused):
            wait_s = max(wait_s, error.retry_after_s)
            if error.status == HTTPStatus.CONFLICT:
                log.error("another_poller", why=str(error))
            elif error.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND):
                log.error("token_refused", status=error.status)
        if failures == 1 or failures % 10 == 0:
            log.warning("telegram_unreachable", why=type(error).__name__, failures=failures)
        await asyncio.sleep(wait_s)


class _Refused(NetworkError):
    """Telegram answered getUpdates with a no."""

    def __init__(self, status: int, description: str, retry_after_s: int) -> None:
        super().__init__(description or f"HTTP {status}")
        self.status = status
        self.retry_after_s = float(retry_after_s)


def _store(page: Sequence[tuple[int, str]]) -> set[int]:
    recover()
    return inbox.store(page)


def _waiting(known: Sequence[int], limit: int) -> list[inbox.Waiting]:
    recover()
    return inbox.waiting(known, min(limit, inbox.TAKEN_MAX))


def _drop(number: int) -> None:
    recover()
    inbox.handled(number)
