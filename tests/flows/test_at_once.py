"""Double taps and guesses at the same moment, on both kinds of database."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from core import clock, events
from core.messaging.models import Message
from core.money import Money
from core.payments.models import StkPush, TopUp
from core.tenants import pins
from core.tenants.models import ApiKey, Tenant
from core.tenants.profiles import Profile
from tests.flows.talking import ASHA, PIN, Talk, available, person_of, texts_to, typed
from tests.races import together

NEW = "8520"


def test_a_second_tap_registers_once(store: str, channel: str) -> None:
    stranger = Talk(channel, ASHA)
    stranger.start("menu", "register", "en")
    if stranger.channel == "telegram":
        stranger.say("contact")
    stranger.say("yes", "Salon Zuri")
    if stranger.channel == "ussd":
        stranger.say("Zawadi", PIN)
    last = PIN if stranger.channel == "ussd" else "Zawadi"
    together(4, lambda _: Talk(stranger.channel, ASHA, screen=stranger.screen).say(last))

    assert Tenant.select().where(Tenant.phone == ASHA).count() == 1
    assert [row.name for row in events.Event.select()].count("tenant.pending") == 1


def test_a_double_tap_asks_once(talk: Talk) -> None:
    talk.start("topup", "500", "own")
    shown = talk.screen
    together(6, lambda _: Talk(talk.channel, ASHA, screen=shown).say("yes"))

    assert TopUp.select().count() == 1
    assert StkPush.select().count() == 1


def test_guessing_the_pin_in_parallel_is_no_faster(
    tenant: Profile, join: Callable[..., Talk]
) -> None:
    """The phone may be stolen and the gateway's secret known: three tries are three tries."""
    talk = join(tenant, "ussd")
    talk.start("send", "one", "0733000001", "Habari", "go", "yes")
    shown = talk.screen
    guesses = [f"{number}" for number in range(2582, 2606)]
    together(len(guesses), lambda at: Talk("ussd", ASHA, screen=shown).say(guesses[at]))

    assert Message.select().count() == 0
    with pytest.raises(pins.PinLocked):
        pins.require_open(person_of(talk))
    assert person_of(talk).pin_locks == 1


def test_a_double_tap_sends_once(talk: Talk, tenant: Profile) -> None:
    talk.start("send", "one", "0733000001")
    typed(talk, "Habari")
    last = "yes"
    if talk.channel == "ussd":
        talk.say("yes")
        last = PIN
    shown = talk.screen
    together(6, lambda _: Talk(talk.channel, ASHA, screen=shown).say(last))

    assert Message.select().count() == 1
    assert available(tenant) == Money.parse("99.20")


def test_a_forgotten_pin_is_replaced_by_a_code(tenant: Profile, join: Callable[..., Talk]) -> None:
    talk = join(tenant, "ussd")
    talk.start("account", "pin")
    shown = talk.screen
    together(4, lambda _: Talk("ussd", ASHA, screen=shown).say("forgot"))
    assert len(texts_to(ASHA)) == 1
    code = re.search(r"\b\d{6}\b", texts_to(ASHA)[0])
    assert code is not None
    wrong = f"{(int(code[0]) + 1) % 10**6:06d}"
    talk.start("account", "pin", "code", NEW, NEW, wrong)
    assert "4" in (talk.screen.notice or "")
    talk.say(code[0])

    assert pins.check(person_of(talk), NEW, channel="ussd") == "ok"
    talk.start("account", "pin", "code", PIN, PIN, code[0])
    assert "no code" in talk.screen.text
    assert pins.check(person_of(talk), NEW, channel="ussd") == "ok"


def test_a_code_unlocks_and_dies_of_age_and_guesses(
    tenant: Profile, join: Callable[..., Talk]
) -> None:
    clock.freeze(clock.now())
    talk = join(tenant, "ussd")
    talk.start("account", "pin", "forgot")
    code = re.findall(r"\b\d{6}\b", texts_to(ASHA)[0])[0]
    guesses = [f"{(int(code) + at) % 10**6:06d}" for at in range(1, 21)]
    talk.start("account", "pin", "code", NEW, NEW)
    shown = talk.screen
    together(len(guesses), lambda at: Talk("ussd", ASHA, screen=shown).say(guesses[at]))
    talk.start("account", "pin", "code", NEW, NEW, code)
    assert "no code" in talk.screen.text

    talk.start("account", "pin", "forgot")
    clock.advance(3600)
    late = re.findall(r"\b\d{6}\b", texts_to(ASHA)[1])[0]
    talk.start("account", "pin", "code", NEW, NEW, late)
    assert pins.check(person_of(talk), PIN, channel="ussd") == "ok"


def test_a_double_tap_makes_one_key(tenant: Profile, join: Callable[..., Talk]) -> None:
    talk = join(tenant, "telegram")
    talk.start("keys", "live", "Website")
    shown = talk.screen
    screens = together(5, lambda _: Talk("telegram", ASHA, screen=shown).say("yes"))

    assert ApiKey.select().count() == 1
    assert sum(screen.secret is not None for screen in screens) <= 1
