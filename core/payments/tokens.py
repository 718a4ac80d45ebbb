"""The OAuth token of a provider, kept in the database and fetched by one process at a time.

Safaricom's portal says that a new token kills the one before it, so processes that each fetched
their own would knock each other out at random.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from core import clock
from core.database import execute, transaction
from core.gateways.daraja import FreshToken
from core.gateways.daraja_tokens import REFRESH_BEFORE_S
from core.gateways.errors import GatewayDown
from core.payments.models import ProviderToken
from core.secrets import seal, unseal

# Longer than a fetch can take, so that the lease of a living process never runs out.
LEASE_MS = 30_000
WAIT_S = 8.0
PAUSE_S = 0.05

_CLAIM = """
    INSERT INTO provider_token (name, token, expires_at, fetching_until) VALUES (%s, '', 0, %s)
    ON CONFLICT (name) DO UPDATE SET fetching_until = excluded.fetching_until
    WHERE provider_token.fetching_until <= %s AND provider_token.expires_at <= %s
    RETURNING 1
"""


class DatabaseTokens:
    """Fits `TokenStore`: any number of processes share one token and make one fetch."""

    def __init__(self, name: str) -> None:
        self._name = name

    def get(self, fetch: Callable[[], FreshToken]) -> str:
        """Return the token, fetching it when it is missing or about to end.

        Whoever finds another process fetching waits for what that one gets.
        Raises: GatewayDown (nobody had one in time), and whatever `fetch` raises.
        """
        deadline = time.monotonic() + WAIT_S
        while True:
            if (token := self._present()) is not None:
                return token
            if lease := self._claim():
                return self._fetch(fetch, lease)
            if time.monotonic() > deadline:
                raise GatewayDown(provider="M-Pesa", why="another process is fetching a token")
            time.sleep(PAUSE_S * random.uniform(0.5, 1.5))  # noqa: S311 - no secret, only jitter

    def discard(self, token: str) -> None:
        """Forget a token that was refused, unless another has taken its place already."""
        with transaction():
            row = ProviderToken.get_or_none(ProviderToken.name == self._name)
            if row is not None and row.token and _opened(row.token) == token:
                self._clear(row.token)

    def _clear(self, sealed: str) -> None:
        with transaction():
            ProviderToken.update(token="", expires_at=0).where(
                ProviderToken.name == self._name, ProviderToken.token == sealed
            ).execute()

    def _present(self) -> str | None:
        row = ProviderToken.get_or_none(ProviderToken.name == self._name)
        if row is None or clock.to_ms(row.expires_at) <= _needed_until():
            return None
        if (token := _opened(row.token)) is None:
            self._clear(row.token)
        return token

    def _claim(self) -> int:
        """Take the lease; its end tells it apart from every other. 0 when another has it."""
        now = clock.ms()
        lease = now + LEASE_MS
        with transaction():
            won = execute(_CLAIM, (self._name, lease, now, _needed_until())).fetchone()
        return lease if won is not None else 0

    def _fetch(self, fetch: Callable[[], FreshToken], lease: int) -> str:
        try:
            fresh = fetch()
        except BaseException:
            self._settle(lease, fetching_until=0)
            raise
        self._settle(
            lease,
            token=seal(fresh.value),
            expires_at=clock.ms() + fresh.expires_in_s * 1000,
            fetching_until=0,
        )
        return fresh.value

    def _settle(self, lease: int, **values: object) -> None:
        # Only under our own lease: a process that was asleep for long must not put its dead token
        # over the living one of its successor.
        with transaction():
            ProviderToken.update(**values).where(
                ProviderToken.name == self._name, ProviderToken.fetching_until == lease
            ).execute()


def _needed_until() -> int:
    return clock.ms() + REFRESH_BEFORE_S * 1000


def _opened(sealed: str) -> str | None:
    try:
        return unseal(sealed)
    except ValueError:  # sealed before the installation's key was changed
        return None
