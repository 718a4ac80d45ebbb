"""What a person is shown, before any door has drawn it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Asks(StrEnum):
    """What kind of answer a screen waits for."""

    CHOICE = "choice"
    TEXT = "text"
    PIN = "pin"
    CONFIRM = "confirm"  # a choice that spends money or changes access
    FILE = "file"
    CONTACT = "contact"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose. `key` is a word and never changes; `style` is a hint for buttons."""

    key: str
    label: str
    style: str = ""  # "", "good" or "danger"


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart to be drawn by whoever can show one: its kind and the figures in it."""

    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """A file to be handed over, where files can be."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: what it says, what can be chosen, and what it waits for.

    `notice` is what was wrong with the last answer. `detail` is more than a small screen holds:
    only doors with room show it. `secret` is shown once and can be made to vanish. `step` names the
    question, so that an answer to another one is recognised.
    """

    text: str
    asks: Asks = Asks.NOTHING
    options: tuple[Option, ...] = ()
    step: str = ""
    notice: str | None = None
    detail: str | None = None
    picture: Picture | None = None
    document: Document | None = None
    secret: str | None = None
    can_go_back: bool = False
    is_home: bool = False

    @property
    def ends(self) -> bool:
        """True when nothing more is asked."""
        return self.asks is Asks.NOTHING


@dataclass(frozen=True, slots=True)
class Done:
    """A flow's last words, with what only some doors can hand over."""

    text: str
    detail: str | None = None
    picture: Picture | None = None
    document: Document | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person did: typed, pressed, sent a file, shared a contact, or asked to go back."""

    kind: str  # typed, pressed, file, contact, back, home
    text: str = ""
    step: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def typed(cls, text: str) -> Reply:
        """Something typed."""
        return cls("typed", text)

    @classmethod
    def pressed(cls, step: str, key: str) -> Reply:
        """A button: the question it stood under, and the option it stands for."""
        return cls("pressed", key, step)

    @classmethod
    def file(cls, file_id: str, name: str, size_bytes: int) -> Reply:
        """A file, still with the door that received it."""
        return cls("file", file_id, given={"name": name, "size_bytes": size_bytes})

    @classmethod
    def contact(cls, msisdn: str) -> Reply:
        """A phone number that the door has checked to be the sender's own."""
        return cls("contact", msisdn)

    @classmethod
    def back(cls) -> Reply:
        """To the question before."""
        return cls("back")

    @classmethod
    def home(cls) -> Reply:
        """To the first screen."""
        return cls("home")
