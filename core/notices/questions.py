"""What an admin has begun in the ops chat and has to press again, or give a reason for.

The question is a card like any other: it shows the buttons while it is open, and how it ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from core import clock, ids
from core.database import transaction
from core.gateways.telegram import Button
from core.notices import cards
from core.notices.cards import Drawn
from core.notices.markup import b, lines
from core.notices.models import OpsQuestion
from core.notices.operators import moment, name_of

# A second press means what the first one meant only while both are in one mind.
PRESS_WITHIN = timedelta(seconds=60)
WORDS_WITHIN = timedelta(minutes=10)
KEPT = timedelta(days=7)
LATE = "Not done: nobody confirmed it in time."


@dataclass(frozen=True, slots=True)
class Question:
    """An open or ended question. `args` are what the act needs; `words` is what was asked."""

    id: str
    act: str
    args: Mapping[str, Any]
    asked_by: int
    is_open: bool

    @property
    def actor(self) -> str:
        """The name under which the one who was asked is recorded."""
        return f"telegram:{self.asked_by}"


def subject(question_id: str) -> str:
    """Name the card of a question."""
    return f"question:{question_id}"


def ask(
    act: str, asks: str, words: str, *, asked_by: int, chat_id: int, once: str, **args: object
) -> Question:
    """Begin a question; the same `once` gives the same one. `words` (markup) is its card's text."""
    now = clock.now()
    within = PRESS_WITHIN if asks == "press" else WORDS_WITHIN
    with transaction():
        OpsQuestion.insert(
            id=ids.new("ask"),
            once=once,
            act=act,
            asks=asks,
            args=msgspec.json.encode({**args, "words": words}).decode(),
            asked_by=asked_by,
            chat_id=chat_id,
            created_at=now,
            expires_at=now + within,
        ).on_conflict_ignore().execute()
        return _read(OpsQuestion.get(OpsQuestion.once == once))


def place(question_id: str, message_id: int) -> None:
    """Remember under which message a question stands, for those who reply to it."""
    with transaction():
        OpsQuestion.update(message_id=message_id).where(OpsQuestion.id == question_id).execute()


def find(question_id: str) -> Question | None:
    """Find a question; one whose time is over is closed by being looked at."""
    expire_old()
    row = OpsQuestion.get_or_none(OpsQuestion.id == question_id)
    return None if row is None else _read(row)


def replied_to(chat_id: int, message_id: int) -> Question | None:
    """Find the question that stands under a message."""
    expire_old()
    row = OpsQuestion.get_or_none(
        OpsQuestion.chat_id == chat_id, OpsQuestion.message_id == message_id
    )
    return None if row is None else _read(row)


def waiting_for(chat_id: int, asked_by: int) -> Question | None:
    """Find the newest question to somebody that is answered by words."""
    expire_old()
    row = (
        OpsQuestion.select()
        .where(
            OpsQuestion.is_open,
            OpsQuestion.asked_by == asked_by,
            OpsQuestion.chat_id == chat_id,
            OpsQuestion.asks == "words",
        )
        .order_by(OpsQuestion.id.desc())
        .first()
    )
    return None if row is None else _read(row)


def end(question_id: str, outcome: str) -> bool:
    """End a question; what it showed is replaced by the outcome. False when it had ended."""
    with transaction():
        ended = (
            OpsQuestion.update(is_open=False, outcome=outcome[:1000])
            .where(OpsQuestion.id == question_id, OpsQuestion.is_open)
            .execute()
        )
        cards.mark(subject(question_id))
    return bool(ended)


def expire_old() -> int:
    """End the questions nobody answered in time. Returns how many."""
    late = OpsQuestion.is_open & (OpsQuestion.expires_at < clock.now())
    found = [row.id for row in OpsQuestion.select(OpsQuestion.id).where(late)]
    return sum(end(each, LATE) for each in found)


def forget_old() -> int:
    """Drop questions that are long over. Returns how many."""
    with transaction():
        old = OpsQuestion.created_at < clock.now() - KEPT
        return int(OpsQuestion.delete().where(old).execute())


def draw_question(key: str) -> Drawn | None:
    """Draw a question that a press answers: with its buttons, or with how it ended."""
    row = OpsQuestion.get_or_none(OpsQuestion.id == key)
    if row is None:
        return None
    words = str(_read(row).args["words"])
    asker = b(name_of(f"telegram:{row.asked_by}"))
    if not row.is_open:
        return Drawn(lines(words, "", row.outcome or LATE))
    return Drawn(
        lines(words, f"{asker}, press again until {moment(row.expires_at, seconds=True)}."),
        [[Button("Yes, do it", f"yes:{row.id}", "danger"), Button("No", f"no:{row.id}")]],
    )


def _read(row: OpsQuestion) -> Question:
    return Question(row.id, row.act, msgspec.json.decode(row.args), row.asked_by, bool(row.is_open))
