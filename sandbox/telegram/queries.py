"""Presses on buttons, and what the person who pressed got to see."""

from __future__ import annotations

import secrets
import threading
import time

import msgspec

from sandbox.faults import Faults
from sandbox.telegram.errors import bad
from sandbox.telegram.people import Json, Person
from sandbox.times import iso_now

ANSWER_MAX = 200
KEPT_MAX = 10_000
_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


class Query(msgspec.Struct):
    """One press, waiting for its answer."""

    id: str
    person: Person
    chat_id: int
    message_id: int
    data: str
    at: str
    begun: float
    answer: Json | None = None
    version: int = 0


class Queries:
    """Every press; each can be answered once and not for long."""

    def __init__(self, faults: Faults, lock: threading.RLock) -> None:
        self._faults = faults
        self._answered = threading.Condition(lock)
        self._by_id: dict[str, Query] = {}

    def add(self, person: Person, chat_id: int, message_id: int, data: str) -> Query:
        """Somebody pressed."""
        with self._answered:
            number = str(secrets.randbits(62) + 10**18)
            query = Query(number, person, chat_id, message_id, data, iso_now(), time.monotonic())
            self._by_id[query.id] = query
            while len(self._by_id) > KEPT_MAX:
                del self._by_id[next(iter(self._by_id))]
            return query

    def answer(self, query_id: str, text: str, is_alert: bool, url: str, version: int) -> Query:
        """The bot's answer.

        Raises: Refusal.
        """
        with self._answered:
            query = self._by_id.get(query_id)
            if query is None or query.answer is not None:
                raise bad(_TOO_OLD)
            age = time.monotonic() - query.begun
            late = age > self._faults.number("telegram.query_seconds")
            if late or self._faults.hit("telegram.query_expired", query.person.phone):
                raise bad(_TOO_OLD)
            if len(text) > ANSWER_MAX:
                raise bad("MESSAGE_TOO_LONG")
            if url and not url.startswith("https://t.me/"):
                raise bad("URL_INVALID")
            query.answer = {"text": text, "show_alert": is_alert, "url": url}
            query.version = version
            self._answered.notify_all()
            return query

    def wait(self, query: Query, seconds: float) -> Json | None:
        """The answer, if it comes in time."""
        with self._answered:
            self._answered.wait_for(lambda: query.answer is not None, seconds)
            return query.answer

    def shown_to(self, person_id: int, chat_id: int, since: int) -> list[Json]:
        """What somebody's presses in a chat brought up, oldest first."""
        with self._answered:
            return [
                query.answer
                | {
                    "id": query.id,
                    "message_id": query.message_id,
                    "at": query.at,
                    "version": query.version,
                }
                for query in self._by_id.values()
                if query.answer is not None
                and query.version > since
                and query.chat_id == chat_id
                and query.person.id == person_id
            ]

    def unanswered(self) -> int:
        """Presses on which a wheel still turns."""
        with self._answered:
            return sum(query.answer is None for query in self._by_id.values())
