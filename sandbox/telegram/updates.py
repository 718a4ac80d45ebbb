"""What happened, in order, until the bot has taken note of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import msgspec

from sandbox.faults import Faults
from sandbox.scheduler import Scheduler
from sandbox.telegram.errors import Refusal, conflict
from sandbox.telegram.people import Json

KINDS = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
)
UNASKED = frozenset(KINDS) - {"chat_member", "message_reaction", "message_reaction_count"}
"""What comes to a bot that never said what it wants."""

BATCH_MAX = 100
TIMEOUT_MAX = 50
FUTURE_MAX = 10
"""An offset further ahead than this is not understood, and everything comes."""

POLLED_SECONDS = 10.0
KEPT_SECONDS = 24 * 3600

_HOOKED = (
    "can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
_ELSEWHERE = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)
_NEW_YEAR_2026 = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


def first_number(per_second: float) -> int:
    """Where a count begins, so that it is above all counts of earlier lives of the sandbox."""
    return int((time.time() - _NEW_YEAR_2026) * per_second) % 2**30 + 1


class Update(msgspec.Struct):
    """One thing that happened."""

    id: int
    kind: str
    body: Json
    queue: str
    """Of updates of one queue a webhook gets the next only when it took the one before."""
    expires: float
    copies: int = 1

    def shown(self) -> Json:
        """As the bot gets it."""
        return {"update_id": self.id, self.kind: self.body}


class Updates:
    """The queue, and the one who may read it."""

    def __init__(
        self,
        faults: Faults,
        scheduler: Scheduler,
        lock: threading.RLock,
        first: int,
    ) -> None:
        self._faults = faults
        self._scheduler = scheduler
        self.lock = lock
        self._news = threading.Condition(lock)
        self._next = first
        self._waiting: dict[int, Update] = {}
        self._held: list[tuple[str, Json, str]] = []
        self.allowed = UNASKED
        self.is_hooked = False
        self.on_news: Callable[[Update], None] = lambda _: None
        self._poller = 0
        self._ended: dict[int, str] = {}
        self._last_poll = (0, -1e9)
        self._next_conflict = 0.0

    @property
    def next_id(self) -> int:
        """The id of the next update."""
        return self._next

    def pending(self) -> list[Update]:
        """What the bot has not taken note of yet, oldest first."""
        with self._news:
            now = time.monotonic()
            for update in [one for one in self._waiting.values() if one.expires < now]:
                del self._waiting[update.id]
            return list(self._waiting.values())

    def add(self, kind: str, body: Json, queue: str, *phones: str) -> None:
        """Something happened; what the bot did not ask for is not kept."""
        with self._news:
            if kind in KINDS and kind not in self.allowed:
                return
            if self._faults.hit("telegram.update_slow", *phones):
                later = self._faults.number("telegram.update_slow_seconds")
                self._scheduler.after(later, lambda: self._append(kind, body, queue))
            elif self._faults.hit("telegram.update_out_of_order", *phones):
                self._held.append((kind, body, queue))
                wait = self._faults.number("telegram.out_of_order_seconds")
                self._scheduler.after(wait, self._release)
            else:
                copies = 2 if self._faults.hit("telegram.update_duplicate", *phones) else 1
                self._append(kind, body, queue, copies)
                self._release()

    def _release(self) -> None:
        with self._news:
            held, self._held = self._held, []
            for kind, body, queue in held:
                self._append(kind, body, queue)

    def _append(self, kind: str, body: Json, queue: str, copies: int = 1) -> None:
        with self._news:
            expires = time.monotonic() + KEPT_SECONDS
            update = Update(self._next, kind, body, queue, expires, copies)
            self._next += 1
            self._waiting[update.id] = update
            self._news.notify_all()
            self.on_news(update)

    def forget(self, update_id: int) -> None:
        """The bot has taken note of one."""
        with self._news:
            self._waiting.pop(update_id, None)

    def clear(self) -> None:
        """Drop what waits."""
        with self._news:
            self._waiting.clear()
            self._held.clear()

    def ask_for(self, kinds: Iterable[str] | None) -> None:
        """Remember which updates the bot wants; an empty list is the usual ones."""
        if kinds is not None:
            wanted = frozenset(kinds) & frozenset(KINDS)
            self.allowed = wanted or UNASKED

    def is_polled(self) -> bool:
        """Whether somebody waits for updates, or has just taken some."""
        with self._news:
            return self._poller != 0 or time.monotonic() - self._last_poll[1] < POLLED_SECONDS

    def end_poll(self, why: str) -> None:
        """Send whoever waits away."""
        with self._news:
            if self._poller:
                self._ended[self._poller] = why
                self._poller = 0
                self._news.notify_all()

    def close(self) -> None:
        """Whoever waits gets nothing and asks again, of the next life."""
        with self._news:
            self._poller = 0
            self._news.notify_all()

    def poll(self, offset: int, limit: int, timeout: float) -> list[Json]:
        """getUpdates: waits for news, but only one caller may wait.

        Raises: Refusal.
        """
        with self._news:
            if self.is_hooked:
                raise self._conflict(_HOOKED)
            if self._faults.hit("telegram.conflict"):
                raise self._conflict(_ELSEWHERE)
            limit = min(max(limit, 1), BATCH_MAX) if limit else BATCH_MAX
            timeout, limit = self._slowed(offset, limit, min(max(timeout, 0), TIMEOUT_MAX))
            self._confirm(offset)
            if not self._waiting and timeout > 0:
                self._wait(timeout)
            return self._batch(limit)

    def _slowed(self, offset: int, limit: int, timeout: float) -> tuple[float, int]:
        """Whoever asks the same again in no time waits, and gets one update at a time."""
        pause = self._faults.number("telegram.poll_pause_seconds")
        now = time.monotonic()
        last_offset, last_time = self._last_poll
        self._last_poll = offset, now
        if offset != last_offset or not pause:
            return timeout, limit
        if now < last_time + pause:
            timeout = max(timeout, pause)
        return timeout, 1 if now < last_time + 0.5 else limit

    def _confirm(self, offset: int) -> None:
        if offset > self._next + FUTURE_MAX:
            return  # of another life: it says nothing about these
        ids = list(self._waiting)
        gone = ids[:offset] if offset < 0 else [one for one in ids if one < offset]
        for update_id in gone:
            del self._waiting[update_id]

    def _wait(self, timeout: float) -> None:
        self.end_poll(_ELSEWHERE)
        me = threading.get_ident()
        self._poller = me
        self._news.wait_for(lambda: self._poller != me or bool(self._waiting), timeout)
        if why := self._ended.pop(me, ""):
            raise self._conflict(why)
        if self._poller == me:
            self._poller = 0

    def _batch(self, limit: int) -> list[Json]:
        made: list[Json] = []
        for update in self.pending()[:limit]:
            made += [update.shown()] * update.copies
            update.copies = 1
        return made

    def _conflict(self, why: str) -> Refusal:
        """The first 409 comes at once; more of them are held back, for both sides to calm down."""
        now = time.monotonic()
        pause = self._faults.number("telegram.poll_pause_seconds")
        if now < self._next_conflict:
            self._news.wait_for(lambda: False, pause)
        else:
            self._next_conflict = now + pause
        return conflict(why)
