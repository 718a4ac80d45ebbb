"""What a message that moves looks like at a moment."""

from __future__ import annotations

from dataclasses import dataclass

from core.gateways.telegram import Keyboard

BLOCKS = 10


@dataclass(frozen=True, slots=True)
class Look:
    """Plain words and buttons. `is_over` says that nothing will change any more, `again_s` how
    soon it is worth looking again."""

    text: str
    buttons: Keyboard = ()
    is_over: bool = False
    again_s: float = 3.0


def bar(share: float) -> str:
    """Draw how much of something is done, from 0 to 1.

    >>> bar(0), bar(0.347), bar(1)
    ('▱▱▱▱▱▱▱▱▱▱ 0%', '▰▰▰▱▱▱▱▱▱▱ 34%', '▰▰▰▰▰▰▰▰▰▰ 100%')
    """
    share = min(max(share, 0.0), 1.0)
    full = int(share * BLOCKS)
    return "▰" * full + "▱" * (BLOCKS - full) + f" {int(share * 100)}%"
