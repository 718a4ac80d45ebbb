"""PINs: digested, tried at a price, locked for longer each time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core import clock, events
from core.database import execute
from core.errors import Conflict
from core.settings import settings
from core.tenants import people, pins
from core.tenants.models import Person
from core.tenants.pins import NotAPin, PinLocked, PinMissing, PinsDiffer, PinTooEasy, PinWrong
from tests.races import outcomes, together

PHONE = "254712345678"
RIGHT = "2580"


@pytest.fixture
def asha(store: str) -> Person:
    person = people.introduce(PHONE, "Asha", "en")
    pins.put_first(person, pins.make(RIGHT, PHONE), channel="ussd")
    return people.by_phone(PHONE)


def wrong(person: Person, times: int) -> None:
    for _ in range(times):
        with pytest.raises((PinWrong, PinLocked)):
            pins.check(person, "9753", channel="ussd")


def test_a_right_pin_is_ok(asha: Person) -> None:
    assert pins.check(asha, RIGHT, channel="ussd") == "ok"
    assert pins.exists(asha)


def test_nothing_of_a_pin_can_be_read_in_the_database(
    asha: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pins, "_FORM", str.isalnum)  # any four digits may stand in a digest
    pins.put(asha, pins.make("Zq7pinXk27", PHONE), channel="ussd")
    kept = str(people.by_phone(PHONE).pin_digest)

    assert pins.same(kept, "Zq7pinXk27") == "ok"
    assert "Zq7pinXk27" not in kept
    assert "argon2" not in kept


@pytest.mark.parametrize("easy", ["0000", "1234", "7777", "4321", "6789", "7890", "5678", "0987"])
def test_what_the_first_guess_would_find_is_refused(store: str, easy: str) -> None:
    with pytest.raises(PinTooEasy):
        pins.make(easy, PHONE)


@pytest.mark.parametrize("typed", ["", "12", "12345", "12a4", "²580", "٢٥٨٠", "25 80"])
def test_what_is_no_pin_costs_no_try(asha: Person, typed: str) -> None:
    for _ in range(10):
        with pytest.raises(NotAPin):
            pins.check(asha, typed, channel="ussd")
    assert pins.check(asha, RIGHT, channel="ussd") == "ok"


def test_the_second_typing_must_be_the_first(asha: Person) -> None:
    assert pins.same(asha.pin_digest, RIGHT) == "ok"
    with pytest.raises(PinsDiffer):
        pins.same(asha.pin_digest, "2581")


def test_wrong_pins_are_counted_and_lock(asha: Person) -> None:
    left = []
    for _ in range(settings().limits.pin_attempts - 1):
        with pytest.raises(PinWrong) as refused:
            pins.check(asha, "9753", channel="ussd")
        left.append(refused.value.fields["left"])
    with pytest.raises(PinLocked):
        pins.check(asha, "9753", channel="ussd")

    assert left == [2, 1]
    with pytest.raises(PinLocked):
        pins.check(asha, RIGHT, channel="ussd")
    with pytest.raises(PinLocked):
        pins.require_open(asha)


def test_a_lock_ends_and_the_next_one_lasts_twice_as_long(asha: Person) -> None:
    clock.freeze(clock.now())
    limits = settings().limits
    wrong(asha, limits.pin_attempts)
    clock.advance(60 * limits.pin_lock_minutes)
    wrong(asha, limits.pin_attempts)
    with pytest.raises(PinLocked) as refused:
        pins.require_open(asha)

    assert refused.value.fields["minutes"] == 2 * limits.pin_lock_minutes
    clock.advance(2 * 60 * limits.pin_lock_minutes)
    assert pins.check(asha, RIGHT, channel="ussd") == "ok"
    assert people.by_phone(PHONE).pin_locks == 0


def test_a_right_pin_forgets_the_wrong_ones(asha: Person) -> None:
    for _ in range(4):
        wrong(asha, settings().limits.pin_attempts - 1)
        assert pins.check(asha, RIGHT, channel="ussd") == "ok"


def test_the_last_try_may_be_the_right_one(asha: Person) -> None:
    wrong(asha, settings().limits.pin_attempts - 1)

    assert pins.check(asha, RIGHT, channel="ussd") == "ok"
    pins.require_open(asha)


def test_guessing_in_parallel_is_no_faster(asha: Person) -> None:
    guesses = [f"{number:04d}" for number in range(2570, 2600) if number != 2580]
    found = together(len(guesses), lambda number: pins.check(asha, guesses[number], channel="ussd"))

    assert len(outcomes(found, PinWrong)) == settings().limits.pin_attempts - 1
    assert len(outcomes(found, PinLocked)) == len(guesses) - settings().limits.pin_attempts + 1
    assert execute("SELECT COUNT(*) FROM audit WHERE act = 'pin.locked'").fetchone()[0] == 1


def test_a_person_without_a_pin_is_told_so(store: str) -> None:
    with pytest.raises(PinMissing):
        pins.check(people.introduce(PHONE, "Asha", "en"), RIGHT, channel="ussd")


def test_a_first_pin_is_nobodys_to_overwrite(asha: Person) -> None:
    with pytest.raises(Conflict):
        pins.put_first(asha, pins.make("8520", PHONE), channel="ussd")
    pins.put_first(asha, asha.pin_digest, channel="ussd")  # the same tap again

    assert pins.check(asha, RIGHT, channel="ussd") == "ok"


def test_a_new_pin_lifts_the_lock_and_is_told(asha: Person) -> None:
    wrong(asha, settings().limits.pin_attempts)
    pins.put(asha, pins.make("8520", PHONE), channel="ussd", act="pin.reset")

    assert pins.check(asha, "8520", channel="ussd") == "ok"
    names = [row.name for row in events.Event.select().order_by(events.Event.sequence)]
    assert names == ["person.pin_set", "person.pin_locked", "person.pin_reset"]


def test_a_pin_sealed_with_a_lost_key_counts_as_none(
    asha: Person, change_settings: Callable[..., None]
) -> None:
    change_settings("app", secret_key="another-secret-key-of-thirty-two-signs")

    assert not pins.exists(asha)
    with pytest.raises(PinWrong):
        pins.check(asha, RIGHT, channel="ussd")
