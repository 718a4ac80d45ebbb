from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from core import clock
from tests.notices.room import Room, serving


@pytest.fixture
def room(store: str, change_settings: Callable[..., None]) -> Iterator[Room]:
    """The chats of the bot, on a Monday at noon."""
    clock.freeze(datetime(2026, 3, 2, 12, tzinfo=clock.NAIROBI))
    with serving() as (made, url):
        change_settings("telegram", base_url=url)
        yield made
