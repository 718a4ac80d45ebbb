"""Sending stops with what was in hand at the press, and goes on without a loss."""

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

TEXTS, WORKERS, BATCH = 400, 4, 5


class Slow(scene.Gateway):
    """Takes a while for each request, and remembers at its beginning whom it goes to."""

    def __init__(self) -> None:
        super().__init__()
        self.handed_to: list[str] = []
        self.takes_s = 0.5

    def send(self, sender_id: str, rows: Sequence[tuple[str, str]], unicode: bool) -> Answer:
        self.handed_to += [number for number, _ in rows]
        time.sleep(self.takes_s)
        return super().send(sender_id, rows, unicode)


@pytest.fixture
def jane(store: str, change_settings: Callable[..., None]) -> Iterator[Admin]:
    with serving() as (room, url):
        change_settings("telegram", base_url=url, admin_ids=(JANE,))
        change_settings("onfon", batch_size=BATCH, rate_per_second=40)
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
    with workers(WORKERS):
        wait_until(lambda: len(gateway.handed_to) > 30, every=0.01)
        question = jane.says("/pause The gateway acts up")
        jane.presses("Yes, do it", question)
        at_the_press = len(gateway.handed_to)
        time.sleep(2.0)
        handed = len(gateway.handed_to)
        time.sleep(1.0)

        assert handed - at_the_press <= WORKERS * BATCH
        assert len(gateway.handed_to) == handed < TEXTS
        assert Message.select().where(Message.status == "submitting").count() == 0

        gateway.takes_s = 0.05
        jane.says("/unpause")
        wait_until(lambda: not Message.select().where(Message.status != "submitted").exists())

    assert Counter(gateway.handed_to) == Counter(numbers)
    scene.assert_proved()
