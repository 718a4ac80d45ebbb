"""Refusals: every way of saying no, each with a code for machines and a sentence for people.

A kind says how a door answers (its HTTP status, whether the question is asked again); a concrete
class, defined beside the act that refuses, says what is wrong and what to do about it.
"""

from __future__ import annotations

from string import Formatter
from typing import Any, ClassVar

from core import words

__all__ = [
    "BadRequest",
    "Busy",
    "Conflict",
    "InsufficientFunds",
    "Invalid",
    "NotAllowed",
    "NotFound",
    "Refused",
    "TooMany",
    "Unauthenticated",
]


class Refused(Exception):
    """An act that was refused; nothing has changed.

    `code` never changes once published. `sentence` holds {placeholders}, filled from the keyword
    arguments, and is the key to its translations; `words` is the only way to its text, so that
    nobody prints a raw template. `field` names what was wrong in a request, when one thing was.
    `has_left` marks the exception: something was made before it, for a repeat to go on with.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    sentence: ClassVar[str]
    field: str | None = None
    has_left = False

    def __init__(self, *, field: str | None = None, **fields: Any) -> None:
        super().__init__(fields)
        if missing := self.placeholders() - fields.keys():
            raise TypeError(f"{type(self).__name__} needs {', '.join(sorted(missing))}")
        self.fields = fields
        if field is not None:
            self.field = field

    def words(self, language: str = "en") -> str:
        """What to tell the person: what is wrong and what to do next."""
        return words.say(language, self.sentence, **self.fields)

    def heading(self, language: str = "en") -> str:
        """The title, the same for every refusal of this class."""
        return words.say(language, self.title)

    def __str__(self) -> str:
        return self.words()

    @classmethod
    def placeholders(cls) -> set[str]:
        """The fields the sentence cannot be said without."""
        return {name for _, name, _, _ in Formatter().parse(cls.sentence) if name}

    @classmethod
    def catalogue(cls) -> dict[str, type[Refused]]:
        """Every refusal that has been imported, by code, in order of code."""
        found: dict[str, type[Refused]] = {}
        waiting = list(cls.__subclasses__())
        while waiting:
            kind = waiting.pop()
            waiting.extend(kind.__subclasses__())
            # A subclass without a code of its own is the same refusal to the world.
            if code := kind.__dict__.get("code"):
                other = found.setdefault(code, kind)
                assert other is kind, f"{code} is the code of {other} and of {kind}"
        return dict(sorted(found.items()))


class BadRequest(Refused):
    """The request itself cannot be read (400)."""

    code = "bad_request"
    title = "Unreadable request"
    sentence = "The request could not be read. Send JSON in UTF-8, as the documentation shows."


class Unauthenticated(Refused):
    """Nobody we know is asking (401)."""

    code = "unauthenticated"
    title = "Key missing or wrong"
    sentence = "Send a valid API key, as in: Authorization: Bearer sk_live_..."


class InsufficientFunds(Refused):
    """The money is not there (402). The ledger has the concrete refusal."""


class NotAllowed(Refused):
    """Theirs, but not for this role, key or state (403)."""

    code = "not_allowed"
    title = "Not allowed"
    sentence = "You are not allowed to do this. Ask the owner of the account."


class NotFound(Refused):
    """Not there, or somebody else's: the same answer, so that ids cannot be guessed (404)."""

    code = "not_found"
    title = "Not found"
    sentence = "There is no such thing here. Check the id."


class Conflict(Refused):
    """Right, but not in the state things are in (409)."""

    code = "conflict"
    title = "Not possible now"
    sentence = "This cannot be done in its present state. Look at it again."


class Invalid(Refused):
    """What was given cannot be right (422); conversations ask again."""

    code = "invalid"
    title = "Not valid"
    sentence = "This is not valid. Correct it and try again."


class TooMany(Refused):
    """Right, but too often (429); `retry_after` says how many seconds to wait."""

    code = "too_many_requests"
    title = "Too many requests"
    sentence = "Too many requests. Wait a little, then try again."

    @property
    def retry_after(self) -> int | None:
        """Seconds until it is worth trying again, when that is known."""
        seconds = self.fields.get("retry_after")
        return None if seconds is None else max(1, int(seconds))


class Busy(Refused):
    """An outsider is down and nothing has left us (503); jobs try again."""

    code = "busy"
    title = "Try again soon"
    sentence = "A service we need is not answering. Try again in a minute."
