"""The network hangs up on a slow answer: the person gets an honest one, and the real one later."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.dialogue import hops
from tests.ussd.scene import PIN, Dials, Phone, World
from ussd import deadline

LATE = "This takes longer than it should. Dial *384*1234# again in a minute to go on."


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "ANSWER_S", 0.4)


def at_the_pin(phone: Dials) -> Phone:
    asha = phone()
    asha.dial()
    asha.type("1", "Habari", "1")
    return asha


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_five_seconds_are_never_passed(phone: Dials, world: World) -> None:
    """With the real figures, and a flow that takes six."""
    world.slow_s = 6
    asha = at_the_pin(phone)
    started = time.monotonic()
    last = asha.type(PIN)

    assert time.monotonic() - started < 5
    assert (last.text, last.goes_on) == (LATE, False)


@pytest.mark.usefixtures("hurried")
def test_what_came_too_late_is_told_on_dialling_again(phone: Dials, world: World) -> None:
    world.gate = threading.Event()
    asha = at_the_pin(phone)
    asked = asha.gateway.type(PIN)
    assert asha.show(asked).text == LATE
    world.gate.set()
    deadline.rest()
    again = phone()
    seen = again.dial()

    assert seen.goes_on
    assert seen.text.startswith("Queued. Ref ")
    assert seen.text.endswith("\n00. Home")
    assert again.type("0").text.startswith("Salon Zuri")
    assert phone().dial().text.startswith("Salon Zuri")
    assert len(world.acts) == 1


@pytest.mark.usefixtures("hurried")
def test_the_late_answer_is_the_answer_of_its_hop(phone: Dials, world: World) -> None:
    """A gateway that gave up and asks again is told what came of it."""
    world.gate = threading.Event()
    asha = at_the_pin(phone)
    asked = asha.gateway.type(PIN)
    asha.show(asked)
    world.gate.set()
    deadline.rest()

    assert asha.show(asked).text.startswith("Queued. Ref ")
    assert len(world.acts) == 1


@pytest.mark.usefixtures("hurried")
def test_whoever_dials_again_before_it_is_done_does_it_once(phone: Dials, world: World) -> None:
    world.gate = threading.Event()
    asha = at_the_pin(phone)
    asha.type(PIN)
    again = phone()
    assert again.dial().text.startswith("You were not finished.")
    assert again.type("1").text.startswith("Enter PIN to send:")
    world.gate.set()
    again.type(PIN)
    deadline.rest()

    assert len(set(world.acts)) == 1


@pytest.mark.usefixtures("hurried")
def test_what_has_not_begun_in_time_is_not_done(
    phone: Dials, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person has been sent away; nothing happens behind their back."""
    asha = at_the_pin(phone)
    crowded = ThreadPoolExecutor(1)
    monkeypatch.setattr(deadline, "_pool", crowded)
    free = threading.Event()
    crowded.submit(free.wait, 20)
    assert asha.type(PIN).text == LATE
    free.set()
    crowded.shutdown()

    assert world.acts == []


@pytest.mark.usefixtures("hurried")
def test_whose_turn_comes_too_late_does_nothing(
    phone: Dials, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session is left as it was, for the hop's repetition."""
    asha = phone()
    asha.dial()
    asked = asha.gateway.type("6")
    hold = hops.hold
    with monkeypatch.context() as slow:
        slow.setattr(hops, "hold", lambda *given: time.sleep(0.6) or hold(*given))
        assert asha.show(asked).text == LATE
        deadline.rest()
    assert world.acts == []

    assert asha.show(asked).text.startswith("Paid ")


@pytest.mark.usefixtures("hurried")
def test_when_all_are_stuck_nobody_waits(phone: Dials, world: World) -> None:
    """Whoever had to wait would keep others from being told."""
    world.gate = threading.Event()
    dialled = [phone(number=f"25471234567{at}") for at in range(deadline.THREADS)]
    for each in dialled:
        each.dial()
    with ThreadPoolExecutor(len(dialled)) as pool:
        shown = list(pool.map(lambda each: each.type("6").text, dialled))
    started = time.monotonic()
    last = phone(number="254712345680").dial()

    assert shown == [LATE] * len(dialled)
    assert (last.text, last.goes_on) == (LATE, False)
    assert time.monotonic() - started < 0.3
    world.gate.set()


@pytest.mark.usefixtures("hurried")
def test_it_is_told_in_the_persons_language(phone: Dials, world: World) -> None:
    world.language = "sw"
    world.slow_s = 1
    asha = at_the_pin(phone)

    assert asha.type(PIN).text.startswith("Hii inachukua muda mrefu")
