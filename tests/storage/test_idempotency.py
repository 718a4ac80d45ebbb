"""A request under a key happens once, whoever repeats it and however soon."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core import clock, idempotency
from core.idempotency import Begun, InProgress, KeyReused, Stored
from tests.races import outcomes, together

ANSWER = Stored(202, "application/json", b'{"id": "bat_1", "said": "\xc3\xa9\x00"}')


@pytest.fixture(autouse=True)
def _held(store: str) -> None:
    clock.freeze(datetime(2026, 3, 2, 9, tzinfo=UTC))


def begin(key: str = "k", fingerprint: str = "f", scope: str = "1:live") -> Stored | None:
    found = idempotency.begin(scope, key, fingerprint)
    return found if isinstance(found, Stored) else None


def claimed() -> Begun:
    found = idempotency.begin("1:live", "k", "f")
    assert isinstance(found, Begun)
    return found


def test_an_answer_is_given_again_byte_for_byte() -> None:
    assert begin() is None
    idempotency.finish("1:live", "k", ANSWER)

    assert begin() == ANSWER
    assert begin() == ANSWER


def test_another_request_under_a_used_key_is_refused() -> None:
    begin()
    with pytest.raises(KeyReused):
        begin(fingerprint="other")
    idempotency.finish("1:live", "k", ANSWER)

    with pytest.raises(KeyReused):
        begin(fingerprint="other")


def test_one_key_in_two_scopes_is_two_keys() -> None:
    assert begin(scope="1:live") is None
    assert begin(scope="2:live") is None


def test_of_twins_at_one_moment_one_runs() -> None:
    found = together(16, lambda _: begin())

    assert len(outcomes(found, InProgress)) == 15
    assert found.count(None) == 1


def test_a_refused_request_gives_its_key_back() -> None:
    idempotency.release("1:live", "k", claimed())

    assert begin(fingerprint="corrected") is None


def test_a_refused_request_leaves_the_key_to_whoever_has_taken_it_over() -> None:
    slow = claimed()
    clock.advance(idempotency.LEASE_MS / 1000 + 1)
    assert begin() is None
    idempotency.release("1:live", "k", slow)

    with pytest.raises(InProgress):
        begin()


def test_an_answer_cannot_be_let_go() -> None:
    mine = claimed()
    idempotency.finish("1:live", "k", ANSWER)
    idempotency.release("1:live", "k", mine)

    assert begin() == ANSWER


def test_when_the_first_died_exactly_one_repeat_takes_over() -> None:
    begin()
    clock.advance(idempotency.LEASE_MS / 1000)
    with pytest.raises(InProgress):
        begin()
    clock.advance(0.001)
    found = together(16, lambda _: begin())

    assert len(outcomes(found, InProgress)) == 15
    assert found.count(None) == 1


def test_a_repeat_with_another_body_never_takes_over() -> None:
    begin()
    clock.advance(idempotency.LEASE_MS / 1000 + 1)

    with pytest.raises(KeyReused):
        begin(fingerprint="other")
    assert begin() is None


def test_twins_of_a_request_that_is_refused_meet_no_error() -> None:
    """The key may vanish between a twin's two questions."""

    def run(_: int) -> None:
        for _ in range(20):
            found = idempotency.begin("1:live", "k", "f")
            if isinstance(found, Begun):
                idempotency.release("1:live", "k", found)

    found = together(8, run)

    assert {type(each) for each in found} <= {type(None), InProgress}


def test_a_key_is_new_again_after_a_day() -> None:
    begin()
    idempotency.finish("1:live", "k", ANSWER)
    clock.advance(24 * 3600)
    assert begin(fingerprint="f") == ANSWER
    clock.advance(0.001)

    assert begin(fingerprint="other") is None


def test_old_keys_are_forgotten_and_young_ones_kept() -> None:
    begin("old")
    clock.advance(13 * 3600)
    begin("young")
    clock.advance(12 * 3600)

    assert idempotency.forget_old() == 1
    with pytest.raises(KeyReused):
        begin("young", "other")


def test_a_key_used_anew_after_its_day_is_another_use(store: str) -> None:
    clock.freeze(clock.now())
    first = claimed()
    idempotency.finish("1:live", "k", ANSWER)
    clock.advance(idempotency.KEEP_MS / 1000 + 1)

    assert claimed().since_ms != first.since_ms


def test_whoever_takes_over_goes_on_with_the_same_use(store: str) -> None:
    clock.freeze(clock.now())
    first = claimed()
    clock.advance(idempotency.LEASE_MS / 1000 + 1)

    assert claimed().since_ms == first.since_ms
