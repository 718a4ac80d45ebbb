"""Every no: its status, its code, its words, and what it must not tell."""

from __future__ import annotations

import json

import peewee
import pytest

from core.messaging import sending

SEND = {"to": "0712345678", "message": "Habari"}
# Nothing here is about the database.
pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

JSON = {"Content-Type": "application/json"}


def codes(answer):
    return {(fault["field"], fault["code"]) for fault in answer.json.get("errors", ())}


def test_a_problem_document_says_what_is_wrong_and_where_to_read_about_it(ask, acme):
    answer = ask.post(f"{acme.path}/sms/send", json={"to": "12", "message": "x"})

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json | {"errors": [], "request_id": ""} == {
        "type": "http://127.0.0.1:8000/docs/errors/no_valid_recipients",
        "title": "Nobody to send to",
        "status": 422,
        "detail": "None of the recipients can be sent to. Correct the numbers and send again.",
        "code": "no_valid_recipients",
        "request_id": "",
        "errors": [],
    }
    assert answer.json["errors"][0] | {"detail": ""} == {
        "field": "to",
        "to": "12",
        "code": "invalid_number",
        "detail": "",
    }


def test_the_words_are_in_the_language_asked_for(ask, acme):
    answer = ask.get("/nowhere", headers={"Accept-Language": "sw-KE,en;q=0.5"})

    assert answer.json["title"] == "Haipatikani"
    assert answer.headers["Content-Language"] == "sw"


def test_the_words_are_in_the_language_of_the_business_when_none_is_asked_for(ask, acme):
    ask.patch(acme.path, json={"language": "sw"})

    assert ask.get(f"{acme.path}/sms/messages/msg_0").json["title"] == "Ujumbe haupatikani"


def test_an_unknown_field_is_refused_by_name_with_the_nearest_known_one(ask, acme):
    answer = ask.post(f"{acme.path}/sms/send", json={**SEND, "mesage": "x"})

    assert (answer.status_code, answer.json["code"]) == (422, "unknown_field")
    assert answer.json["detail"] == "There is no field mesage here. Did you mean message?"


def test_all_mistakes_are_told_at_once(ask, acme):
    wrong = {
        "messages": [
            {"to": 254712345678, "message": "x"},
            {"to": "0712345678", "massage": "x", "reference": "r" * 101},
            "text",
        ],
        "class": "urgent",
        "schedule_at": "2027-01-01T08:00:00",
        "rewrite": True,
    }
    answer = ask.post(f"{acme.path}/sms/bulk", json=wrong)

    assert codes(answer) == {
        ("messages[0].to", "wrong_type"),
        ("messages[1].massage", "unknown_field"),
        ("messages[1].message", "missing_field"),
        ("messages[1].reference", "too_long"),
        ("messages[2]", "wrong_type"),
        ("class", "not_one_of"),
        ("schedule_at", "time_without_zone"),
        ("rewrite", "wrong_type"),
    }
    assert answer.json["code"] == "unknown_field"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("to", [], "too_short"),
        ("to", ["0712345678"] * 1001, "too_many_items"),
        ("to", None, "wrong_type"),
        ("to", {"number": 1}, "wrong_type"),
        ("message", "x" * 10_001, "too_long"),
        ("message", "a\0b", "text_not_plain"),
        ("schedule_at", "tomorrow", "invalid_time"),
        ("schedule_at", 1700000000, "wrong_type"),
        ("sender_id", "MUCHTOOLONGNAME", "too_long"),
        ("class", 5, "wrong_type"),
    ],
)
def test_a_wrong_field_is_named(ask, acme, field, value, code):
    answer = ask.post(f"{acme.path}/sms/send", json={**SEND, field: value})

    assert answer.status_code == 422
    assert codes(answer) == {(field, code)}


def test_a_backslash_before_u0000_is_no_zero_character(rehearse, acme):
    body = rb'{"to": "0712000001", "message": "C:\\u0000"}'

    assert rehearse.post(f"{acme.path}/sms/send", body=body, headers=JSON).status_code == 202


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (10.5, "amount_not_text"),
        ("ten", "invalid_amount"),
        (True, "wrong_type"),
        ([], "wrong_type"),
        ("1e3", "invalid_amount"),
        (10**30, "invalid_amount"),
    ],
)
def test_an_amount_is_text_or_a_whole_number(admin, acme, amount, code):
    path = f"/admin/tenants/{acme.id}/adjust"
    answer = admin.post(path, json={"amount": amount, "reason": "x"})

    assert codes(answer) == {("amount", code)}


@pytest.mark.parametrize("amount", ["10.50", 10, "1,000"])
def test_amounts_are_read_in_the_ways_people_write_them(admin, acme, amount):
    path = f"/admin/tenants/{acme.id}/adjust"

    assert admin.post(path, json={"amount": amount, "reason": "gift"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "missing_field"),
        (b'{"to": "0712', 400, "bad_json"),
        (b"{'to': 1}", 400, "bad_json"),
        (b'{"to": "x"} {}', 400, "bad_json"),
        (b'{"to": "\xff", "message": "x"}', 400, "not_utf8"),
        (json.dumps(SEND).encode("utf-16"), 400, "not_utf8"),
        (b'{"message": "\\ud800"}', 400, "bad_json"),
        (b"[" * 100_000, 400, "nested_too_deep"),
        (b'{"to":' * 40 + b"1" + b"}" * 40, 400, "nested_too_deep"),
        (b'"' + b"[" * 50 + b'"', 422, "wrong_type"),
        (b"[]", 422, "wrong_type"),
        (b"null", 422, "wrong_type"),
        (b'{"to": 1e999, "message": "x"}', 400, "bad_json"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_in_words(ask, acme, body, status, code):
    answer = ask.post(f"{acme.path}/sms/send", body=body, headers=JSON)

    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_too_much_is_refused_before_it_is_read(ask, acme):
    body = b'{"message": "' + b"x" * 1_100_000 + b'"}'
    answer = ask.post(f"{acme.path}/sms/send", body=body, headers=JSON)

    assert (answer.status_code, answer.json["code"]) == (413, "too_large")
    assert answer.headers["Connection"] == "close"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "nonsense"])
def test_a_body_of_another_kind_is_refused(ask, acme, kind):
    answer = ask.post(
        f"{acme.path}/sms/send", body=json.dumps(SEND), headers={"Content-Type": kind}
    )

    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


def test_a_body_without_a_kind_is_taken_for_json(rehearse, acme):
    answer = rehearse.post(f"{acme.path}/sms/send", body=json.dumps(SEND))

    assert answer.status_code == 202


def test_an_unknown_address_is_a_problem(ask):
    answer = ask.get("/nowhere")

    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "path", ["/api/+1/balance", "/api/1_0/balance", "/api/١/balance", "/api/x"]
)
def test_only_plain_digits_are_an_account(ask, path):
    assert ask.get(path).status_code == 404


def test_a_wrong_method_is_told_the_right_ones(ask, acme):
    answer = ask.delete(f"{acme.path}/balance")

    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


def test_unknown_parameters_are_refused(ask, acme):
    answer = ask.get(f"{acme.path}/sms/messages", params={"stauts": "queued"})

    assert (answer.status_code, answer.json["code"]) == (400, "unknown_parameter")
    assert "status" in answer.json["detail"]
    assert ask.get(f"{acme.path}/balance?x=1").status_code == 400


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("limit=0", "limit", "out_of_range"),
        ("limit=201", "limit", "out_of_range"),
        ("limit=ten", "limit", "wrong_type"),
        ("limit=1&limit=2", "limit", "wrong_type"),
        ("status=gone", "status", "not_one_of"),
        ("from=2026-01-01T00:00:00", "from", "time_without_zone"),
        ("from=yesterday", "from", "invalid_time"),
        ("to=12", "to", "invalid_number"),
        ("reference=%00", "reference", "text_not_plain"),
    ],
)
def test_a_wrong_parameter_is_named(ask, acme, query, field, code):
    answer = ask.get(f"{acme.path}/sms/messages?{query}")

    assert answer.status_code == 422
    assert codes(answer) == {(field, code)}


def test_a_bug_of_ours_is_told_to_the_log_alone(ask, acme, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(sending, "send", broken)
    answer = ask.post(f"{acme.path}/sms/send", json=SEND, headers={"X-Request-Id": "req-77"})

    assert (answer.status_code, answer.json["code"]) == (500, "internal_error")
    assert "req-77" in answer.json["detail"]
    assert "hunter2" not in answer.text


def test_a_database_that_is_away_is_no_mistake_of_the_caller(ask, acme, monkeypatch):
    def away(*args, **kwargs):
        raise peewee.OperationalError("connection to 10.1.2.3 refused")

    monkeypatch.setattr(sending, "send", away)
    answer = ask.post(f"{acme.path}/sms/send", json=SEND)

    assert (answer.status_code, answer.json["code"]) == (503, "busy")
    assert int(answer.headers["Retry-After"]) > 0
    assert "10.1.2.3" not in answer.text


def test_a_submitted_key_is_never_repeated(ask, acme):
    key = acme.live
    answers = [
        ask.get(f"{acme.path}/balance?api_key={key}"),
        ask.post(f"{acme.path}/sms/send", json={**SEND, "api_key": key}),
        ask.get(f"{acme.path}/balance", headers={"Authorization": f"Bearer {key}x"}),
    ]

    assert [answer.status_code for answer in answers] == [400, 422, 401]
    assert not any(key in answer.text for answer in answers)


def test_a_request_may_bring_its_own_name(ask, acme):
    answer = ask.get(f"{acme.path}/balance", headers={"X-Request-Id": "order.1042-a_b"})

    assert answer.headers["X-Request-Id"] == "order.1042-a_b"


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "naïve", "a\tb"])
def test_a_name_that_is_none_is_replaced(ask, acme, name):
    answer = ask.get("/nowhere", headers={"X-Request-Id": name})

    assert answer.headers["X-Request-Id"].startswith("req_")
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
