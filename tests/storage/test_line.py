"""Those who come while something is under way are served together next."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import pytest

from core.line import Gathering


class Odd(Exception):
    """Nothing has happened."""


class Worse(Exception):
    """Nobody knows what has happened."""


def together(count: int, act: Callable[[int], object]) -> list[object]:
    """Call from so many threads at once; what each got or met."""
    found: list[object] = [None] * count

    def call(number: int) -> None:
        try:
            found[number] = act(number)
        except (Odd, Worse) as error:
            found[number] = error

    threads = [threading.Thread(target=call, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def rounds_of(
    count: int, act: Callable[[Sequence[int]], Sequence[int | Exception]]
) -> tuple[list[object], list[list[int]]]:
    """Have so many threads come while the first is being served; what each got, and with whom."""
    rounds: list[list[int]] = []
    is_first_in, may_go_on = threading.Event(), threading.Event()

    def noted(items: Sequence[int]) -> Sequence[int | Exception]:
        rounds.append(list(items))
        if -1 in items:
            is_first_in.set()
            may_go_on.wait(100)
            return [0]
        return act(items)

    gathering: Gathering[int, int] = Gathering(noted, undone=(Odd,))
    first = threading.Thread(target=gathering.do, args=(-1,))
    first.start()
    is_first_in.wait(100)

    def open_when_all_wait() -> None:
        while gathering.waiting < count:
            time.sleep(0.001)
        may_go_on.set()

    threading.Thread(target=open_when_all_wait).start()
    found = together(count, gathering.do)
    first.join()
    return found, rounds


def twice(items: Sequence[int]) -> list[int | Exception]:
    return [2 * item for item in items]


def test_all_who_come_meanwhile_go_together_and_each_gets_its_own_answer() -> None:
    found, rounds = rounds_of(8, twice)

    assert found == [2 * number for number in range(8)]
    assert [sorted(each) for each in rounds] == [[-1], list(range(8))]


def test_one_who_is_refused_hurts_nobody_else() -> None:
    def act(items: Sequence[int]) -> list[int | Exception]:
        return [Odd(item) if item == 3 else item for item in items]

    found, rounds = rounds_of(6, act)

    assert isinstance(found.pop(3), Odd)
    assert found == [0, 1, 2, 4, 5]
    assert len(rounds) == 2


def test_when_nothing_has_happened_each_is_tried_alone() -> None:
    def act(items: Sequence[int]) -> list[int | Exception]:
        if 3 in items:
            raise Odd
        return list(items)

    found, rounds = rounds_of(6, act)

    assert isinstance(found.pop(3), Odd)
    assert found == [0, 1, 2, 4, 5]
    assert [len(each) for each in rounds] == [1, 6, 1, 1, 1, 1, 1, 1]


def test_when_nobody_knows_what_has_happened_nothing_is_tried_again() -> None:
    """A lost connection may have cost the answer only: doing it again could do it twice."""

    def act(items: Sequence[int]) -> list[int | Exception]:
        raise Worse

    found, rounds = rounds_of(6, act)

    assert [type(each) for each in found] == [Worse] * 6
    assert len(rounds) == 2


def test_whoever_comes_alone_is_served_alone() -> None:
    gathering: Gathering[int, int] = Gathering(twice, undone=(Odd,))

    assert [gathering.do(number) for number in range(3)] == [0, 2, 4]
    with pytest.raises(Odd):
        Gathering(lambda items: [Odd()], undone=(Odd,)).do(1)
