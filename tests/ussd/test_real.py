"""The door with the product's own conversation behind it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import falcon.testing
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.app import create_app
from core import clock, database, prove
from core.messaging.models import Message
from core.tenants import people, pins
from core.tenants.models import Role
from core.tenants.profiles import Profile
from tests.ussd.gateways import GATEWAYS
from tests.ussd.scene import Phone
from ussd import deadline
from ussd.render import units

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

OWNER = "254712345678"
PIN = "8317"
_sessions = itertools.count(1)
Dial = Callable[[], Phone]


@pytest.fixture
def dial(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch, change_settings
) -> Iterator[Dial]:
    """Dial as the owner of a salon with KES 100."""
    change_settings("ussd", hops_per_minute=100_000)
    person = people.introduce(OWNER, "Asha", "en")
    people.join(person, make_tenant("100", price="0.80").tenant_id, Role.OWNER)
    pins.put_first(person, pins.make(PIN, OWNER), channel="ussd")
    pool = ThreadPoolExecutor(1)
    monkeypatch.setattr(deadline, "_pool", pool)
    monkeypatch.setattr(deadline, "ANSWER_S", 60)
    web = falcon.testing.TestClient(create_app())

    def make() -> Phone:
        session = f"ATUid_{next(_sessions):032x}"
        phone = Phone(web, GATEWAYS["AfricasTalking"](phone=OWNER, session=session))
        assert phone.dial().goes_on
        return phone

    yield make
    pool.submit(database.close_all).result(100)
    pool.shutdown()


LOCKED = "Too many wrong PINs."
TO_THE_PIN = ("1", "1", "0722000001", "Karibu", "1", "1")


def test_three_wrong_pins_lock_and_say_so(dial: Dial) -> None:
    phone = dial()
    assert phone.type(*TO_THE_PIN).text.startswith("Enter your PIN:")
    assert "Tries left: 2" in phone.type("1111").text
    assert "Tries left: 1" in phone.type("2222").text
    last = phone.type("3333")

    assert (last.text.startswith(LOCKED), last.goes_on) == (True, False)
    assert Message.select().count() == 0


def test_a_locked_pin_stays_locked_whatever_is_dialled(dial: Dial) -> None:
    clock.freeze(clock.now())
    phone = dial()
    phone.type(*TO_THE_PIN, "1111", "2222", "3333")
    shown = dial().type("1")

    assert (shown.text.startswith(LOCKED), shown.goes_on) == (True, False)
    clock.advance(31 * 60)
    assert dial().type(*TO_THE_PIN, PIN).text.startswith("Done: 1 SMS taken on.")


def test_what_was_typed_in_pieces_is_one_text(dial: Dial) -> None:
    """The space between two pieces is the writer's own."""
    phone = dial()
    phone.type("1", "1", "0722000001", "Buy 2*3", "2", " and 4*5 #1", "1", "1")
    phone.type(PIN)

    assert Message.get().body == "Buy 2*3 and 4*5 #1"


TYPED = st.sampled_from(
    ["1", "2", "3", "4", "5", "6", "7", "0", "00", "98", PIN, "0722000001", "500", "Habari", "",
     "0722000001*0733000002", "x" * 90, "9", "Wateja", "{0}", "é€ñ 🎉"]
)  # fmt: skip


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(walks=st.lists(st.lists(TYPED, max_size=12), min_size=1, max_size=3))
def test_whatever_is_typed_every_screen_fits_and_no_shilling_is_lost(
    dial: Dial, walks: list[list[str]]
) -> None:
    """Each hop is sent twice, and the second answer is the first."""
    for walk in walks:
        phone = dial()
        for typed in walk:
            asked = phone.gateway.type(typed)
            seen = phone.show(asked)
            assert phone.show(asked) == seen
            assert units(seen.text) <= 156
            assert seen.text.isascii()
            assert "Sorry, we could not finish" not in seen.text
            if not seen.goes_on:
                break

    assert [each.claim for each in prove.run() if not each.is_ok] == []
