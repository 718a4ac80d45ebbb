"""The operator: businesses, money put right, providers, doubts, and the big switch."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from core import clock
from core.ledger.accounts import balance
from core.messaging.models import GatewayAccount, GatewayBalance, Message, Submission
from core.payments import news
from core.payments.models import MpesaNews
from core.tenants.models import Audit, TenantStatus
from tests.api.makers import make_business


def told(answer):
    return answer.status_code, answer.json["code"]


def test_a_business_is_approved_once(admin, store):
    new = make_business(status=TenantStatus.PENDING)
    first = admin.post(f"/admin/tenants/{new.id}/approve")
    second = admin.post(f"/admin/tenants/{new.id}/approve")

    assert (first.status_code, first.json["status"]) == (200, "active")
    assert told(second) == (409, "tenant_wrong_state")
    assert "active" in second.json["detail"]
    assert Audit.get(Audit.act == "tenant.approved").actor == "admin:Wanjiku"


def test_a_rejection_says_why(admin, store):
    new = make_business(status=TenantStatus.PENDING)
    assert told(admin.post(f"/admin/tenants/{new.id}/reject")) == (422, "missing_field")

    answer = admin.post(f"/admin/tenants/{new.id}/reject", json={"reason": "No such business"})

    assert (answer.json["status"], answer.json["status_reason"]) == (
        "rejected",
        "No such business",
    )


def test_a_business_is_stopped_and_goes_on(admin, ask, acme):
    send = {"to": "0712345678", "message": "Habari"}
    assert admin.post(f"/admin/tenants/{acme.id}/suspend", json={"reason": "x1"}).status_code == 200
    assert ask.post(f"{acme.path}/sms/send", json=send).status_code == 403

    assert admin.post(f"/admin/tenants/{acme.id}/resume").json["status"] == "active"
    assert ask.post(f"{acme.path}/sms/send", json=send).status_code == 202


def test_terms_change_in_part(admin, ask, acme):
    answer = admin.patch(
        f"/admin/tenants/{acme.id}", json={"price": "0.6500", "credit_limit": 1000}
    )

    assert (answer.json["own_price"], answer.json["credit_limit"]) == ("0.6500", "1000.00")
    assert answer.json["tier"] == "standard"
    assert ask.get(f"{acme.path}/balance").json["units"] == 2307
    back = admin.patch(f"/admin/tenants/{acme.id}", json={"price": None, "tier": "high"})
    assert (back.json["own_price"], back.json["price"]) == (None, "0.6000")


def test_a_day_can_be_capped_and_uncapped(admin, ask, acme):
    path, send = f"/admin/tenants/{acme.id}", {"to": "0712345678", "message": "Habari"}
    clock.freeze(clock.now().replace(hour=20, minute=59, second=0))  # 23:59 in Nairobi
    assert admin.patch(path, json={"daily_cap": "1"}).json["daily_cap"] == "1.00"
    assert ask.post(f"{acme.path}/sms/send", json=send).status_code == 202
    refused = ask.post(f"{acme.path}/sms/send", json=send)
    assert told(refused) == (429, "daily_cap_reached")
    assert refused.headers["Retry-After"] == "60"

    assert admin.patch(path, json={"daily_cap": None}).json["daily_cap"] is None
    assert ask.post(f"{acme.path}/sms/send", json=send).status_code == 202


def test_a_sender_id_is_registered_by_hand(admin, ask, acme):
    path = f"/admin/tenants/{acme.id}"
    send = {"to": "0712345678", "message": "Habari", "sender_id": "MAMAMBOGA"}
    assert admin.post(f"{path}/sender-ids", json={"name": "MAMAMBOGA"}).status_code == 201
    assert ask.post(f"{acme.path}/sms/send", json=send).status_code == 202

    changed = admin.post(f"{path}/sender-ids", json={"name": "MAMAMBOGA", "class": "promotional"})
    assert changed.json["class"] == "promotional"
    (shown,) = admin.get(path).json["sender_ids"]
    assert (shown["name"], shown["class"]) == ("MAMAMBOGA", "promotional")
    assert told(ask.post(f"{acme.path}/sms/send", json=send)) == (422, "sender_wrong_class")


@pytest.mark.parametrize("name", ["", " TUMA", "TUMA\n", "---", "Ünï", "TWELVELETTER"])
def test_what_no_network_shows_is_no_sender_id(admin, acme, name):
    answer = admin.post(f"/admin/tenants/{acme.id}/sender-ids", json={"name": name})

    assert answer.status_code == 422
    assert answer.json["code"] in {"invalid_sender_id", "too_long"} | {"invalid"}


def test_the_money_is_proved(admin, ask, acme):
    ask.post(f"{acme.path}/sms/send", json={"to": "0712345678", "message": "Habari"})

    answer = admin.get("/admin/prove").json

    assert len(answer["findings"]) > 5
    assert answer["ok"], [each for each in answer["findings"] if not each["ok"]]


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"price": "0"}, "invalid_price"),
        ({"price": 0.5}, "amount_not_text"),
        ({"tier": "gold"}, "unknown_tier"),
        ({"credit_limit": "-1"}, "negative_credit_limit"),
        ({"daily_cap": "-1"}, "negative_daily_cap"),
        ({"color": "red"}, "unknown_field"),
    ],
)
def test_impossible_terms_are_refused(admin, acme, terms, code):
    assert told(admin.patch(f"/admin/tenants/{acme.id}", json=terms)) == (422, code)


def test_a_wallet_is_never_emptied_below_nothing(admin, acme):
    path = f"/admin/tenants/{acme.id}/adjust"
    assert admin.post(path, json={"amount": "-100", "reason": "mistake"}).status_code == 200

    refused = admin.post(path, json={"amount": "-1000", "reason": "mistake"})

    assert refused.status_code in (402, 409)
    assert balance(acme.id).available.text() == "400.00"


def test_what_is_not_there_is_told_so(admin, store):
    assert told(admin.get("/admin/tenants/999")) == (404, "not_found")
    assert told(admin.get("/admin/tenants/999999999")) == (404, "not_found")
    assert told(admin.get("/admin/tenants/0")) == (404, "not_found")


def test_businesses_are_listed_by_state(admin, acme, rival):
    waiting = make_business("New Ltd", status=TenantStatus.PENDING)

    everyone = admin.get("/admin/tenants?limit=2").json
    assert [row["id"] for row in everyone["data"]] == [waiting.id, rival.id]
    rest = admin.get("/admin/tenants", params={"after": everyone["next"]}).json
    assert [row["id"] for row in rest["data"]] == [acme.id]
    pending = admin.get("/admin/tenants?status=pending").json["data"]
    assert [row["id"] for row in pending] == [waiting.id]


def test_all_sending_stops_and_goes_on(admin, store):
    paused = admin.post("/admin/sending/pause", json={"reason": "Onfon is down"})
    assert (paused.json["paused"], paused.json["actor"]) == (True, "admin:Wanjiku")
    assert admin.get("/admin/sending").json["reason"] == "Onfon is down"

    assert admin.post("/admin/sending/resume").json["paused"] is False
    assert admin.get("/admin/providers").json["sending"]["paused"] is False


def test_money_for_nobody_we_know_is_given_to_its_owner_once(admin, acme):
    confirmation = {
        "TransactionType": "Pay Bill",
        "TransID": "UKN3A7X2QP",
        "TransTime": "20261123143011",
        "TransAmount": "250.00",
        "BusinessShortCode": "174379",
        "BillRefNumber": "NOBODY99",
        "MSISDN": "2547 ***** 126",
        "FirstName": "ASHA",
    }
    news.store("c2b_confirm", None, json.dumps(confirmation).encode(), "127.0.0.1")
    news.digest()
    (waiting,) = admin.get("/admin/suspense").json["data"]
    assert (waiting["receipt"], waiting["amount"]) == ("UKN3A7X2QP", "250.00")

    path, owner = "/admin/suspense/UKN3A7X2QP/assign", {"tenant_id": acme.id}
    assert told(admin.post(path, json={"tenant_id": 999})) == (404, "not_found")
    assert admin.post(path, json=owner).json["status"] == "credited"
    assert told(admin.post(path, json=owner)) == (409, "payment_already_assigned")
    assert balance(acme.id).available.text() == "750.00"
    assert admin.get("/admin/suspense").json["data"] == []
    missing = admin.post("/admin/suspense/UKN0000000/assign", json=owner)
    assert told(missing) == (404, "receipt_not_found")


def test_what_may_have_gone_is_listed_and_settled(admin, ask, acme):
    sent = ask.post(f"{acme.path}/sms/send", json={"to": "0712345678", "message": "Habari"})
    now = clock.now()
    Submission.create(
        id="sub_1", account_id=1, tenant_id=acme.id, size=1, state="unknown", lease_until=now,
        created_at=now, why="read timeout",
    )  # fmt: skip
    Message.update(status="unknown", submission_id="sub_1", submitted_at=now).execute()

    (doubt,) = admin.get("/admin/submissions/unknown").json["data"]
    assert (doubt["id"], doubt["tenant"], doubt["why"]) == ("sub_1", acme.id, "read timeout")
    settled = admin.post("/admin/submissions/sub_1/settle", json={"verdict": "not_sent"})
    assert settled.json == {"submission": "sub_1", "messages": 1}
    found = ask.get(f"{acme.path}/sms/messages/{sent.json['messages'][0]['id']}").json
    assert found["status"] == "rejected"
    assert balance(acme.id).available.text() == "500.00"


def test_each_gateway_account_tells_how_it_does(admin, acme):
    GatewayBalance.create(
        account_id=1, said="KSh 9,000", units=1, is_money=True, created_at=clock.now()
    )
    own = GatewayAccount.create(
        kind="onfon", tenant_id=acme.id, paused_until=clock.now() + timedelta(minutes=1)
    )

    shown = {row["account"]: row for row in admin.get("/admin/providers").json["data"]}

    assert shown[1]["balance"]["credits"] == "KSh 9,000"
    assert (shown[own.id]["status"], shown[own.id]["tenant"]) == ("paused", acme.id)


def test_without_a_doubt_there_is_nothing_to_settle(admin, store):
    assert admin.get("/admin/submissions/unknown").json == {"data": []}
    answer = admin.post("/admin/submissions/sub_x/settle", json={"verdict": "sent"})

    assert told(answer) == (404, "submission_not_found")
    assert Submission.select().count() == 0


def test_held_back_payment_news_is_read_and_released(admin, change_settings, store):
    change_settings("mpesa", allowed_ips=("196.201.214.200",))
    news.store("c2b_confirm", None, b'{"TransID": "UKN1"}', "6.6.6.6")

    (held,) = admin.get("/admin/payment-news").json["data"]
    assert (held["address"], held["body"]) == ("6.6.6.6", '{"TransID": "UKN1"}')
    released = admin.post(f"/admin/payment-news/{held['id']}/release")
    assert released.status_code == 200
    assert MpesaNews.get().state == "new"
    assert told(admin.post("/admin/payment-news/999/release")) == (404, "news_not_found")


def test_the_operators_trail_is_everybodys(admin, ask, acme, rival):
    ask.patch(acme.path, json={"language": "sw"})

    acts = admin.get("/admin/audit").json["data"]
    assert {row["tenant"] for row in acts} >= {acme.id, rival.id}
    only = admin.get("/admin/audit", params={"tenant": acme.id}).json["data"]
    assert {row["tenant"] for row in only} == {acme.id}
