"""The network hangs up on a slow answer: the person gets an honest one, and the real one later."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

import pytest

from core.dialogue import hops
from tests.ussd.scene import PIN, Dials, Phone, World
from ussd import deadline

LATE = "This takes longer than it should. Dial *384*1234# again in a minute to go on."


ANSWER_S = deadline.ANSWER_S


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AbstractContextManager[None]]:
    """Answer within so many seconds for a while: `with hurry(): ...`."""

    @contextmanager
    def hurrying(seconds: float = 0.4) -> Iterator[None]:
        with monkeypatch.context() as hurried:
            hurried.setattr(deadline, "ANSWER_S", seconds)
            yield

    return hurrying


Hurry = Callable[..., AbstractContextManager[None]]


def at_the_pin(phone: Dials) -> Phone:
    asha = phone()
    asha.dial()
    asha.type("1", "Habari", "1")
    return asha


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_five_seconds_are_never_passed(phone: Dials, world: World, hurry: Hurry) -> None:
    """With the real figure, and a flow that is still under way when the answer is there."""
    world.gate = threading.Event()
    asha = at_the_pin(phone)
    with hurry(ANSWER_S):
        last = asha.type(PIN)

    assert ANSWER_S == 4.5
    assert world.acts == []
    assert (last.text, last.goes_on) == (LATE, False)
    world.gate.set()


def test_what_came_too_late_is_told_on_dialling_again(
    phone: Dials, world: World, hurry: Hurry
) -> None:
    world.gate = threading.Event()
    asha = at_the_pin(phone)
    asked = asha.gateway.type(PIN)
    again = phone()
    with hurry(2):
        assert asha.show(asked).text == LATE
        world.gate.set()
        deadline.rest()
        seen = again.dial()

    assert seen.goes_on
    assert seen.text.startswith("Queued. Ref ")
    assert seen.text.endswith("\n00. Home")
    assert again.type("0").text.startswith("Salon Zuri")
    assert phone().dial().text.startswith("Salon Zuri")
    assert len(world.acts) == 1


def test_the_late_answer_is_the_answer_of_its_hop(phone: Dials, world: World, hurry: Hurry) -> None:
    """A gateway that gave up and asks again is told what came of it."""
    world.gate = threading.Event()
    asha = at_the_pin(phone)
    asked = asha.gateway.type(PIN)
    with hurry():
        asha.show(asked)
    world.gate.set()
    deadline.rest()

    assert asha.show(asked).text.startswith("Queued. Ref ")
    assert len(world.acts) == 1


def test_whoever_dials_again_before_it_is_done_does_it_once(
    phone: Dials, world: World, hurry: Hurry
) -> None:
    world.gate = threading.Event()
    asha = at_the_pin(phone)
    with hurry():
        asha.type(PIN)
    again = phone()
    assert again.dial().text.startswith("You were not finished.")
    assert again.type("1").text.startswith("Enter PIN to send:")
    world.gate.set()
    again.type(PIN)
    deadline.rest()

    assert len(set(world.acts)) == 1


def test_what_has_not_begun_in_time_is_not_done(
    phone: Dials, world: World, monkeypatch: pytest.MonkeyPatch, hurry: Hurry
) -> None:
    """The person has been sent away; nothing happens behind their back."""
    asha = at_the_pin(phone)
    crowded = ThreadPoolExecutor(1)
    monkeypatch.setattr(deadline, "_pool", crowded)
    free = threading.Event()
    crowded.submit(free.wait, 100)
    with hurry():
        assert asha.type(PIN).text == LATE
    free.set()
    crowded.shutdown()

    assert world.acts == []


def test_whose_turn_comes_too_late_does_nothing(
    phone: Dials, world: World, monkeypatch: pytest.MonkeyPatch, hurry: Hurry
) -> None:
    """The session is left as it was, for the hop's repetition."""
    asha = phone()
    asha.dial()
    asked = asha.gateway.type("6")
    hold = hops.hold
    with monkeypatch.context() as slow, hurry():
        slow.setattr(hops, "hold", lambda *given: time.sleep(0.6) or hold(*given))
        assert asha.show(asked).text == LATE
        deadline.rest()
    assert world.acts == []

    assert asha.show(asked).text.startswith("Paid ")


def test_when_all_are_stuck_nobody_waits(phone: Dials, world: World, hurry: Hurry) -> None:
    """Whoever had to wait would keep others from being told."""
    world.gate = threading.Event()
    dialled = [phone(number=f"25471234567{at}") for at in range(deadline.THREADS)]
    for each in dialled:
        each.dial()
    with hurry(2), ThreadPoolExecutor(len(dialled)) as pool:
        shown = list(pool.map(lambda each: each.type("6").text, dialled))
    started = time.monotonic()
    last = phone(number="254712345680").dial()

    assert shown == [LATE] * len(dialled)
    assert (last.text, last.goes_on) == (LATE, False)
    assert time.monotonic() - started < deadline.ANSWER_S
    world.gate.set()


def test_it_is_told_in_the_persons_language(phone: Dials, world: World, hurry: Hurry) -> None:
    world.language = "sw"
    world.gate = threading.Event()
    asha = at_the_pin(phone)
    with hurry():
        last = asha.type(PIN)

    assert last.text.startswith("Hii inachukua muda mrefu")
    world.gate.set()
