"""Money for nobody, until a person says whose it is: once."""

from __future__ import annotations

import hashlib

import pytest

from core import clock
from core.errors import NotFound
from core.money import ZERO, Money
from core.payments import suspense
from core.payments.errors import AlreadyAssigned, ReceiptNotFound
from core.payments.models import Payment, TopUpStatus
from core.tenants import audit
from core.tenants.models import Tenant
from tests.payments import mpesa as bodies
from tests.payments.counter import (
    confirmed,
    differences,
    digest,
    events,
    later,
    now_is,
    payment,
    suspended,
)
from tests.races import outcomes, together


@pytest.fixture
def unmatched(shop) -> str:
    confirmed("UKN3A7X2QP", "250.00", "mama mboga")
    digest()
    return "UKN3A7X2QP"


def test_an_assigned_payment_moves_into_the_wallet(shop, unmatched):
    given = suspense.assign(" ukn3a7x2qp ", shop.profile.tenant_id, actor="admin:key_1")

    assert (given.status, given.tenant_id) == ("credited", shop.profile.tenant_id)
    assert (suspended(), shop.balance()) == (ZERO, Money.kes(250))
    assert [each["receipt"] for each in events("topup.completed")] == [unmatched]
    assert [each["actor"] for each in events("payment.matched")] == ["admin:key_1"]
    assert differences() == []


def test_who_assigned_it_is_written_down(shop, unmatched):
    suspense.assign(unmatched, shop.profile.tenant_id, actor="admin:key_1", channel="ops")

    (row,) = audit.listing(shop.profile.tenant_id)
    assert (row.actor, row.channel, row.act) == ("admin:key_1", "ops", "payment.assigned")
    assert row.subject == unmatched


def test_a_second_assignment_says_where_the_money_went(shop, neighbour, unmatched):
    suspense.assign(unmatched, shop.profile.tenant_id, actor="a")
    with pytest.raises(AlreadyAssigned) as refusal:
        suspense.assign(unmatched, neighbour.profile.tenant_id, actor="b")

    assert str(shop.profile.tenant_id) in refusal.value.words()
    assert (shop.balance(), neighbour.balance()) == (Money.kes(250), ZERO)


def test_eight_taps_assign_once(shop, neighbour, unmatched):
    takers = [shop, neighbour] * 4
    found = together(
        8,
        lambda number: suspense.assign(unmatched, takers[number].profile.tenant_id, actor="x"),
    )

    assert len(outcomes(found, Payment)) == 1
    assert len(outcomes(found, AlreadyAssigned)) == 7
    assert shop.balance() + neighbour.balance() == Money.kes(250)
    assert differences() == []


def test_a_credited_payment_cannot_be_assigned(shop, neighbour):
    confirmed("UKN3A7X2QP", "250.00", shop.account)
    digest()
    with pytest.raises(AlreadyAssigned):
        suspense.assign("UKN3A7X2QP", neighbour.profile.tenant_id, actor="x")

    assert neighbour.balance() == ZERO


def test_a_receipt_or_tenant_that_is_not_there_is_said_so(shop, unmatched):
    with pytest.raises(ReceiptNotFound):
        suspense.assign("UKN0000000", shop.profile.tenant_id, actor="x")
    for nobody in (0, 999_999):
        with pytest.raises(NotFound):
            suspense.assign(unmatched, nobody, actor="x")

    assert suspended() == Money.kes(250)


def test_an_assigned_payment_that_is_told_again_stays(shop, unmatched):
    suspense.assign(unmatched, shop.profile.tenant_id, actor="x")
    confirmed(unmatched, "250.00", "mama mboga")
    digest()

    assert (suspended(), shop.balance()) == (ZERO, Money.kes(250))


def test_an_assigned_payment_completes_the_top_up_that_waits_for_it(shop, mpesa):
    topup, _ = shop.prompt(250)
    mpesa.query_answers = [bodies.ended("0")]
    later(21)
    confirmed("UKN3A7X2QP", "250.00", "a typing mistake")
    digest()
    suspense.assign("UKN3A7X2QP", shop.profile.tenant_id, actor="x")

    assert now_is(topup).status == TopUpStatus.COMPLETED
    assert differences() == []


def test_unmatched_payments_are_listed_newest_first_in_pages(shop):
    for number in range(5):
        confirmed(f"UKN000000{number}", "10", "nobody")
        if number % 2:
            clock.advance(60)
        digest()
    first = suspense.listing(limit=2)
    rest = suspense.listing(after=first[-1].receipt)

    assert [each.receipt[-1] for each in first + rest] == list("43210")


@pytest.mark.parametrize(
    "payer",
    ["254712345126", "2547 ***** 126", "254712***126"],
)
def test_a_payer_that_may_be_a_tenants_phone_is_suggested(shop, neighbour, payer):
    _phone(shop, "254712345126")
    _phone(neighbour, "254799345127")
    confirmed("UKN3A7X2QP", "10", "nobody", MSISDN=payer)
    digest()

    found = suspense.suggestions(payment("UKN3A7X2QP"))
    assert [each.id for each in found] == [shop.profile.tenant_id]


def test_a_hashed_payer_is_compared_and_not_cracked(shop, neighbour):
    _phone(shop, "254712345126")
    payer = hashlib.sha256(b"254712345126").hexdigest()
    confirmed("UKN3A7X2QP", "10", "nobody", MSISDN=payer)
    digest()

    found = suspense.suggestions(payment("UKN3A7X2QP"))
    assert [each.id for each in found] == [shop.profile.tenant_id]
    assert payment("UKN3A7X2QP").payer == payer


def test_a_payer_of_whom_nothing_is_known_suggests_nobody(shop):
    confirmed("UKN3A7X2QP", "10", "nobody", MSISDN="")
    digest()

    assert suspense.suggestions(payment("UKN3A7X2QP")) == []


def _phone(counter, msisdn: str) -> None:
    Tenant.update(phone=msisdn).where(Tenant.id == counter.profile.tenant_id).execute()
