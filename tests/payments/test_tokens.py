"""The OAuth token: one for all processes, fetched once, forgotten only when it is the bad one."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from core import clock
from core.gateways.daraja import FreshToken
from core.gateways.errors import GatewayDown
from core.payments import provider, tokens
from core.payments.models import ProviderToken
from core.payments.tokens import DatabaseTokens
from core.settings import settings
from tests.gateways.wire import says, serving
from tests.races import together


class Fetch:
    """Counts, and gives t1, t2, ...; a new one kills the one before."""

    def __init__(self, *, takes_s: float = 0, good_s: int = 3599) -> None:
        self._lock = threading.Lock()
        self._takes_s = takes_s
        self._good_s = good_s
        self.count = 0

    def __call__(self) -> FreshToken:
        with self._lock:
            self.count += 1
            value = f"t{self.count}"
        time.sleep(self._takes_s)
        return FreshToken(value, self._good_s)


@pytest.fixture
def kept(store) -> DatabaseTokens:
    return DatabaseTokens("daraja:test")


def test_a_token_is_fetched_once_and_kept(kept):
    fetch = Fetch()

    assert [kept.get(fetch) for _ in range(5)] == ["t1"] * 5
    assert fetch.count == 1


def test_threads_that_ask_at_one_moment_make_one_fetch(kept):
    fetch = Fetch(takes_s=0.2)
    found = together(8, lambda _: DatabaseTokens("daraja:test").get(fetch))

    assert found == ["t1"] * 8
    assert fetch.count == 1


def test_processes_that_ask_at_one_moment_make_one_fetch(store):
    """Real processes, the real client, and a server that counts."""
    program = """
import sys
from core import database, settings
from core.gateways.daraja import Daraja
from core.payments.tokens import DatabaseTokens
settings.settings()
database.open_database(sys.argv[1])
tokens = DatabaseTokens("daraja:test")
client = Daraja(sys.argv[2], "key", "secret", "174379", None, "pass", tokens)
sys.stdin.read()
print(tokens.get(client.fetch_token))
"""
    with serving() as wire:
        wire.will(says({"access_token": "abc123", "expires_in": "3599"}))
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", program, store, wire.url],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(4)
        ]
        for process in processes:
            process.stdin.close()
            process.stdin = None
        said = [process.communicate(timeout=60) for process in processes]

    assert [out for out, _ in said] == ["abc123\n"] * 4, said
    assert len(wire.seen) == 1


def test_a_token_is_renewed_a_minute_before_its_end(kept):
    from datetime import UTC, datetime

    clock.freeze(datetime(2026, 11, 23, tzinfo=UTC))
    fetch = Fetch()
    kept.get(fetch)
    clock.advance(3599 - 61)
    assert kept.get(fetch) == "t1"
    clock.advance(1)

    assert kept.get(fetch) == "t2"


def test_a_bad_token_is_forgotten(kept):
    fetch = Fetch()
    kept.discard(kept.get(fetch))

    assert kept.get(fetch) == "t2"


def test_a_token_that_was_replaced_already_is_not_discarded(kept):
    """Two processes find the same token bad: the second must not throw away the first's new one."""
    fetch = Fetch()
    bad = kept.get(fetch)
    kept.discard(bad)
    assert kept.get(fetch) == "t2"
    kept.discard(bad)

    assert kept.get(fetch) == "t2"
    assert fetch.count == 2


def test_eight_threads_that_find_it_bad_make_one_fetch(kept):
    fetch = Fetch(takes_s=0.05)
    bad = kept.get(fetch)

    def replace(_: int) -> str:
        mine = DatabaseTokens("daraja:test")
        mine.discard(bad)
        return mine.get(fetch)

    assert together(8, replace) == ["t2"] * 8
    assert fetch.count == 2


def test_a_failed_fetch_is_told_and_lets_the_next_one_try(kept):
    def fails() -> FreshToken:
        raise GatewayDown(provider="M-Pesa", why="HTTP 503")

    with pytest.raises(GatewayDown):
        kept.get(fails)

    assert kept.get(Fetch()) == "t1"


def test_a_fetcher_that_died_holds_nobody_up_for_long(kept, monkeypatch):
    monkeypatch.setattr(tokens, "LEASE_MS", 300)
    assert kept._claim()

    assert kept.get(Fetch()) == "t1"


def test_who_waits_in_vain_is_told_that_nothing_left(kept, monkeypatch):
    monkeypatch.setattr(tokens, "WAIT_S", 0.2)
    assert kept._claim()

    with pytest.raises(GatewayDown):
        kept.get(Fetch())


def test_a_fetcher_that_slept_too_long_does_not_overwrite_its_successor(kept, monkeypatch):
    monkeypatch.setattr(tokens, "LEASE_MS", 10)
    successor = Fetch()

    def sleepy() -> FreshToken:
        time.sleep(0.05)
        DatabaseTokens("daraja:test").get(lambda: FreshToken("theirs", 3599))
        return FreshToken("mine", 3599)

    assert kept.get(sleepy) == "mine"
    assert kept.get(successor) == "theirs"


def test_a_token_is_sealed_in_the_database(kept):
    token = "as-long-as-chance-never-writes-it"
    assert kept.get(lambda: FreshToken(token, 3599)) == token

    assert token not in ProviderToken.get().token


def test_a_token_sealed_with_a_lost_key_is_fetched_again(kept, change_settings):
    fetch = Fetch()
    kept.get(fetch)
    change_settings("app", secret_key="another-secret-key-of-this-installation")

    assert kept.get(fetch) == "t2"


def test_each_environment_and_app_has_a_token_of_its_own(store, change_settings):
    mpesa = settings().mpesa
    names = {provider.token_name(mpesa)}
    change_settings("mpesa", consumer_key="other")
    names.add(provider.token_name(settings().mpesa))
    change_settings("mpesa", base_url="https://api.safaricom.co.ke")
    names.add(provider.token_name(settings().mpesa))
    change_settings("app", environment="production")
    names.add(provider.token_name(settings().mpesa))

    assert len(names) == 4
    assert all("other" not in name for name in names)
