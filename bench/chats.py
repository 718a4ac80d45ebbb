"""A stand-in for Telegram that costs next to nothing, and the people in front of it.

Run as a program of its own: `chats.py PORT`. `POST /run` takes a plan (people, seconds, how long
they think) and answers with how long each act waited for its screen. The sandbox is the faithful
one; this one only has to be quicker than what is measured.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from typing import Any
from urllib.parse import parse_qsl

SCREENS = ("sendMessage", "editMessageText")


class Person:
    """Somebody who leafs through menus: `/menu` at times, else whatever button there is."""

    def __init__(self, user: int, chance: random.Random) -> None:
        self.user, self._chance = user, chance
        self._buttons: list[tuple[int, str, str]] = []
        self.asked_at = 0.0
        self.answered = asyncio.Event()

    def act(self, labels: list[str]) -> dict[str, Any]:
        """What they do next, as Telegram tells it."""
        person = {"id": self.user, "is_bot": False, "first_name": "Asha", "language_code": "en"}
        chat = {"id": self.user, "type": "private", "first_name": "Asha"}
        now = int(time.time())
        found = [each for each in self._buttons if each[1] in labels]
        if not found or self._chance.random() < 0.2:
            text = {
                "text": "/menu",
                "entities": [{"type": "bot_command", "offset": 0, "length": 5}],
            }
            message = {"message_id": 1, "date": now, "chat": chat, "from": person, **text}
            return {"message": message}
        number, _, data = self._chance.choice(found)
        message = {"message_id": number, "date": now, "chat": chat, "text": "x"}
        press = {"id": "1", "from": person, "chat_instance": "1", "data": data, "message": message}
        return {"callback_query": press}

    def shown(self, message_id: int, markup: str) -> None:
        """A screen has come."""
        rows = json.loads(markup).get("inline_keyboard", []) if markup else []
        self._buttons = [
            (message_id, each["text"], each.get("callback_data", ""))
            for row in rows
            for each in row
        ]
        self.answered.set()


class Telegram:
    """Updates waiting to be asked for, and what became of them."""

    def __init__(self) -> None:
        self.people: dict[int, Person] = {}
        self.waiting: list[dict[str, Any]] = []
        self.came = asyncio.Event()
        self.calls = 0
        self._update, self._message = int(time.time()), 1000

    async def obey(self, method: str, given: dict[str, str]) -> Any:
        """Answer a call of the bot's."""
        self.calls += 1
        if method == "getUpdates":
            return await self._updates(int(given.get("offset", 0)), float(given["timeout"]))
        if method == "getMe":
            return {"id": 1, "is_bot": True, "first_name": "Tuma", "username": "tuma_bot"}
        if not method.startswith(("send", "editMessageText")):
            return True
        chat = int(given["chat_id"])
        self._message += 1
        number = int(given.get("message_id", self._message))
        person = self.people.get(chat)
        if method in SCREENS and person is not None:
            person.shown(number, given.get("reply_markup", ""))
        where = {"id": chat, "type": "private", "first_name": "Asha"}
        return {"message_id": number, "date": 1, "chat": where, "text": "x"}

    async def _updates(self, offset: int, seconds: float) -> list[dict[str, Any]]:
        self.waiting = [each for each in self.waiting if each["update_id"] >= offset]
        if not self.waiting:
            self.came.clear()
            try:
                await asyncio.wait_for(self.came.wait(), seconds)
            except TimeoutError:
                return []
        return self.waiting[:100]

    def tell(self, what: dict[str, Any]) -> None:
        """Have something to be asked for."""
        self._update += 1
        self.waiting.append({"update_id": self._update, **what})
        self.came.set()

    async def run(self, plan: dict[str, Any]) -> dict[str, Any]:
        """Let people act for so many seconds, and say how long they waited."""
        took: list[float] = []
        lost = 0
        ends = time.perf_counter() + plan["seconds"]
        chance = random.Random(plan.get("seed", 7))
        for user in plan["users"]:
            self.people.setdefault(user, Person(user, random.Random(user)))

        async def live(person: Person) -> None:
            nonlocal lost
            await asyncio.sleep(chance.random() * plan["think_s"])
            while time.perf_counter() < ends:
                person.answered.clear()
                begun = time.perf_counter()
                self.tell(person.act(plan["labels"]))
                try:
                    await asyncio.wait_for(person.answered.wait(), 20)
                except TimeoutError:
                    lost += 1
                    continue
                took.append(time.perf_counter() - begun)
                await asyncio.sleep(plan["think_s"] * (0.5 + chance.random()))

        begun = time.perf_counter()
        await asyncio.gather(*(live(self.people[user]) for user in plan["users"]))
        took.sort()
        return {
            "acts": len(took),
            "lost": lost,
            "rate": len(took) / (time.perf_counter() - begun),
            "p50_ms": took[len(took) // 2] * 1000 if took else 0.0,
            "p99_ms": took[min(len(took) - 1, len(took) * 99 // 100)] * 1000 if took else 0.0,
            "max_ms": took[-1] * 1000 if took else 0.0,
            "calls": self.calls,
        }


class Server:
    """Just enough HTTP."""

    def __init__(self) -> None:
        self.telegram = Telegram()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, _, rest = head.decode("latin-1").partition("\r\n")
                length = 0
                for line in rest.split("\r\n"):
                    name, _, value = line.partition(":")
                    if name.lower() == "content-length":
                        length = int(value)
                body = await reader.readexactly(length) if length else b""
                answer = await self._answer(first.split(" ")[1], body)
                raw = json.dumps(answer).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(raw) + raw
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, target: str, body: bytes) -> Any:
        path, _, query = target.partition("?")
        if path == "/run":
            return await self.telegram.run(json.loads(body))
        if path == "/calls":
            return {"calls": self.telegram.calls}
        is_form = not body.startswith(b"--")
        given = dict(parse_qsl(query)) | (dict(parse_qsl(body.decode())) if is_form else {})
        if not is_form:
            given["chat_id"] = "0"
        return {"ok": True, "result": await self.telegram.obey(path.rpartition("/")[2], given)}


async def main(port: int) -> None:
    """Serve until ended."""
    server = Server()
    running = await asyncio.start_server(server.converse, "127.0.0.1", port, limit=1 << 20)
    async with running:
        await running.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
