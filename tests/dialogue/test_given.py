"""What a conversation is started with, and files that come into one."""

from __future__ import annotations

import pytest

from core.dialogue.engine import Engine
from core.dialogue.screens import Asks, Reply
from core.dialogue.steps import Choose, File, Flow, Given, Upload
from core.errors import Invalid
from tests.dialogue.test_engine import Visitor


class TooLarge(Invalid):
    code = "test_too_large"
    title = "Too large"
    sentence = "Too large."


def menu(visit: Visitor) -> Flow:
    yield from Choose("menu", "Menu", {"go": "Go"}, is_home=True)
    return "There."


def look(visit: Visitor) -> Flow:
    about = yield from Given("about")
    choice = yield from Choose("look", f"About {about or 'nothing'}", {"more": "More"})
    return f"{choice} of {about}"


def send(visit: Visitor) -> Flow:
    upload = yield from File("file", "Which file?", _check, {"skip": "Without"})
    return f"{upload.name}, {upload.size_bytes}, {upload.file_id}"


def _check(upload: Upload) -> None:
    if upload.size_bytes > 10:
        raise TooLarge


@pytest.fixture
def engine(store: str) -> Engine[Visitor]:
    return Engine({"menu": menu, "look": look, "send": send})


def test_what_a_flow_was_started_with_is_there_at_every_turn(engine: Engine[Visitor]) -> None:
    visit = Visitor()
    assert engine.start(visit, "look", about="cmp_1").text == "About cmp_1"
    assert engine.current(visit).text == "About cmp_1"

    assert engine.turn(visit, Reply.typed("1")).text == "more of cmp_1"


def test_a_flow_started_bare_finds_nothing_given(engine: Engine[Visitor]) -> None:
    assert engine.start(Visitor(), "look").text == "About nothing"


def test_back_from_the_first_question_leads_home(engine: Engine[Visitor]) -> None:
    visit = Visitor()
    engine.start(visit, "look", about="cmp_1")

    assert engine.turn(visit, Reply.back()).is_home


def test_a_file_is_an_answer_with_its_name_and_size(engine: Engine[Visitor]) -> None:
    visit = Visitor()
    assert engine.start(visit, "send").asks is Asks.FILE

    screen = engine.turn(visit, Reply.file("f1", "wateja.csv", 9))
    assert screen.text == "wateja.csv, 9, f1"


def test_a_file_that_will_not_do_is_asked_for_again(engine: Engine[Visitor]) -> None:
    visit = Visitor()
    engine.start(visit, "send")
    screen = engine.turn(visit, Reply.file("f1", "wateja.csv", 11))

    assert screen.notice == "Too large."
    assert screen.asks is Asks.FILE


def test_there_is_a_way_on_without_a_file(engine: Engine[Visitor]) -> None:
    visit = Visitor()
    engine.start(visit, "send")

    assert engine.turn(visit, Reply.pressed("file", "skip")).text == "skip, 0, "


def test_words_are_no_file(engine: Engine[Visitor]) -> None:
    visit = Visitor()
    engine.start(visit, "send")

    assert engine.turn(visit, Reply.typed("wateja.csv")).asks is Asks.FILE
