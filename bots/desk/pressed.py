"""What comes of pressing a button of the ops chat."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

from bots.desk.acts import Done
from bots.desk.hearing import Heard
from bots.desk.replies import Reply, pressed_card

REPLY_BELOW = "Reply to the message below."


@dataclass(frozen=True, slots=True)
class Pressed:
    """What came of a press.

    `words` pop up, as an `is_alert` that must be closed where they must not be overlooked. Then the
    cards of `subjects` are drawn anew, and something is said, or put in the message's place. What
    is slow to find is found by `later`.
    """

    words: str = ""
    is_alert: bool = False
    subjects: tuple[str, ...] = ()
    says: Reply | None = None
    rewrites: Reply | None = None
    later: Callable[[], Reply | Done | None] | None = None


def of(heard: Heard, done: Done, likely: str) -> Pressed:
    """Answer with the outcome of an act, and have the cards follow."""
    words = html.unescape(re.sub(r"<[^>]+>", "", done.text))
    subjects = dict.fromkeys((pressed_card(heard, likely), *done.subjects))
    return Pressed(words, not done.changed, tuple(subjects))
