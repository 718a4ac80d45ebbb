"""Each person in order, nobody behind another, and the place given up while a flood lasts."""

from __future__ import annotations

import asyncio

from telegram import Update

from bots.turns import AT_ONCE, Turns
from tests.bots.phone import message, update


def by(user: int) -> Update:
    made = Update.de_json(update(message=message(1, user, text="x")), None)
    assert made is not None
    return made


def test_a_persons_acts_keep_their_order_however_long_each_takes() -> None:
    told: list[int] = []

    async def story() -> None:
        turns = Turns(lambda _: None)

        async def act(number: int) -> None:
            await asyncio.sleep(0.01 / (number + 1))
            told.append(number)

        await asyncio.gather(*(turns.process_update(by(5), act(at)) for at in range(5)))

    asyncio.run(story())
    assert told == [0, 1, 2, 3, 4]


def test_a_slow_person_with_many_acts_leaves_room_for_others() -> None:
    told: list[int] = []

    async def story() -> None:
        turns = Turns(lambda _: None)

        async def act(user: int, seconds: float) -> None:
            await asyncio.sleep(seconds)
            told.append(user)

        slow = [turns.process_update(by(5), act(5, 0.005)) for _ in range(2 * AT_ONCE)]
        await asyncio.gather(*slow, turns.process_update(by(6), act(6, 0.005)))

    asyncio.run(story())
    assert told.index(6) <= 2


def test_whoever_waits_for_a_flood_gives_the_place_away() -> None:
    told: list[int] = []

    async def story() -> None:
        turns = Turns(lambda _: None)

        async def flooded() -> None:
            await turns.step_aside(0.5)
            told.append(0)

        async def quick() -> None:
            told.append(1)

        held = [turns.process_update(by(100 + at), flooded()) for at in range(AT_ONCE)]
        await asyncio.gather(*held, turns.process_update(by(6), quick()))

    asyncio.run(story())
    assert told[0] == 1


def test_what_is_done_is_told_even_when_it_failed() -> None:
    done: list[int] = []
    one = by(5)

    async def story() -> None:
        turns = Turns(done.append)

        async def fail() -> None:
            raise ValueError

        await asyncio.gather(turns.process_update(one, fail()), return_exceptions=True)
        assert turns._locks == {}

    asyncio.run(story())
    assert done == [one.update_id]
