"""The conversations: one module a flow, each the same on every door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.dialogue.engine import Engine
from core.dialogue.steps import Flow
from core.flows.balance import balance
from core.flows.menu import menu
from core.flows.visits import Visit, open_visit

__all__ = ["FLOWS", "Visit", "conversation", "open_visit"]

# Their names are kept in conversations and are commands on Telegram: add, never rename.
FLOWS: Mapping[str, Callable[[Visit], Flow]] = MappingProxyType(
    {
        "menu": menu,
        "balance": balance,
    }
)
conversation: Engine[Visit] = Engine(FLOWS)
