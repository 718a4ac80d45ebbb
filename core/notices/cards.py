"""Cards in the ops chat: where they are, what they look like, and which are out of date.

A subject is `kind:key`, such as `tenant:12`. A change of the subject marks all its cards, wherever
it was made; `following` draws them anew.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from core import clock
from core.database import transaction
from core.gateways.telegram import Keyboard
from core.notices.models import OpsCard

KEPT = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A card as it looks now: Telegram's HTML, buttons under it, perhaps a picture or a file.

    `is_urgent` lets it ring at night.
    """

    text: str
    buttons: Keyboard = ()
    is_urgent: bool = False
    picture: bytes | None = None
    file: tuple[str, bytes] | None = None

    @property
    def look(self) -> str:
        """What two drawings have in common when nobody could tell them apart."""
        buttons = "|".join(
            f"{button.label}>{button.data}" for row in self.buttons for button in row
        )
        return hashlib.sha256(f"{self.text}\n{buttons}".encode()).hexdigest()


def remember(subject: str, chat_id: int, message_id: int, drawn: Drawn) -> None:
    """Keep where a card is. It is looked at once more: its subject may have changed meanwhile."""
    with transaction():
        OpsCard.insert(
            subject=subject,
            chat_id=chat_id,
            message_id=message_id,
            look=drawn.look,
            posted_at=clock.now(),
        ).on_conflict_ignore().execute()


def mark(*subjects: str) -> None:
    """Note that subjects have changed, in the present transaction: their cards are to follow."""
    with transaction():
        OpsCard.update(wanted=OpsCard.wanted + 1).where(OpsCard.subject.in_(subjects)).execute()


def forget(card: OpsCard) -> None:
    """Stop following a card."""
    with transaction():
        OpsCard.delete().where(OpsCard.id == card.id).execute()


def forget_old() -> int:
    """Stop following cards that nobody scrolls back to. Returns how many."""
    with transaction():
        return int(OpsCard.delete().where(OpsCard.posted_at < clock.now() - KEPT).execute())
