"""Drawing a screen as plain text: for a terminal, and to see what a small phone has to hold."""

from __future__ import annotations

from core import text
from core.dialogue.screens import Asks, Screen
from core.dialogue.steps import Says

BACK, HOME = "0", "00"


def units(drawn: str) -> int:
    """The room a text takes on a phone that dials, in GSM-7 units.

    A letter outside that alphabet halves the room, so it counts for more than it looks.
    """
    measured = text.measure(drawn)
    return measured.units if measured.encoding == text.GSM7 else 2 * measured.units


def small(screen: Screen, says: Says) -> str:
    """Draw a screen as a small phone shows it, on one page however long that gets."""
    lines = [screen.notice, screen.text]
    lines += [f"{place}. {option.label}" for place, option in enumerate(screen.options, 1)]
    if not screen.ends:
        ways = [f"{BACK}. {says.say('Back')}"] if screen.can_go_back else []
        ways += [] if screen.is_home else [f"{HOME}. {says.say('Home')}"]
        lines.append("  ".join(ways))
    return "\n".join(line for line in lines if line)


def large(screen: Screen, says: Says) -> str:
    """Draw a screen as a chat shows it: with what only large screens hold, and its buttons."""
    lines = [f"! {screen.notice}" if screen.notice else "", screen.text, screen.detail or ""]
    if screen.picture is not None:
        lines.append(f"[picture: {screen.picture.kind}]")
    if screen.document is not None:
        lines.append(f"[file: {screen.document.name}]")
    if screen.secret is not None:
        lines.append(f"[secret: {screen.secret[:8]}...]")
    if screen.asks is Asks.CONTACT:
        lines.append("[contact]")
    lines += [f"[{option.label}]" for option in screen.options]
    if screen.can_go_back:
        lines.append(f"[{says.say('Back')}]")
    return "\n".join(line for line in lines if line)
