"""Asking for money: what is refused, what is the same request again, and whose phone it is."""

from __future__ import annotations

import pytest

from core import clock, quota
from core.errors import Refused
from core.money import Money
from core.payments import explaining, pushing, topups
from core.payments.errors import (
    AmountNotWhole,
    AmountOutOfRange,
    MethodNotOffered,
    PhoneBusy,
    PhoneWithoutMpesa,
    TooManyPushes,
    TopUpNotFound,
)
from core.payments.models import PushState, StkPush, TopUp, TopUpStatus
from core.phone import InvalidNumber
from core.tenants.profiles import TenantNotActive, profile
from tests.payments import mpesa as bodies
from tests.payments.counter import (
    PHONE,
    Counter,
    digest,
    events,
    failed,
    later,
    now_is,
    paid,
    push_of,
)
from tests.races import outcomes, together


def test_a_request_is_pending_and_pushes_after_its_commit(shop, mpesa):
    topup = shop.ask(500)

    assert (topup.status, topup.phone) == (TopUpStatus.PENDING, PHONE)
    assert Money(topup.amount) == Money.kes(500)
    assert len(topup.code) == 4
    assert push_of(topup).state == PushState.NEW
    assert mpesa.pushes == []


def test_the_same_once_is_the_same_top_up(shop, mpesa):
    first = shop.ask(500, once="tap")
    clock.advance(3600)
    again = shop.ask(500, once="tap")
    other = shop.ask(500, phone="0722000111", once="tap")

    assert again.id == other.id == first.id
    assert StkPush.select().count() == 1


def test_once_is_the_tenants_own(shop, neighbour):
    assert shop.ask(once="tap").id != neighbour.ask(phone="0722000111", once="tap").id


def test_a_double_tap_gives_the_open_top_up(shop, mpesa):
    """Same tenant, phone and amount within two minutes; Safaricom would refuse it with code 17."""
    first, _ = shop.prompt(500)
    clock.advance(119)

    assert shop.ask(500).id == first.id
    assert len(mpesa.pushes) == 1


def test_after_two_minutes_the_same_amount_is_another_request(shop):
    first, pushed = shop.prompt(500)
    clock.advance(121)
    failed(pushed)
    digest()

    assert shop.ask(500).id != first.id


def test_the_same_amount_again_after_the_end_is_another_request(shop):
    first, pushed = shop.prompt(500)
    failed(pushed, 1032)
    digest()

    assert shop.ask(500).id != first.id


@pytest.mark.parametrize("amount", ["0", "0.50", "500.50", "250000.01"])
def test_only_whole_shillings_within_the_limit_are_asked_for(shop, amount):
    with pytest.raises((AmountNotWhole, AmountOutOfRange)):
        topups.request(shop.profile, Money.parse(amount), PHONE, once="x", actor="test")


@pytest.mark.parametrize("kes", [1, 250_000])
def test_the_smallest_and_the_largest_amount_are_asked_for(shop, kes):
    assert shop.ask(kes).status == TopUpStatus.PENDING


def test_the_limit_is_a_setting_and_named_in_the_words(shop, change_settings):
    change_settings("mpesa", payment_max="1000")
    with pytest.raises(AmountOutOfRange) as refusal:
        shop.ask(1001)

    assert "KES 1,000" in refusal.value.words()


def test_a_negative_amount_is_refused(shop):
    with pytest.raises(AmountOutOfRange):
        topups.request(shop.profile, Money.kes(-5), PHONE, once="x", actor="test")


@pytest.mark.parametrize(
    "given", ["0712345678", "712345678", "+254 712-345 678", "254712345678", "(0712) 345.678"]
)
def test_every_spelling_of_a_phone_is_one_phone(shop, given):
    assert shop.ask(phone=given).phone == PHONE


def test_new_ranges_are_not_refused_by_their_prefix(shop):
    assert shop.ask(phone="0110345678").phone == "254110345678"


@pytest.mark.parametrize("given", ["", "hello", "0712", "020 2345678"])
def test_what_is_no_mobile_number_is_refused(shop, given):
    with pytest.raises(InvalidNumber):
        shop.ask(phone=given)


def test_a_foreign_number_has_no_mpesa(shop):
    with pytest.raises(PhoneWithoutMpesa):
        shop.ask(phone="+256772123456")


def test_cards_are_not_offered_here(shop):
    with pytest.raises(MethodNotOffered):
        shop.ask(method="card")


@pytest.mark.parametrize("status", ["unverified", "pending", "suspended", "rejected", "closed"])
def test_only_an_active_tenant_asks_for_money(shop, make_tenant, mpesa, status):
    with pytest.raises(TenantNotActive) as refusal:
        Counter(make_tenant(status=status), mpesa).ask()

    assert refusal.value.code == "tenant_not_active"


def test_a_refused_request_leaves_nothing(shop):
    for given in ("+256772123456", "hello"):
        with pytest.raises(Refused):
            shop.ask(phone=given)

    assert TopUp.select().count() == StkPush.select().count() == 0


def test_one_prompt_a_phone_across_all_tenants(shop, neighbour):
    shop.prompt(500)
    with pytest.raises(PhoneBusy) as refusal:
        neighbour.ask(300)

    assert refusal.value.words().startswith("0712 345 678 has another M-Pesa request open.")


@pytest.mark.parametrize("end", ["paid", "failed", "query"])
def test_a_phone_is_free_when_its_prompt_has_ended(shop, neighbour, mpesa, end):
    _, pushed = shop.prompt(500)
    if end == "paid":
        paid(pushed, "UKN3A7X2QP")
    elif end == "failed":
        failed(pushed)
    else:
        mpesa.query_answers = [bodies.ended("1032")]
    later(21)

    assert neighbour.ask(300).status == TopUpStatus.PENDING


def test_a_phone_comes_free_even_when_nobody_says_how_its_prompt_ended(shop, neighbour):
    shop.prompt(500)
    clock.advance(179)
    with pytest.raises(PhoneBusy):
        neighbour.ask(300)
    clock.advance(2)

    assert neighbour.ask(300).status == TopUpStatus.PENDING


def test_a_phone_with_an_open_menu_is_left_alone_for_a_minute(shop, neighbour, mpesa):
    mpesa.push_answers = [bodies.LOCKED]
    topup, _ = shop.prompt(500)
    assert (now_is(topup).status, now_is(topup).result_code) == ("failed", "phone_busy")
    clock.advance(55)
    with pytest.raises(PhoneBusy):
        shop.ask(500)
    clock.advance(6)

    assert neighbour.ask(300).status == TopUpStatus.PENDING


def test_a_phone_is_asked_five_times_an_hour_at_most(shop, neighbour):
    for kes in range(100, 105):
        _, pushed = shop.prompt(kes)
        failed(pushed)
        digest()
    with pytest.raises(TooManyPushes) as refusal:
        neighbour.ask(300)
    assert refusal.value.retry_after == 3600

    clock.advance(3600)
    assert neighbour.ask(300).status == TopUpStatus.PENDING


def test_a_busy_phone_costs_none_of_its_five(shop, neighbour):
    shop.prompt(500)
    for _ in range(10):
        with pytest.raises(PhoneBusy):
            neighbour.ask(300)

    used = quota.Quota.get(quota.Quota.scope == f"push:{PHONE}").used
    assert used == 1


def test_one_once_in_eight_threads_is_one_top_up(shop, mpesa):
    found = together(8, lambda _: shop.ask(500, once="tap").id)

    assert len(set(found)) == 1
    assert StkPush.select().count() == 1


def test_eight_double_taps_are_one_top_up(shop):
    found = together(8, lambda number: shop.ask(500, once=f"tap-{number}").id)

    assert len(set(found)) == 1
    assert StkPush.select().count() == 1


def test_eight_tenants_after_one_phone_get_one_prompt(shop, make_tenant, mpesa):
    others = [Counter(make_tenant(), mpesa) for _ in range(8)]
    found = together(8, lambda number: others[number].ask(300))

    assert len(outcomes(found, TopUp)) == 1
    assert len(outcomes(found, PhoneBusy)) == 7


def test_a_ussd_session_ends_before_the_prompt_comes(shop, mpesa):
    topup = shop.ask(500, push_after_s=4)
    pushing.push(topup.id)
    assert mpesa.pushes == []
    clock.advance(4)
    pushing.push(topup.id)

    assert len(mpesa.pushes) == 1


def test_codes_differ_within_a_tenant(shop):
    codes = set()
    for number in range(40):
        topup = shop.ask(500, phone=f"07120000{number:02d}")
        codes.add(topup.code)

    assert len(codes) == 40


def test_another_tenants_top_up_is_not_there(shop, neighbour):
    topup = shop.ask()

    assert topups.one(shop.profile, topup.id).id == topup.id
    assert topups.listing(neighbour.profile) == []
    with pytest.raises(TopUpNotFound):
        topups.one(neighbour.profile, topup.id)


def test_top_ups_are_listed_newest_first_in_pages(shop):
    made = [shop.ask(kes, phone=f"07120000{kes:02d}").id for kes in range(1, 8)]
    first = topups.listing(shop.profile, limit=3)
    rest = topups.listing(shop.profile, after=first[-1].id, limit=10)

    assert [each.id for each in first + rest] == made[::-1]
    assert topups.listing(shop.profile, status=TopUpStatus.COMPLETED) == []


class TestWithATestKey:
    """No provider, play money, and the phone's ending decides."""

    @pytest.fixture
    def rehearsal(self, shop):
        return Counter(profile(shop.profile.tenant_id, is_test=True), shop.mpesa)

    @pytest.mark.parametrize(
        ("ending", "status", "code"),
        [
            ("000001", "completed", "0"),
            ("345678", "completed", "0"),
            ("000002", "failed", "1032"),
            ("000003", "failed", "2001"),
            ("000004", "failed", "1037"),
            ("000006", "failed", "1"),
        ],
    )
    def test_the_number_decides(self, rehearsal, mpesa, ending, status, code):
        topup = rehearsal.ask(500, phone=f"0712{ending}")
        assert topup.status == "pending"
        clock.advance(1)
        pushing.push(topup.id)

        assert (now_is(topup).status, now_is(topup).result_code) == (status, code)
        assert mpesa.pushes == []

    def test_play_money_is_credited_once_and_no_real_money(self, shop, rehearsal):
        from core.ledger.accounts import Purse, balance
        from tests.payments.counter import differences

        topup = rehearsal.ask(500, phone="0712000001")
        clock.advance(1)
        together(4, lambda _: pushing.push(topup.id))

        purse = balance(shop.profile.tenant_id, Purse.PLAY).available
        assert (purse, shop.balance()) == (Money.kes(500), Money(0))
        assert differences() == []
        assert [each["test"] for each in events("topup.completed")] == [True]
        assert "KES 500 received" in explaining.explain(now_is(topup))

    def test_a_late_payer_takes_a_minute(self, rehearsal):
        topup = rehearsal.ask(500, phone="0712000005")
        clock.advance(59)
        pushing.push(topup.id)
        assert now_is(topup).status == "pending"
        clock.advance(1)
        pushing.push(topup.id)

        assert now_is(topup).status == "completed"

    def test_a_real_prompt_is_not_kept_from_the_phone(self, shop, rehearsal):
        rehearsal.ask(500)

        assert shop.prompt(300)[0].status == "pending"

    def test_the_real_list_does_not_show_it(self, shop, rehearsal):
        topup = rehearsal.ask(500)

        assert topups.listing(shop.profile) == []
        assert [each.id for each in topups.listing(rehearsal.profile)] == [topup.id]
        with pytest.raises(TopUpNotFound):
            topups.one(shop.profile, topup.id)

    def test_one_once_in_both_modes_is_two_top_ups(self, shop, rehearsal):
        assert shop.ask(once="tap").id != rehearsal.ask(once="tap").id

    def test_it_works_before_approval(self, make_tenant, mpesa, shop):
        waiting = make_tenant(status="pending", test=True)

        assert Counter(waiting, mpesa).ask().status == "pending"
