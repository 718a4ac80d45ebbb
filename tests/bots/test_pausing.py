"""Sending stops within two seconds of the press, and goes on without a loss."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from core import clock, database
from core.gateways.sms import Answer
from core.messaging import dispatch, sending
from core.messaging.models import SHARED_ACCOUNT, Message
from core.messaging.sending import Order, Text
from tests.bots.desk import JANE, Admin
from tests.messaging import scene
from tests.notices.room import serving
from tests.stack import wait_until

TEXTS = 400


class Slow(scene.Gateway):
    """Takes a while for each request, and remembers when it was handed each text."""

    def __init__(self) -> None:
        super().__init__()
        self.at: list[tuple[float, str]] = []

    def send(self, sender_id: str, rows: Sequence[tuple[str, str]], unicode: bool) -> Answer:
        now = time.monotonic()
        self.at += [(now, number) for number, _ in rows]
        time.sleep(0.1)
        return super().send(sender_id, rows, unicode)


@pytest.fixture
def jane(store: str, change_settings: Callable[..., None]) -> Iterator[Admin]:
    with serving() as (room, url):
        change_settings("telegram", base_url=url, admin_ids=(JANE,))
        change_settings("onfon", batch_size=5, rate_per_second=40)
        yield Admin(room)


@contextmanager
def workers(count: int) -> Iterator[None]:
    """So many threads that dispatch, as a worker's do."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            dispatch.dispatch(SHARED_ACCOUNT)
            time.sleep(0.02)
        database.db.obj.close()

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_pause_stops_all_dispatch_and_unpause_loses_nothing(
    jane: Admin, make_tenant: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = Slow()
    monkeypatch.setattr(dispatch, "gateway_of", lambda account_id: gateway)
    clock.unfreeze()
    tenant = make_tenant("1000")
    numbers = [scene.fresh_number() for _ in range(TEXTS)]
    sending.send(tenant, Order([Text(each, "Habari") for each in numbers]), once=None, actor="x")
    with workers(4):
        wait_until(lambda: len(gateway.at) > 30, 20, every=0.01)
        question = jane.says("/pause The gateway acts up")
        jane.presses("Yes, do it", question)
        stopped = time.monotonic()
        time.sleep(3.0)
        handed = len(gateway.at)

        assert max(at for at, _ in gateway.at) < stopped + 2.0
        assert handed < TEXTS
        assert Message.select().where(Message.status == "submitting").count() == 0

        jane.says("/unpause")
        wait_until(lambda: len(gateway.at) >= TEXTS, 30, every=0.05)
        wait_until(lambda: not Message.select().where(Message.status != "submitted").exists(), 10)

    assert Counter(number for _, number in gateway.at) == Counter(numbers)
    scene.assert_proved()
