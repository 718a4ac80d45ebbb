"""Why a text did not go or arrive, in words for its sender.

A row that the gateway refuses keeps a code of ours: what the gateway said may name our account, and
stands with the request for the operator.
"""

from __future__ import annotations

import peewee

from core.gateways import onfon_words
from core.messaging import guards, reach, suppression
from core.messaging.models import Message
from core.words import say

SENDER_REFUSED = "sender_refused"
NUMBER_REFUSED = "number_refused"
TEXT_REFUSED = "text_refused"
GATEWAY_REFUSED = "gateway_refused"
OPTED_OUT, BLOCKED, ERASED = suppression.OPTED_OUT, suppression.BLOCKED, suppression.ERASED
BLACKLISTED = "blacklisted"
ANSWER_LOST = "answer_lost"
NO_PROVIDER_ID = "no_provider_id"
NOT_SENT = "not_sent"

_CODES = {
    onfon_words.SENDER: SENDER_REFUSED,
    onfon_words.NUMBER: NUMBER_REFUSED,
    onfon_words.LOCAL_NUMBER: NUMBER_REFUSED,
    onfon_words.TEXT: TEXT_REFUSED,
}
WORDS = {
    SENDER_REFUSED: (
        "The networks do not accept the sender ID {sender} yet. Nothing was charged. "
        "Use another one, or ask us."
    ),
    NUMBER_REFUSED: "The networks do not accept this number. Nothing was charged.",
    TEXT_REFUSED: "The SMS gateway does not accept this text. Nothing was charged.",
    GATEWAY_REFUSED: "The SMS gateway refused this message. Nothing was charged.",
    OPTED_OUT: "This number has asked for no more texts of this kind from you.",
    BLOCKED: "You have blocked this number. Unblock the contact to send to it again.",
    ERASED: "You had the person forgotten before this message went. Nothing was charged.",
    BLACKLISTED: (
        "The network blocks texts of this kind to this number, mostly as its owner asked."
    ),
    ANSWER_LOST: "We do not know yet whether this message went, and are finding out.",
    NOT_SENT: "We found that this message never went. Nothing was charged.",
    NO_PROVIDER_ID: "The message went, but the gateway cannot report on it.",
    **{code.value: words for code, words in guards.WORDS.items()},
    **reach.WORDS,
}

# What is left of a text's reason when its words go: reports have been known to repeat them.
REASON_LEFT = peewee.Case(None, [(Message.reason.in_(list(WORDS)), Message.reason)])


def of_refusal(code: str | None, said: str | None) -> str:
    """Name the reason of a row that the gateway refused, by its code and words."""
    return _CODES.get(onfon_words.explain(code, said), GATEWAY_REFUSED)


def words_of(reason: str | None, language: str, *, sender: str) -> str | None:
    """Put a text's reason into words; an operator's own words stay as they came."""
    if reason is None:
        return None
    return say(language, WORDS[reason], sender=sender) if reason in WORDS else reason
