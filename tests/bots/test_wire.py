"""Calls of the bot: kept connections, whole answers, and no doubt left about what was read."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from telegram import Bot
from telegram.error import NetworkError, RetryAfter, TimedOut
from telegram.ext import ExtBot

from bots.courier import WAIT_MAX_S, Courier
from bots.wire import NeverLeft, Wire
from tests.bots.phone import Recorder, refusal
from tests.gateways import wire as server
from tests.gateways.wire import Move, nobody_url, says, sends, serving

TOKEN = "110000001:a-token-nobody-may-read"
DONE = says({"ok": True, "result": True})
CHUNKED = sends(
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"a\r\n" + b'{"ok": tru' + b"\r\n12;x=y\r\n" + b'e, "result": true}' + b"\r\n0\r\nX: y\r\n\r\n"
)


@pytest.fixture
def there() -> Iterator[server.Wire]:
    with serving() as running:
        yield running


def call(url: str, seconds: float = 30, times: int = 1) -> None:
    """Delete a message, so many times over one wire."""

    async def calls() -> None:
        wire = Wire(Recorder())
        bot = Bot(TOKEN, base_url=f"{url}/bot", request=wire, get_updates_request=Recorder())
        try:
            for _ in range(times):
                await bot.delete_message(5, 77, read_timeout=seconds)
        finally:
            await wire.shutdown()

    asyncio.run(calls())


def test_calls_that_follow_each_other_share_a_connection(there: server.Wire) -> None:
    call(there.will(DONE).url, times=3)

    assert [seen.path for seen in there.seen] == [f"/bot{TOKEN}/deleteMessage"] * 3
    assert there.seen[0].body == b"chat_id=5&message_id=77"
    assert len({seen.port for seen in there.seen}) == 1


@pytest.mark.parametrize(
    "move", [CHUNKED, sends(b'HTTP/1.0 200 OK\r\n\r\n{"ok": true, "result": true}')]
)
def test_an_answer_of_any_shape_is_read_whole(there: server.Wire, move: Move) -> None:
    call(there.will(move).url)

    assert len(there.seen) == 1


@pytest.mark.parametrize(
    "move",
    [server.drops, server.resets, server.CUT_OFF, server.CUT_CHUNK, server.NO_HTTP,
     sends(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")],
)  # fmt: skip
def test_a_lost_answer_leaves_it_open(there: server.Wire, move: Move) -> None:
    with pytest.raises(NetworkError) as lost:
        call(there.will(move).url)

    assert not isinstance(lost.value, NeverLeft)
    assert TOKEN not in str(lost.value)
    assert len(there.seen) == 1


@pytest.mark.parametrize("move", [server.hangs, server.drips(b"HTTP/1.1 200 OK\r\nX: ")])
def test_an_answer_that_does_not_end_is_given_up(there: server.Wire, move: Move) -> None:
    with pytest.raises(TimedOut):
        call(there.will(move).url, seconds=0.3)


def test_a_refused_connection_never_left_us() -> None:
    with pytest.raises(NeverLeft):
        call(nobody_url())


def test_a_line_the_server_has_closed_is_not_used_again(there: server.Wire) -> None:
    closing = says({"ok": True, "result": True}, 200, Connection="close")
    call(there.will(closing).url, times=2)

    assert len({seen.port for seen in there.seen}) == 2


# How the courier makes them.


class Waits:
    """Waits that take no time, and are told."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(min(seconds, 0.05))


Rule = Callable[[Any], Any]


def sending(*rules: Rule, chats: tuple[int, ...] = (5,)) -> tuple[Recorder, Waits]:
    """Send to chats one after the other, the network behaving by rules in turn."""
    recorder, waits = Recorder(), Waits()
    waiting = list(rules)
    recorder.rules.append(lambda made: waiting.pop(0)(made) if waiting else None)

    async def story() -> None:
        bot = ExtBot(
            TOKEN, request=recorder, get_updates_request=recorder, rate_limiter=Courier(waits)
        )
        for chat in chats:
            await bot.send_message(chat, "x")

    asyncio.run(story())
    return recorder, waits


def flood(seconds: int) -> Rule:
    return lambda _: refusal(429, "Too Many Requests", retry_after=seconds)


def test_a_flood_is_waited_out_and_the_message_sent_once() -> None:
    recorder, waits = sending(flood(1))

    assert len(recorder.of("sendMessage")) == 2
    assert sum(waits.seconds) >= 0.9


def test_a_flood_that_lasts_too_long_is_given_up() -> None:
    with pytest.raises(RetryAfter):
        sending(flood(int(WAIT_MAX_S) + 1))


def test_what_never_left_is_sent_again() -> None:
    recorder, _ = sending(lambda _: NeverLeft("x"), lambda _: NeverLeft("x"))

    assert len(recorder.of("sendMessage")) == 3


@pytest.mark.parametrize("lost", [TimedOut(), NetworkError("x")])
def test_what_may_have_arrived_is_not_sent_again(lost: Exception) -> None:
    seen: list[Any] = []

    with pytest.raises(NetworkError):
        sending(lambda made: seen.append(made) or lost)
    assert len(seen) == 1


def test_a_flood_in_one_chat_holds_no_other() -> None:
    recorder, waits = Recorder(), Waits()
    told: list[int] = []
    once = threading.Event()

    def rule(made: Any) -> Any:
        if made.chat == 5 and not once.is_set():
            once.set()
            return refusal(429, "Too Many Requests", retry_after=1)
        told.append(made.chat)
        return None

    recorder.rules.append(rule)

    async def story() -> None:
        bot = ExtBot(
            TOKEN, request=recorder, get_updates_request=recorder, rate_limiter=Courier(waits)
        )
        await asyncio.gather(bot.send_message(5, "x"), *(bot.send_message(6, "x") for _ in "abc"))

    asyncio.run(story())
    assert told == [6, 6, 6, 5]
