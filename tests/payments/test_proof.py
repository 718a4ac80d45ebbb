"""The proof: silent when all is well, and it names each thing that is not."""

from __future__ import annotations

import pytest

from core.database import execute
from core.ledger import proof as ledger_proof
from core.ledger import transfers
from core.ledger.accounts import Platform, Purse, platform, purse_id
from core.money import Money
from core.payments import proof, suspense
from tests.payments import mpesa as bodies
from tests.payments.counter import confirmed, differences, digest, later, paid, told


@pytest.fixture
def busy_day(shop, neighbour, mpesa):
    """Something of everything."""
    _, pushed = shop.prompt(500)
    paid(pushed, "UKN0000001")
    confirmed("UKN0000001", "500", pushed.reference)
    confirmed("UKN0000002", "70", neighbour.account)
    confirmed("UKN0000003", "30", "nobody")
    confirmed("UKN0000004", "40", "nobody")
    told("0" * 32, bodies.stk_paid("x", "UKN0000005", 10))
    digest()
    suspense.assign("UKN0000004", shop.profile.tenant_id, actor="x")
    shop.prompt(900)
    mpesa.query_answers = [bodies.ended("0")]
    later(21)
    return shop


def test_a_busy_day_adds_up(busy_day):
    assert differences() == []
    assert [each for each in ledger_proof.findings() if not each.is_ok] == []


def test_what_is_worth_knowing_is_noted(busy_day):
    notes = " ".join(each.note for each in proof.findings())

    assert "KES 30.00 waits for its owner" in notes
    assert "1 wait for their receipt (KES 900.00)" in notes
    assert "1 callbacks are held back or unreadable" in notes


def test_an_empty_database_adds_up(store):
    assert differences() == []


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("UPDATE payment SET amount = amount + 1 WHERE receipt = 'UKN0000001'", "UKN0000001"),
        ("UPDATE payment SET tenant_id = 0 WHERE receipt = 'UKN0000002'", "UKN0000002"),
        ("UPDATE payment SET status = 'suspense' WHERE receipt = 'UKN0000002'", "unmatched"),
        ("DELETE FROM payment WHERE receipt = 'UKN0000001'", "without a receipt"),
        ("DELETE FROM transfer WHERE once = 'mpesa:UKN0000001'", "was never credited"),
        ("UPDATE top_up SET paid = paid + 1 WHERE receipt = 'UKN0000001'", "completed top-ups"),
        ("UPDATE top_up SET receipt = 'NONE' WHERE receipt = 'UKN0000001'", "receipt NONE"),
        ("UPDATE top_up SET status = 'completed' WHERE status = 'confirming'", "complete with"),
        ("UPDATE top_up SET is_test = (1 = 1) WHERE receipt = 'UKN0000001'", "play money"),
        ("DELETE FROM payment WHERE status = 'suspense'", "unmatched payments: KES 0.00"),
    ],
)
def test_damage_is_found(busy_day, damage, words):
    execute(damage)

    assert words in "\n".join(differences())


def test_a_credit_out_of_nowhere_is_found(busy_day):
    transfers.post(
        platform(Platform.MPESA),
        purse_id(busy_day.profile.tenant_id, Purse.WALLET),
        Money.kes(5),
        kind="topup",
        once="by hand",
        subject="",
        actor="",
    )

    assert "credits KES 5.00 without a receipt" in "\n".join(differences())


def test_adjustments_and_trials_are_no_payments(busy_day):
    for source in (Platform.ADJUSTMENTS, Platform.TRIAL):
        transfers.post(
            platform(source),
            purse_id(busy_day.profile.tenant_id, Purse.WALLET),
            Money.kes(5),
            kind="adjustment",
            once=f"gift:{source}",
            subject="",
            actor="",
        )

    assert differences() == []
