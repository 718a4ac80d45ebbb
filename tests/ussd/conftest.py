"""A door with a small conversation behind it, on a database of each kind."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import falcon.testing
import pytest

from core import database
from tests.ussd import scene
from tests.ussd.gateways import GATEWAYS
from tests.ussd.scene import Dials, Phone, World
from ussd import arrivals, deadline

THREADS = 8
_sessions = itertools.count(1)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def web(
    store: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> Iterator[falcon.testing.TestClient]:
    """The door, with threads of its own that let go of the database when the test is over.

    It is never late because the machine is slow: what is too late is told by the test.
    """
    monkeypatch.setattr(deadline, "ANSWER_S", 60)
    monkeypatch.setattr(arrivals, "WAIT_S", 60)
    pool = ThreadPoolExecutor(THREADS)
    monkeypatch.setattr(deadline, "_pool", pool)
    monkeypatch.setattr(deadline, "THREADS", THREADS)
    yield scene.make_web(world)
    deadline.rest()
    together = threading.Barrier(THREADS)
    for done in [pool.submit(_let_go, together) for _ in range(THREADS)]:
        done.result(100)
    pool.shutdown()


def _let_go(together: threading.Barrier) -> None:
    together.wait(100)  # so that each thread gets one of these
    database.close_all()


@pytest.fixture
def phone(web: falcon.testing.TestClient) -> Dials:
    """A phone at a gateway: `phone("Airtel")`, each time in a session of its own."""

    def make(gateway: str = "AfricasTalking", number: str = scene.PHONE) -> Phone:
        session = f"ATUid_{next(_sessions):032x}"
        return Phone(web, GATEWAYS[gateway](phone=number, session=session))

    return make
