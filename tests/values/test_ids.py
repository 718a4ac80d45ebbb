"""Ids never repeat and sort by when they were made."""

import multiprocessing
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import ids

FORM = re.compile(r"msg_[0-9a-hjkmnp-tv-z]{20}")


@pytest.fixture(autouse=True)
def _back_to_the_present() -> Iterator[None]:
    """Let ids go on from the machine's time, wherever a test has set its clock."""
    yield
    ids._forget()


def test_an_id_is_its_prefix_and_twenty_characters() -> None:
    assert FORM.fullmatch(ids.new("msg"))


def test_ids_made_one_after_another_sort_in_that_order() -> None:
    made = [made for _ in range(300) for made in (ids.new("msg"), *ids.block("msg", 7))]

    assert made == sorted(made)
    assert len(set(made)) == len(made)


@given(st.integers(0, 5000))
def test_a_block_is_ordered_and_follows_what_was_made_before(count: int) -> None:
    before = ids.new("msg")

    block = ids.block("msg", count)

    assert len(block) == count
    assert all(FORM.fullmatch(made) for made in block)
    assert sorted({before, *block, ids.new("msg")})[1:-1] == block


def test_threads_never_share_an_id() -> None:
    with ThreadPoolExecutor(8) as pool:
        blocks = list(pool.map(lambda _: [ids.new("msg"), *ids.block("msg", 50)], range(400)))

    made = [made for block in blocks for made in block]
    assert len(set(made)) == len(made)
    assert all(block == sorted(block) for block in blocks)


def _send_block(pipe: Connection) -> None:
    pipe.send(ids.block("msg", 500))


def test_a_forked_process_does_not_repeat_its_parents_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even when the clock stands still, as it does for forks within a millisecond."""
    instant = time.time_ns() + 10**9
    monkeypatch.setattr(time, "time_ns", lambda: instant)
    ids.new("msg")
    fork = multiprocessing.get_context("fork")
    ends = [fork.Pipe(duplex=False) for _ in range(3)]
    children = [fork.Process(target=_send_block, args=(end[1],)) for end in ends]
    for child in children:
        child.start()
    made = [made for end in ends for made in end[0].recv()] + ids.block("msg", 500)
    for child in children:
        child.join()

    assert len(set(made)) == 2000


def test_a_clock_set_back_does_not_set_ids_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ids.new("msg")
    monkeypatch.setattr(time, "time_ns", lambda: 0)

    assert ids.new("msg") > before


def test_an_id_tells_what_it_names() -> None:
    assert ids.kind(ids.new("cmp")) == "cmp"


@pytest.mark.parametrize(
    "text", ["", "msg", "msg_", "msg_1", "MSG_" + "0" * 20, "msg_" + "u" * 20, "msg_" + "0" * 21]
)
def test_what_is_not_formed_like_an_id_has_no_kind(text: str) -> None:
    assert ids.kind(text) == ""


def test_a_floor_is_below_what_was_made_since_and_above_what_was_made_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    instant = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: instant + 5_000_000_000)
    before = ids.new("msg")
    monkeypatch.setattr(time, "time_ns", lambda: instant + 15_000_000_000)
    since = ids.new("msg")
    monkeypatch.setattr(time, "time_ns", lambda: instant + 20_000_000_000)

    assert before < ids.floor("msg", 10_000) < since
    assert ids.floor("msg", 10**18) == "msg_" + "0" * 20
