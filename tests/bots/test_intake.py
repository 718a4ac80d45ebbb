"""Taking updates in: kept first, confirmed then, and no odd one stops those behind it."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from telegram.request import RequestData

from bots import intake
from bots.app import BotApp
from core.telegram import inbox
from tests.bots.phone import Phone, Recorder, refusal, run


class Telegram(Recorder):
    """Hands over pages of updates, one for each question; then has no more to say."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[Any] = []
        self.offsets: list[int] = []
        self.asked = asyncio.Event()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, **more: Any
    ) -> tuple[int, bytes]:
        if not urlsplit(url).path.endswith("/getUpdates"):
            return await super().do_request(url, method, request_data, **more)
        self.offsets.append(int(parse_qs(urlsplit(url).query).get("offset", ["0"])[0]))
        if not self.pages:
            self.asked.set()
            await asyncio.sleep(60)
        page = self.pages.pop(0)
        if isinstance(page, tuple):
            return page[0], json.dumps(page[1]).encode()
        return 200, json.dumps({"ok": True, "result": page}).encode()


@pytest.fixture
def telegram(store: str, small: None) -> Telegram:
    return Telegram()


def serve(telegram: Telegram, *pages: Any, seconds: float = 60) -> None:
    """Run the whole bot until it has taken these pages and finished with them."""

    async def story() -> None:
        telegram.asked = asyncio.Event()
        telegram.pages = list(pages)
        bot = BotApp(request=telegram, poller=telegram)
        await bot.start()
        await asyncio.wait_for(telegram.asked.wait(), seconds)
        await asyncio.sleep(0.05)
        await bot.stop()

    run(story())


def phone(telegram: Telegram, user: int = 7001) -> Phone:
    return Phone(None, telegram, user)  # type: ignore[arg-type]


def test_what_was_asked_for_is_answered_and_confirmed(telegram: Telegram) -> None:
    asha = phone(telegram)
    first, second = asha.says("/menu"), asha.says("/privacy")
    serve(telegram, [first, second])

    assert [call.text[:7] for call in asha.seen] == ["Menu &l", "Privacy"]
    assert telegram.offsets == [0, second["update_id"] + 1]
    assert inbox.waiting() == []


def test_an_update_nobody_understands_stops_nobody(telegram: Telegram) -> None:
    asha = phone(telegram)
    broken = {"update_id": 1, "message": {"message_id": "x", "chat": 7}}
    serve(telegram, [broken, asha.says("/privacy")])

    assert len(asha.seen) == 1
    assert inbox.waiting() == []


def test_an_update_that_comes_in_two_pages_is_answered_once(telegram: Telegram) -> None:
    asha = phone(telegram)
    said = asha.says("/privacy")
    serve(telegram, [said, said], [said])

    assert len(asha.seen) == 1


def test_what_was_left_by_a_killed_bot_is_answered_at_the_start(telegram: Telegram) -> None:
    asha = phone(telegram)
    said = asha.says("/privacy")
    inbox.store([(said["update_id"], json.dumps(said))])
    serve(telegram)

    assert len(asha.seen) == 1
    assert inbox.waiting() == []


def test_a_person_with_too_many_updates_is_answered_some(
    telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "EACH_MAX", 3)
    asha, juma = phone(telegram), phone(telegram, 7002)
    serve(telegram, [*(asha.says("/privacy") for _ in range(20)), juma.says("/privacy")])

    assert 1 <= len(asha.seen) < 20
    assert len(juma.seen) == 1
    assert inbox.waiting() == []


@pytest.mark.parametrize(
    "trouble",
    [
        refusal(409, "Conflict: terminated by other getUpdates request"),
        refusal(500, "Internal Server Error"),
        refusal(401, "Unauthorized"),
        (502, "<html>"),
    ],
)
def test_trouble_while_asking_passes(telegram: Telegram, trouble: Any) -> None:
    asha = phone(telegram)
    serve(telegram, trouble, [asha.says("/privacy")])

    assert len(asha.seen) == 1


def test_nothing_is_confirmed_that_could_not_be_kept(
    telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    asha = phone(telegram)
    page = [asha.says("/privacy")]
    real, failures = inbox.store, [OSError("database is away")]

    def store(updates: Any) -> set[int]:
        if failures:
            raise RuntimeError(failures.pop())
        return real(updates)

    monkeypatch.setattr(inbox, "store", store)
    serve(telegram, page, page)

    assert telegram.offsets == [0, 0, page[0]["update_id"] + 1]
    assert len(asha.seen) == 1


def test_the_lists_of_commands_are_told_at_the_start(telegram: Telegram) -> None:
    serve(telegram)

    published = telegram.of("setMyCommands")
    assert {call.data.get("language_code") for call in published} >= {None, "sw"}
