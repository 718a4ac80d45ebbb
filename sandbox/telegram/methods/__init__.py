"""What the bot can call, each method by its name in small letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.telegram.fields import Fields
from sandbox.telegram.methods import editing, looking, presenting, sending, updating
from sandbox.telegram.telegram import Telegram

Method = Callable[[Telegram, Fields], object]

METHODS: Mapping[str, Method] = {
    name.lower(): method
    for part in (updating, sending, editing, looking, presenting)
    for name, method in part.METHODS.items()
}
