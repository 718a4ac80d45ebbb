"""Carries callbacks to the application and remembers how it received them."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

import msgspec

from sandbox.times import iso_now

PATIENCE_SECONDS = 10.0
REUSE_SECONDS = 1.0
"""A kept connection older than this may be just about to be closed at the other end."""

KEPT = {"dlr": 5_000, "": 20_000}
"""How many callbacks of a kind are remembered; the totals count all of them."""

_SECRET = re.compile(r"(?<=/)(?=[^/]*[0-9a-f]{8})[0-9a-zA-Z_-]{16,}")


class Callback(msgspec.Struct):
    """One call to the application, and its answer."""

    kind: str
    about: str
    url: str
    at: str
    status: int | None = None
    error: str | None = None
    ms: int = 0


class Reply(msgspec.Struct):
    """What the application answered; status 0 when it did not."""

    status: int
    body: bytes = b""
    reason: str = ""
    retry_after: int = 0
    """Seconds the application asks to be left alone."""


class Letter(msgspec.Struct):
    """A callback to be made."""

    kind: str
    about: str
    url: str
    method: str = "POST"
    headers: dict[str, str] = {}
    body: bytes = b""


class Courier:
    """Delivers letters, each once, and keeps a list of what became of them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = [secret for secret in secrets if secret]
        self._lock = threading.Lock()
        self._kept = threading.local()
        self.forget()

    def forget(self) -> None:
        """Empty the list."""
        with self._lock:
            self._lists: dict[str, deque[Callback]] = {
                kind: deque(maxlen=most) for kind, most in KEPT.items()
            }
            self._counts: dict[str, dict[str, int]] = {}

    def deliver(
        self, letter: Letter, patience_seconds: float = PATIENCE_SECONDS, reuse: bool = False
    ) -> Reply:
        """Make one call and wait for its answer."""
        record = Callback(letter.kind, letter.about, self.masked(letter.url), iso_now())
        lists, counts = self._lists, self._counts
        begun = time.monotonic()
        try:
            reply = self._call(letter, patience_seconds, reuse)
            record.status = reply.status
        except (OSError, http.client.HTTPException, ValueError) as error:
            reply = Reply(0)
            record.error = type(error).__name__
        record.ms = round((time.monotonic() - begun) * 1000)
        with self._lock:
            # Bound before the call: what began before a reset is forgotten with the rest.
            lists[letter.kind if letter.kind in lists else ""].append(record)
            outcome = "ok" if 200 <= reply.status < 300 else "failed"
            count = counts.setdefault(letter.kind, {"ok": 0, "failed": 0})
            count[outcome] += 1
        return reply

    def callbacks(self) -> list[Callback]:
        """What was delivered, oldest first."""
        with self._lock:
            every = [record for kept in self._lists.values() for record in kept]
        return sorted(every, key=lambda record: record.at)

    def counts(self) -> dict[str, dict[str, int]]:
        """How many calls of each kind were answered with 2xx, and how many not."""
        with self._lock:
            return {kind: dict(count) for kind, count in self._counts.items()}

    def masked(self, url: str) -> str:
        """An address without the secrets in it and without its query."""
        url = url.partition("?")[0]
        for secret in self._secrets:
            url = url.replace(secret, "***")
        return _SECRET.sub("***", url)

    def _call(self, letter: Letter, patience_seconds: float, reuse: bool) -> Reply:
        parts = urlsplit(letter.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = dict(letter.headers)
        if not reuse:
            headers["Connection"] = "close"
            connection = _connect(parts.scheme, parts.netloc, patience_seconds)
            try:
                return _exchange(connection, letter, target, headers)
            finally:
                connection.close()
        return self._call_again(letter, parts.scheme, parts.netloc, target, headers)

    def _call_again(
        self, letter: Letter, scheme: str, netloc: str, target: str, headers: Mapping[str, str]
    ) -> Reply:
        """Over the connection this thread used last, if that is fresh."""
        kept: dict[str, tuple[float, http.client.HTTPConnection]]
        kept = self._kept.__dict__.setdefault("connections", {})
        idle_since, connection = kept.pop(f"{scheme}://{netloc}", (0.0, None))
        if connection and time.monotonic() - idle_since > REUSE_SECONDS:
            connection.close()
            connection = None
        if connection:
            try:
                reply = _exchange(connection, letter, target, headers)
            except (http.client.RemoteDisconnected, ConnectionError):
                # The other end had closed it meanwhile: nothing was read there.
                connection.close()
            else:
                kept[f"{scheme}://{netloc}"] = time.monotonic(), connection
                return reply
        connection = _connect(scheme, netloc, PATIENCE_SECONDS)
        try:
            reply = _exchange(connection, letter, target, headers)
        except BaseException:
            connection.close()
            raise
        kept[f"{scheme}://{netloc}"] = time.monotonic(), connection
        return reply


def _connect(scheme: str, netloc: str, patience_seconds: float) -> http.client.HTTPConnection:
    make: Callable[..., http.client.HTTPConnection] = http.client.HTTPConnection
    if scheme == "https":
        make = http.client.HTTPSConnection
    return make(netloc, timeout=patience_seconds)


def _exchange(
    connection: http.client.HTTPConnection,
    letter: Letter,
    target: str,
    headers: Mapping[str, str],
) -> Reply:
    connection.request(letter.method, target, letter.body or None, dict(headers))
    answer = connection.getresponse()
    asked = answer.getheader("Retry-After", "")
    retry_after = int(asked) if asked.isdecimal() else 0
    return Reply(answer.status, answer.read(), answer.reason, retry_after)
