"""Questions that several flows ask: a confirmation of certain terms, the PIN, a long text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from core.dialogue.screens import Option, Reply, Screen
from core.dialogue.steps import Ask, Choose, Confirm, Empty, NotHere, Once, Part, Pin
from core.errors import Conflict, Invalid
from core.flows.visits import Visit
from core.flows.wording import somebody
from core.tenants import pins

T = TypeVar("T")

# What one answer holds on a button phone; some networks cut what is longer.
TYPED_MAX = 80
PARTS_MAX = 30


class TermsChanged(Invalid):
    """What was agreed to is no longer what would be done."""

    code = "terms_changed"
    title = "Changed meanwhile"
    sentence = "This has changed meanwhile. Please look again."


class TextTooLongHere(Conflict):
    """More parts than anybody types."""

    code = "text_too_long_here"
    title = "Too long to type"
    sentence = "That is too long to type here. Send it in several SMS."


class Agree(Confirm):
    """A confirmation that stands for certain terms: when they change, it is asked again.

    Options other than yes and no may be given `instead` of the yes, or `beside` it; they stand for
    no terms.
    """

    def __init__(
        self,
        key: str,
        question: str,
        visit: Visit,
        *terms: object,
        detail: str | None = None,
        yes: str = "",
        no: str = "",
        instead: Mapping[str, str] | None = None,
        beside: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(key, question, visit, detail=detail, yes=yes)
        marked = hashlib.sha256(repr(terms).encode()).hexdigest()[:10] if terms else ""
        self._yes = f"yes{marked}"
        others = [Option(other, label) for other, label in (instead or {}).items()]
        no_option = Option("no", no or visit.say("Cancel"), "" if no else "danger")
        yes_option = Option(self._yes, yes or visit.say("Confirm"), "good")
        more = [Option(other, label) for other, label in (beside or {}).items()]
        self._options = (*(others or [yes_option]), *more, no_option)

    def read(self, kept: str) -> str:
        """Give "yes", "no" or another option. What was agreed to stands while its terms do."""
        if kept == self._yes:
            return "yes"
        if kept.startswith("yes"):
            raise TermsChanged
        return super().read(kept)


Drawn = tuple[str, Mapping[str, str]]
"""A question and its options."""


class Pick(Choose):
    """A choice from a list that moves on: what was shown may be chosen though it has left the list.

    The list is read only when it is shown, by `draw`. Whoever asks looks up what was chosen; `look`
    sees whether it will do, and raises Invalid when it will not.
    """

    def __init__(
        self,
        key: str,
        draw: Callable[[], Drawn],
        look: Callable[[str], object] | None = None,
        *,
        is_home: bool = False,
    ) -> None:
        super().__init__(key, "", {}, is_home=is_home)
        self._draw, self._look = draw, look

    def screen(self) -> Screen:
        self._fill()
        return super().screen()

    def accept(self, reply: Reply, shown: Sequence[str]) -> str:
        self._fill()
        return super().accept(reply, shown)

    def read(self, kept: str) -> str:
        if self._look is not None:
            self._look(kept)
        return kept

    def _fill(self) -> None:
        self._question, options = self._draw()
        self._options = tuple(Option(key, label) for key, label in options.items())


class _Typed(Ask[str]):
    """A piece of text, its first space kept: it may go on in the middle of a sentence."""

    def accept(self, reply: Reply, shown: Sequence[str]) -> str:
        if reply.kind != "typed":
            raise NotHere
        if not reply.text.strip():
            raise Empty
        return reply.text


class Begin(_Typed):
    """The beginning of a text, or one of the options that stand under the question instead.

    Where nothing can be tapped (`by_number`), a number alone means an option.
    """

    def __init__(
        self,
        key: str,
        question: str,
        parse: Callable[[str], str],
        options: Mapping[str, str],
        *,
        by_number: bool,
        notice: str | None = None,
    ) -> None:
        super().__init__(key, question, parse, notice=notice)
        self._options = tuple(Option(each, label) for each, label in options.items())
        self._by_number = by_number

    @staticmethod
    def chosen(answer: str) -> str | None:
        """The key of the option that was chosen; None for a text."""
        return answer.removeprefix(_CHOSEN) if answer.startswith(_CHOSEN) else None

    def screen(self) -> Screen:
        return replace(super().screen(), options=self._options)

    def accept(self, reply: Reply, shown: Sequence[str]) -> str:
        keys = [option.key for option in self._options]
        if reply.kind == "pressed" and reply.text in keys:
            return _CHOSEN + reply.text
        number = reply.text.strip()
        if self._by_number and number in map(str, range(1, len(keys) + 1)):
            return _CHOSEN + keys[int(number) - 1]
        return super().accept(reply, shown)

    def read(self, kept: str) -> str:
        if self.chosen(kept) is None:
            super().read(kept)
        return kept


# No text begins so: nothing that is typed does, and what a reader makes of a text is printable.
_CHOSEN = "\0"


def sign(visit: Visit, key: str) -> Part[None]:
    """Ask for the PIN, last of all, where a phone could be in anybody's hand.

    Somebody without a PIN chooses one now. Elsewhere nothing is asked.
    """
    if not visit.asks_pin:
        return
    person = somebody(visit)
    if pins.exists(person):
        yield from Pin(
            key,
            visit.say("Enter your PIN:"),
            lambda typed: pins.check(person, typed, channel=visit.channel),
        )
        return
    digest = yield from new_pin(visit, key)
    yield from Once(f"{key}_set", lambda once: _put_first(visit, digest))


def new_pin(visit: Visit, key: str) -> Part[str]:
    """Ask for a new PIN, twice. Gives its digest."""
    msisdn = visit.msisdn or ""
    digest = yield from Pin(
        f"{key}_new",
        visit.say("Choose a PIN of 4 digits. It guards your money:"),
        lambda typed: pins.make(typed, msisdn),
    )
    yield from Pin(
        f"{key}_again",
        visit.say("The same PIN again:"),
        lambda typed: pins.same(digest, typed),
    )
    return digest


def _put_first(visit: Visit, digest: str) -> str:
    pins.put_first(somebody(visit), digest, channel=visit.channel)
    return "ok"


def typed(
    visit: Visit,
    key: str,
    question: str,
    parse: Callable[[str], T],
    *,
    done: str,
    size: Callable[[T], str],
    join: Callable[[Sequence[str]], str],
    notice: str | None = None,
    begun: str | None = None,
) -> Part[T]:
    """Ask for a text of any length: at once where typing is easy, in parts where it is not.

    `done` labels the choice that takes the text as it is, and `size` says how much there is so far.
    `notice` says why it is asked again. What was `begun` is not asked for.
    """
    if not visit.is_small:
        if begun is not None:
            return parse(begun)
        return (yield from Ask(key, question, parse, notice=notice))
    pieces: list[str] = []
    for at in range(1, PARTS_MAX + 1):
        if at > 1 or begun is None:
            shown = visit.say("Go on after: ...{end}", end=pieces[-1][-30:]) if pieces else question
            why = notice if at == 1 else None
            begun = yield from _Typed(f"{key}{at}", shown, _with(pieces, parse, join), notice=why)
        pieces = [*pieces, begun]
        whole = parse(join(pieces))
        then = yield from Choose(
            f"{key}{at}_then",
            size(whole),
            {"go": done, "more": visit.say("Add more"), "change": visit.say("Change")},
        )
        if then == "go":
            return whole
        if then == "change":
            pieces = []
    raise TextTooLongHere


def prose(pieces: Sequence[str]) -> str:
    """Put the pieces of a text together as its writer would have gone on.

    A piece that filled the answer was cut there; a shorter one ended where its writer wanted.

    >>> prose(["Karibu", "sana"]), prose(["a" * 79 + "b", "c"])[-2:]
    ('Karibu sana', 'bc')
    """
    whole = ""
    for at, piece in enumerate(pieces):
        goes_on = at == 0 or len(pieces[at - 1]) >= TYPED_MAX or piece[:1].isspace()
        whole += piece if goes_on else f" {piece}"
    return whole.strip()


def _with(
    pieces: Sequence[str], parse: Callable[[str], object], join: Callable[[Sequence[str]], str]
) -> Callable[[str], str]:
    """Judge a piece by what the whole becomes with it."""

    def check(piece: str) -> str:
        parse(join([*pieces, piece]))
        return piece

    return check
