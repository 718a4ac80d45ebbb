"""`tuma talk`: a conversation in the terminal, as the owner of a phone would have it."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable

from core import phone
from core.dialogue.plain import BACK, HOME, small
from core.dialogue.screens import Asks, Reply, Screen
from core.errors import Refused
from core.flows import FLOWS, Visit, conversation, open_visit
from core.settings import settings

CHANNEL = "terminal"


def main(flow: str, given: str, language: str | None) -> int:
    """Talk until the flow ends or the person has had enough."""
    if flow not in FLOWS:
        print(f"There is no flow {flow}. Choose one of: {', '.join(FLOWS)}.", file=sys.stderr)
        return 1
    offered = settings().app.languages
    if language is not None and language not in offered:
        print(f"Choose a language from: {', '.join(offered)}.", file=sys.stderr)
        return 1
    try:
        msisdn = phone.parse(given)
    except Refused as refusal:
        print(refusal.words(), file=sys.stderr)
        return 1
    return talk(flow, msisdn, language, _read)


def talk(flow: str, msisdn: str, language: str | None, read: Callable[[Screen], str | None]) -> int:
    """Hold a conversation; `read` gives each answer, or None when there is no more."""

    def visit() -> Visit:
        made = open_visit(CHANNEL, msisdn, msisdn=msisdn, language_hint=language or "")
        if language is not None:
            made.language = language
        return made

    present = visit()
    screen = conversation.start(present, flow)
    while True:
        print(small(screen, present), end="\n\n")
        if screen.ends:
            return 0
        answer = read(screen)
        if answer is None:
            return 0
        present = visit()
        screen = conversation.turn(present, _reply(screen, answer))


def _reply(screen: Screen, answer: str) -> Reply:
    """Understand an answer as a phone's keys: nought goes back, two lead home."""
    if answer.strip() == HOME and not screen.is_home:
        return Reply.home()
    if answer.strip() == BACK and screen.can_go_back:
        return Reply.back()
    return Reply.typed(answer)


def _read(screen: Screen) -> str | None:
    try:
        if screen.asks is Asks.PIN and sys.stdin.isatty():
            return getpass.getpass("> ")
        return input("> ")
    except (EOFError, KeyboardInterrupt):
        print()
        return None
