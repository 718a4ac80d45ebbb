"""Money that runs out is told in time, once, and by day."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core import clock
from core.events import Event
from core.ledger import transfers
from core.ledger.accounts import Platform, Purse, platform, purse_id
from core.messaging.models import SHARED_ACCOUNT, GatewayBalance, Usage
from core.money import Money
from core.notices import floats, jobs
from core.notices.models import Notice
from tests.notices.room import Room
from tests.notices.scene import person, tell, texts


def spent(tenant, kes: int, days_ago: int = 1) -> None:
    """Texts for so much were handed over some days ago."""
    day = clock.now() - timedelta(days=days_ago)
    Usage.create(
        tenant_id=tenant.tenant_id, day=clock.day_number(day), sender="TUMA", operator="safaricom",
        status="delivered", is_test=False, messages=kes, segments=kes, cost=Money.kes(kes).units,
    )  # fmt: skip


def credit(tenant, kes: int, once: str) -> None:
    transfers.post(
        platform(Platform.ADJUSTMENTS),
        purse_id(tenant.tenant_id, Purse.WALLET),
        Money.kes(kes),
        kind="adjustment",
        once=once,
        subject="x",
        actor="x",
    )


def low_facts() -> int:
    return Event.select().where(Event.name == "balance.low").count()


@pytest.mark.parametrize(
    ("wallet", "words"),
    [
        ("200", "has KES 200 left, enough for about 2 days. Top up: dial *384*1234#."),
        ("120", "has KES 120 left, enough for about a day."),
        ("99", "has KES 99 left, enough for less than a day."),
    ],
)
def test_owners_are_told_when_the_money_lasts_less_than_three_days(
    room: Room, make_tenant, wallet, words
):
    tenant = make_tenant(wallet)
    asha = person(tenant)
    spent(tenant, 700)
    jobs.check_wallets()
    tell()

    assert texts(asha) != []
    assert words in texts(asha)[0]


@pytest.mark.parametrize("wallet", ["300", "1000"])
def test_nobody_is_told_while_it_lasts_longer(room: Room, make_tenant, wallet):
    spent(make_tenant(wallet), 700)
    make_tenant("0")  # who spends nothing runs out of nothing

    assert floats.check_wallets() == 0


def test_it_is_told_once_until_it_was_clearly_better(room: Room, make_tenant):
    tenant = make_tenant("200")
    spent(tenant, 700)
    for _ in range(3):
        jobs.check_wallets()
    assert low_facts() == 1

    credit(tenant, 150, "a little")  # three and a half days: no better yet
    jobs.check_wallets()
    transfers.withdraw(
        purse_id(tenant.tenant_id, Purse.WALLET), platform(Platform.ADJUSTMENTS), Money.kes(150),
        kind="adjustment", once="back", subject="x", actor="x",
    )  # fmt: skip
    jobs.check_wallets()
    assert low_facts() == 1

    credit(tenant, 400, "much")
    jobs.check_wallets()
    transfers.withdraw(
        purse_id(tenant.tenant_id, Purse.WALLET), platform(Platform.ADJUSTMENTS), Money.kes(400),
        kind="adjustment", once="gone", subject="x", actor="x",
    )  # fmt: skip
    jobs.check_wallets()
    assert low_facts() == 2


def test_nobody_is_woken_for_a_low_balance(room: Room, make_tenant):
    clock.freeze(datetime(2026, 3, 2, 22, tzinfo=clock.NAIROBI))
    tenant = make_tenant("100")
    asha = person(tenant)
    spent(tenant, 700)
    jobs.check_wallets()
    tell()
    assert texts(asha) == []
    assert Notice.get().due_at == datetime(2026, 3, 3, 8, tzinfo=clock.NAIROBI)

    clock.freeze(datetime(2026, 3, 3, 8, tzinfo=clock.NAIROBI))
    tell()
    assert len(texts(asha)) == 1


def said(kes: int, *, is_money: bool = True, hours_ago: int = 0) -> None:
    """The gateway told our balance."""
    GatewayBalance.create(
        account_id=SHARED_ACCOUNT, said=f"KSh {kes}", units=Money.kes(kes).units,
        is_money=is_money, created_at=clock.now() - timedelta(hours=hours_ago),
    )  # fmt: skip


def bought(kes: int) -> None:
    """Accepted segments cost us so much yesterday."""
    transfers.post(
        platform(Platform.ONFON_COST), platform(Platform.ONFON_FLOAT), Money.kes(kes),
        kind="cost", once="cost", subject="x", actor="system",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (250, "The float at Onfon runs low"),
        (90, "The float at Onfon lasts less than a day"),
        (301, None),
    ],
)
def test_the_operators_are_told_how_long_the_float_lasts(room: Room, left, words):
    bought(700)
    said(left)
    jobs.check_float()
    tell()

    assert [words in text for text in room.texts()] == ([True] if words else [])


def test_a_float_in_segments_is_priced_first(room: Room):
    bought(700)
    said(1000, is_money=False)  # a thousand segments at 0.35 last three and a half days

    found = floats.read()
    assert found is not None
    assert found.days_left == 3


def test_a_low_float_is_told_twice_a_day_and_no_more(room: Room):
    bought(700)
    for _ in range(23 * 4):
        said(250)
        jobs.check_float()
        tell(900)

    assert len(room.said()) == 2


def test_a_float_nobody_could_read_for_long_is_told(room: Room):
    said(9000, hours_ago=3)
    jobs.check_float()
    tell()

    assert "Nobody knows the float" in room.last().text


def test_before_anything_is_known_nothing_is_told(room: Room):
    jobs.check_float()

    assert floats.told() == "not known"
    assert Notice.select().count() == 0
