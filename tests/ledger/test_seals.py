"""The nightly seal finds whatever was changed behind it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from core import clock
from core.database import execute
from core.ledger import accounts, holds, seals, transfers
from core.ledger.accounts import Platform, Purse, platform
from core.ledger.models import Hold, Seal, Transfer
from core.money import Money
from core.tenants.profiles import Profile
from tests.ledger.undoing import undone

Make = Callable[..., Profile]


def nairobi(day: int, hour: int, minute: int = 0, second: float = 0) -> datetime:
    whole, part = divmod(second, 1)
    return datetime(2026, 3, day, hour, minute, int(whole), round(part * 1e6), tzinfo=clock.NAIROBI)


def at(day: int, hour: int, minute: int = 0, second: float = 0) -> None:
    clock.freeze(nairobi(day, hour, minute, second))


def pay(wallet: int, once: str, subject: str = "s") -> None:
    transfers.post(
        platform(Platform.MPESA),
        wallet,
        Money.kes(10),
        kind="topup",
        once=once,
        subject=subject,
        actor="a",
    )


@pytest.fixture
def wallet(make_tenant: Make) -> int:
    at(1, 12)
    return accounts.purse_id(make_tenant().tenant_id, Purse.WALLET)


def three_days(wallet: int) -> None:
    """A payment and a hold on each of three days, sealed on the fourth."""
    for day in (1, 2, 3):
        at(day, 12)
        pay(wallet, f"receipt-{day}")
        holds.place(wallet, Money.kes(1), hold_id=f"hold-{day}", once=f"o-{day}", actor="a")
    at(4, 1)
    assert seals.seal_past_days() == [20260301, 20260302, 20260303]


def test_an_untouched_journal_matches_its_seals(wallet: int) -> None:
    three_days(wallet)

    assert seals.broken_days() == []


TAMPERINGS = [
    "UPDATE transfer SET amount = amount + 1 WHERE once = 'receipt-2'",
    "UPDATE transfer SET created_at = created_at + 1 WHERE once = 'receipt-2'",
    "UPDATE transfer SET debit_id = debit_id + 1 WHERE once = 'receipt-2'",
    "UPDATE transfer SET credit_id = credit_id + 1 WHERE once = 'receipt-2'",
    "UPDATE transfer SET phase = 'take' WHERE once = 'receipt-2'",
    "UPDATE transfer SET kind = 'gift' WHERE once = 'receipt-2'",
    "UPDATE transfer SET subject = 'another' WHERE once = 'receipt-2'",
    "UPDATE transfer SET actor = 'nobody' WHERE once = 'receipt-2'",
    "UPDATE transfer SET once = 'receipt-9' WHERE once = 'receipt-2'",
    "DELETE FROM transfer WHERE once = 'receipt-2'",
    "UPDATE hold SET amount = amount + 1 WHERE id = 'hold-2'",
    "UPDATE hold SET actor = 'nobody' WHERE id = 'hold-2'",
    "UPDATE hold SET once = NULL WHERE id = 'hold-2'",
    "DELETE FROM hold WHERE id = 'hold-2'",
    "UPDATE seal SET digest = 'f' WHERE day = 20260302",
]


def test_whatever_is_changed_behind_a_seal_is_found(wallet: int) -> None:
    three_days(wallet)
    for tampering in TAMPERINGS:
        with undone():
            execute(tampering)
            assert 20260302 in seals.broken_days(), tampering


def test_a_line_slipped_into_a_sealed_day_is_found(wallet: int) -> None:
    three_days(wallet)
    at(2, 15)
    pay(wallet, "backdated")

    assert seals.broken_days() == [20260302]


def test_a_seal_that_was_taken_out_breaks_the_chain(wallet: int) -> None:
    three_days(wallet)
    Seal.delete().where(Seal.day == 20260302).execute()

    assert seals.broken_days() == [20260303]


def test_words_moved_between_two_fields_are_found(wallet: int) -> None:
    """`a|b` and `c` must not hash like `a` and `b|c`."""
    at(1, 12)
    pay(wallet, "receipt-1", subject="a|b")
    at(2, 12)
    seals.seal_past_days()
    Transfer.update(subject="a", actor="b|a").where(Transfer.once == "receipt-1").execute()

    assert seals.broken_days() == [20260301]


def test_no_once_is_not_the_word_none(wallet: int) -> None:
    at(1, 12)
    pay(wallet, "receipt-1")
    holds.place(wallet, Money.kes(1), hold_id="h", once=None, actor="a")
    at(2, 12)
    seals.seal_past_days()
    Hold.update(once="None").execute()

    assert seals.broken_days() == [20260301]


def test_settling_a_sealed_hold_breaks_nothing(wallet: int) -> None:
    three_days(wallet)
    part = holds.Settlement("hold-1", wallet, Purse.WALLET, taken=10, released=20)
    holds.settle([part], once="answer", subject="s")

    assert seals.broken_days() == []


def test_the_chain_goes_on_from_the_last_seal(wallet: int) -> None:
    three_days(wallet)
    at(4, 12)
    pay(wallet, "receipt-4")
    at(6, 1)

    assert seals.seal_past_days() == [20260304, 20260305]
    assert seals.seal_past_days() == []
    assert seals.broken_days() == []
    assert [row.transfers for row in Seal.select().order_by(Seal.day)] == [1, 1, 1, 1, 0]


def test_a_day_is_sealed_ten_minutes_after_its_midnight_in_nairobi(wallet: int) -> None:
    at(1, 23, 59, 59.999)
    pay(wallet, "last-of-the-first")
    at(2, 0)
    pay(wallet, "first-of-the-second")
    at(2, 0, 9, 59)
    assert seals.seal_past_days() == []
    at(2, 0, 10)

    assert seals.seal_past_days() == [20260301]
    assert Seal.get().transfers == 1


def test_nothing_is_sealed_while_nothing_was_booked(store: str) -> None:
    assert seals.seal_past_days() == []
    assert seals.broken_days() == []


def test_a_month_and_its_end_are_sealed_in_order(wallet: int) -> None:
    clock.freeze(datetime(2026, 2, 27, 12, tzinfo=clock.NAIROBI))
    pay(wallet, "receipt-1")
    at(2, 12)

    assert seals.seal_past_days() == [20260227, 20260228, 20260301]
