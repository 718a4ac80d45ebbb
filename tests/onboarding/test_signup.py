"""Signing up: one business a phone, a code that proves it, and nothing to learn by guessing."""

import re
from datetime import UTC, datetime
from functools import partial

import pytest

from core import clock, words
from core.errors import Conflict, Invalid
from core.events import Event
from core.ledger import accounts, proof
from core.ledger.accounts import Purse
from core.ledger.models import Account
from core.messaging.models import Message
from core.onboarding import codes, jobs, signup
from core.onboarding.errors import (
    AlreadyVerified,
    CodeBurnt,
    CodeExpired,
    CodeWrong,
    NotACode,
    PhoneNotKenyan,
    PhoneRegistered,
    TermsNotAccepted,
    TooManyCodes,
    TooManySignUps,
    TooManyTries,
)
from core.onboarding.models import VerificationCode
from core.onboarding.signup import SignedUp, Verified
from core.phone import InvalidNumber
from core.tenants import audit, fields, keys, people, tenants
from core.tenants.models import ApiKey, Membership, Person, Role, Tenant
from tests.races import outcomes, together

PHONE = "254712345678"
IP = "41.90.0.7"
GOOD = {
    "business_name": "Mama Mboga",
    "contact_name": "Asha Otieno",
    "phone": "0712 345 678",
    "email": "asha@example.com",
    "language": "en",
    "accept_terms": True,
    "ip": IP,
}


@pytest.fixture(autouse=True)
def _one_morning() -> None:
    """So that no window of a limit ends while a test counts."""
    clock.freeze(datetime(2026, 11, 23, 6, 0, 5, tzinfo=UTC))


def sign_up(**changes) -> SignedUp:
    return signup.sign_up(**{**GOOD, **changes})


def texts() -> list[Message]:
    return list(Message.select().order_by(Message.id))


def code() -> str:
    """What the newest text to a phone says."""
    return re.match(r"\d{6}", texts()[-1].body)[0]


def other(right: str, step: int = 1) -> str:
    return f"{(int(right) + step) % 1_000_000:06d}"


def verify(tenant_id, typed, ip=IP):
    return signup.verify(tenant_id, typed, ip=ip)


def refusal(act, *args) -> str:
    """How an act is refused, as the person reads it."""
    with pytest.raises((Invalid, Conflict)) as met:
        act(*args)
    return f"{met.value.code}: {met.value}"


@pytest.fixture
def waiting(store) -> int:
    """A business that has been sent its code."""
    return sign_up().tenant.id


# Signing up


def test_a_business_waits_for_its_code(store):
    made = sign_up()

    assert (made.tenant.name, made.tenant.phone) == ("Mama Mboga", PHONE)
    assert (made.tenant.status, made.channel) == ("unverified", "sms")
    assert (made.expires_at - clock.now()).total_seconds() == 600


def test_its_owner_and_purses_are_there_from_the_start(waiting):
    owner = people.by_phone(PHONE)

    assert people.role_of(owner.id, waiting) is Role.OWNER
    assert {row.kind for row in Account.select().where(Account.tenant_id == waiting)} == set(Purse)
    assert [row.act for row in audit.listing(waiting)] == ["tenant.signed_up"]


def test_the_daily_cap_of_the_settings_is_on_its_purses(store, change_settings):
    change_settings("limits", daily_spend_cap="500")
    tenant_id = sign_up().tenant.id

    assert {row.daily_cap for row in Account.select().where(Account.tenant_id == tenant_id)} == {
        5_000_000
    }


@pytest.mark.parametrize("language", ["en", "sw"])
def test_the_code_goes_out_by_sms_in_the_persons_language(store, language):
    sign_up(language=language)
    (text,) = texts()

    assert (text.msisdn, text.tenant_id, text.cost) == (PHONE, 0, 0)
    assert text.body == words.say(language, signup.CODE_TEXT, code=code(), app="Tuma", minutes=10)
    assert (text.segments, text.lane, text.status) == (1, 0, "queued")


def test_a_code_is_kept_only_as_a_digest(store, monkeypatch):
    monkeypatch.setattr(codes.secrets, "make_code", lambda digits: "no-digest-writes-this")
    sign_up()
    (row,) = VerificationCode.select().tuples()

    assert "no-digest-writes-this" in texts()[-1].body
    assert "no-digest-writes-this" not in str(row)


@pytest.mark.parametrize(
    ("changes", "kind", "field"),
    [
        ({"accept_terms": False}, TermsNotAccepted, "accept_terms"),
        ({"accept_terms": "true"}, TermsNotAccepted, "accept_terms"),
        ({"business_name": " "}, fields.FieldMissing, "business_name"),
        ({"business_name": "a" * 121}, fields.FieldTooLong, "business_name"),
        ({"business_name": "Equity\u202eknaB"}, fields.FieldUnprintable, "business_name"),
        ({"contact_name": ""}, fields.FieldMissing, "contact_name"),
        ({"contact_name": "Asha\x07"}, fields.FieldUnprintable, "contact_name"),
        ({"phone": "0712"}, InvalidNumber, "phone"),
        ({"phone": ""}, InvalidNumber, "phone"),
        ({"phone": "+256 772 123456"}, PhoneNotKenyan, "phone"),
        ({"email": "asha"}, fields.InvalidEmail, "email"),
        ({"language": "fr"}, fields.UnknownLanguage, "language"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field_and_nothing_is_kept(store, changes, kind, field):
    with pytest.raises(kind) as met:
        sign_up(**changes)

    assert met.value.field == field
    assert Tenant.select().where(Tenant.id != 0).count() == Person.select().count() == 0
    assert texts() == []


def test_email_and_language_may_be_left_out(store):
    tenant = sign_up(email=None, language=None).tenant

    assert (tenant.email, tenant.language) == (None, "en")


def test_signing_up_again_renews_the_same_business(store):
    first = sign_up(business_name="Mama Mbga", email="wrong@example.com")
    again = sign_up(phone="+254712345678", email=None, language="sw")

    assert again.tenant.id == first.tenant.id
    assert again.tenant.account_number == first.tenant.account_number
    assert (again.tenant.name, again.tenant.email, again.tenant.language) == (
        "Mama Mboga",
        None,
        "sw",
    )
    assert Membership.select().count() == 1


def test_a_new_code_kills_the_old_one(waiting):
    old = code()
    sign_up()
    while code() == old:  # one in a million
        sign_up()

    assert refusal(verify, waiting, old).startswith("code_wrong")
    assert isinstance(verify(waiting, code()), Verified)


@pytest.mark.parametrize("status", ["pending", "active", "suspended"])
def test_a_registered_phone_cannot_sign_up_again(store, waiting, status):
    verify(waiting, code())
    Tenant.update(status=status).where(Tenant.id == waiting).execute()

    with pytest.raises(PhoneRegistered):
        sign_up()
    assert len(texts()) == 1


@pytest.mark.parametrize("status", ["rejected", "closed"])
def test_whoever_was_turned_away_or_left_may_start_afresh(waiting, status):
    verify(waiting, code())
    Tenant.update(status=status).where(Tenant.id == waiting).execute()

    assert sign_up().tenant.id != waiting


def test_many_sign_ups_of_one_phone_at_once_make_one_business(store, change_settings):
    change_settings("limits", signups_per_phone_per_day=50, codes_per_hour=50)
    found = together(12, lambda number: sign_up(business_name=f"Shop {number}"))

    assert len({each.tenant.id for each in outcomes(found, SignedUp)}) == 1
    assert len(outcomes(found, SignedUp)) == 12
    assert Tenant.select().where(Tenant.id != 0).count() == 1
    assert Account.select().where(Account.tenant_id > 0).count() == 2
    assert VerificationCode.select().count() == 1
    assert len(texts()) == 12


def test_signing_up_and_verifying_at_once_leaves_one_business(store, change_settings):
    change_settings("limits", signups_per_phone_per_day=99, codes_per_hour=99)
    tenant_id = sign_up().tenant.id
    right = code()

    def act(number):
        return sign_up() if number % 2 else verify(tenant_id, right)

    found = together(10, act)

    assert Tenant.select().where(Tenant.phone == PHONE).count() == 1
    state = Tenant.get_by_id(tenant_id).status
    assert len(outcomes(found, Verified)) == (1 if state == "pending" else 0)


def test_different_phones_do_not_wait_for_each_other(store):
    found = together(8, lambda number: sign_up(phone=f"071200000{number}"))

    assert len({each.tenant.id for each in outcomes(found, SignedUp)}) == 8


def test_a_taken_account_number_is_passed_over(store, monkeypatch):
    numbers = iter(["AAAAAAA", "AAAAAAA", "AAAAAAA", "BBBBBBB"])
    monkeypatch.setattr(signup.account_numbers, "make", partial(next, numbers))
    made = [sign_up(phone=phone).tenant for phone in ("0712000001", "0712000002")]

    assert [tenant.account_number for tenant in made] == ["AAAAAAA", "BBBBBBB"]


def test_a_crash_leaves_either_all_or_nothing(store, monkeypatch):
    def crash(*args, **kwargs):
        raise OSError

    with monkeypatch.context() as broken:
        broken.setattr(signup, "send_platform_text", crash)
        with pytest.raises(OSError):
            sign_up()
    assert Tenant.select().where(Tenant.phone == PHONE).count() == 0
    assert Person.select().count() == VerificationCode.select().count() == 0
    verify(sign_up().tenant.id, code())


# A phone that proves itself


def open_proved(**changes):
    given = {"business_name": "Mama Mboga", "contact_name": "Asha", "phone": PHONE}
    return signup.open_proved(**{**given, **changes}, channel="ussd")


def test_a_phone_that_proves_itself_needs_no_code(store):
    tenant = open_proved(language="sw")

    assert (tenant.status, tenant.language) == ("pending", "sw")
    assert people.role_of(people.by_phone(PHONE).id, tenant.id) is Role.OWNER
    assert accounts.balance(tenant.id, Purse.PLAY).available.text() == "10000.00"
    assert texts() == list(ApiKey.select()) == []
    with pytest.raises(PhoneRegistered):
        open_proved()


def test_it_takes_over_what_a_stranger_typed(waiting):
    typed = code()
    tenant = open_proved(business_name="Mama Njeri", contact_name="Njeri")

    assert (tenant.id, tenant.name, tenant.email) == (waiting, "Mama Njeri", None)
    assert people.by_phone(PHONE).name == "Njeri"
    assert refusal(verify, waiting, typed).startswith("code_wrong")


def test_proving_and_verifying_at_once_open_it_once(waiting):
    right = code()
    found = together(8, lambda number: open_proved() if number % 2 else verify(waiting, right))

    assert len(outcomes(found, Verified)) + len(outcomes(found, Tenant)) == 1
    assert Event.select().where(Event.name == "tenant.pending").count() == 1


# Limits


def test_a_phone_signs_up_so_often_a_day(store, change_settings):
    change_settings("limits", signups_per_phone_per_day=2)
    sign_up(), sign_up()

    with pytest.raises(TooManySignUps) as met:
        sign_up()
    assert 0 < met.value.retry_after <= 86_400
    assert len(texts()) == 2
    clock.advance(86_400)
    sign_up()


def test_a_phone_gets_so_many_codes_an_hour(store, change_settings):
    change_settings("limits", codes_per_hour=2)
    sign_up(), sign_up()

    with pytest.raises(TooManyCodes, match="60 min"):
        sign_up()
    clock.advance(3600)
    sign_up()


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("41.90.0.7", "41.90.0.7", True),
        ("41.90.0.7", "::ffff:41.90.0.7", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("unknown", "unknown", True),
        ("41.90.0.7", "41.90.0.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("41.90.0.7", None, False),
    ],
)
def test_an_address_signs_up_so_many_a_day(store, change_settings, first, second, shared):
    change_settings("limits", signups_per_ip_per_day=1)
    sign_up(ip=first)
    if shared:
        with pytest.raises(TooManySignUps):
            sign_up(phone="0712000001", ip=second)
    else:
        sign_up(phone="0712000001", ip=second)


def test_an_address_tries_so_many_codes_a_day(store, change_settings):
    change_settings("limits", signups_per_ip_per_day=1, code_attempts=3)
    tenant_id = sign_up().tenant.id
    right = code()
    for _ in range(3):
        refusal(verify, 99, "000000")

    with pytest.raises(TooManyTries):
        verify(tenant_id, right)
    assert isinstance(verify(tenant_id, right, ip="41.90.0.8"), Verified)


# Codes


def test_the_right_code_gives_keys_and_play_money(waiting):
    done = verify(waiting, code())

    assert done.tenant.status == "pending"
    assert done.tenant.verified_at is not None
    live, test = keys.authenticate(done.live_key), keys.authenticate(done.test_key)
    assert (live.profile.is_test, test.profile.is_test) == (False, True)
    assert accounts.balance(waiting, Purse.PLAY).available.text() == "10000.00"
    assert accounts.balance(waiting, Purse.WALLET).available.text() == "0.00"
    assert [event.name for event in Event.select().where(Event.tenant_id == waiting)] == [
        "tenant.pending"
    ]
    assert [line for finding in proof.findings() for line in finding.differences] == []


def test_a_verified_business_can_be_approved(waiting):
    verify(waiting, code())

    assert tenants.approve(waiting, actor="admin:1", channel="ops").status == "active"


def test_a_code_may_be_typed_with_spaces(waiting):
    right = code()

    verify(waiting, f" {right[:3]}-{right[3:]}\n")


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "1" * 1000])
def test_what_is_no_code_costs_no_try(waiting, typed):
    for _ in range(10):
        with pytest.raises(NotACode):
            verify(waiting, typed)
    verify(waiting, code())


def test_a_wrong_code_says_how_many_tries_are_left_and_the_last_burns_it(waiting):
    wrong = other(code())
    said = [refusal(verify, waiting, wrong) for _ in range(6)]

    assert [re.findall(r"left: (\d)", each) for each in said[:4]] == [["4"], ["3"], ["2"], ["1"]]
    assert {each.partition(":")[0] for each in said[4:]} == {"code_burnt"}


def test_not_even_the_right_code_works_once_burnt(waiting):
    right = code()
    for _ in range(5):
        refusal(verify, waiting, other(right))

    with pytest.raises(CodeBurnt):
        verify(waiting, right)
    sign_up()
    assert isinstance(verify(waiting, code()), Verified)


def test_the_last_try_may_be_the_right_one(waiting):
    right = code()
    for _ in range(4):
        refusal(verify, waiting, other(right))

    assert isinstance(verify(waiting, right), Verified)


def test_a_code_expires(store):
    tenant_id = sign_up().tenant.id
    clock.advance(600)

    with pytest.raises(CodeExpired):
        verify(tenant_id, code())
    sign_up()
    assert isinstance(verify(tenant_id, code()), Verified)


def test_the_right_code_again_says_it_is_done(waiting):
    right = code()
    verify(waiting, right)

    with pytest.raises(AlreadyVerified):
        verify(waiting, right)
    assert ApiKey.select().count() == 2


@pytest.mark.parametrize("nobody", [999, 0, -5, 2**31, 2**70])
def test_nobodys_code_is_refused_in_the_words_of_a_wrong_one(waiting, nobody):
    """So whoever tries ids learns nothing, however often."""
    wrong = other(code())
    real = [refusal(verify, waiting, wrong) for _ in range(7)]

    assert [refusal(verify, nobody, wrong) for _ in range(7)] == real


def test_a_verified_business_answers_strangers_like_nobody(waiting):
    right = code()
    verify(waiting, right)

    nobody = [refusal(verify, 999, other(right)) for _ in range(7)]
    assert [refusal(verify, waiting, other(right)) for _ in range(7)] == nobody


def test_a_code_is_of_one_business_alone(store):
    first = sign_up(phone="0712000001").tenant.id
    firsts = code()
    second = sign_up(phone="0712000002").tenant.id
    if code() != firsts:
        assert refusal(verify, second, firsts).startswith("code_wrong")
    assert isinstance(verify(first, firsts), Verified)


def test_of_many_with_the_right_code_one_wins(waiting):
    right = code()
    found = together(10, lambda _: verify(waiting, right))

    assert len(outcomes(found, Verified)) == 1
    assert len(outcomes(found, AlreadyVerified)) + len(outcomes(found, CodeBurnt)) == 9
    assert ApiKey.select().count() == 2
    assert Event.select().where(Event.name == "tenant.pending").count() == 1
    assert accounts.balance(waiting, Purse.PLAY).available.text() == "10000.00"


def test_guessing_in_parallel_gives_no_more_tries(waiting):
    wrong = other(code())
    found = together(20, lambda _: verify(waiting, wrong))

    assert sorted(each.fields["left"] for each in outcomes(found, CodeWrong)) == [1, 2, 3, 4]
    assert len(outcomes(found, CodeBurnt)) == 16


def test_old_codes_are_forgotten(store):
    sign_up()
    clock.advance(600 + 7 * 86_400)
    assert codes.forget_old() == 0
    clock.advance(1)

    jobs.forget_codes()
    assert VerificationCode.select().count() == 0
