"""Approval, suspension, terms and money put right by hand: each once, each on record."""

import json
from functools import partial

import pytest

from core.errors import Conflict, NotFound
from core.events import Event
from core.ledger import accounts, holds, proof
from core.ledger.accounts import Platform, Purse
from core.ledger.errors import CannotWithdraw, NotEnough
from core.ledger.models import Account, Transfer
from core.money import Money
from core.tenants import audit, fields, keys, tenants, terms
from core.tenants.models import PLATFORM_TENANT, Tenant, TenantStatus
from core.tenants.profiles import PLATFORM_TENANT as SAME_PLATFORM
from core.tenants.profiles import profile
from tests.races import outcomes, together

BY = {"actor": "admin:key_1", "channel": "admin"}
ACTS = {
    "approve": ("pending", "active", tenants.approve),
    "reject": ("pending", "rejected", partial(tenants.reject, reason="No such business")),
    "suspend": ("active", "suspended", partial(tenants.suspend, reason="Spam")),
    "resume": ("suspended", "active", tenants.resume),
}
every_act = pytest.mark.parametrize(("start", "end", "act"), ACTS.values(), ids=ACTS)


def available(tenant_id: int) -> str:
    return accounts.balance(tenant_id).available.text()


def differences() -> list[str]:
    return [line for finding in proof.findings() for line in finding.differences]


@every_act
def test_an_act_moves_a_business_on_and_says_so(make_tenant, start, end, act):
    tenant_id = make_tenant(status=start).tenant_id

    assert act(tenant_id, **BY).status == end
    (row,) = audit.listing(tenant_id)
    assert (json.loads(row.before)["status"], json.loads(row.after)["status"]) == (start, end)
    assert [event.name for event in Event.select()] == [row.act]


@every_act
def test_from_any_other_state_it_changes_nothing_and_names_the_state(make_tenant, start, end, act):
    for state in {status.value for status in TenantStatus} - {start}:
        tenant_id = make_tenant(status=state).tenant_id
        with pytest.raises(tenants.WrongState, match=f"is {state} now"):
            act(tenant_id, **BY)

        assert tenants.get(tenant_id).status == state
        assert audit.listing(tenant_id) == []


@every_act
def test_of_many_at_once_one_does_it(make_tenant, start, end, act):
    tenant_id = make_tenant(status=start).tenant_id
    found = together(8, lambda _: act(tenant_id, **BY))

    assert len(outcomes(found, Tenant)) == 1
    assert len(outcomes(found, Conflict)) == 7
    assert len(audit.listing(tenant_id)) == 1
    assert Event.select().count() == 1


def test_approving_and_rejecting_at_once_ends_one_way(make_tenant):
    tenant_id = make_tenant(status="pending").tenant_id
    acts = [tenants.approve, ACTS["reject"][2]]
    found = together(8, lambda number: acts[number % 2](tenant_id, **BY))

    (winner,) = outcomes(found, Tenant)
    assert tenants.get(tenant_id).status == winner.status


def test_a_wrong_state_is_named_in_the_language_of_the_reader():
    refusal = tenants.WrongState(status="suspended")

    assert (
        refusal.words("sw") == "Akaunti hii sasa imesimamishwa, kwa hivyo hakuna kilichobadilishwa."
    )


@pytest.mark.parametrize("act", [tenants.reject, tenants.suspend])
@pytest.mark.parametrize("reason", ["", "  "])
def test_turning_away_and_stopping_need_a_reason(make_tenant, act, reason):
    tenant_id = make_tenant(status="pending").tenant_id

    with pytest.raises(fields.FieldMissing):
        act(tenant_id, reason, **BY)


@every_act
@pytest.mark.parametrize("nobody", [999, 0, -1, 2**31, 2**70])
def test_nobody_and_the_operator_itself_cannot_be_acted_on(store, start, end, act, nobody):
    with pytest.raises(NotFound):
        act(nobody, **BY)


def test_approval_gives_the_trial_segments_once(make_tenant, change_settings):
    change_settings("pricing", trial_segments=20)
    tenant_id = make_tenant(status="pending", price="0.50").tenant_id
    together(4, lambda _: tenants.approve(tenant_id, **BY))

    assert available(tenant_id) == "10.00"
    assert Transfer.get(Transfer.kind == "trial").debit_id == accounts.platform(Platform.TRIAL)


def test_without_trial_segments_nothing_is_given(make_tenant):
    tenant_id = make_tenant(status="pending").tenant_id
    tenants.approve(tenant_id, **BY)

    assert available(tenant_id) == "0.00"


def test_a_key_feels_the_act_at_once(make_tenant):
    tenant_id = make_tenant(status="pending").tenant_id
    _, secret = keys.create(tenant_id, "Main", **BY)
    seen = [keys.authenticate(secret).profile.status]
    tenants.approve(tenant_id, **BY)
    seen.append(keys.authenticate(secret).profile.status)
    tenants.suspend(tenant_id, "Spam", **BY)
    seen.append(keys.authenticate(secret).profile.status)

    assert seen == ["pending", "active", "suspended"]


def test_businesses_are_listed_newest_first_and_by_state(make_tenant):
    first, second = make_tenant().tenant_id, make_tenant(status="pending").tenant_id

    assert [each.id for each in tenants.listing()] == [second, first]
    assert [each.id for each in tenants.listing(after=second)] == [first]
    assert [each.id for each in tenants.listing(status=TenantStatus.PENDING)] == [second]
    assert [each.id for each in tenants.listing(limit=1)] == [second]


@pytest.mark.parametrize("nobody", [999, -1, 2**31, 2**70])
def test_nobody_has_no_profile(store, nobody):
    with pytest.raises(NotFound):
        profile(nobody)


def test_the_operator_is_a_profile_without_a_price(store):
    assert SAME_PLATFORM == PLATFORM_TENANT
    assert profile(PLATFORM_TENANT).price == Money(0)


def test_a_profile_is_changed_field_by_field(make_tenant):
    tenant_id = make_tenant().tenant_id
    before = tenants.get(tenant_id)
    tenants.update_profile(tenant_id, email="a@example.com", kra_pin="p051234567x", **BY)
    after = tenants.update_profile(tenant_id, email=None, language="sw", **BY)

    assert (after.email, after.kra_pin, after.language) == (None, "P051234567X", "sw")
    assert (after.name, after.phone) == (before.name, before.phone)
    assert json.loads(audit.listing(tenant_id)[0].before) == {
        "email": "a@example.com",
        "language": "en",
    }


def test_names_and_address_are_kept_as_people_mean_them(make_tenant):
    tenant_id = make_tenant().tenant_id
    given = {"name": " Mama  Njeri ", "contact_name": "Njeri", "address": "Box 7, Nakuru"}
    after = tenants.update_profile(tenant_id, **given, **BY)

    assert (after.name, after.contact_name) == ("Mama Njeri", "Njeri")
    assert tenants.update_profile(tenant_id, address="", **BY).address is None


def test_the_record_goes_on_where_a_page_ended(make_tenant):
    tenant_id = make_tenant().tenant_id
    for name in ("A", "B", "C"):
        tenants.update_profile(tenant_id, name=name, **BY)
    newest, *older = audit.listing(tenant_id)

    assert audit.listing(tenant_id, newest.id, 1) == older[:1]
    assert audit.listing() == [newest, *older]


def test_changing_nothing_leaves_no_record(make_tenant):
    tenant_id = make_tenant().tenant_id
    tenants.update_profile(tenant_id, language="en", **BY)

    assert audit.listing(tenant_id) == []


def test_the_price_is_its_own_or_its_tiers(make_tenant):
    tenant_id = make_tenant().tenant_id

    def price(**given):
        tenants.set_terms(tenant_id, **given, **BY)
        return profile(tenant_id).price.text()

    assert profile(tenant_id).price.text() == "0.80"
    assert price(tier="high") == "0.60"
    assert price(price=Money.parse("0.4250")) == "0.425"
    assert price(price=None) == "0.60"


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"price": Money(0)}, terms.InvalidPrice),
        ({"price": Money.kes(-1)}, terms.InvalidPrice),
        ({"price": Money.kes(1001)}, terms.InvalidPrice),
        ({"tier": "gold"}, terms.UnknownTier),
        ({"credit_limit": Money(-1)}, terms.NegativeCredit),
    ],
)
def test_terms_that_cannot_be_are_refused(make_tenant, given, refusal):
    tenant_id = make_tenant().tenant_id

    with pytest.raises(refusal):
        tenants.set_terms(tenant_id, **given, **BY)
    assert audit.listing(tenant_id) == []


def test_credit_can_be_spent_and_not_taken_back_while_in_use(make_tenant):
    tenant_id = make_tenant().tenant_id
    tenants.set_terms(tenant_id, credit_limit=Money.kes(100), **BY)
    wallet = accounts.purse_id(tenant_id, Purse.WALLET)
    holds.place(wallet, Money.kes(60), hold_id="h", once=None, actor="test")

    with pytest.raises(terms.CreditInUse):
        tenants.set_terms(tenant_id, credit_limit=Money.kes(59), tier="high", **BY)
    assert tenants.get(tenant_id).tier == "standard"
    tenants.set_terms(tenant_id, credit_limit=Money.kes(60), **BY)
    assert available(tenant_id) == "0.00"


def adjust(tenant_id, amount, once="1"):
    amount = Money.parse(amount, signed=True)
    return tenants.adjust_wallet(tenant_id, amount, "Put right", once=once, **BY)


def test_a_wallet_is_put_right_both_ways_and_each_time_once(make_tenant):
    tenant_id = make_tenant(wallet="10").tenant_id

    assert [adjust(tenant_id, "5.25"), adjust(tenant_id, "5.25")] == [True, False]
    assert [adjust(tenant_id, "-15", "2"), adjust(tenant_id, "-15", "2")] == [True, False]
    assert available(tenant_id) == "0.25"
    assert len(audit.listing(tenant_id)) == 2
    assert differences() == []


def test_a_wallet_gives_no_more_than_it_could_spend(make_tenant):
    tenant_id = make_tenant(wallet="10").tenant_id
    wallet = accounts.purse_id(tenant_id, Purse.WALLET)
    holds.place(wallet, Money.kes(4), hold_id="h", once=None, actor="test")

    with pytest.raises(CannotWithdraw, match=r"Only KES 6\.00"):
        adjust(tenant_id, "-6.0001")
    assert (available(tenant_id), audit.listing(tenant_id)) == ("6.00", [])
    adjust(tenant_id, "-6")
    assert differences() == []


def test_taking_and_spending_at_once_never_use_a_shilling_twice(make_tenant):
    tenant_id = make_tenant(wallet="100").tenant_id
    wallet = accounts.purse_id(tenant_id, Purse.WALLET)

    def act(number):
        if number % 2:
            return adjust(tenant_id, "-30", str(number))
        return holds.place(wallet, Money.kes(30), hold_id=f"h{number}", once=None, actor="test")

    found = together(10, act)

    assert len(outcomes(found, CannotWithdraw)) + len(outcomes(found, NotEnough)) == 7
    assert available(tenant_id) == "10.00"
    assert Account.get_by_id(wallet).pending % Money.kes(30).units == 0
    assert differences() == []


def test_one_adjustment_by_many_hands_is_one(make_tenant):
    tenant_id = make_tenant(wallet="100").tenant_id
    found = together(8, lambda _: adjust(tenant_id, "-70"))

    assert sorted(found) == [False] * 7 + [True]
    assert available(tenant_id) == "30.00"


@pytest.mark.parametrize("reason", ["", " "])
def test_an_adjustment_needs_a_reason(make_tenant, reason):
    with pytest.raises(fields.FieldMissing):
        tenants.adjust_wallet(make_tenant().tenant_id, Money(1), reason, once="1", **BY)


def test_an_adjustment_needs_an_amount(make_tenant):
    with pytest.raises(terms.NothingToAdjust):
        adjust(make_tenant().tenant_id, "0")
