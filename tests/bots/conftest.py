from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from telegram.ext import ExtBot

from bots import private
from bots.conversing import take
from bots.routing import Router
from core import clock
from core.settings import settings
from tests.bots import flows
from tests.bots.desk import JANE, OMAR, Admin
from tests.bots.phone import Phone, Recorder
from tests.notices.room import serving


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the bot speak the small registry instead of the product's."""
    flows.PAID.clear()
    monkeypatch.setattr(private, "take", functools.partial(take, engine=flows.ENGINE))


@pytest.fixture
def asha(store: str, small: None, recorder: Recorder) -> Phone:
    bot = ExtBot(settings().telegram.token, request=recorder, get_updates_request=recorder)
    return Phone(Router(bot), recorder)


@pytest.fixture
def jane(store: str, change_settings: Callable[..., None]) -> Iterator[Admin]:
    """An admin in the ops chat, on a Monday at noon."""
    clock.freeze(datetime(2026, 3, 2, 12, tzinfo=clock.NAIROBI))
    with serving() as (room, url):
        change_settings("telegram", base_url=url, admin_ids=(JANE, OMAR))
        yield Admin(room)


@pytest.fixture
def omar(jane: Admin) -> Admin:
    return Admin(jane.room, OMAR, "Omar")
