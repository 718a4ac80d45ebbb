"""What becomes of a top-up is told to whoever asked, and of a payment to those it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from core import clock
from core.money import Money
from core.payments import provider, pushing, suspense, topups
from core.payments.explaining import explain
from core.payments.models import TopUp
from tests.notices.room import Room
from tests.notices.scene import person, states, tell, texts
from tests.payments.conftest import with_account_number
from tests.payments.counter import Counter, confirmed, digest, failed, paid
from tests.payments.mpesa import FakeMpesa


@pytest.fixture
def shop(room: Room, make_tenant) -> Iterator[Counter]:
    """An active tenant and a hand to pay with."""
    fake = FakeMpesa()
    provider.use(fake)
    clock.freeze(datetime(2026, 11, 23, 10, tzinfo=clock.NAIROBI))
    yield Counter(with_account_number(make_tenant()), fake)
    provider.use(None)


def prompt(shop: Counter, actor: str, kes: int = 500):
    topup = topups.request(
        shop.profile, Money.kes(kes), "254712345678", once=f"o-{clock.ms()}", actor=actor
    )
    pushing.push(topup.id)
    return topup, shop.mpesa.pushes[-1]


def test_whoever_asked_hears_that_it_was_paid(shop: Counter):
    asha = person(shop.profile)
    juma = person(shop.profile)
    _, pushed = prompt(shop, asha.actor)
    paid(pushed, "QGH1234567")
    digest()
    tell()

    assert texts(asha) == [
        "Paid. KES 500 received, receipt QGH1234567. Your balance is KES 500.00."
    ]
    assert texts(juma) == []


def test_whoever_asked_hears_that_it_failed_and_why_in_their_chat(shop: Counter, room: Room):
    asha = person(shop.profile, language="sw", telegram_id=501)
    topup, pushed = prompt(shop, asha.actor)
    failed(pushed, 1032)
    digest()
    tell()

    assert room.texts(501) == [explain(TopUp.get_by_id(topup.id), "sw")]
    assert texts() == []


def test_a_payment_after_all_is_good_news(shop: Counter):
    asha = person(shop.profile)
    _, pushed = prompt(shop, asha.actor)
    failed(pushed, 1037)
    digest()
    tell()
    confirmed("QGH1234567", "500", pushed.reference)
    digest()
    tell()

    first, second = texts(asha)
    assert "Good news" in second
    assert first != second


def test_what_has_moved_on_is_not_told_late(shop: Counter):
    """The worker was away while the top-up failed and was paid after all."""
    asha = person(shop.profile)
    _, pushed = prompt(shop, asha.actor)
    failed(pushed, 1037)
    digest()
    confirmed("QGH1234567", "500", pushed.reference)
    digest()
    tell()

    assert len(texts(asha)) == 1
    assert sorted(states()) == ["dropped", "sent"]


def test_a_program_hears_nothing_by_sms(shop: Counter):
    person(shop.profile)
    _, pushed = prompt(shop, "key:key_x")
    paid(pushed, "QGH1234567")
    digest()
    tell()

    assert texts() == []


def test_a_payment_typed_at_the_paybill_is_told_to_the_owners(shop: Counter):
    asha = person(shop.profile)
    confirmed("QGH1234567", "70", shop.account)
    digest()
    tell()

    assert "KES 70 received, receipt QGH1234567" in texts(asha)[0]


def test_a_payment_an_admin_assigns_is_told_to_the_owners(shop: Counter):
    asha = person(shop.profile)
    confirmed("QGH1234567", "70", "nobody")
    digest()
    suspense.assign("QGH1234567", shop.profile.tenant_id, actor="telegram:5")
    tell()

    assert "KES 70 received" in texts(asha)[0]


def test_play_money_is_told_to_nobody(shop: Counter, make_tenant):
    test = make_tenant(test=True)
    asha = person(test)
    topup = topups.request(test, Money.kes(5), "254712000001", once="x", actor=asha.actor)
    clock.advance(60)
    pushing.push(topup.id)
    digest()
    tell()

    assert texts() == []
