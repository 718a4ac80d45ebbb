"""One turn of a private chat, in a thread: the database is asked here and nowhere near the loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from bots import commands, drawing, sentences
from bots.drawing import HOME, Press
from bots.hearing import Heard, Kind
from core import clock
from core.database import recover
from core.dialogue.engine import Engine
from core.dialogue.screens import Asks, Reply, Screen
from core.dialogue.steps import Upload
from core.flows import Visit, conversation, open_visit, sender_ids
from core.telegram import buttons, inbox, places
from core.telegram.inbox import At, View
from core.tenants import people

__all__ = ["Turn", "take"]

CHANNEL = "telegram"
# What was typed longer ago than this is no answer to what is asked now.
STALE_MS = 10 * 60 * 1000
# A second press within this time was meant as the first.
DOUBLE_TAP_MS = 3000
_BUTTONS = (Asks.CHOICE, Asks.CONFIRM)


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of something somebody did.

    `screen` is to be shown, in the message `into` if that is possible; None leaves all as it is.
    `aside` is a line said beside it. `before` is what stood in the chat, `language` the person's.
    """

    visit: Visit
    before: View
    screen: Screen | None = None
    mark: str = ""
    version: int = 0
    page: int = 0
    into: int | None = None
    aside: str = ""
    hides_message: bool = False
    passes_on: str = ""

    @property
    def say(self) -> Callable[..., str]:
        """Says sentences in the person's language, as it is now."""
        return self.visit.say


def take(heard: Heard, engine: Engine[Visit] = conversation) -> Turn:
    """Do what somebody asked for, and say what to show. Safe to repeat with the same update."""
    recover()
    visit = open_visit(CHANNEL, str(heard.chat_id), language_hint=heard.language, name=heard.name)
    if visit.person is not None and not visit.person.telegram_ok:
        people.set_telegram_ok(heard.chat_id, ok=True)
    return _Taking(engine, heard, visit).turn()


class _Taking:
    """A turn in the making."""

    view: View
    chat: At | None

    def __init__(self, engine: Engine[Visit], heard: Heard, visit: Visit) -> None:
        self.engine, self.heard, self.visit = engine, heard, visit
        self.view, self.chat = inbox.standing(heard.chat_id)
        self.page = 0
        self.into: int | None = None

    @property
    def is_interrupted(self) -> bool:
        """Whether the conversation has gone on without its screen having been shown.

        Somebody killed us between the two. What we are looking at may be the very update that
        made that turn, so its answer must not be given to the question that came after.
        """
        return self.chat is not None and self.chat.version != self.view.version

    def turn(self) -> Turn:
        match self.heard.kind:
            case Kind.COMMAND:
                return self._command()
            case Kind.PRESSED:
                return self._pressed()
            case Kind.EDITED:
                return self._aside(sentences.EDITED)
            case Kind.ODD:
                return self._aside(sentences.ODD)
            case Kind.BAD_PHONE:
                assert self.heard.why is not None
                return Turn(self.visit, self.view, aside=self.heard.why.words(self.visit.language))
            case _:
                return self._answered()

    def _aside(self, sentence: str) -> Turn:
        return Turn(self.visit, self.view, aside=self.visit.say(sentence))

    def _show(self, screen: Screen, notice: str = "") -> Turn:
        """Show a screen; the mark of its buttons is that of the turn just saved."""
        _, now = inbox.standing(self.heard.chat_id)
        return Turn(
            self.visit,
            self.view,
            replace(screen, notice=self.visit.say(notice)) if notice else screen,
            drawing.mark_of(now),
            now.version if now else 0,
            self.page,
            self.into,
        )

    # Commands.

    def _command(self) -> Turn:
        name = self.heard.text
        if name in commands.HOME:
            return self._show(self.engine.home(self.visit))
        if name == "cancel":
            return self._show(self.engine.home(self.visit), sentences.CANCELLED)
        if (flow := commands.FLOW_OF.get(name)) is not None:
            return self._show(self.engine.start(self.visit, flow))
        if name == "privacy":
            return Turn(self.visit, self.view, aside=sentences.privacy(self.visit.say))
        if name == "paysupport":
            return self._paysupport()
        if name == "invoices":
            return self._aside(sentences.NOT_YET)
        return self._aside(sentences.UNKNOWN_COMMAND)

    def _paysupport(self) -> Turn:
        """Tell what helps, or pass a question on to the people behind us."""
        can_ask = bool(places.ops_chat_id())
        if can_ask and self.heard.rest:
            told = self.visit.say(sentences.ASKED, reference=self.heard.update_id)
            return Turn(self.visit, self.view, aside=told, passes_on=self.heard.rest)
        text = sentences.paysupport(self.visit.say, can_ask=can_ask)
        return Turn(self.visit, self.view, aside=text)

    # Presses.

    def _pressed(self) -> Turn:
        here = self.heard.message_id
        if (opens := buttons.read(self.heard.text)) is not None:
            return self._opened(*opens)
        press = drawing.read(self.heard.text)
        mark = drawing.mark_of(self.chat)
        is_now = press is not None and press.mark == mark
        if not self.view.is_kept and (here == self.view.message_id or is_now):
            self.into = here
        if press is None or not is_now:
            return self._old(press)
        return self._fresh(press)

    def _old(self, press: Press | None) -> Turn:
        """Answer a press on a button of an earlier turn, which must do nothing."""
        if self.is_interrupted:
            return self._current(sentences.INTERRUPTED)
        is_here = self.heard.message_id == self.view.message_id
        if is_here and clock.ms() - self.view.drawn_ms < DOUBLE_TAP_MS:
            return Turn(self.visit, self.view)
        if press is not None and press.verb == HOME:
            return self._show(self.engine.home(self.visit))
        return self._current(sentences.OLD_BUTTON)

    def _opened(self, flow: str, given: dict[str, str]) -> Turn:
        """Begin what a card or a result offers. It stays as it is, and the screen comes below it.

        It may be pressed at any time and again: what it begins looks at how things stand by then.
        """
        return self._show(self.engine.start(self.visit, flow, **given))

    def _fresh(self, press: Press) -> Turn:
        match press.verb:
            case drawing.HOME:
                return self._show(self.engine.home(self.visit))
            case drawing.BACK:
                return self._show(self.engine.turn(self.visit, Reply.back()))
            case drawing.MORE:
                self.page = press.number
                return self._current()
            case drawing.AT:
                return self._at(press.number)
        return self._show(self.engine.turn(self.visit, Reply.pressed(press.step, press.option)))

    def _at(self, place: int) -> Turn:
        assert self.chat is not None
        shown = msgspec.json.decode(self.chat.shown, type=list[str])
        if place >= len(shown):
            return self._current(sentences.OLD_BUTTON)
        reply = Reply.pressed(self.chat.asked, shown[place])
        return self._show(self.engine.turn(self.visit, reply))

    def _current(self, notice: str = "") -> Turn:
        return self._show(self.engine.current(self.visit), notice)

    # Answers.

    def _answered(self) -> Turn:
        """Give an answer to the question that stands there, if it can be meant for that one."""
        asks = self.view.asks
        if self.is_interrupted:
            shown = self._current(sentences.INTERRUPTED)
            is_pin = Asks.PIN in (asks, shown.screen and shown.screen.asks)
            return replace(shown, hides_message=is_pin and self.heard.kind is Kind.TYPED)
        is_asked = self.chat is not None and bool(self.chat.asked)
        if is_asked and clock.ms() - self.heard.said_ms > STALE_MS:
            return replace(self._current(sentences.AWAY), hides_message=asks == Asks.PIN)
        return self._typed() if self.heard.kind is Kind.TYPED else self._given()

    def _typed(self) -> Turn:
        asks, say = self.view.asks, self.visit.say
        if self.heard.is_full and asks != Asks.PIN:
            return self._aside(sentences.TOO_LONG)
        if asks == Asks.CONTACT and self.heard.text.strip() in (say("Cancel"), say("Home")):
            return self._show(self.engine.home(self.visit))
        screen = self.engine.turn(self.visit, Reply.typed(self.heard.text))
        asked = self.chat.asked if self.chat else ""
        if screen.notice and screen.asks in _BUTTONS and screen.step == asked:
            screen = replace(screen, notice=self.visit.say(sentences.TAP))
        if screen.notice and screen.asks is Asks.CONTACT:
            screen = replace(screen, notice=None)
        return replace(self._show(screen), hides_message=asks == Asks.PIN)

    def _given(self) -> Turn:
        """Take a phone number or a file."""
        asks, heard = self.view.asks, self.heard
        if heard.kind is Kind.FILE:
            return self._file(is_asked=asks == Asks.FILE)
        if asks not in (Asks.CONTACT, Asks.TEXT):
            return self._aside(sentences.NO_PHONE)
        if heard.kind is Kind.OWN_PHONE:
            return self._answer(Reply.contact(heard.text))
        if asks == Asks.CONTACT:
            return self._aside(sentences.NOT_YOURS)
        # Somebody else's card is a comfortable way of typing their number.
        return self._answer(Reply.typed(f"+{heard.text}"))

    def _file(self, *, is_asked: bool) -> Turn:
        """Take a file: as the answer to a question for one, else as contacts to be imported."""
        heard = self.heard
        is_paper = self.chat is not None and self.chat.asked.startswith(sender_ids.ABOUT_ONE)
        if is_asked or is_paper:
            return self._answer(Reply.file(heard.text, heard.file_name, heard.file_bytes))
        if heard.is_photo:
            return self._aside(sentences.NO_FILES)
        upload = Upload(heard.text, heard.file_name, heard.file_bytes)
        given = msgspec.json.encode(upload).decode()
        return self._show(self.engine.start(self.visit, "import", file=given))

    def _answer(self, reply: Reply) -> Turn:
        return self._show(self.engine.turn(self.visit, reply))
