"""Who is let in, from where, to do what, and how often."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api import calls
from core import clock
from core.tenants import keys
from core.tenants.models import ApiKey, TenantStatus
from tests.api.makers import make_business, make_key, set_status

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

SEND = {"to": "0712000001", "message": "Habari"}


def told(answer):
    return answer.status_code, answer.json["code"]


def test_a_key_is_taken_from_either_header(anyone, acme):
    for headers in (
        {"Authorization": f"Bearer {acme.live}"},
        {"Authorization": f"bearer  {acme.live} "},
        {"X-API-Key": acme.live},
    ):
        assert anyone.get(acme.path, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic c2tfbGl2ZQ=="},
        {"Authorization": "Bearer sk_live_x"},
        {"Authorization": "Bearer sk_live_" + "é" * 38},
        {"X-API-Key": " "},
    ],
)
def test_without_a_good_key_nobody_is_let_in(anyone, acme, headers):
    answer = anyone.get(acme.path, headers=headers)

    assert told(answer) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "query",
    [
        "api_key=x",
        "APIKEY=x",
        "key=1",
        "token=1",
        "access_token=",
        "note=sk_live_abc",
        "a=1&a=sk_test_x",
    ],
)
def test_a_key_in_the_address_is_refused(ask, acme, query):
    assert told(ask.get(f"{acme.path}/balance?{query}")) == (400, "key_in_url")


def test_a_key_opens_only_its_own_account(ask, rival):
    assert told(ask.get(f"{rival.path}/balance")) == (403, "wrong_tenant")
    assert told(ask.get("/api/999/balance")) == (403, "wrong_tenant")


def test_what_is_anothers_is_not_there(ask, with_key, acme, rival):
    sent = with_key(rival.live).post(f"{rival.path}/sms/send", json=SEND)
    theirs = sent.json["messages"][0]["id"]

    missing = ask.get(f"{acme.path}/sms/messages/msg_00000000000000000000")
    foreign = ask.get(f"{acme.path}/sms/messages/{theirs}")

    assert told(foreign) == told(missing) == (404, "message_not_found")
    assert foreign.json["detail"] == missing.json["detail"]


def test_a_revoked_key_is_no_key(ask, acme):
    keys.revoke(acme.id, ApiKey.get(ApiKey.mode == "live").id, actor="test", channel="cli")

    assert told(ask.get(acme.path)) == (401, "unauthenticated")


def test_an_expired_key_is_no_key(with_key, acme):
    clock.freeze(clock.now())
    key = make_key(acme.id, expires_at=clock.now() + timedelta(hours=1))
    assert with_key(key).get(acme.path).status_code == 200

    clock.advance(3600)

    assert told(with_key(key).get(acme.path)) == (401, "unauthenticated")


def test_before_approval_only_the_test_key_works(with_key, store):
    new = make_business(status=TenantStatus.PENDING)

    assert told(with_key(new.live).get(f"{new.path}/balance")) == (403, "tenant_not_active")
    assert with_key(new.test).post(f"{new.path}/sms/send", json=SEND).status_code == 202


@pytest.mark.parametrize("key", ["live", "test"])
def test_a_suspended_business_reads_but_does_not_spend(with_key, acme, key):
    set_status(acme.id, TenantStatus.SUSPENDED)
    client = with_key(getattr(acme, key))

    assert client.get(f"{acme.path}/balance").status_code == 200
    assert client.post(f"{acme.path}/sms/estimate", json=SEND).status_code == 200
    refused = client.post(f"{acme.path}/sms/send", json=SEND)
    assert told(refused) == (403, "tenant_not_active")
    assert "suspended" in refused.json["detail"]
    topup = {"amount": 10, "phone": "0712000001"}
    refused = client.post(f"{acme.path}/topups", json=topup, headers={"Idempotency-Key": "1"})
    assert told(refused) == (403, "tenant_not_active")


@pytest.mark.parametrize("status", [TenantStatus.REJECTED, TenantStatus.CLOSED])
def test_a_business_that_is_gone_is_shut_out(ask, rehearse, acme, status):
    set_status(acme.id, status)

    assert told(ask.get(acme.path)) == (403, "tenant_not_active")
    assert told(rehearse.get(acme.path)) == (403, "tenant_not_active")


def test_a_key_does_only_what_it_was_made_for(with_key, acme):
    reader = with_key(make_key(acme.id, scopes=["messages:read"]))

    assert reader.get(f"{acme.path}/sms/messages").status_code == 200
    assert told(reader.post(f"{acme.path}/sms/send", json=SEND)) == (403, "missing_scope")
    assert told(reader.get(f"{acme.path}/balance")) == (403, "missing_scope")


def test_a_key_cannot_make_a_stronger_one(rehearse, with_key, acme):
    narrow = with_key(make_key(acme.id, scopes=["admin"]))

    assert told(rehearse.post(f"{acme.path}/keys", json={"name": "x"})) == (403, "key_too_narrow")
    assert told(narrow.post(f"{acme.path}/keys", json={"name": "x"})) == (403, "key_too_narrow")


def test_a_key_may_be_bound_to_addresses(with_key, acme):
    office = with_key(make_key(acme.id, allowed_ips=["41.90.0.0/16"]))

    assert office.get(acme.path, remote_addr="41.90.7.7").status_code == 200
    assert office.get(acme.path, remote_addr="::ffff:41.90.7.7").status_code == 200
    assert told(office.get(acme.path, remote_addr="41.91.0.1")) == (403, "ip_not_allowed")


def test_strangers_are_not_believed_about_their_address(with_key, acme):
    office = with_key(make_key(acme.id, allowed_ips=["41.90.0.0/16"]))
    forged = {"X-Forwarded-For": "41.90.7.7"}

    answer = office.get(acme.path, remote_addr="5.5.5.5", headers=forged)

    assert told(answer) == (403, "ip_not_allowed")
    assert "5.5.5.5" in answer.json["detail"]


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("41.90.7.7", "41.90.7.7"),
        ("41.90.7.7, 10.0.0.2", "41.90.7.7"),
        ("41.90.7.7, 6.6.6.6", "6.6.6.6"),
        ("41.90.7.7, nonsense", "10.0.0.1"),
        ("", "10.0.0.1"),
        ("10.0.0.9", "10.0.0.9"),
    ],
)
def test_our_own_proxies_are_believed_for_one_hop(change_settings, store, forwarded, client):
    from api import addresses

    change_settings("app", trusted_proxies=("10.0.0.0/8",))

    assert (
        addresses.client({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}) == client
    )


def test_answers_tell_what_is_left_of_the_minute(ask, acme):
    clock.freeze(clock.now().replace(second=10, microsecond=0))

    first, second = ask.get(acme.path), ask.get(f"{acme.path}/nothing-here")

    assert first.headers["RateLimit-Limit"] == "3000"
    assert first.headers["RateLimit-Remaining"] == "2999"
    assert first.headers["RateLimit-Reset"] == "50"
    assert "RateLimit-Limit" not in second.headers


def test_a_refusal_tells_it_too(ask, rival):
    assert "RateLimit-Remaining" in ask.get(rival.path).headers


def test_keys_that_are_none_are_tried_only_so_often(anyone, ask, acme, monkeypatch):
    monkeypatch.setattr(calls, "PUBLIC_PER_MINUTE", 3)
    clock.freeze(clock.now().replace(second=20, microsecond=0))

    strangers = [anyone.get(acme.path) for _ in range(3)] + [anyone.get("/admin/tenants")]

    assert [answer.status_code for answer in strangers] == [401, 401, 401, 429]
    assert strangers[0].headers["RateLimit-Remaining"] == "2"
    assert strangers[-1].headers["Retry-After"] == "40"
    assert ask.get(acme.path).status_code == 200


def test_too_many_requests_wait_for_the_next_minute(ask, acme, change_settings):
    change_settings("limits", requests_per_minute={"standard": 3})
    clock.freeze(clock.now().replace(second=20, microsecond=0))

    answers = [ask.get(acme.path) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert told(answers[-1]) == (429, "too_many_requests")
    assert answers[-1].headers["Retry-After"] == "40"
    clock.advance(40)
    assert ask.get(acme.path).status_code == 200


def test_test_and_live_keys_have_limits_apart(ask, rehearse, acme, change_settings):
    change_settings("limits", requests_per_minute={"standard": 1})
    clock.freeze(clock.now())

    assert [ask.get(acme.path).status_code, rehearse.get(acme.path).status_code] == [200, 200]


def test_the_operator_has_a_key_of_another_kind(anyone, admin, acme):
    assert admin.get("/admin/tenants").status_code == 200
    assert told(anyone.get("/admin/tenants")) == (401, "admin_key_wrong")
    tenants_key = {"X-Admin-Key": acme.live}
    assert told(anyone.get("/admin/tenants", headers=tenants_key)) == (401, "admin_key_wrong")
    as_tenant = {"Authorization": f"Bearer {admin.headers['X-Admin-Key']}"}
    assert told(anyone.get(acme.path, headers=as_tenant)) == (401, "unauthenticated")
