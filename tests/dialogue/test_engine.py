"""A conversation goes on from where it stood, whatever is repeated, lost or pressed twice."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.dialogue.engine import Engine
from core.dialogue.screens import Asks, Reply, Screen
from core.dialogue.steps import Ask, Choose, Confirm, Flow, Once, Passing, Pin
from core.errors import Invalid
from core.words import say


@dataclass
class Visitor:
    channel: str = "terminal"
    address: str = "asha"
    language: str = "en"
    paid: list[tuple[str, int]] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)
    looks: int = 0

    def say(self, sentence: str, /, **fields: object) -> str:
        return say(self.language, sentence, **fields)


class WrongPin(Invalid):
    code = "test_wrong_pin"
    title = "Wrong PIN"
    sentence = "Wrong PIN."


def _check(pin: str) -> str:
    if pin != "2580":
        raise WrongPin
    return "ok"


def menu(visit: Visitor) -> Flow:
    choice = yield from Choose("do", "Menu", {"pay": "Pay", "ask": "Ask"}, is_home=True)
    if choice == "pay":
        return (yield from pay(visit))
    name = yield from Ask("name", "Name?", str)
    return f"Hello {name}"


def pay(visit: Visitor) -> Flow:
    amount = yield from Ask("amount", "How much?", _amount)
    sure = yield from Confirm("sure", f"Pay {amount}?", visit)
    if sure == "no":
        return "Nothing was paid."
    yield from Pin("pin", "PIN?", _check)
    number = yield from Once("pay", lambda once: _pay(visit, once, amount))
    return f"Paid, number {number}."


def _amount(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 10**6:
        raise WrongPin
    return int(text)


def _pay(visit: Visitor, once: str, amount: int) -> int:
    if (once, amount) not in visit.paid:
        visit.paid.append((once, amount))
    return len(visit.paid)


@pytest.fixture
def engine(store: str) -> Engine[Visitor]:
    return Engine({"menu": menu, "pay": pay, "draft": draft})


def talk(engine: Engine[Visitor], visit: Visitor, *typed: str) -> Screen:
    screen = engine.home(visit)
    for text in typed:
        screen = engine.turn(visit, Reply.typed(text))
    return screen


def test_a_flow_reads_top_to_bottom(engine: Engine[Visitor]) -> None:
    visit = Visitor()

    assert talk(engine, visit, "1", "500", "1", "2580").text == "Paid, number 1."
    assert len(visit.paid) == 1


def test_a_wrong_answer_is_asked_again_with_the_reason(engine: Engine[Visitor]) -> None:
    screen = talk(engine, Visitor(), "7")

    assert (screen.text, screen.notice) == ("Menu", "Choose 1-2.")


def test_back_drops_the_last_answer(engine: Engine[Visitor]) -> None:
    visit = Visitor()
    talk(engine, visit, "1", "500")

    assert engine.turn(visit, Reply.back()).text == "How much?"
    assert engine.turn(visit, Reply.back()).text == "Menu"


def test_a_press_on_an_old_button_is_seen_as_old(engine: Engine[Visitor]) -> None:
    visit = Visitor()
    talk(engine, visit, "1", "500")
    screen = engine.turn(visit, Reply.pressed("do", "ask"))

    assert screen.text == "Pay 500?"
    assert screen.notice
    assert visit.paid == []


def test_a_second_tap_on_the_last_button_does_nothing_more(engine: Engine[Visitor]) -> None:
    visit = Visitor()
    talk(engine, visit, "1", "500", "1")
    engine.turn(visit, Reply.typed("2580"))
    screen = engine.turn(visit, Reply.pressed("sure", "yes"))

    assert screen.text == "Menu"
    assert len(visit.paid) == 1


def test_a_crash_after_the_act_repeats_the_call_with_its_key(
    engine: Engine[Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.dialogue import store

    visit = Visitor()
    talk(engine, visit, "1", "500", "1")
    with monkeypatch.context() as broken:
        broken.setattr(store, "save", lambda chat: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            engine.turn(visit, Reply.typed("2580"))
    screen = engine.turn(visit, Reply.typed("2580"))

    assert screen.text == "Paid, number 1."


def test_a_secret_is_never_stored(engine: Engine[Visitor]) -> None:
    from core.dialogue.store import ChatRow

    visit = Visitor()
    talk(engine, visit, "1", "500", "1")
    engine.turn(visit, Reply.typed("Qy3wrongWm88"))

    assert "Qy3wrongWm88" not in str(list(ChatRow.select().dicts()))


def test_dialled_ahead_stops_before_confirming(engine: Engine[Visitor]) -> None:
    visit = Visitor()
    screen = engine.dial(visit, ["1", "500", "1", "2580"])

    assert (screen.asks, screen.text) == (Asks.CONFIRM, "Pay 500?")
    assert visit.paid == []


def draft(visit: Visitor) -> Flow:
    """A flow with an act that Back goes past, looks that lead nowhere, and one act that counts."""
    words = yield from Ask("words", "What?", str)
    made = yield from Passing("made", lambda once: _make(visit, once, words))
    for look in range(visit.looks):
        yield from Choose(f"look{look}", "Wait", {"again": "Look again"})
    if (yield from Confirm("send", f"Send {made}?", visit)) == "yes":
        yield from Once("sent", lambda once: _pay(visit, once, 1))
        yield from Ask("thanks", "How was it?", str)
    return "Done."


def _make(visit: Visitor, once: str, words: str) -> str:
    visit.made.setdefault(once, words)
    return visit.made[once]


def test_back_goes_past_a_passing_act_which_is_then_done_anew(engine: Engine[Visitor]) -> None:
    visit = Visitor()
    engine.start(visit, "draft")
    assert engine.turn(visit, Reply.typed("Habari")).text == "Send Habari?"
    assert engine.turn(visit, Reply.back()).text == "What?"
    assert engine.turn(visit, Reply.typed("Karibu")).text == "Send Karibu?"

    assert list(visit.made.values()) == ["Habari", "Karibu"]


def test_back_passes_over_looks_that_no_longer_count(engine: Engine[Visitor]) -> None:
    visit = Visitor(looks=2)
    engine.start(visit, "draft")
    for typed in ("Habari", "1", "1"):
        screen = engine.turn(visit, Reply.typed(typed))
    assert screen.text == "Send Habari?"
    visit.looks = 0

    assert engine.turn(visit, Reply.back()).text == "What?"


def test_back_does_not_go_past_what_was_done(engine: Engine[Visitor]) -> None:
    visit = Visitor()
    engine.start(visit, "draft")
    for typed in ("Habari", "1"):
        screen = engine.turn(visit, Reply.typed(typed))
    assert screen.text == "How was it?"

    assert engine.turn(visit, Reply.back()).text == "Menu"


REPLIES = st.one_of(
    st.sampled_from(["1", "2", "0", "500", "2580", "1111", "", "x", "²", "1*2"]).map(Reply.typed),
    st.tuples(st.sampled_from(["do", "sure", "amount"]), st.sampled_from(["pay", "yes", "no"])).map(
        lambda pair: Reply.pressed(*pair)
    ),
    st.just(Reply.back()),
    st.just(Reply.home()),
    st.text(max_size=5).map(Reply.typed),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(replies=st.lists(REPLIES, max_size=14))
def test_any_replies_pay_only_after_confirming_and_the_pin(
    engine: Engine[Visitor], replies: list[Reply]
) -> None:
    """Money is spent at most once a conversation, and never without yes and the right PIN."""
    visit = Visitor()
    screen = engine.home(visit)
    allowed = 0
    for reply in replies:
        if screen.asks is Asks.PIN and reply.kind == "typed" and reply.text.strip() == "2580":
            allowed += 1
        screen = engine.turn(visit, reply)

    assert len(visit.paid) == allowed
