"""Putting money in: how much, from which phone, confirmed, asked for once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.dialogue.screens import Asks
from core.payments.models import StkPush, TopUp
from core.settings import settings
from core.tenants.models import Role
from core.tenants.profiles import Profile
from tests.flows.talking import ASHA, JUMA, Talk, person_of

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


@pytest.fixture
def talk(make_tenant: Callable[..., Profile], join: Callable[..., Talk], channel: str) -> Talk:
    return join(make_tenant(), channel)


def test_the_own_phone_is_asked_to_pay(
    make_tenant: Callable[..., Profile], join: Callable[..., Talk], channel: str, language: str
) -> None:
    talk = join(make_tenant(), channel, language=language)
    talk.start("menu", "topup", "KES 1,500", "own")
    assert talk.screen.asks is Asks.CONFIRM
    assert TopUp.select().count() == 0
    talk.say("yes")
    topup = TopUp.get()

    assert (topup.amount, topup.phone) == (15_000_000, ASHA)
    assert topup.actor == f"person:{person_of(talk).id}"
    assert talk.screen.ends
    assert "0712 345 671" in talk.screen.text


def test_a_dialling_phone_is_free_before_its_prompt_comes(
    make_tenant: Callable[..., Profile], join: Callable[..., Talk]
) -> None:
    for channel, msisdn, wait_s in (
        ("ussd", ASHA, settings().mpesa.push_delay_seconds),
        ("telegram", JUMA, 0),
    ):
        join(make_tenant(), channel, msisdn).start("topup", "500", "own", "yes")
        push = StkPush.get(StkPush.phone == msisdn)
        assert (push.push_at - push.created_at).total_seconds() == wait_s


def test_a_strangers_phone_is_shown_before_it_is_asked(talk: Talk) -> None:
    talk.start("topup", "500", "other", "+254 733-000-001")
    assert talk.screen.asks is Asks.CONFIRM
    assert "0733 000 001" in talk.screen.text
    talk.say("yes")

    assert TopUp.get().phone == "254733000001"


def test_cancel_asks_nobody(talk: Talk) -> None:
    talk.start("topup", "500", "own", "no")

    assert talk.screen.ends
    assert TopUp.select().count() == 0


@pytest.mark.parametrize("wrong", ["0", "ten", "0.5", "250001", "1e3", "-5", "²"])
def test_a_wrong_amount_is_asked_again(talk: Talk, wrong: str) -> None:
    talk.start("topup", wrong)

    assert talk.screen.notice
    assert talk.screen.step == "topup_amount"


@pytest.mark.parametrize("written", ["500", "KES 500", "500/=", "Ksh. 500", "500.00", "500 bob"])
def test_an_amount_is_read_as_people_write_it(talk: Talk, written: str) -> None:
    talk.start("topup", written, "own", "yes")

    assert TopUp.get().amount == 5_000_000


def test_a_chat_that_may_not_ask_tells_how_to_pay(
    make_tenant: Callable[..., Profile],
    join: Callable[..., Talk],
    change_settings: Callable[..., None],
) -> None:
    change_settings("telegram", topup_in_chat=False)
    screen = join(make_tenant(), "telegram").start("topup")

    assert screen.ends
    assert settings().mpesa.shortcode in screen.text
    assert join(make_tenant(), "ussd", JUMA).start("topup").step == "topup_amount"


def test_who_only_looks_may_not_top_up(
    make_tenant: Callable[..., Profile], join: Callable[..., Talk], channel: str
) -> None:
    for role, may in ((Role.VIEWER, False), (Role.DEVELOPER, False), (Role.FINANCE, True)):
        msisdn = f"25471234568{len(role)}"
        screen = join(make_tenant(), channel, msisdn, role).start("topup")
        assert screen.ends is not may
