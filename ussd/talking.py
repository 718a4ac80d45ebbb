"""What an answer on the small screen means: a key of ours, or an answer for the conversation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal

import msgspec

from core.dialogue.engine import Engine, V
from core.dialogue.screens import Asks, Option, Reply, Screen
from core.settings import settings
from ussd import render
from ussd.hops import Answer
from ussd.render import BACK, HOME, MORE

WRONG_MAX = 3
_MENUS = (Asks.CHOICE, Asks.CONFIRM)
_ITEM = re.compile(r"^[0-9]+\. .*$", re.MULTILINE)
_NUMBER_WITH_HASH = re.compile(r"[0-9][0-9., ]*#").fullmatch


class Shown(msgspec.Struct, frozen=True):
    """What is on the person's screen, as it is kept from one hop to the next.

    The pages are those of the list as it was first shown: it does not shift under the reader.
    """

    pages: tuple[str, ...]
    language: str
    page: int = 0
    kind: Literal["screen", "offer", "missed"] = "screen"
    step: str = ""
    asks: Asks = Asks.NOTHING
    ends: bool = False
    words: str = ""  # the last words whole, for whoever could not read them in time
    wrong: int = 0  # wrong answers in a row
    is_past_pin: bool = False

    @property
    def has_more(self) -> bool:
        """Whether there is a page after this one."""
        return self.page < len(self.pages) - 1

    @property
    def is_menu(self) -> bool:
        """Whether something is chosen here; elsewhere nearly everything typed is content."""
        return self.asks in _MENUS or self.ends or self.kind != "screen"

    def answer(self) -> Answer:
        """As it goes to the gateway."""
        goes_on = self.has_more or not self.ends
        return Answer(self.pages[self.page], goes_on, self.asks, self.step)


@dataclass(frozen=True, slots=True)
class Before:
    """What became of the session before this one: words that came too late, a PIN passed."""

    language: str = ""
    missed: str = ""
    is_past_pin: bool = False


class Talker(Generic[V]):
    """Leads the conversation of whoever dials; it keeps nothing itself."""

    def __init__(self, engine: Engine[V], open_visit: Callable[[str], V]) -> None:
        self._engine = engine
        self._open = open_visit

    def begin(self, msisdn: str, parts: Sequence[str], before: Before, limit: int) -> Shown:
        """Show the first screen of a session; parts are answers dialled ahead.

        Somebody cut off in the middle is asked whether to go on, but never past a PIN: the phone
        may be in other hands by now.
        """
        visit = self._open(msisdn)
        if parts:
            return self._draw(visit, self._engine.dial(visit, parts), limit)
        if before.missed:
            screen = Screen(before.missed, Asks.CHOICE, step="missed")
            return self._draw(visit, screen, limit, kind="missed")
        if not before.is_past_pin and self._engine.unfinished(visit):
            return self._draw(visit, _offer(visit), limit, kind="offer")
        return self._draw(visit, self._engine.home(visit), limit)

    def go_on(self, msisdn: str, shown: Shown, typed: str, limit: int) -> Shown:
        """Take what was typed under a screen, and show what follows."""
        key = _key(typed, shown)
        if key == MORE:
            return msgspec.structs.replace(shown, page=shown.page + 1, wrong=0)
        if key == BACK and shown.page:
            return msgspec.structs.replace(shown, page=shown.page - 1, wrong=0)
        visit = self._open(msisdn)
        if shown.kind != "screen" or shown.ends:
            return self._beside(visit, shown, key, typed, limit)
        if key == BACK:
            reply = Reply.back()
        elif key == HOME:
            reply = Reply.home()
        else:
            reply = Reply.typed(_content(typed, shown))
        return self._follow(visit, shown, self._engine.turn(visit, reply), limit, key is None)

    def again(self, msisdn: str, limit: int) -> Shown:
        """Show where a conversation stands, when it went on but nobody was told."""
        visit = self._open(msisdn)
        return self._draw(visit, self._engine.current(visit), limit)

    def _beside(self, visit: V, shown: Shown, key: str | None, typed: str, limit: int) -> Shown:
        """Take an answer to a screen of our own, or to last words that took several pages."""
        choice = _tidy(typed)
        if shown.kind == "offer" and key is None:
            if choice == "1":
                return self._draw(visit, self._engine.current(visit), limit)
            if choice != "2":
                offer = _offer(visit, notice=visit.say("Choose 1-{count}.", count=2))
                return self._follow(visit, shown, offer, limit, is_typed=True)
        if shown.ends and key is None:
            return msgspec.structs.replace(shown, page=len(shown.pages) - 1)
        return self._draw(visit, self._engine.home(visit), limit)

    def _follow(self, visit: V, shown: Shown, screen: Screen, limit: int, is_typed: bool) -> Shown:
        was_wrong = is_typed and screen.notice is not None and screen.step == shown.step
        wrong = shown.wrong + 1 if was_wrong else 0
        if wrong == WRONG_MAX:
            return self._stop(visit, screen.notice or "", limit)
        passed = shown.asks is Asks.PIN and is_typed and not was_wrong
        drawn = self._draw(visit, screen, limit, kind=shown.kind if was_wrong else "screen")
        return msgspec.structs.replace(
            drawn,
            wrong=wrong,
            page=_same_place(shown, drawn) if was_wrong else 0,
            is_past_pin=(passed or shown.is_past_pin) and not (screen.is_home or screen.ends),
        )

    def _stop(self, visit: V, notice: str, limit: int) -> Shown:
        """Three wrong answers in a row: whoever is lost is not helped by a fourth try."""
        words = visit.say(LOST, code=our_code())
        with_reason = f"{notice}\n{words}"
        text = with_reason if render.units(render.plain(with_reason)) <= limit else words
        return self._draw(visit, Screen(text), limit)

    def _draw(
        self,
        visit: V,
        screen: Screen,
        limit: int,
        kind: Literal["screen", "offer", "missed"] = "screen",
    ) -> Shown:
        return Shown(
            pages=tuple(render.pages(screen, visit.say, limit)),
            language=visit.language,
            kind=kind,
            step=screen.step,
            asks=screen.asks,
            ends=screen.ends,
            words=screen.text if screen.ends else "",
        )


def _same_place(before: Shown, now: Shown) -> int:
    """The page of a list that begins where the reader was; a reason above it moves the cuts."""
    first = _ITEM.search(before.pages[before.page])
    if first is None or not before.page:
        return 0
    return next((at for at, page in enumerate(now.pages) if first[0] in page.split("\n")), 0)


LOST = "That was not right three times. Dial {code} to go on, and choose Help if you are stuck."


def our_code() -> str:
    """What people dial."""
    return settings().ussd.service_code


def _offer(visit: V, notice: str | None = None) -> Screen:
    options = (Option("continue", visit.say("Continue")), Option("anew", visit.say("Start over")))
    text = visit.say("You were not finished.")
    return Screen(text, Asks.CHOICE, options, "resume", notice=notice, is_home=True)


def _key(typed: str, shown: Shown) -> str | None:
    """The key of ours that was pressed. In a text or PIN only the bare digits are one."""
    text = _tidy(typed) if shown.is_menu else typed.strip()
    if text == MORE:
        return MORE if shown.has_more else None
    return text if text in (BACK, HOME) else None


def _tidy(typed: str) -> str:
    """A choice as it was meant: "1.", "1)", "1#", wide digits, and an O for a nought."""
    text = unicodedata.normalize("NFKC", typed).strip().rstrip(".)# ")
    return text.upper().replace("O", "0") if re.fullmatch(r"[0-9Oo]+", text) else text


def _content(typed: str, shown: Shown) -> str:
    """What the conversation is told: no control characters, and the place of what was chosen."""
    text = "".join(
        " " if unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp") else each for each in typed
    )
    if not shown.is_menu:
        # Spaces at either end stay: a long text comes in pieces.
        return text.strip().removesuffix("#") if _NUMBER_WITH_HASH(text.strip()) else text
    choice = _tidy(text)
    if not (choice.isascii() and choice.isdigit()):
        return choice
    number = int(choice[:6])
    # The page that had More under this number is not on the screen any more.
    return "0" if number == int(MORE) else str(render.place_of(number) + 1)
