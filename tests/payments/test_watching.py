"""Callbacks that stay away are noticed before customers complain."""

from __future__ import annotations

from core import clock
from core.payments import watching
from tests.payments.counter import alarms, digest, failed


def ask_six(shop) -> list:
    return [shop.prompt(500, phone=f"25471200000{number}")[1] for number in range(6)]


def test_pushes_without_callbacks_raise_an_alarm(shop):
    ask_six(shop)
    clock.advance(360)
    watching.check_callbacks()

    assert alarms() == ["callbacks_missing"]


def test_callbacks_that_come_raise_none(shop):
    for pushed in ask_six(shop)[:3]:
        failed(pushed)
    digest()
    clock.advance(360)
    watching.check_callbacks()

    assert alarms() == []


def test_a_callback_has_some_minutes(shop):
    ask_six(shop)
    clock.advance(240)
    watching.check_callbacks()

    assert alarms() == []


def test_a_quiet_hour_proves_nothing(shop):
    shop.prompt(500)
    clock.advance(360)
    watching.check_callbacks()

    assert alarms() == []
