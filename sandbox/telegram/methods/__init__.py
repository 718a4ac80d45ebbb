"""What the bot can call, each method by its name in small letters."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping

from sandbox.telegram.errors import Refusal
from sandbox.telegram.fields import Fields
from sandbox.telegram.methods import editing, looking, presenting, sending, updating
from sandbox.telegram.people import Json
from sandbox.telegram.telegram import Telegram

Method = Callable[[Telegram, Fields], object]

METHODS: Mapping[str, Method] = {
    name.lower(): method
    for part in (updating, sending, editing, looking, presenting)
    for name, method in part.METHODS.items()
}


def obey(telegram: Telegram, method: str, values: Json) -> None:
    """A call written into the answer to a webhook; nobody hears how it went."""
    if method in METHODS:
        with telegram.lock, contextlib.suppress(Refusal):
            METHODS[method](telegram, Fields(values))
