"""Whatever comes twice, at once, late or never: what was done is done once, and told."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.dialogue import hops
from core.dialogue.hops import UssdHop, UssdSession
from core.dialogue.jobs import forget_sessions
from tests.processes import apart
from tests.storage.crowd import noted
from tests.ussd import crowd
from tests.ussd.gateways import ACCUMULATING, GATEWAYS, Asked
from tests.ussd.scene import PIN, Dials, Phone, World

ALL = sorted(GATEWAYS)


@pytest.mark.parametrize("gateway", ["AfricasTalking", "Beem", "Airtel", "Nalo"])
def test_every_hop_may_come_twice(phone: Dials, world: World, gateway: str) -> None:
    """Each repetition gets what the first was told, and nothing is done again."""
    asha = phone(gateway)
    hops = [asha.gateway.dial] + [
        lambda text=text: asha.gateway.type(text) for text in ("1", "Habari", "1", PIN)
    ]
    for make in hops:
        asked = make()
        assert asha.show(asked) == asha.show(asked) == asha.show(asked)

    assert len(world.acts) == 1
    assert world.texts == ["Habari"]


def at_once(phone: Phone, asked: Asked, count: int) -> list[str]:
    """Send one hop so many times at the same moment; gives the distinct answers."""
    start = threading.Barrier(count)

    def send(_: int) -> str:
        start.wait(100)
        return phone.show(asked).text

    with ThreadPoolExecutor(count) as pool:
        return sorted(set(pool.map(send, range(count))))


@pytest.mark.parametrize("gateway", ["AfricasTalking", "Beem", "Airtel", "Nalo"])
def test_a_hop_that_comes_many_times_at_once_acts_once(
    phone: Dials, world: World, gateway: str
) -> None:
    world.slow_s = 0.2
    asha = phone(gateway)
    assert len(at_once(asha, asha.gateway.dial(), 6)) == 1
    asha.type("1", "Habari")
    assert len(at_once(asha, asha.gateway.type("1"), 6)) == 1
    answers = at_once(asha, asha.gateway.type(PIN), 6)

    assert len(answers) == 1
    assert answers[0].startswith("Queued.")
    assert len(world.acts) == 1


def test_whoever_waits_too_long_for_its_twin_is_told(
    phone: Dials, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ussd import arrivals

    monkeypatch.setattr(arrivals, "WAIT_S", 0.2)
    world.gate = threading.Event()
    asha = phone()
    asha.dial()
    asha.type("1", "Habari", "1")
    asked = asha.gateway.type(PIN)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(asha.show, asked)
        while not UssdHop.select().where(UssdHop.number == 5).exists():
            time.sleep(0.01)
        second = asha.show(asked)
        world.gate.set()

        assert second.text.startswith("We are still busy with your last answer.")
        assert first.result(100).text.startswith("Queued.")
    assert asha.show(asked) == first.result()
    assert len(world.acts) == 1


MOVES = st.lists(st.sampled_from(["again", "first", "middle", "at once"]), max_size=6)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves=st.lists(MOVES, min_size=5, max_size=5), gateway=st.sampled_from(ALL))
def test_any_interleaving_of_repetitions_acts_once(
    phone: Dials, world: World, moves: list[list[str]], gateway: str
) -> None:
    """Old hops in any order, and the present one many times at once, between every two hops."""
    clock.unfreeze()
    world.acts.clear()
    number = f"2547{len(UssdSession.select()):08d}"
    asha = phone(gateway, number)
    sent: list[Asked] = []
    texts = ["", "1", "Habari", "1", PIN]
    for text, extra in zip(texts, moves, strict=True):
        asked = asha.gateway.type(text) if sent else asha.gateway.dial()
        sent.append(asked)
        shown = asha.show(asked)
        for move in extra:
            old = {"first": sent[0], "middle": sent[len(sent) // 2]}.get(move)
            if old is not None and gateway in (*ACCUMULATING, "Beem", "Hubtel"):
                asha.ask(old)
            elif move == "at once":
                assert at_once(asha, asked, 3) == [shown.text]
            else:
                assert asha.show(asked) == shown

    assert len(world.acts) == 1


@pytest.mark.parametrize("gateway", ["AfricasTalking", "Airtel"])
def test_processes_that_get_the_same_hop_act_once(phone: Dials, world: World, gateway: str) -> None:
    asha = phone(gateway)
    asha.dial()
    asha.type("1", "Habari", "1")
    told = apart(4, crowd.send, asha.gateway, PIN)

    assert len(set(told)) == 1
    assert told[0].startswith("Queued.")
    assert noted("ussd-%") == 1


def die(monkeypatch: pytest.MonkeyPatch, phone: Phone, asked: Asked) -> None:
    """Have the worker die between what it did and its note of it, with the session in its hands."""
    with monkeypatch.context() as dying:
        dying.setattr(hops, "finish", lambda *_, **__: 1 / 0)
        dying.setattr(hops, "let_go", lambda session: None)
        assert phone.show(asked).text.startswith("Sorry, we could not finish this.")


def test_whoever_takes_over_from_the_dead_does_not_answer_the_next_question(
    phone: Dials, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The "1" that chose to send must not become the text."""
    clock.freeze(clock.now())
    asha = phone("Airtel")
    asha.dial()
    asked = asha.gateway.type("1")
    die(monkeypatch, asha, asked)
    clock.advance(31)

    assert asha.show(asked).text.startswith("Type message:")


@pytest.mark.parametrize("gateway", ["AfricasTalking", "Airtel", "Hubtel"])
def test_what_the_dead_had_done_is_not_done_again(
    phone: Dials, world: World, monkeypatch: pytest.MonkeyPatch, gateway: str
) -> None:
    clock.freeze(clock.now())
    asha = phone(gateway)
    asha.dial()
    asha.type("1", "Habari", "1")
    asked = asha.gateway.type(PIN)
    die(monkeypatch, asha, asked)
    clock.advance(31)
    asha.show(asked)

    assert len(world.acts) == 1


def test_a_first_hop_whose_worker_died_begins_again(
    phone: Dials, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.freeze(clock.now())
    asha = phone()
    asked = asha.gateway.dial()
    die(monkeypatch, asha, asked)
    clock.advance(31)

    assert asha.show(asked).text.startswith("Salon Zuri")
    assert asha.type("1").text.startswith("Type message:")


def test_a_bug_ends_with_a_reference_and_leaves_everything_as_it_was(
    phone: Dials, world: World
) -> None:
    world.breaks = 1
    asha = phone()
    asha.dial()
    asked = asha.gateway.type("4")
    last = asha.show(asked)

    assert not last.goes_on
    assert re.match(r"Sorry, we could not finish this. Reference [0-9A-F]{6}. Dial", last.text)
    assert asha.show(asked).text == "Not broken."


def test_old_sessions_are_forgotten(phone: Dials) -> None:
    clock.freeze(clock.now())
    asha = phone()
    asha.dial()
    clock.advance(3 * 3600)
    other = phone(number="254722000001")
    other.dial()
    forget_sessions()

    assert [row.msisdn for row in UssdSession.select()] == ["254722000001"]
    assert UssdHop.select().count() == 1
