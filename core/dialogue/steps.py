"""The steps a conversation is made of.

A flow is a generator: `yield from` a step gives its typed answer. The flow is run again from its
first line at every turn; answered questions give what was kept, the first unanswered one is shown.
So a flow must do the same thing each time: it reads no clock and draws no chance, and whatever it
*does* is inside `Once`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from core.dialogue.screens import Asks, Done, Option, Reply, Screen
from core.errors import Invalid

T = TypeVar("T")
Flow = Generator["Step[Any]", Any, "Done | str"]
Part = Generator["Step[Any]", Any, T]
"""A piece of a flow that ends in a value instead of a last screen."""


class Says(Protocol):
    """Whoever can say a sentence in the person's language."""

    def say(self, sentence: str, /, **fields: object) -> str: ...


class NotAnOption(Invalid):
    """Something that was not among the choices."""

    code = "not_an_option"
    title = "Not among the choices"
    sentence = "Choose 1-{count}."


class NotHere(Invalid):
    """A kind of answer this question does not take."""

    code = "not_here"
    title = "Not an answer to this"
    sentence = "Please answer the question below."


class ChoiceGone(Invalid):
    """An option that has disappeared since it was shown."""

    code = "choice_gone"
    title = "No longer there"
    sentence = "That choice is no longer there. Please choose again."


class Empty(Invalid):
    """Nothing was typed."""

    code = "nothing_typed"
    title = "Nothing typed"
    sentence = "Please type an answer."


class Step(Generic[T]):
    """One question, or one act. `key` is unique in its flow and kept across deploys."""

    key: str

    def __iter__(self) -> Generator[Step[Any], Any, T]:
        value: T = yield self
        return value

    def screen(self) -> Screen:
        """Draw the question."""
        raise NotImplementedError

    def accept(self, reply: Reply, shown: Sequence[str]) -> str:
        """Turn a reply into what is kept. Raises: Invalid."""
        raise NotImplementedError

    def read(self, kept: str) -> T:
        """Turn what is kept into the answer. Raises: Invalid, when it is no longer true."""
        raise NotImplementedError


class Ask(Step[T]):
    """A question answered by typing; `notice` says why it is asked again."""

    def __init__(
        self,
        key: str,
        question: str,
        parse: Callable[[str], T],
        *,
        detail: str | None = None,
        notice: str | None = None,
    ) -> None:
        self.key, self._question, self._parse, self._detail = key, question, parse, detail
        self._notice = notice

    def screen(self) -> Screen:
        return Screen(
            self._question, Asks.TEXT, step=self.key, notice=self._notice, detail=self._detail
        )

    def accept(self, reply: Reply, shown: Sequence[str]) -> str:
        if reply.kind not in ("typed", "contact"):
            raise NotHere
        text = reply.text.strip()
        if not text:
            raise Empty
        self._parse(text)
        return text

    def read(self, kept: str) -> T:
        return self._parse(kept)


class Choose(Step[str]):
    """A question answered by choosing. Options are keyed by words; their order is what is shown."""

    asks = Asks.CHOICE

    def __init__(
        self,
        key: str,
        question: str,
        options: Mapping[str, str] | Sequence[Option],
        *,
        detail: str | None = None,
        is_home: bool = False,
    ) -> None:
        self.key, self._question, self._detail, self._is_home = key, question, detail, is_home
        self._options = (
            tuple(Option(each, label) for each, label in options.items())
            if isinstance(options, Mapping)
            else tuple(options)
        )

    def screen(self) -> Screen:
        return Screen(
            self._question,
            self.asks,
            self._options,
            self.key,
            detail=self._detail,
            is_home=self._is_home,
        )

    def accept(self, reply: Reply, shown: Sequence[str]) -> str:
        """What was shown decides what "2" means, even when the list has changed since."""
        order = list(shown) or [option.key for option in self._options]
        if reply.kind == "pressed":
            if reply.text in order:
                return reply.text
            raise ChoiceGone
        if reply.kind != "typed":
            raise NotHere
        typed = _tidy_choice(reply.text)
        if typed.isascii() and typed.isdigit() and 1 <= int(typed[:6]) <= len(order):
            return order[int(typed) - 1]
        for option in self._options:
            if typed.casefold() == option.label.casefold() and option.key in order:
                return option.key
        raise NotAnOption(count=len(order))

    def read(self, kept: str) -> str:
        if all(option.key != kept for option in self._options):
            raise ChoiceGone
        return kept


class Confirm(Choose):
    """The question before money is spent or access changes; never answered ahead of its screen."""

    asks = Asks.CONFIRM

    def __init__(
        self, key: str, question: str, visit: Says, *, detail: str | None = None, yes: str = ""
    ) -> None:
        options = [
            Option("yes", yes or visit.say("Confirm"), "good"),
            Option("no", visit.say("Cancel"), "danger"),
        ]
        super().__init__(key, question, options, detail=detail)


class Pin(Step[str]):
    """A secret. `check` gets it once and returns what may be kept of it: "ok", or a digest."""

    def __init__(self, key: str, question: str, check: Callable[[str], str]) -> None:
        self.key, self._question, self._check = key, question, check

    def screen(self) -> Screen:
        return Screen(self._question, Asks.PIN, step=self.key)

    def accept(self, reply: Reply, shown: Sequence[str]) -> str:
        if reply.kind != "typed":
            raise NotHere
        return self._check(reply.text.strip())

    def read(self, kept: str) -> str:
        return kept


class Contact(Step[str]):
    """The person's own phone, shared where a door can prove it. Gives the MSISDN."""

    def __init__(self, key: str, question: str) -> None:
        self.key, self._question = key, question

    def screen(self) -> Screen:
        return Screen(self._question, Asks.CONTACT, step=self.key)

    def accept(self, reply: Reply, shown: Sequence[str]) -> str:
        if reply.kind != "contact":
            raise NotHere
        return reply.text

    def read(self, kept: str) -> str:
        return kept


class Upload(msgspec.Struct, frozen=True):
    """A file that somebody sent: the name its sender gave it, its size, and where to fetch it."""

    file_id: str
    name: str
    size_bytes: int


class File(Step[Upload]):
    """A file, where a door takes files. It stays with the door until somebody fetches it.

    `check` judges it before it is taken. `options` are other ways on; their keys are typed as
    ever, and the answer is then an upload without a file, named by the option's key.
    """

    def __init__(
        self,
        key: str,
        question: str,
        check: Callable[[Upload], object] | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        self.key, self._question, self._check = key, question, check
        self._options = tuple(Option(each, label) for each, label in (options or {}).items())

    def screen(self) -> Screen:
        return Screen(self._question, Asks.FILE, self._options, self.key)

    def accept(self, reply: Reply, shown: Sequence[str]) -> str:
        if reply.kind == "pressed" and any(each.key == reply.text for each in self._options):
            return msgspec.json.encode(Upload("", reply.text, 0)).decode()
        if reply.kind != "file":
            raise NotHere
        upload = Upload(reply.text, str(reply.given["name"]), int(reply.given["size_bytes"]))
        if self._check is not None:
            self._check(upload)
        return msgspec.json.encode(upload).decode()

    def read(self, kept: str) -> Upload:
        return msgspec.json.decode(kept, type=Upload)


class Given(Step[str]):
    """What a flow was started with, such as the id behind a button. Nothing is asked.

    Empty when it was started without.
    """

    def __init__(self, key: str) -> None:
        self.key = key


class Once(Step[T]):
    """Something done, and done once: its key goes on to the service, its short result is kept.

    A crash between the act and the keeping of its result repeats the call, with the same key.
    """

    def __init__(self, key: str, act: Callable[[str], T]) -> None:
        self.key, self.act = key, act

    def keep(self, result: T) -> str:
        """Write the result down."""
        return msgspec.json.encode(result).decode()

    def read(self, kept: str) -> T:
        value: T = msgspec.json.decode(kept)
        return value


class Passing(Once[T]):
    """An act that commits nobody to anything, such as making a draft: Back goes past it.

    When the questions before it are answered again, it is done anew, under another key. What it
    made the first time must not need taking away.
    """


def _tidy_choice(text: str) -> str:
    """Read "1.", "1)", " 1 ", "1#" and an O for a zero as people mean them."""
    return (
        text.strip().rstrip(".)# ").translate(str.maketrans("oO", "00", ""))
        if (text.strip()[:1].isdigit())
        else text.strip()
    )
