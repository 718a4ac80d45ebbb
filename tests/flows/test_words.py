"""What the flows say: in Swahili too, and short enough for the smallest screen."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import core.flows
from core import words
from core.dialogue.plain import small, units
from core.dialogue.screens import Asks
from core.flows import contact_card, estimates, imports, sender_ids
from core.notices import approvals, bulk, exports, progress, replies
from core.screens import walk
from core.screens.scenes import RARE
from core.settings import settings
from ussd.render import pages

SOURCES = sorted(Path(core.flows.__file__).parent.glob("*.py"))


def sentences() -> dict[str, str]:
    """Every sentence in the source of the flows, and where it stands."""
    found: dict[str, str] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "say":
                for part in ast.walk(node.args[0]):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        found[part.value] = path.name
            if isinstance(node, ast.ClassDef):
                for line in node.body:
                    if isinstance(line, ast.Assign) and line.targets[0].id == "sentence":  # type: ignore[attr-defined]
                        found[ast.literal_eval(line.value)] = path.name
    return found


def test_every_sentence_of_the_flows_has_its_swahili() -> None:
    known = words.catalogue("sw")

    assert {said: at for said, at in sentences().items() if said not in known} == {}


NAMED = [
    *progress.STATES.values(),
    *(value for name, value in vars(progress).items() if name.isupper() and isinstance(value, str)),
    *(label for label, _, _ in bulk.LUMPS),
    *(said for _, said, _ in bulk.LUMPS),
    *(approvals.ASKED, approvals.APPROVED, bulk.BECAME, bulk.READING),
    *(replies.FROM, replies.OPTED_OUT, replies.OPTED_IN, replies.MORE, replies.ANSWER, replies.ALL),
    *(exports.BROUGHT, exports.NOT_TAKEN),
    *estimates.REASONS.values(),
    *(estimates.UNREACHED, estimates.UNREACHED_SMALL),
    *contact_card.STANDINGS.values(),
    *imports.DELIMITERS.values(),
    *sender_ids.STATES.values(),
    *sender_ids.CLASSES.values(),
]


@pytest.mark.parametrize("sentence", dict.fromkeys(NAMED))
def test_what_is_named_by_its_state_has_its_swahili_too(sentence: str) -> None:
    assert sentence in words.catalogue("sw")


@pytest.fixture(scope="module", params=["en", "sw"])
def dialled(request: pytest.FixtureRequest) -> list[walk.Seen]:
    """Every screen a dialling phone shows."""
    return list(walk.tour("ussd", request.param))


@pytest.fixture(scope="module", params=["en", "sw"])
def chatted(request: pytest.FixtureRequest) -> list[walk.Seen]:
    """Every screen a chat shows."""
    return list(walk.tour("telegram", request.param))


def test_every_page_fits_the_smallest_screen_in_plain_letters(dialled: list[walk.Seen]) -> None:
    limit = settings().ussd.screen_limit
    for seen in dialled:
        for page in pages(seen.screen, seen.visit.say, limit):
            assert units(page) <= limit, page
            assert page.isascii(), page


def test_what_is_typed_or_confirmed_stands_on_one_page(dialled: list[walk.Seen]) -> None:
    """Only lists may go on: nobody should page to find out what they say yes to."""
    limit = settings().ussd.screen_limit
    for seen in dialled:
        if seen.screen.asks in (Asks.TEXT, Asks.PIN, Asks.CONFIRM, Asks.NOTHING):
            made = pages(seen.screen, seen.visit.say, limit)
            assert len(made) == 1, made


def test_a_chat_takes_every_screen(chatted: list[walk.Seen]) -> None:
    for seen in chatted:
        screen = seen.screen
        assert len(f"{screen.notice}{screen.text}{screen.detail}") < 4000
        for option in screen.options:
            assert len(f"{screen.step}:{option.key}".encode()) <= 54
            assert option.label


def test_every_placeholder_is_filled(dialled: list[walk.Seen], chatted: list[walk.Seen]) -> None:
    for seen in [*dialled, *chatted]:
        # Two braces are a place in a template, which people type themselves.
        assert not re.search(r"(?<!\{)\{\w+\}", small(seen.screen, seen.visit))


def test_every_sentence_is_on_some_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that whoever proofreads `tuma screens` has seen it all."""
    said: set[str] = set()
    speak = words.say

    def listen(language: str, sentence: str, /, **fields: object) -> str:
        said.add(sentence)
        return speak(language, sentence, **fields)

    monkeypatch.setattr(words, "say", listen)
    for channel in ("ussd", "telegram"):
        for seen in walk.tour(channel, "en"):
            small(seen.screen, seen.visit)

    assert set(sentences()) - said - set(RARE) == set()
