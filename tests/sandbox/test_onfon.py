"""SendBulkSMS and its neighbours behave as Onfon's do."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.outside import NAIROBI, Application, Sandbox

ASHA, JUMA = "254700000001", "254100000002"


def test_an_accepted_text_gets_a_uuid_in_the_order_of_the_request(sandbox: Sandbox) -> None:
    rows = sandbox.rows(JUMA, ASHA)

    assert [row["MobileNumber"] for row in rows] == [JUMA, ASHA]
    assert all(uuid.UUID(row["MessageId"]) for row in rows)
    assert rows[0] == rows[0] | {
        "MessageErrorCode": 0,
        "MessageErrorDescription": "Success",
        "Custom": "",
    }


def test_credits_fall_by_one_a_segment(sandbox: Sandbox) -> None:
    before = sandbox.state()["credits"]
    sandbox.send(ASHA, text="x" * 161)

    assert before - sandbox.state()["credits"] == 2


def test_a_call_without_the_access_key_header_is_turned_away(sandbox: Sandbox) -> None:
    answer = sandbox.send(ASHA, headers={})

    assert answer.status_code == 401
    assert answer.json()["ErrorCode"] == 401
    assert sandbox.state()["texts"] == []


def test_the_header_may_be_left_out_where_that_is_switched_on(sandbox: Sandbox) -> None:
    sandbox.faults(onfon={"require_access_key": False})

    assert sandbox.send(ASHA, headers={}).json()["ErrorCode"] == 0


@pytest.mark.parametrize(
    "wrong", [{"ApiKey": "x"}, {"ClientId": "x"}, {"headers": {"AccessKey": "x"}}]
)
def test_wrong_keys_refuse_the_whole_call(sandbox: Sandbox, wrong: dict[str, Any]) -> None:
    answer = sandbox.send(ASHA, **wrong)

    assert (answer.status_code, answer.json()["ErrorCode"], answer.json()["Data"]) == (200, 7, None)


def test_at_most_twenty_texts_go_in_a_request(sandbox: Sandbox) -> None:
    numbers = [f"2547{place:08}" for place in range(21)]

    assert len(sandbox.rows(*numbers[:20])) == 20
    assert sandbox.send(*numbers).json()["ErrorCode"] != 0
    assert sandbox.state()["totals"]["texts"] == 20


def test_the_limit_can_be_lifted_for_measuring(sandbox: Sandbox) -> None:
    sandbox.faults(onfon={"batch_limit": 0})

    assert len(sandbox.rows(*[f"2547{place:08}" for place in range(1000)])) == 1000


def test_a_sender_id_that_is_not_approved_refuses_the_row_inside_a_success(
    sandbox: Sandbox,
) -> None:
    row = sandbox.rows(ASHA, SenderId="tuma")[0]

    assert (row["MessageErrorCode"], row["MessageId"]) == (401, "")
    assert row["MessageErrorDescription"] == (
        "Value filter failed for user [sandbox-onfon-client] (source_address filter mismatch)."
    )


def test_an_approved_sender_id_works_until_it_is_withdrawn(sandbox: Sandbox) -> None:
    sandbox.post("/onfon/senders", {"sender_id": "MAMAMBOGA"})
    first = sandbox.rows(ASHA, SenderId="MAMAMBOGA")[0]
    sandbox.post("/onfon/senders", {"sender_id": "MAMAMBOGA", "approved": False})
    second = sandbox.rows(ASHA, SenderId="MAMAMBOGA")[0]

    assert (first["MessageErrorCode"], second["MessageErrorCode"]) == (0, 401)


def test_every_sender_id_works_where_that_is_switched_on(sandbox: Sandbox) -> None:
    sandbox.faults(onfon={"any_sender": True})

    assert sandbox.rows(ASHA, SenderId="ANYBODY")[0]["MessageErrorCode"] == 0


def test_a_local_number_is_accepted_and_lost(sandbox: Sandbox, application: Application) -> None:
    row = sandbox.rows("0700000001")[0]
    sandbox.rows(ASHA)
    application.wait("/dlr")

    assert row["MessageErrorCode"] == 0
    assert [text["status"] for text in sandbox.state()["texts"]] == ["lost", "delivered"]
    assert [seen.query["mobile"] for seen in application.seen] == [ASHA]


def test_a_number_with_a_plus_arrives(sandbox: Sandbox) -> None:
    sandbox.rows("+" + ASHA)

    assert sandbox.state()["texts"][0]["to"] == ASHA


def test_a_number_that_is_no_kenyan_mobile_is_a_refused_row(sandbox: Sandbox) -> None:
    row = sandbox.rows("255700000001")[0]

    assert row["MessageErrorCode"] == 401
    assert "destination_address" in row["MessageErrorDescription"]


def test_without_credit_rows_are_refused_with_403(sandbox: Sandbox) -> None:
    sandbox.post("/onfon/accounts", {"credits": 1})
    first, second = sandbox.rows(ASHA, JUMA)

    assert (first["MessageErrorCode"], second["MessageErrorCode"]) == (0, 403)
    assert "Charging" in second["MessageErrorDescription"]
    assert sandbox.state()["credits"] == 0


@pytest.mark.parametrize(
    ("text", "unicode", "segments"),
    [
        ("x" * 160, False, 1),
        ("x" * 161, False, 2),
        ("{" * 80, False, 1),
        ("{" * 81, False, 2),
        ("Ŵ" * 70, True, 1),
        ("Ŵ" * 71, True, 2),
        ("x" * 71, True, 2),
    ],
)
def test_the_network_counts_segments(
    sandbox: Sandbox, text: str, unicode: bool, segments: int
) -> None:
    sandbox.rows(ASHA, text=text, IsUnicode=unicode)

    assert sandbox.state()["texts"][0]["segments"] == segments


def test_a_wrong_unicode_flag_is_counted(sandbox: Sandbox) -> None:
    sandbox.rows(ASHA, text="plain", IsUnicode=True)
    sandbox.rows(ASHA, text="Ŵ", IsUnicode=False)
    sandbox.rows(ASHA, text="plain", IsUnicode=False)

    assert sandbox.state()["totals"]["misflagged"] == 2


def test_a_scheduled_text_waits_for_its_time(sandbox: Sandbox) -> None:
    later = datetime.now(NAIROBI) + timedelta(hours=1)
    sandbox.rows(ASHA, ScheduleDateTime=later.strftime("%Y-%m-%d %H:%M"))

    assert sandbox.state()["texts"][0]["status"] == "accepted"
    assert sandbox.send(ASHA, ScheduleDateTime="tomorrow").json()["ErrorCode"] == 19


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"SenderId": ""}, 3),
        ({"MessageParameters": []}, 5),
        ({"MessageParameters": None}, 5),
        ({"MessageParameters": [{"Number": ASHA, "Text": ""}]}, 20),
    ],
)
def test_a_hole_in_the_body_refuses_the_call(
    sandbox: Sandbox, body: dict[str, Any], code: int
) -> None:
    assert sandbox.send(ASHA, **body).json()["ErrorCode"] == code


def test_a_body_that_is_no_json_is_400(sandbox: Sandbox) -> None:
    answer = sandbox.http.post(
        sandbox.url + "/onfon/v1/sms/SendBulkSMS", data=b"{", headers=sandbox.header
    )

    assert answer.status_code == 400


@pytest.mark.parametrize(("prefix", "shown"), [(True, "KSh1,234.50"), (False, "1234.50")])
def test_the_balance_is_text_with_or_without_prefix(
    sandbox: Sandbox, prefix: bool, shown: str
) -> None:
    sandbox.post("/onfon/accounts", {"credits": "1234.5"})
    sandbox.faults(onfon={"credits_prefix": prefix})
    answer = sandbox.get("/onfon/v1/sms/Balance", params=sandbox.keys, headers=sandbox.header)

    assert answer.json()["Data"] == [{"PluginType": "SMS", "Credits": shown}]


@pytest.mark.parametrize(
    ("kind", "body", "key", "field"),
    [
        ("Group", {"GroupName": "VIP"}, "GroupId", "GroupName"),
        (
            "Template",
            {"TemplateName": "ready", "MessageTemplate": "Hi ##Name##"},
            "TemplateId",
            "TemplateName",
        ),
    ],
)
def test_groups_and_templates_are_made_changed_and_removed(
    sandbox: Sandbox, kind: str, body: dict[str, str], key: str, field: str
) -> None:
    url, headers = f"{sandbox.url}/onfon/v1/sms/{kind}", sandbox.header
    made = sandbox.http.post(url, json=body | sandbox.keys, headers=headers).json()
    row = sandbox.http.get(url, params=sandbox.keys, headers=headers).json()["Data"][0]
    one = {"id": row[key]}
    sandbox.http.put(url, params=one, json=body | {field: "new"} | sandbox.keys, headers=headers)
    changed = sandbox.http.get(url, params=sandbox.keys, headers=headers).json()["Data"][0]
    sandbox.http.delete(url, params=one | sandbox.keys, headers=headers)
    left = sandbox.http.get(url, params=sandbox.keys, headers=headers).json()["Data"]

    assert "success" in made["ErrorDescription"]
    assert made["Data"] is None
    assert (row[field], changed[field], left) == (body[field], "new", [])


def test_message_status_and_sender_ids_can_be_asked_for(sandbox: Sandbox) -> None:
    message = sandbox.rows(ASHA)[0]["MessageId"]
    query = sandbox.keys | {"MessageId": message}
    status = sandbox.get("/onfon/v1/sms/MessageStatus", params=query, headers=sandbox.header)
    senders = sandbox.get("/onfon/v1/sms/SenderId", params=sandbox.keys, headers=sandbox.header)

    assert status.json()["Data"]["MessageId"] == message
    assert [row["SenderId"] for row in senders.json()["Data"]] == ["TUMA"]


def test_a_tenant_may_be_a_customer_of_its_own(sandbox: Sandbox, application: Application) -> None:
    own = {"client_id": "acme", "api_key": "k", "access_key": "a", "sender_ids": ["ACME"]}
    sandbox.post("/onfon/accounts", own | {"credits": 5, "callback_url": application.url + "/own"})
    body = {"ClientId": "acme", "ApiKey": "k", "SenderId": "ACME", "headers": {"AccessKey": "a"}}
    row = sandbox.rows(ASHA, **body)[0]
    application.wait("/own")

    assert row["MessageErrorCode"] == 0
    assert {
        account["client_id"]: account["credits"] for account in sandbox.state()["accounts"]
    } == {
        "sandbox-onfon-client": 1_000_000,
        "acme": 4,
    }


def test_an_answer_goes_to_the_short_code(sandbox: Sandbox, application: Application) -> None:
    sandbox.post("/onfon/inbound", {"from": "0700000001", "text": "Asante"})
    (seen,) = application.wait("/mo")

    assert seen.json["To"] == sandbox.state()["shortcode"] == "20880"


def test_a_handset_can_answer(sandbox: Sandbox, application: Application) -> None:
    sandbox.post("/onfon/inbound", {"from": "0700000001", "to": "20880", "text": "STOP"})
    (seen,) = application.wait("/mo")

    assert seen.json == seen.json | {"From": ASHA, "To": "20880", "Message": "STOP"}
