"""Replaying a flow to the question it stands at, one reply at a time.

The state is a row; no process keeps anything. The row is saved over the version that was read, so
of two replies at once one goes on and the other sees where that led. An act's key contains the
conversation's id, so whatever is repeated, the service does it once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, Protocol, TypeVar

import structlog

from core import ids
from core.dialogue import store
from core.dialogue.screens import Asks, Done, Reply, Screen
from core.dialogue.steps import Flow, Given, Once, Passing, Step
from core.dialogue.store import Chat
from core.errors import Busy, Invalid, Refused

log = structlog.get_logger(__name__)

HOME = "menu"
_ACT = "!"  # marks the kept result of an act among the answers
_PASSING = "~"  # marks that of one which Back goes past
_GIVEN = "@"  # marks what a flow was started with


class Visit(Protocol):
    """What the engine needs of whoever is talking."""

    @property
    def channel(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def language(self) -> str: ...
    def say(self, sentence: str, /, **fields: object) -> str: ...


V = TypeVar("V", bound=Visit)


class Engine(Generic[V]):
    """Runs the flows of a registry; `HOME` is the one that everybody starts from."""

    def __init__(self, flows: Mapping[str, Callable[[V], Flow]]) -> None:
        self._flows = flows

    def home(self, visit: V) -> Screen:
        """Begin anew at the first screen."""
        return self.start(visit, HOME)

    def start(self, visit: V, flow: str, **given: str) -> Screen:
        """Begin a flow, leaving whatever was going on. It finds what is given by `Given`."""
        before = store.load(visit.channel, visit.address)
        chat = Chat(visit.channel, visit.address, flow, version=before.version if before else 0)
        chat.answers = {_GIVEN + key: value for key, value in given.items()}
        return self._go_on(visit, chat, None)

    def unfinished(self, visit: V) -> bool:
        """Say whether there is something to go on with, beyond the first screen."""
        chat = store.load(visit.channel, visit.address)
        return chat is not None and chat.is_fresh and bool(chat.answers) and bool(chat.asked)

    def current(self, visit: V) -> Screen:
        """Draw the question the conversation stands at again."""
        chat = store.load(visit.channel, visit.address)
        if chat is None or not chat.asked:
            return self.home(visit)
        return self._go_on(visit, chat, None)

    def turn(self, visit: V, reply: Reply) -> Screen:
        """Take a reply and show what follows."""
        chat = store.load(visit.channel, visit.address)
        if chat is None or not chat.asked or reply.kind == "home":
            if reply.kind == "pressed" and chat is not None:
                return replace(self.home(visit), notice=visit.say(OLD_BUTTON))
            return self.home(visit)
        if reply.kind == "pressed" and reply.step != chat.asked:
            return replace(self._go_on(visit, chat, None), notice=visit.say(OLD_BUTTON))
        if reply.kind == "back":
            return self._back(visit, chat)
        return self._go_on(visit, chat, reply)

    def dial(self, visit: V, parts: Sequence[str]) -> Screen:
        """Feed answers dialled ahead, up to the first screen that will not take one.

        A PIN and a confirmation are never dialled: they would stay in the phone's list of calls.
        """
        screen = self.home(visit)
        for part in parts:
            if screen.ends or screen.asks in (Asks.PIN, Asks.CONFIRM):
                break
            screen = self.turn(visit, Reply.typed(part))
            if screen.notice:
                break
        return screen

    def _back(self, visit: V, chat: Chat) -> Screen:
        """Ask the question before; what was done cannot be undone by going back."""
        while _forget_last(chat):
            screen = self._replay(visit, chat, None)
            # What no longer counts, such as another look at something, led to this very question.
            if screen.step != chat.asked:
                return self._stand(visit, chat, screen)
        return self.home(visit)

    def _go_on(self, visit: V, chat: Chat, reply: Reply | None) -> Screen:
        return self._stand(visit, chat, self._replay(visit, chat, reply))

    def _stand(self, visit: V, chat: Chat, screen: Screen) -> Screen:
        """Save that the conversation stands at a screen, and show it."""
        chat.asked = screen.step
        chat.shown = [option.key for option in screen.options]
        if screen.ends:
            chat.answers, chat.id = {}, ids.new("dlg")
        if store.save(chat):
            return screen
        # Somebody else's reply went first: what counts is where that has led.
        now = store.load(visit.channel, visit.address)
        if now is None or not now.asked:
            return screen
        return self._replay(visit, now, None)

    def _replay(self, visit: V, chat: Chat, reply: Reply | None) -> Screen:
        flow = self._flows.get(chat.flow)
        if flow is None:  # gone with a deploy
            chat.flow, chat.answers, flow, reply = HOME, {}, self._flows[HOME], None
        running = flow(visit)
        try:
            return self._to_next_question(visit, chat, running, reply)
        except StopIteration as end:
            return _last(end.value)
        except Refused as refusal:
            return Screen(refusal.words(visit.language))
        finally:
            running.close()

    def _to_next_question(
        self, visit: V, chat: Chat, running: Generator[Step[Any], Any, Any], reply: Reply | None
    ) -> Screen:
        step = next(running)
        seen: set[str] = set()
        while True:
            assert step.key not in seen, f"{step.key} is asked twice in {chat.flow}"
            seen.add(step.key)
            if isinstance(step, Once):
                step = running.send(_act(chat, step))
                continue
            if isinstance(step, Given):
                step = running.send(chat.answers.get(_GIVEN + step.key, ""))
                continue
            try:
                if step.key not in chat.answers:
                    if reply is None or (chat.asked and chat.asked != step.key):
                        return _drawn(step, chat, None)
                    given, reply = reply, None
                    chat.answers[step.key] = step.accept(given, chat.shown)
                value = step.read(chat.answers[step.key])
            except (Invalid, Busy) as wrong:
                chat.answers.pop(step.key, None)
                return _drawn(step, chat, wrong.words(visit.language))
            step = running.send(value)


OLD_BUTTON = "That button is from an earlier screen. This is where you are now."


def _forget_last(chat: Chat) -> bool:
    """Drop the last answer and the passing acts since; False where something else stands."""
    while chat.answers and next(reversed(chat.answers)).startswith(_PASSING):
        chat.answers.popitem()
        chat.id = ids.new("dlg")  # it may be done anew, and is then another act
    if not chat.answers or next(reversed(chat.answers)).startswith((_ACT, _GIVEN)):
        return False
    chat.answers.popitem()
    return True


def _act(chat: Chat, step: Once[Any]) -> Any:
    """Do an act, unless it has been done; give its result."""
    name = (_PASSING if isinstance(step, Passing) else _ACT) + step.key
    if name not in chat.answers:
        chat.answers[name] = step.keep(step.act(f"{chat.id}:{step.key}"))
    return step.read(chat.answers[name])


def _drawn(step: Step[Any], chat: Chat, notice: str | None) -> Screen:
    screen = step.screen()
    return replace(
        screen,
        notice=notice or screen.notice,
        can_go_back=bool(chat.answers) and not screen.is_home,
    )


def _last(value: Done | str) -> Screen:
    done = Done(value) if isinstance(value, str) else value
    return Screen(
        done.text,
        detail=done.detail,
        picture=done.picture,
        document=done.document,
        secret=done.secret,
    )
