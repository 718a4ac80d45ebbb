"""A business about itself: sign-up, profile, balance, keys, top-ups, audit."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from core import clock
from core.ledger import accounts, holds
from core.messaging.models import GatewayAccount, GatewayBalance, Message
from core.messaging.usage import Tally, bump
from core.money import Money
from core.payments.models import StkPush

SIGN_UP = {
    "business_name": "Mama Njeri Salon",
    "contact_name": "Njeri Wambui",
    "phone": "0722 000 111",
    "email": "njeri@example.com",
    "accept_terms": True,
}


def told(answer):
    return answer.status_code, answer.json["code"]


def the_code() -> str:
    """The code in the SMS that is on its way."""
    text = Message.select().order_by(Message.id.desc()).get().body
    return re.search(r"\d{6}", text)[0]


def test_a_business_signs_up_and_gets_its_keys(anyone, with_key):
    made = anyone.post("/api/signup", json=SIGN_UP)
    tenant = made.json["tenant"]
    verified = anyone.post(
        "/api/signup/verify", json={"tenant_id": tenant["id"], "code": the_code()}
    )

    assert made.status_code == 201
    assert tenant["status"] == "unverified"
    assert made.json["verification"]["channel"] == "sms"
    assert verified.status_code == 200
    assert verified.json["tenant"]["status"] == "pending"
    keys, path = verified.json["keys"], f"/api/{tenant['id']}"
    assert with_key(keys["test"]).get(f"{path}/balance").status_code == 200
    assert told(with_key(keys["live"]).get(f"{path}/balance")) == (403, "tenant_not_active")


def test_a_wrong_code_leaves_some_tries(anyone):
    tenant = anyone.post("/api/signup", json=SIGN_UP).json["tenant"]
    code = "000000" if the_code() != "000000" else "111111"
    answer = anyone.post("/api/signup/verify", json={"tenant_id": tenant["id"], "code": code})

    assert told(answer) == (422, "code_wrong")
    assert answer.json["errors"][0]["field"] == "code"


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"accept_terms": False}, "accept_terms", "terms_not_accepted"),
        ({"phone": "12"}, "phone", "invalid_number"),
        ({"email": "njeri"}, "email", "invalid_email"),
        ({"language": "fr"}, "language", "unknown_language"),
        ({"business_name": " "}, "business_name", "field_missing"),
        ({"contact_name": None}, "contact_name", "wrong_type"),
    ],
)
def test_a_sign_up_names_what_is_wrong(anyone, change, field, code):
    answer = anyone.post("/api/signup", json=SIGN_UP | change)

    assert answer.status_code == 422
    assert [(each["field"], each["code"]) for each in answer.json["errors"]] == [(field, code)]


def test_a_repeated_sign_up_with_one_key_texts_once(anyone):
    key = {"Idempotency-Key": "s1"}
    answers = [anyone.post("/api/signup", json=SIGN_UP, headers=key) for _ in range(3)]

    assert len({answer.content for answer in answers}) == 1
    assert Message.select().count() == 1


def test_sign_ups_from_one_address_are_limited(anyone, change_settings):
    change_settings("limits", signups_per_ip_per_day=2)
    answers = [
        anyone.post("/api/signup", json=SIGN_UP | {"phone": f"072200011{n}"}) for n in range(3)
    ]

    assert told(answers[-1]) == (429, "too_many_signups")
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_a_business_changes_what_it_says_about_itself(ask, acme):
    answer = ask.patch(acme.path, json={"kra_pin": "p051234567x", "email": None})

    assert (answer.json["kra_pin"], answer.json["email"]) == ("P051234567X", None)
    assert answer.json["name"] == "Acme Ltd"
    assert ask.patch(acme.path, json={}).status_code == 200


def test_nobody_changes_the_phone_or_the_status(ask, acme):
    answer = ask.patch(acme.path, json={"phone": "0700000000", "status": "active"})

    assert told(answer) == (422, "unknown_field")
    assert {each["field"] for each in answer.json["errors"]} == {"phone", "status"}


def test_a_balance_counts_in_texts_and_days(ask, acme):
    holds.place(
        accounts.purse_id(acme.id, accounts.Purse.WALLET),
        Money.kes(100),
        hold_id="bat_x",
        once=None,
        actor="test",
    )
    day = clock.now().astimezone(clock.NAIROBI)
    number = day.year * 10_000 + day.month * 100 + day.day
    tally = Tally(acme.id, number, "TUMA", "safaricom", "delivered", False)
    bump([(tally, 70, 70, Money.kes(70).units)])

    answer = ask.get(f"{acme.path}/balance").json

    assert answer == {
        "currency": "KES",
        "available": "400.00",
        "held": "100.00",
        "credit_limit": "0.00",
        "price": "0.8000",
        "units": 500,
        "days_left": 40,
        "onfon": None,
    }


def test_a_new_business_has_no_pace(ask, acme):
    assert ask.get(f"{acme.path}/balance").json["days_left"] is None


def test_the_operators_credit_at_the_gateway_is_nobody_elses_business(ask, acme):
    remembered = {"said": "KSh 9,000", "units": 1, "is_money": True, "created_at": clock.now()}
    GatewayBalance.create(account_id=1, **remembered)

    assert ask.get(f"{acme.path}/balance").json["onfon"] is None


def test_an_account_of_ones_own_shows_its_credit(ask, acme):
    own = GatewayAccount.create(kind="onfon", tenant_id=acme.id)
    GatewayBalance.create(
        account_id=own.id, said="KSh 9,000", units=1, is_money=True, created_at=clock.now()
    )

    shown = ask.get(f"{acme.path}/balance").json["onfon"]

    assert (shown["credits"], shown["status"]) == ("KSh 9,000", "ok")


def test_a_key_is_made_shown_once_replaced_and_ended(ask, with_key, acme):
    asked = {"name": "Till", "scopes": ["messages:send"], "allowed_ips": ["127.0.0.1"]}
    made = ask.post(f"{acme.path}/keys", json=asked)
    assert made.status_code == 201
    assert made.json["allowed_ips"] == ["127.0.0.1/32"]
    listed = ask.get(f"{acme.path}/keys").json["data"]
    assert listed[0]["id"] == made.json["id"]
    assert "key" not in listed[0]

    rotated = ask.post(f"{acme.path}/keys/{made.json['id']}/rotate")
    assert rotated.status_code == 201
    assert rotated.json["scopes"] == ["messages:send"]
    again = ask.post(f"{acme.path}/keys/{made.json['id']}/rotate", json={"overlap_hours": 1})
    assert told(again) == (409, "key_not_usable")

    assert ask.delete(f"{acme.path}/keys/{rotated.json['id']}").status_code == 204
    ended = with_key(rotated.json["key"]).post(f"{acme.path}/sms/estimate", json={})
    assert told(ended) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"scopes": ["everything"]}, "scopes", "unknown_scope"),
        ({"allowed_ips": ["home"]}, "allowed_ips", "invalid_network"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at", "key_expiry_past"),
        ({"mode": "both"}, "mode", "not_one_of"),
    ],
)
def test_a_key_that_cannot_be_is_refused(ask, acme, change, field, code):
    answer = ask.post(f"{acme.path}/keys", json={"name": "Till"} | change)

    assert [(each["field"], each["code"]) for each in answer.json["errors"]] == [(field, code)]


def test_anothers_key_is_not_there(ask, acme, rival):
    from core.tenants.models import ApiKey

    theirs = ApiKey.get(ApiKey.tenant_id == rival.id).id

    assert told(ask.delete(f"{acme.path}/keys/{theirs}")) == (404, "not_found")


def top_up(client, acme, key="t1", **asked):
    asked = {"amount": "250", "phone": "0712345678"} | asked
    return client.post(f"{acme.path}/topups", json=asked, headers={"Idempotency-Key": key})


def test_a_top_up_waits_for_the_phone(ask, acme):
    made = top_up(ask, acme)

    assert made.status_code == 202
    assert (made.json["status"], made.json["amount"], made.json["phone"]) == (
        "pending",
        "250.00",
        "254712345678",
    )
    assert "M-Pesa PIN" in made.json["detail"]
    assert StkPush.select().count() == 1
    assert ask.get(f"{acme.path}/topups/{made.json['id']}").json["id"] == made.json["id"]
    assert [each["id"] for each in ask.get(f"{acme.path}/topups").json["data"]] == [made.json["id"]]


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"amount": "10.50"}, "amount", "amount_not_whole"),
        ({"amount": 0}, "amount", "amount_out_of_range"),
        ({"amount": -5}, "amount", "amount_out_of_range"),
        ({"amount": 250_001}, "amount", "amount_out_of_range"),
        ({"amount": 10.0}, "amount", "amount_not_text"),
        ({"method": "card"}, "method", "payment_method_unknown"),
        ({"phone": "12"}, "phone", "invalid_number"),
    ],
)
def test_a_top_up_that_cannot_be_paid_is_refused(ask, acme, change, field, code):
    answer = top_up(ask, acme, **change)

    assert answer.status_code == 422
    assert [(each["field"], each["code"]) for each in answer.json["errors"]] == [(field, code)]
    assert StkPush.select().count() == 0


def test_one_phone_is_asked_once_at_a_time(ask, with_key, acme, rival):
    top_up(ask, acme)

    assert told(top_up(with_key(rival.live), rival)) == (409, "phone_busy")


def test_the_audit_trail_tells_who_did_what(ask, acme):
    ask.patch(acme.path, json={"language": "sw"})

    row = ask.get(f"{acme.path}/audit?limit=1").json["data"][0]

    assert (row["act"], row["channel"]) == ("tenant.updated", "api")
    assert row["actor"].startswith("key:key_")
    assert (row["before"], row["after"]) == ({"language": "en"}, {"language": "sw"})


def test_an_audit_trail_shows_ones_own_acts_only(ask, with_key, acme, rival):
    with_key(rival.live).patch(rival.path, json={"language": "sw"})

    assert "tenant.updated" not in {
        row["act"] for row in ask.get(f"{acme.path}/audit").json["data"]
    }


def test_days_left_look_back_a_week_only(ask, acme):
    long_ago = (clock.now() - timedelta(days=8)).astimezone(clock.NAIROBI)
    number = long_ago.year * 10_000 + long_ago.month * 100 + long_ago.day
    bump([(Tally(acme.id, number, "TUMA", "safaricom", "delivered", False), 1, 1, 8000)])

    assert ask.get(f"{acme.path}/balance").json["days_left"] is None
