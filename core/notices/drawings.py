"""Every kind of card there is, and who draws it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.notices import digest, money_cards, questions, sender_cards, state_cards, tenant_cards
from core.notices.cards import Drawn

# The kind of a subject, and what draws one from its key.
DRAWERS: Mapping[str, Callable[[str], Drawn | None]] = MappingProxyType(
    {
        "tenant": tenant_cards.draw_new,
        "account": tenant_cards.draw_account,
        "payment": money_cards.draw_unmatched,
        "differs": money_cards.draw_differing,
        "sending": state_cards.draw_sending,
        "alert": state_cards.draw_alert,
        "question": questions.draw_question,
        "digest": digest.draw_digest,
        "sender": sender_cards.draw_sender,
        "paper": sender_cards.draw_paper,
        "strays": sender_cards.draw_strays,
    }
)


def draw(subject: str) -> Drawn | None:
    """Draw a subject as it stands; None when it is gone."""
    kind, _, key = subject.partition(":")
    return DRAWERS[kind](key)
