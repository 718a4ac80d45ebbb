"""A process dies at every single statement in turn, and another one goes on from there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core import database
from core.events import Event
from core.money import ZERO, Money
from core.payments import proof, pushing, suspense
from core.payments.models import MpesaNews, StkPush, TopUp
from tests.payments.counter import (
    Counter,
    confirmed,
    digest,
    failed,
    later,
    now_is,
    paid,
)
from tests.payments.mpesa import FakeMpesa

STATEMENTS_MAX = 200


class Killed(BaseException):
    """The end of a process: nothing catches it."""


class Executioner:
    """Kills at the n-th statement from now, once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._left = 0
        whole = database.db.obj.execute_sql

        def execute_sql(*args: Any, **more: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                raise Killed
            return whole(*args, **more)

        monkeypatch.setattr(database.db.obj, "execute_sql", execute_sql)

    def after(self, statements: int) -> None:
        self._left = statements

    def rest(self) -> bool:
        """Kill no more. True when somebody was killed."""
        was_killed, self._left = self._left <= 0, 0
        return was_killed


@pytest.fixture
def executioner(shop: Counter, monkeypatch: pytest.MonkeyPatch) -> Executioner:
    return Executioner(monkeypatch)


def run(executioner: Executioner, statements: int, *steps: Callable[[], object]) -> bool:
    """Take the steps, one of which is killed on its way; the others are another process's."""
    executioner.after(statements)
    for step in steps:
        try:
            step()
        except Killed:
            database.db.obj.close()
    return executioner.rest()


def check(shop: Counter, expected: Money) -> None:
    assert shop.balance() == expected
    assert [each for finding in proof.findings() for each in finding.differences] == []


def test_a_payment_survives_a_death_at_any_statement(shop, mpesa, executioner):
    """Whatever was killed, the prompt went out at most once and was credited exactly once."""
    expected = ZERO
    for statements in range(1, STATEMENTS_MAX):
        topup = shop.ask(500, phone=f"2547120{statements:05d}")
        receipt = f"UKN{statements:07d}"
        mpesa.pushes.clear()
        was_killed = run(executioner, statements, *life(mpesa, topup, receipt))
        for _ in range(3):
            later(160)
            pushing.push(topup.id)
        if not MpesaNews.select().where(MpesaNews.received_at >= topup.created_at).exists():
            # Killed before the prompt went out, which it did since: now the customer pays.
            for step in life(mpesa, topup, receipt):
                step()

        assert len(mpesa.pushes) <= 1
        if mpesa.pushes:
            expected += Money.kes(500)
            assert now_is(topup).status == "completed"
        check(shop, expected)
        if not was_killed:
            break
    assert 30 < statements < STATEMENTS_MAX - 1
    assert Event.select().where(Event.name == "topup.completed").count() * 500 == expected.to_kes()


def life(mpesa: FakeMpesa, topup: TopUp, receipt: str) -> list[Callable[[], object]]:
    """The push, the callback, the confirmation; the latter two once a prompt was there."""

    def callback() -> None:
        if mpesa.pushes:
            paid(mpesa.pushes[0], receipt)

    def confirmation() -> None:
        if mpesa.pushes:
            confirmed(receipt, "500", mpesa.pushes[0].reference)

    return [lambda: pushing.push(topup.id), callback, digest, confirmation, digest]


def test_a_failure_survives_a_death_at_any_statement(shop, mpesa, executioner):
    for statements in range(1, STATEMENTS_MAX):
        topup, pushed = shop.prompt(500, phone=f"2547120{statements:05d}")
        was_killed = run(executioner, statements, lambda: failed(pushed, 1032), digest)  # noqa: B023
        later(5)

        if now_is(topup).status == "pending":  # the callback itself was killed; nobody repeats it
            assert was_killed
        else:
            assert now_is(topup).status == "failed"
            assert (
                StkPush.select().where(StkPush.topup_id == topup.id, StkPush.is_open).count() == 0
            )
        check(shop, ZERO)
        if not was_killed:
            break
    assert statements < STATEMENTS_MAX - 1


def test_an_assignment_survives_a_death_at_any_statement(shop, executioner):
    expected = ZERO
    for statements in range(1, STATEMENTS_MAX):
        receipt = f"UKN{statements:07d}"
        confirmed(receipt, "70", "nobody")
        digest()

        def assign() -> object:
            return suspense.assign(receipt, shop.profile.tenant_id, actor="x")  # noqa: B023

        was_killed = run(executioner, statements, assign)
        if was_killed and shop.balance() == expected:
            assign()
        expected += Money.kes(70)
        check(shop, expected)
        if not was_killed:
            break
    assert statements < STATEMENTS_MAX - 1
