"""What pricing may find of texts and people; while it is there, nothing starts."""

from __future__ import annotations

from core.errors import Conflict, Invalid


class TextsTooLong(Invalid):
    """With some people's values the text takes more segments than one text may have."""

    code = "texts_too_long"
    title = "Text too long for some"
    sentence = (
        "The text to {count} people takes over {limit} segments, such as {numbers}. Shorten it."
    )
    field = "message"


class TextsEmpty(Invalid):
    """With some people's values nothing is left of the text."""

    code = "texts_empty"
    title = "Text empty for some"
    sentence = (
        "The text to {count} people is empty, such as {numbers}. Write more than placeholders."
    )
    field = "message"


class SenderReachesNobody(Invalid):
    """Nobody is left, some of them because their operator has not approved the sender ID."""

    code = "sender_reaches_nobody"
    title = "Sender ID reaches nobody"
    sentence = (
        "Nobody gets it: the sender ID {sender} is not approved by {operator}, "
        "where {count} of them are. Choose another one."
    )
    field = "sender_id"


class RepeatTooSoon(Conflict):
    """Everybody has just had the same words: no word of anybody's lets them go again yet."""

    code = "campaign_repeat_too_soon"
    title = "Too soon for the same words"
    sentence = (
        "The same words went to these people less than {minutes} minutes ago, or are about to. "
        "Wait that long, or change them."
    )


class NobodyLeft(Invalid):
    """There are people, and every one of them is left out for a reason of their own."""

    code = "nobody_left"
    title = "Everybody is left out"
    sentence = (
        "Nobody gets it, of {count} people: they opted out, are blocked, or had this text or "
        "enough of them already."
    )
    field = "groups"
