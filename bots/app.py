"""The bot's process: built, started, kept alone, and stopped without losing what it was told."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

import structlog
from telegram import Update
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application, TypeHandler
from telegram.request import BaseRequest, HTTPXRequest

from bots import commands
from bots.alone import Alone
from bots.courier import Courier
from bots.intake import POLL_S, App, Intake
from bots.routing import KINDS, Router
from bots.threads import Threads
from bots.turns import Turns
from bots.wire import Wire
from core.settings import settings

log = structlog.get_logger(__name__)

UPLOADS = 8
ALONE_EVERY_S = 5.0
# Less than the supervisor allows, so that what is half done ends by itself.
DRAIN_S = 20.0


class BotApp:
    """A bot with everything around it. `request` and `poller` stand for the network in tests."""

    def __init__(
        self, request: BaseRequest | None = None, poller: BaseRequest | None = None
    ) -> None:
        given = settings().telegram
        self._poller = poller or HTTPXRequest(connection_pool_size=2, read_timeout=POLL_S + 10.0)
        self._intake: Intake | None = None
        self.turns = Turns(self._done)
        self.app: App = (
            Application.builder()
            .token(given.token)
            .base_url(given.base_url)
            .base_file_url(given.base_file_url)
            .request(request or Wire(HTTPXRequest(connection_pool_size=UPLOADS, pool_timeout=30.0)))
            .rate_limiter(Courier(self.turns.step_aside))
            .concurrent_updates(self.turns)
            .updater(None)
            .build()
        )
        self.router = Router(self.app.bot)
        self.app.add_handler(TypeHandler(Update, self._handle))
        self._intake = Intake(self.app, self._poller)
        self._tasks: list[asyncio.Task[Any]] = []

    def _done(self, update_id: int) -> None:
        if self._intake is not None:
            self._intake.done(update_id)

    async def _handle(self, update: Update, _: object) -> None:
        await self.router.handle(update)

    async def start(self) -> None:
        """Reach Telegram, however long that takes, and begin to work."""
        assert self._intake is not None
        await self._poller.initialize()
        await self._persist("initialize", self.app.initialize)
        await self.app.start()
        given = settings()
        if given.telegram.mode == "webhook":
            await self._persist("setWebhook", self._set_webhook)
            self._spawn(self._intake.watch())
        else:
            await self._persist("deleteWebhook", self.app.bot.delete_webhook)
            self._spawn(self._intake.poll())
            self._spawn(self._intake.sweep())
        self._spawn(commands.publish(self.app.bot))
        log.info("bot_started", name=self.app.bot.username, mode=given.telegram.mode)

    async def stop(self) -> None:
        """Take nothing more, finish what is in hand, and go."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await asyncio.wait_for(self.app.stop(), DRAIN_S)
        except TimeoutError:
            log.warning("not_drained")  # what is unmarked is handled at the next start
        await self.app.shutdown()
        await self._poller.shutdown()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    async def _set_webhook(self) -> None:
        given = settings()
        await self.app.bot.set_webhook(
            f"{given.app.public_url}/telegram/{given.telegram.webhook_secret}",
            secret_token=given.telegram.webhook_secret,
            allowed_updates=KINDS,
            max_connections=40,
        )

    async def _persist(self, what: str, act: Any) -> None:
        """Do something that needs Telegram until it works: the network comes and goes."""
        wait_s = 0.2
        while True:
            try:
                await act()
            except InvalidToken:
                # Also what a server that is no Telegram says, or one that is not up yet.
                log.error("token_refused", at=what)  # noqa: TRY400 -- the trace has the token
                wait_s = min(wait_s * 2, 30.0)
            except TelegramError as error:
                log.warning("telegram_unreachable", at=what, why=type(error).__name__)
                wait_s = min(wait_s * 2, 5.0)
            else:
                return
            await asyncio.sleep(wait_s)


async def run() -> None:
    """Be the bot until told to stop."""
    loop = asyncio.get_running_loop()
    threads = Threads()
    loop.set_default_executor(threads)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    alone = Alone()
    if not await _until_alone(alone, stop):
        return
    bot = BotApp()
    starting = loop.create_task(bot.start())
    await _first(starting, stop)
    if starting.done():
        starting.result()
        while not stop.is_set():
            await _wait(stop, ALONE_EVERY_S)
            if not await _is_alone(alone):
                log.error("another_bot_runs")
                break
    else:
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return
    await bot.stop()
    threads.close()


async def _until_alone(alone: Alone, stop: asyncio.Event) -> bool:
    is_told = False
    while not stop.is_set():
        if await _is_alone(alone):
            return True
        if not is_told:
            log.warning("another_bot_runs")
            is_told = True
        await _wait(stop, 0.5)
    return False


async def _is_alone(alone: Alone) -> bool:
    """Become or stay the bot. A database that cannot be asked gives the right to nobody else."""
    try:
        return await alone.take()
    except Exception:
        log.exception("lock_not_checked")
        return alone.was_held


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def _first(task: asyncio.Task[None], stop: asyncio.Event) -> None:
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
