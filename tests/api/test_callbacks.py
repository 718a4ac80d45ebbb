"""What providers tell us: whoever knows the address is answered well, nobody else finds it."""

from __future__ import annotations

import json

import pytest

from core.messaging.models import Report
from core.payments.models import MpesaNews
from core.settings import settings

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def sms(store):
    return f"/sms/in/{settings().onfon.callback_secret}"


@pytest.fixture
def pay(store):
    return f"/pay/in/{settings().mpesa.callback_secret}"


def stored():
    return [(row.provider_id, row.msisdn, row.word, row.verdict) for row in Report.select()]


@pytest.mark.parametrize(
    "path",
    ["/sms/in/{}/dlr", "/sms/in/{}/mo", "/pay/in/{}/stk/t1", "/pay/in/{}/c2b/validate",
     "/pay/in/{}/c2b/confirm", "/pay/in/{}/result/t1", "/pay/in/{}/timeout/t1"],
)  # fmt: skip
@pytest.mark.parametrize("secret", ["0", "é", "5A9DBE0C0FFEE5A9DBE0C0FFEE5A9DBE"])
def test_whoever_guesses_finds_nothing(web, path, secret):
    answer = web.simulate_post(path.format(secret), body="{}")

    assert (answer.status_code, answer.content) == (404, b"")
    assert MpesaNews.select().count() == Report.select().count() == 0


def test_a_report_comes_as_a_query(web, sms):
    query = "messageId=abc-1&mobile=254712345678&status=DELIVRD&errorCode=000&doneDate=x"
    answer = web.simulate_get(f"{sms}/dlr", query_string=query)

    assert answer.status_code == 200
    assert stored() == [("abc-1", "254712345678", "DELIVRD", "delivered")]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ('{"MessageId": "abc-1", "MobileNumber": "254712345678", "Status": "UNDELIV"}', JSON),
        ('[{"messageId": "abc-1", "mobile": 254712345678, "status": "UNDELIV"}]', {}),
        ("MessageId=abc-1&Mobile=%2B254712345678&Status=UNDELIV", FORM),
        ("messageId=abc-1&mobile=254712345678&status=UNDELIV", JSON),
    ],
)
def test_a_report_comes_as_a_form_or_as_json(web, sms, body, headers):
    answer = web.simulate_post(f"{sms}/dlr", body=body, headers=headers)

    assert answer.status_code == 200
    assert stored() == [("abc-1", "254712345678", "UNDELIV", "undelivered")]


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b"{", b"null", b"[[[]]]", b"[" * 50_000, b"a=" + b"&a=1" * 1000, b"%00=%00",
     json.dumps({"messageId": "a\0b", "status": "x" * 10_000, "mobile": "9" * 999}).encode(),
     json.dumps({"messageId": {"a": 1}}).encode(), b'{"messageId": "\\ud800"}',
     json.dumps({"messageId": 10**40, "mobile": 1e300}).encode(), b"x" * 300_000],
    ids=range(13),
)  # fmt: skip
def test_an_odd_report_is_answered_all_the_same(web, sms, body):
    assert web.simulate_post(f"{sms}/dlr", body=body, headers=JSON).status_code == 200
    assert web.simulate_post(f"{sms}/mo", body=body, headers=JSON).status_code == 200


def test_an_odd_query_is_answered_too(web, sms):
    for query in ("messageId=%00&status=%ff", "messageId=a&messageId=b&status=x", "%", "a&b&c"):
        assert web.simulate_get(f"{sms}/dlr", query_string=query).status_code == 200


def test_a_repeated_report_is_kept_each_time(web, sms):
    for _ in range(3):
        web.simulate_get(f"{sms}/dlr", query_string="messageId=a&status=DELIVRD")

    assert Report.select().count() == 3


@pytest.mark.parametrize(
    ("path", "kind", "token"),
    [
        ("stk/tok-1", "stk", "tok-1"),
        ("c2b/confirm", "c2b_confirm", None),
        ("result/tok-1", "result", "tok-1"),
        ("timeout/tok-1", "timeout", "tok-1"),
    ],
)
def test_payment_news_is_kept_as_it_came(web, pay, path, kind, token):
    answer = web.simulate_post(f"{pay}/{path}", body=b'{"Body": \xff', remote_addr="41.90.0.7")
    row = MpesaNews.get()

    assert answer.json == {"ResultCode": 0, "ResultDesc": "Accepted"}
    assert (row.kind, row.token, row.address) == (kind, token, "41.90.0.7")
    assert bytes(row.body) == b'{"Body": \xff'


def test_more_than_anybody_would_post_is_cut_off(web, pay):
    answer = web.simulate_post(f"{pay}/c2b/confirm", body=b"x" * 200_000)

    assert answer.status_code == 200
    assert len(bytes(MpesaNews.get().body)) == 64 * 1024


def test_mpesa_asks_whether_an_account_exists(web, pay, acme):
    def asked(account):
        body = json.dumps(
            {"TransID": "UKN3A7X2QP", "TransAmount": "10", "BillRefNumber": account}
            | {"TransTime": "20261123143011", "BusinessShortCode": "174379"}
        )
        return web.simulate_post(f"{pay}/c2b/validate", body=body).json["ResultCode"]

    assert asked("NOBODY99") == "C2B00012"
    assert MpesaNews.select().count() == 0


def test_a_secret_in_a_path_is_not_logged(web, sms, caplog):
    web.simulate_get(f"{sms}/dlr", query_string="foo=254712345678")

    assert settings().onfon.callback_secret not in caplog.text
    assert "254712345678" not in caplog.text
