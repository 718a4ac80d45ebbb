"""Updates carried to the bot's own address."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

import msgspec

from sandbox.courier import Courier, Letter, Reply
from sandbox.faults import Faults
from sandbox.scheduler import Scheduler
from sandbox.telegram.errors import bad
from sandbox.telegram.people import Json
from sandbox.telegram.updates import UNASKED, Update, Updates

CONNECTIONS = 40
CONNECTIONS_MAX = 100
PORTS = (443, 80, 88, 8443)
RETRY_AFTER_MAX_SECONDS = 3600
RESEND_MAX_SECONDS = 60
GONE_SECONDS = 23 * 3600

_SECRET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_FORBIDDEN_ANSWERS = ("deletewebhook", "setwebhook", "close", "logout")


class Setup(msgspec.Struct, frozen=True):
    """What setWebhook was told."""

    url: str = ""
    secret: str = ""
    connections: int = CONNECTIONS


def check(url: str, secret: str, *, anywhere: bool) -> None:
    """Refuse an address Telegram would not call.

    Raises: Refusal.
    """
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise bad("invalid webhook URL specified") from None
    if not host or parts.scheme not in ("http", "https"):
        raise bad("invalid webhook URL specified")
    if len(secret) > 256:
        raise bad("secret token is too long")
    if not set(secret) <= _SECRET:
        raise bad("secret token contains unallowed characters")
    here = host in ("localhost", "::1") or host.startswith("127.")
    if here and anywhere:
        return
    if parts.scheme != "https":
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if here:
        raise bad(f"bad webhook: IP address {host} is reserved")
    if (port or 443) not in PORTS:
        raise bad(
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        )


class Webhook:
    """Delivers each queue in order and different queues side by side."""

    def __init__(
        self, faults: Faults, scheduler: Scheduler, courier: Courier, updates: Updates
    ) -> None:
        self._faults = faults
        self._scheduler = scheduler
        self._courier = courier
        self._updates = updates
        self._lock = updates.lock
        self._queues: dict[str, deque[Update]] = {}
        self._ready: deque[str] = deque()
        self._busy = 0
        self._fails: dict[int, int] = {}
        self._gone_since = 0.0
        self.setup = Setup()
        self._error: tuple[int, str] | None = None
        self.call: Callable[[str, Json], object] = lambda *_: None
        updates.on_news = self._take

    def set(self, setup: Setup) -> None:
        """Deliver to another address from now on, or nowhere."""
        with self._lock:
            self.setup = setup
            self._queues.clear()
            self._ready.clear()
            self._fails.clear()
            self._error, self._gone_since, self._busy = None, 0.0, 0
            self._updates.is_hooked = bool(setup.url)
            if setup.url:
                for update in self._updates.pending():
                    self._take(update)

    def stop(self) -> None:
        """Deliver no more, and leave the setup as it is."""
        with self._lock:
            self.setup = Setup(self.setup.url, self.setup.secret, self.setup.connections)
            self._queues.clear()
            self._ready.clear()
            self._updates.on_news = lambda _: None

    def info(self) -> Json:
        """getWebhookInfo."""
        with self._lock:
            shown: Json = {
                "url": self.setup.url,
                "has_custom_certificate": False,
                "pending_update_count": len(self._updates.pending()),
            }
            if self._error is not None:
                shown |= {"last_error_date": self._error[0], "last_error_message": self._error[1]}
            if self.setup.url:
                shown |= {"max_connections": self.setup.connections, "ip_address": "127.0.0.1"}
            if self._updates.allowed != UNASKED:
                shown["allowed_updates"] = sorted(self._updates.allowed)
            return shown

    def _take(self, update: Update) -> None:
        with self._lock:
            if not self.setup.url:
                return
            queue = self._queues.setdefault(update.queue, deque())
            queue.append(update)
            if len(queue) == 1:
                self._get_ready(self.setup, update.queue)

    def _get_ready(self, setup: Setup, name: str) -> None:
        with self._lock:
            if setup is self.setup:
                self._ready.append(name)
                self._start()

    def _start(self) -> None:
        while self._ready and self._busy < self.setup.connections:
            name = self._ready.popleft()
            self._busy += 1
            self._scheduler.after(0, partial(self._deliver, self.setup, name))

    def _deliver(self, setup: Setup, name: str) -> None:
        with self._lock:
            if setup is not self.setup:
                return
            update = self._queues[name][0]
            copies, update.copies = update.copies, 1
        replies = [self._post(setup, update) for _ in range(copies)]
        with self._lock:
            if setup is not self.setup:
                return
            self._busy -= 1
            if 200 <= replies[-1].status < 300:
                self._done(name, update)
            else:
                self._failed(name, update, replies[-1])
            self._start()
        if 200 <= replies[-1].status < 300:
            self._obey(replies[-1].body)

    def _post(self, setup: Setup, update: Update) -> Reply:
        headers = {"Content-Type": "application/json", "User-Agent": "TelegramBot"}
        if setup.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = setup.secret
        body = msgspec.json.encode(update.shown())
        letter = Letter("telegram", str(update.id), setup.url, "POST", headers, body)
        return self._courier.deliver(letter, self._faults.number("telegram.webhook_seconds"))

    def _done(self, name: str, update: Update) -> None:
        self._gone_since = 0.0
        self._fails.pop(update.id, None)
        self._updates.forget(update.id)
        queue = self._queues[name]
        queue.popleft()
        if queue:
            self._ready.append(name)
        else:
            del self._queues[name]

    def _failed(self, name: str, update: Update, reply: Reply) -> None:
        why = f"Wrong response from the webhook: {reply.status} {reply.reason}".rstrip()
        self._error = int(time.time()), why if reply.status else "Connection timed out"
        if reply.status == 410:
            self._gone_since = self._gone_since or time.monotonic()
            if time.monotonic() - self._gone_since > GONE_SECONDS:
                self.set(Setup())
                return
        else:
            self._gone_since = 0.0
        fails = self._fails.get(update.id, 0)
        self._fails[update.id] = fails + 1
        delay = min(reply.retry_after, RETRY_AFTER_MAX_SECONDS)
        if not delay and fails:
            longest = random.uniform(RESEND_MAX_SECONDS, 2 * RESEND_MAX_SECONDS)
            second = self._faults.number("telegram.webhook_retry_seconds")
            delay = min(longest, second * 2 ** min(fails - 1, 10))
        if time.monotonic() + delay > update.expires:
            self._done(name, update)
        else:
            self._scheduler.after(delay, partial(self._get_ready, self.setup, name))

    def _obey(self, body: bytes) -> None:
        """A call written into the answer is made; nobody hears how it went."""
        try:
            wanted = msgspec.json.decode(body, type=Json)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        method = str(wanted.pop("method", "")).lower()
        if method and not method.startswith("get") and method not in _FORBIDDEN_ANSWERS:
            self.call(method, wanted)
