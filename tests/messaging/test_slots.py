"""The right to talk to a gateway: so many at once, so many a second, and a rest after failures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from core import clock, queue
from core.messaging import dispatch, slots
from core.messaging.models import REHEARSAL_ACCOUNT, SHARED_ACCOUNT, GatewayAccount
from tests import servers
from tests.messaging import crowd
from tests.messaging.scene import (
    ASHA,
    NOON,
    Make,
    assert_proved,
    at,
    later,
    send,
    shared_account,
    statuses,
)
from tests.processes import apart
from tests.races import together
from tests.stack import wait_until

Change = Callable[..., None]


def taken(account_id: int = SHARED_ACCOUNT) -> slots.Slot:
    """A slot: there is a free one."""
    slot = slots.take(account_id)
    assert slot is not None
    return slot


def test_never_more_than_the_connections_are_in_use_over_processes(
    store: str, change_settings: Change
) -> None:
    change_settings("onfon", connections=3)
    most = apart(8, crowd.use_slots, 4)

    assert max(most) <= 3


def test_a_crowd_takes_every_slot_there_is(store: str, change_settings: Change) -> None:
    change_settings("onfon", connections=8)
    slots.give_back(taken())
    found = together(16, lambda _: slots.take(SHARED_ACCOUNT))

    assert sorted(slot.number for slot in found if slot) == list(range(8))


def test_a_slot_given_back_is_there_for_the_next(store: str, change_settings: Change) -> None:
    change_settings("onfon", connections=2)
    one = taken()
    taken()
    assert slots.take(SHARED_ACCOUNT) is None
    slots.give_back(one)

    assert taken().number == one.number


def test_accounts_have_slots_of_their_own(store: str, change_settings: Change) -> None:
    change_settings("onfon", connections=1)

    assert slots.take(SHARED_ACCOUNT)
    assert slots.take(REHEARSAL_ACCOUNT)


def test_a_killed_holders_slot_comes_back_after_its_lease(
    store: str, change_settings: Change
) -> None:
    at(NOON)
    change_settings("onfon", connections=1)
    killed = taken()
    later(milliseconds=slots.lease_ms())
    assert slots.take(SHARED_ACCOUNT) is None
    later(milliseconds=1)

    heir = taken()
    # Should it not be dead after all, it learns that, and cannot give away what is not its own.
    assert not slots.wait_for_turn(killed)
    slots.give_back(killed)
    assert slots.wait_for_turn(heir)
    assert slots.take(SHARED_ACCOUNT) is None


def test_a_holder_at_work_keeps_its_slot(store: str, change_settings: Change) -> None:
    at(NOON)
    change_settings("onfon", connections=1)
    slot = taken()
    for _ in range(5):
        later(seconds=30)
        assert slots.wait_for_turn(slot)
        assert slots.take(SHARED_ACCOUNT) is None


def test_fewer_connections_are_kept_to_at_once(store: str, change_settings: Change) -> None:
    change_settings("onfon", connections=3)
    for slot in [taken() for _ in range(3)]:
        slots.give_back(slot)
    change_settings("onfon", connections=1)

    assert slots.take(SHARED_ACCOUNT)
    assert slots.take(SHARED_ACCOUNT) is None


@pytest.mark.parametrize("apart_too", [False, True], ids=["threads", "processes"])
def test_turns_come_no_faster_than_the_rate(
    store: str, change_settings: Change, apart_too: bool
) -> None:
    change_settings("onfon", rate_per_second=100)
    slots.give_back(taken())
    start = clock.ms() + (600 if apart_too else 200)
    GatewayAccount.update(next_slot_at=start).execute()
    if apart_too:
        found = apart(4, crowd.wait_for_turns, 10)
    else:
        found = together(4, lambda number: crowd.wait_for_turns(number, 10))
    moments = sorted(moment for each in found for moment in each)

    # Sleeping is exact to a millisecond or two.
    late = [moment - start - 10 * nth for nth, moment in enumerate(moments)]
    assert min(late) >= -2


def test_a_paused_account_gives_no_turn_until_its_rest_is_over(store: str) -> None:
    at(NOON)
    slot = taken()
    assert slots.pause(SHARED_ACCOUNT, "HTTP 429")
    assert not slots.wait_for_turn(slot)
    assert slots.wait_for_turn(taken(REHEARSAL_ACCOUNT))
    later(seconds=1)

    assert slots.wait_for_turn(slot)


def rest() -> float:
    return (shared_account().paused_until - clock.now()).total_seconds()


def test_rests_grow_and_are_forgotten_after_a_success(store: str) -> None:
    at(NOON)
    rests = []
    for _ in range(8):
        assert slots.pause(SHARED_ACCOUNT, "HTTP 429")
        rests.append(rest())
        later(seconds=rest())
    assert rests == [1, 2, 5, 10, 30, 60, 60, 60]
    slots.worked(SHARED_ACCOUNT)

    assert slots.pause(SHARED_ACCOUNT, "HTTP 429")
    assert rest() == 1


def test_a_rest_the_gateway_asks_for_is_given_within_reason(store: str) -> None:
    at(NOON)
    slots.pause(SHARED_ACCOUNT, "HTTP 429", retry_after_s=17)
    assert rest() == 17
    later(seconds=17)
    slots.pause(SHARED_ACCOUNT, "HTTP 429", retry_after_s=86_400)
    assert rest() == 300


def test_failures_at_one_moment_count_once(store: str) -> None:
    at(NOON)
    found = together(16, lambda _: slots.pause(SHARED_ACCOUNT, "HTTP 429"))

    assert found.count(True) == 1
    assert (shared_account().failures, rest()) == (1, 1)


def test_a_gateway_that_is_down_costs_nothing_and_loses_nothing(
    make_tenant: Make, change_settings: Change
) -> None:
    change_settings("onfon", base_url=f"http://127.0.0.1:{servers.free_port()}/v1/sms")
    tenant = make_tenant(wallet="10")
    send(tenant, ASHA)
    dispatch.dispatch(SHARED_ACCOUNT)

    assert statuses() == ["queued"]
    assert GatewayAccount.get_by_id(SHARED_ACCOUNT).failures == 1
    assert slots.take(SHARED_ACCOUNT) is not None
    assert_proved()


def test_a_dispatch_ends_its_shift_and_asks_for_another(
    make_tenant: Make, change_settings: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dispatch that goes on for ever would keep a thread from all other jobs."""
    monkeypatch.setattr(dispatch, "SHIFT_S", 0.0)
    send(make_tenant(wallet="10", test=True), ASHA)
    dispatch.dispatch(REHEARSAL_ACCOUNT)

    assert statuses() == ["queued"]
    assert slots.take(REHEARSAL_ACCOUNT) is not None


def test_the_sweep_leaves_resting_accounts_alone(make_tenant: Make) -> None:
    at(NOON)
    send(make_tenant(wallet="10"), ASHA)
    waiting = queue.current().storage.queue_size
    wait_until(waiting, every=0.01)  # for the nudge of the text itself
    queue.current().flush()
    slots.pause(SHARED_ACCOUNT, "HTTP 429")
    dispatch.sweep()
    assert waiting() == 0
    at(NOON + timedelta(seconds=1))
    dispatch.sweep()
    assert waiting() == 1
