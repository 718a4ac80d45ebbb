"""The paybill: what may be paid, and whose it is."""

from __future__ import annotations

import peewee
import pytest

from core.payments import addresses, c2b
from core.payments.models import MpesaNews, Payment
from core.tenants import account_numbers
from core.tenants.models import Tenant, TenantStatus
from tests.payments.mpesa import c2b as body

ACCEPTED = {"ResultCode": "0", "ResultDesc": "Accepted"}
REJECTED = {"ResultCode": "C2B00012", "ResultDesc": "Rejected"}


def test_a_known_account_may_be_paid(shop):
    assert c2b.validate(body("UKN3A7X2QP", "500", shop.account)) == ACCEPTED


def test_an_account_is_known_however_it_is_typed(shop):
    number = shop.account
    for typed in (number.lower(), f" {number[:3]} {number[3:]} ", f"{number}-K7P2", f"{number}."):
        assert c2b.validate(body("UKN3A7X2QP", "500", typed)) == ACCEPTED


@pytest.mark.parametrize("typed", ["mama mboga", "254712345678", "X", "0"])
def test_what_is_no_account_number_is_rejected(shop, typed):
    assert c2b.validate(body("UKN3A7X2QP", "500", typed)) == REJECTED


def test_a_single_typing_mistake_is_rejected(shop):
    number = shop.account
    wrong = ("2" if number[0] != "2" else "3") + number[1:]

    assert c2b.validate(body("UKN3A7X2QP", "500", wrong)) == REJECTED


def test_a_number_with_a_right_check_and_no_owner_is_rejected(shop):
    assert c2b.validate(body("UKN3A7X2QP", "500", account_numbers.make())) == REJECTED


@pytest.mark.parametrize("status", ["suspended", "closed", "rejected", "pending"])
def test_money_for_an_account_that_is_not_active_is_still_its_own(shop, status):
    Tenant.update(status=TenantStatus(status).value).where(
        Tenant.id == shop.profile.tenant_id
    ).execute()

    assert c2b.validate(body("UKN3A7X2QP", "500", shop.account)) == ACCEPTED


@pytest.mark.parametrize("raw", [b"", b"<html>", b"{}", b"[1]", body("U1", "5", "")])
def test_what_we_cannot_tell_is_accepted(shop, raw):
    """A till has no account number; and nobody is kept from paying by what we cannot read."""
    assert c2b.validate(raw) == ACCEPTED


def test_a_trouble_of_ours_keeps_nobody_from_paying(shop, monkeypatch):
    def broken(*_):
        raise peewee.OperationalError("no connection")

    monkeypatch.setattr(Tenant, "get_or_none", broken)

    assert c2b.validate(body("UKN3A7X2QP", "500", shop.account)) == ACCEPTED


def test_validation_stores_and_credits_nothing(shop):
    c2b.validate(body("UKN3A7X2QP", "500", shop.account))

    assert MpesaNews.select().count() == Payment.select().count() == 0
    assert shop.balance().units == 0


def test_addresses_are_registered_so_that_an_outage_blocks_no_payment(shop, mpesa):
    assert c2b.register().outcome == "accepted"

    assert mpesa.registered == [(addresses.confirmation(), addresses.validation(), "Completed")]


def test_our_addresses_hold_no_word_that_safaricom_forbids(shop, change_settings):
    change_settings("app", public_url="https://sms.example.co.ke")

    c2b.check_addresses()
    assert addresses.confirmation().startswith("https://sms.example.co.ke/pay/in/")
    assert addresses.confirmation().endswith("/c2b/confirm")


@pytest.mark.parametrize(
    "url", ["http://sms.example.co.ke", "https://Sms.example.co.ke", "https://execute.co.ke"]
)
def test_an_address_that_safaricom_would_not_call_is_told_the_operator(shop, change_settings, url):
    change_settings("app", public_url=url)

    with pytest.raises(ValueError, match="callback URL"):
        c2b.check_addresses()
