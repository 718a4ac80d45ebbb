"""Onfon fails in every way it has been seen to fail, and only when told."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.sandbox.outside import Application, Sandbox
from tests.stack import wait_until

ASHA, JUMA = "254700000001", "254100000002"


@pytest.mark.parametrize(
    ("fault", "status"),
    [("down", 503), ("http_429", 429), ("http_500", 500), ("http_503", 503)],
)
def test_a_gateway_that_is_down_or_busy_takes_nothing(
    sandbox: Sandbox, fault: str, status: int
) -> None:
    sandbox.faults(onfon={fault: {"next": 1}})
    first, second = sandbox.send(ASHA), sandbox.send(ASHA)

    assert (first.status_code, second.status_code) == (status, 200)
    assert sandbox.state()["totals"]["texts"] == 1


def test_a_reset_connection_takes_nothing(sandbox: Sandbox) -> None:
    sandbox.faults(onfon={"reset": True})
    with pytest.raises(requests.ConnectionError):
        sandbox.send(ASHA)

    assert sandbox.state()["texts"] == []


def test_a_dropped_connection_hides_texts_that_are_out(sandbox: Sandbox) -> None:
    sandbox.faults(onfon={"drop": True})
    with pytest.raises(requests.ConnectionError):
        sandbox.send(ASHA, JUMA)

    assert sandbox.state()["totals"]["texts"] == 2


def test_a_hanging_call_outlasts_the_patience_of_the_caller(sandbox: Sandbox) -> None:
    sandbox.faults(onfon={"hang": True})
    with pytest.raises(requests.ReadTimeout):
        sandbox.send(ASHA, timeout=0.2)

    wait_until(lambda: sandbox.state()["totals"]["texts"] == 1)


def test_a_slow_answer_comes_in_the_end(sandbox: Sandbox) -> None:
    sandbox.faults(onfon={"slow": True, "slow_seconds": 0.3})
    begun = time.monotonic()
    answer = sandbox.send(ASHA)

    assert time.monotonic() - begun >= 0.3
    assert answer.json()["ErrorCode"] == 0


def test_an_error_may_hide_texts_that_are_out(sandbox: Sandbox) -> None:
    sandbox.faults(onfon={"accept_then_500": True})

    assert sandbox.send(ASHA).status_code == 500
    assert sandbox.state()["totals"]["texts"] == 1


def test_an_html_page_may_hide_texts_that_are_out(sandbox: Sandbox) -> None:
    sandbox.faults(onfon={"garbage": True})
    answer = sandbox.send(ASHA)

    assert answer.text.startswith("<html>")
    assert sandbox.state()["totals"]["texts"] == 1


def test_texts_may_go_out_twice(sandbox: Sandbox) -> None:
    sandbox.faults(onfon={"accept_twice": True})
    rows = sandbox.rows(ASHA)
    (times,) = sandbox.get("/state/counts").json()["counts"][ASHA].values()

    assert len(rows) == 1
    assert times == 2


@pytest.mark.parametrize(
    ("fault", "field", "value"),
    [
        ("description_null", "ErrorDescription", None),
        ("description_null_text", "ErrorDescription", "null"),
        ("data_null", "Data", None),
        ("code_as_text", "ErrorCode", "000"),
    ],
)
def test_the_answer_may_be_odd_although_the_text_is_out(
    sandbox: Sandbox, fault: str, field: str, value: Any
) -> None:
    sandbox.faults(onfon={fault: True})

    assert sandbox.send(ASHA).json()[field] == value
    assert sandbox.state()["totals"]["texts"] == 1


def test_the_last_row_may_be_missing(sandbox: Sandbox) -> None:
    sandbox.faults(onfon={"missing_row": True})

    assert [row["MobileNumber"] for row in sandbox.rows(ASHA, JUMA)] == [ASHA]
    assert sandbox.state()["totals"]["texts"] == 2


def test_a_taken_text_may_lack_its_id(sandbox: Sandbox) -> None:
    sandbox.faults(onfon={"row_without_id": {"next": 1, "phone": "0100000002"}})
    first, second = sandbox.rows(ASHA, JUMA)

    assert (bool(first["MessageId"]), second["MessageErrorCode"], second["MessageId"]) == (
        True,
        0,
        "",
    )


@pytest.mark.parametrize(
    ("fault", "code"), [("refused_row", 401), ("out_of_credit", 403), ("unknown_row_code", 299)]
)
def test_one_row_may_be_refused_among_others(sandbox: Sandbox, fault: str, code: int) -> None:
    sandbox.faults(onfon={fault: {"next": 1}})
    first, second = sandbox.rows(ASHA, JUMA)

    assert (first["MessageErrorCode"], first["MessageId"]) == (code, "")
    assert second["MessageErrorCode"] == 0


def test_too_many_requests_in_a_second_are_429(sandbox: Sandbox) -> None:
    sandbox.faults(onfon={"rate_limit": 2})
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: sandbox.send(ASHA), range(12)))
    refused = [answer for answer in answers if answer.status_code == 429]

    assert 0 < len(refused) <= 10
    assert {answer.status_code for answer in answers} == {200, 429}
    assert {answer.headers["Retry-After"] for answer in refused} == {"1"}


# Delivery reports


def test_a_report_comes_once_as_get_with_seven_fields(
    sandbox: Sandbox, application: Application
) -> None:
    application.reply = lambda _: (500, {})
    message = sandbox.rows(ASHA, text="Habari Asha, your order is ready.")[0]["MessageId"]
    application.wait("/dlr")
    time.sleep(0.15)
    (seen,) = application.seen

    assert seen.path == f"/sms/in/{sandbox.settings.onfon.callback_secret}/dlr"
    assert seen.method == "GET"
    assert seen.query == seen.query | {
        "messageId": message,
        "mobile": ASHA,
        "status": "DELIVRD",
        "errorCode": "000",
        "shortMessage": "'Habari Asha, your or'",
    }
    assert {"submitDate", "doneDate"} < set(seen.query)


def test_a_report_waits_for_the_delay(sandbox: Sandbox, application: Application) -> None:
    sandbox.faults(onfon={"dlr_delay": 0.3})
    begun = time.monotonic()
    sandbox.rows(ASHA)
    (seen,) = application.wait("/dlr")

    assert seen.at - begun >= 0.3


@pytest.mark.parametrize(
    ("style", "method", "name"),
    [
        ("get", "GET", "messageId"),
        ("get_pascal", "GET", "MessageId"),
        ("form", "POST", "messageId"),
        ("form_pascal", "POST", "MessageId"),
        ("json", "POST", "messageId"),
        ("json_pascal", "POST", "MessageId"),
    ],
)
def test_reports_come_in_every_form_integrators_expect(
    sandbox: Sandbox, application: Application, style: str, method: str, name: str
) -> None:
    sandbox.faults(onfon={"dlr_style": style})
    message = sandbox.rows(ASHA)[0]["MessageId"]
    (seen,) = application.wait("/dlr")
    fields = seen.query or (seen.json if style.startswith("json") else seen.form)

    assert seen.method == method
    assert fields[name] == message


def test_parameters_of_the_registered_address_come_back(
    sandbox: Sandbox, application: Application
) -> None:
    sandbox.post("/onfon/accounts", {"callback_url": application.url + "/dlr?key=s3cret"})
    sandbox.rows(ASHA)
    (seen,) = application.wait("/dlr")

    assert seen.query["key"] == "s3cret"


def words(application: Application, count: int) -> list[str]:
    return [seen.query["status"] for seen in application.wait("/dlr", count)]


def test_a_report_may_come_three_times(sandbox: Sandbox, application: Application) -> None:
    sandbox.faults(onfon={"dlr_duplicate": True})
    sandbox.rows(ASHA)

    assert words(application, 3) == ["DELIVRD"] * 3


def test_a_report_may_never_come(sandbox: Sandbox, application: Application) -> None:
    sandbox.faults(onfon={"dlr_none": {"next": 1}})
    sandbox.rows(ASHA)
    sandbox.rows(JUMA)
    (seen,) = application.wait("/dlr")

    assert seen.query["mobile"] == JUMA
    assert [text["status"] for text in sandbox.state()["texts"]] == ["delivered"] * 2


def test_a_slow_report_is_not_there_although_the_text_is(
    sandbox: Sandbox, application: Application
) -> None:
    sandbox.faults(onfon={"dlr_slow": {"next": 1}})
    sandbox.rows(ASHA)
    sandbox.rows(JUMA)
    (seen,) = application.wait("/dlr")

    assert seen.query["mobile"] == JUMA
    assert [text["status"] for text in sandbox.state()["texts"]] == ["delivered"] * 2


def test_a_text_may_fail_in_different_words(sandbox: Sandbox, application: Application) -> None:
    sandbox.faults(seed=1, onfon={"dlr_failed": True})
    for _ in range(12):
        sandbox.rows(ASHA)

    assert set(words(application, 12)) == {"UNDELIV", "EXPIRED", "REJECTD"}
    assert {text["status"] for text in sandbox.state()["texts"]} == {"undelivered"}


def test_reports_may_speak_the_words_of_the_operators(
    sandbox: Sandbox, application: Application
) -> None:
    sandbox.faults(seed=1, onfon={"dlr_operator_words": True})
    for _ in range(8):
        sandbox.rows(ASHA)

    assert set(words(application, 8)) == {"DeliveredToTerminal", "DelivredToTerminal"}


def test_a_report_may_carry_an_unknown_word(sandbox: Sandbox, application: Application) -> None:
    sandbox.faults(onfon={"dlr_unknown_word": True})
    sandbox.rows(ASHA)

    assert words(application, 1) == ["RouteParked"]


@pytest.mark.parametrize(
    ("fault", "order"),
    [
        ("dlr_intermediate", ["ACCEPTD", "DELIVRD"]),
        ("dlr_out_of_order", ["DELIVRD", "ACCEPTD"]),
        ("dlr_contradicts", ["DELIVRD", "UNDELIV"]),
    ],
)
def test_several_reports_may_come_for_one_text(
    sandbox: Sandbox, application: Application, fault: str, order: list[str]
) -> None:
    sandbox.faults(onfon={fault: True})
    sandbox.rows(ASHA)

    assert words(application, 2) == order


def test_a_report_may_overtake_the_answer(sandbox: Sandbox, application: Application) -> None:
    sandbox.faults(onfon={"dlr_before_reply": True})
    sandbox.rows(ASHA)

    assert len(application.got("/dlr")) == 1


def test_reports_may_be_repeated_until_answered(sandbox: Sandbox, application: Application) -> None:
    sandbox.faults(onfon={"dlr_retries": 2})
    application.reply = lambda _: (200 if len(application.seen) > 1 else 503, {})
    sandbox.rows(ASHA)

    assert len(application.wait("/dlr", 2)) == 2
