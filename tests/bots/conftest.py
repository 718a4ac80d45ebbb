from __future__ import annotations

import functools

import pytest
from telegram.ext import ExtBot

from bots import private
from bots.conversing import take
from bots.routing import Router
from core.settings import settings
from tests.bots import flows
from tests.bots.phone import Phone, Recorder


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
