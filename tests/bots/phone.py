"""The bot without a network: a request object that records, and a person who types and presses."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from telegram import Update
from telegram.request import BaseRequest, RequestData

from bots.app import BotApp
from bots.routing import Router
from bots.threads import Threads
from core import clock

ME = {"id": 110000001, "is_bot": True, "first_name": "Tuma", "username": "tuma_bot"}
_updates = itertools.count(1000)


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Call:
    """One call of the Bot API."""

    method: str
    data: dict[str, Any]

    @property
    def chat(self) -> int:
        return int(self.data.get("chat_id", 0))

    @property
    def text(self) -> str:
        return str(self.data.get("text", ""))

    @property
    def buttons(self) -> list[dict[str, Any]]:
        markup = self.data.get("reply_markup")
        markup = json.loads(markup) if isinstance(markup, str) else markup or {}
        return [button for row in markup.get("inline_keyboard", []) for button in row]


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a story as the bot's process would: core calls in threads of their own."""

    async def play() -> None:
        threads = Threads(3)
        asyncio.get_running_loop().set_default_executor(threads)
        try:
            await work
        finally:
            await asyncio.sleep(0)
            threads.close()

    asyncio.run(play())


Answer = tuple[int, dict[str, Any]] | BaseException | None
Rule = Callable[[Call], Answer]


class Recorder(BaseRequest):
    """Answers every call with success, unless a rule says otherwise."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.rules: list[Rule] = []
        self._messages = itertools.count(500)

    @property
    def read_timeout(self) -> float:
        return 1.0

    async def initialize(self) -> None:
        """Nothing."""

    async def shutdown(self) -> None:
        """Nothing."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, **_: Any
    ) -> tuple[int, bytes]:
        name = urlsplit(url).path.rpartition("/")[2]
        call = Call(name, dict(request_data.parameters) if request_data is not None else {})
        if request_data is not None and request_data.multipart_data:
            call.data |= dict(request_data.multipart_data)
        self.calls.append(call)
        await asyncio.sleep(0)
        for rule in self.rules:
            said = rule(call)
            if isinstance(said, BaseException):
                raise said
            if said is not None:
                return said[0], json.dumps(said[1]).encode()
        return 200, json.dumps({"ok": True, "result": self._result(call)}).encode()

    def _result(self, call: Call) -> Any:
        if call.method == "getMe":
            return ME
        if call.method.startswith("send"):
            return message(next(self._messages), call.chat, from_bot=True, text=call.text or "x")
        if call.method == "editMessageText":
            return message(int(call.data["message_id"]), call.chat, from_bot=True, text=call.text)
        return True

    def of(self, *methods: str) -> list[Call]:
        return [call for call in self.calls if call.method in methods]


def refusal(code: int, description: str, **parameters: int) -> tuple[int, dict[str, Any]]:
    said: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    return code, said | ({"parameters": parameters} if parameters else {})


def message(
    number: int, chat: int, *, from_bot: bool = False, kind: str = "private", **what: Any
) -> dict[str, Any]:
    sender = ME if from_bot else {"id": chat, "is_bot": False, "first_name": "Asha"}
    return {
        "message_id": number,
        "date": clock.ms() // 1000,
        "chat": {"id": chat, "type": kind, "first_name": "Asha", "title": "A group"},
        "from": sender,
        **what,
    }


def update(**what: Any) -> dict[str, Any]:
    return {"update_id": next(_updates), **what}


@dataclass
class Phone:
    """Somebody's Telegram: what they do goes to the bot, what the bot shows is read off."""

    router: Router
    recorder: Recorder
    user: int = 7001
    language: str | None = "en"
    _numbers: Any = field(default_factory=lambda: itertools.count(10))

    def person(self) -> dict[str, Any]:
        spoken = {"language_code": self.language} if self.language else {}
        return {"id": self.user, "is_bot": False, "first_name": "Asha", **spoken}

    def says(self, text: str, **what: Any) -> dict[str, Any]:
        entity = {"type": "bot_command", "offset": 0, "length": len(text.split()[0])}
        if text.startswith("/"):
            what |= {"entities": [entity]}
        return self.writes(text=text, **what)

    def writes(self, **what: Any) -> dict[str, Any]:
        sent = message(next(self._numbers), self.user, **what)
        return update(message=sent | {"from": self.person()})

    def pressing(self, data: str, on: int | None = None) -> dict[str, Any]:
        shown = message(on or self.screen_id, self.user, from_bot=True, text="x")
        return update(
            callback_query={
                "id": "1", "from": self.person(), "chat_instance": "1", "message": shown,
                "data": data,
            }
        )  # fmt: skip

    async def give(self, *updates: dict[str, Any]) -> None:
        for raw in updates:
            await self.router.handle(Update.de_json(raw, self.router._bot))

    async def say(self, text: str, **what: Any) -> None:
        await self.give(self.says(text, **what))

    async def press(self, label: str) -> None:
        await self.give(self.pressing(self.data(label)))

    def data(self, label: str) -> str:
        found = [each["callback_data"] for each in self.screen.buttons if each["text"] == label]
        assert found, f"no {label} among {[each['text'] for each in self.screen.buttons]}"
        return str(found[0])

    @property
    def seen(self) -> list[Call]:
        return [
            call
            for call in self.recorder.of("sendMessage", "editMessageText")
            if call.chat == self.user
        ]

    @property
    def screen(self) -> Call:
        """The last thing shown with buttons under it."""
        return next(call for call in reversed(self.seen) if call.buttons)

    @property
    def screen_id(self) -> int:
        """The message the screen stands in: an edited one says which, a sent one was numbered."""
        last = self.screen
        if last.method == "editMessageText":
            return int(last.data["message_id"])
        sent = [call for call in self.recorder.calls if call.method.startswith("send")]
        return 500 + next(at for at, call in enumerate(sent) if call is last)


def app(recorder: Recorder) -> BotApp:
    return BotApp(request=recorder, poller=recorder)
