"""Many at once: parallel sends on one wallet, twins under one key, answers lost on the way."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from tests.stack import Business, Stack, wait_until
from tests.torture.test_kills import assert_proved, received, settled
from tests.torture.traffic import fresh_number


@pytest.fixture
def business(stack: Stack) -> Business:
    stack.start_all()
    stack.faults(onfon={"dlr_delay": 0.1})
    return stack.sign_up("0722000001")


def at_once(count: int, act):  # type: ignore[no-untyped-def]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(act, range(count)))


def test_fifty_sends_on_a_wallet_for_thirty_send_thirty(stack: Stack, business: Business) -> None:
    business.credit("24.00")  # thirty segments at 0.80
    answers = at_once(50, lambda _: business.send(fresh_number(), "Habari").status_code)

    assert Counter(answers) == {202: 30, 402: 20}
    assert business.balance() == "0.00"
    wait_until(lambda: settled([business]))
    assert_proved(stack)


def test_twenty_twins_under_one_key_send_one_text(stack: Stack, business: Business) -> None:
    business.credit("100")
    number = fresh_number()
    body = {"to": number, "message": "Habari"}
    twins = at_once(
        20, lambda _: business.call("POST", "/sms/send", body, **{"Idempotency-Key": "twin"})
    )
    codes = Counter(answer.status_code for answer in twins)

    assert set(codes) <= {202, 409}
    assert codes[202] >= 1
    assert len({answer.json()["batch_id"] for answer in twins if answer.status_code == 202}) == 1
    wait_until(lambda: settled([business]))
    assert received(stack)[number] == 1
    assert business.balance() == "99.20"


LOST_ANSWERS = [
    {"hang": {"next": 1}, "hang_seconds": 8},
    {"drop": {"next": 1}},
    {"accept_then_500": {"next": 1}},
]


@pytest.mark.parametrize("fault", LOST_ANSWERS)
def test_a_lost_answer_never_sends_a_second_text(
    stack: Stack, business: Business, fault: dict[str, object]
) -> None:
    business.credit("10")
    stack.faults(onfon={**fault, "dlr_delay": 10})
    number = fresh_number()
    message_id = business.send(number, "Habari").json()["messages"][0]["id"]

    def status() -> str:
        return str(business.call("GET", f"/sms/messages/{message_id}").json()["status"])

    wait_until(lambda: status() in ("unknown", "delivered"))
    assert business.balance() == "9.20"
    # The report brings the id that the lost answer would have.
    wait_until(lambda: status() == "delivered")
    assert received(stack)[number] == 1
    assert_proved(stack)


TURNED_AWAY = [{"http_429": {"next": 2}}, {"http_503": {"next": 2}}]


@pytest.mark.parametrize("fault", TURNED_AWAY)
def test_turned_away_unread_is_tried_again(
    stack: Stack, business: Business, fault: dict[str, object]
) -> None:
    business.credit("10")
    stack.faults(onfon=fault)
    number = fresh_number()
    business.send(number, "Habari")

    wait_until(lambda: received(stack).get(number) == 1)
    wait_until(lambda: settled([business]))
    assert_proved(stack)


ODD_ANSWERS = [
    ({"description_null_text": {"next": 1}}, "delivered", "9.20"),
    ({"description_null": {"next": 1}}, "delivered", "9.20"),
    ({"refused_row": {"next": 1}}, "rejected", "10.00"),
    ({"missing_row": {"next": 1}}, "unknown", "9.20"),
    ({"row_without_id": {"next": 1}}, "delivered", "9.20"),
    ({"dlr_before_reply": {"next": 1}}, "delivered", "9.20"),
    ({"dlr_duplicate": {"next": 1}}, "delivered", "9.20"),
    ({"dlr_out_of_order": {"next": 1}}, "delivered", "9.20"),
]


def test_every_odd_answer_ends_where_it_should(stack: Stack, business: Business) -> None:
    business.credit("80")
    ended = []
    for fault, status, _ in ODD_ANSWERS:
        stack.faults(onfon={**fault, "dlr_delay": 0.2})
        message_id = business.send(fresh_number(), "Habari").json()["messages"][0]["id"]
        path = f"/sms/messages/{message_id}"
        try:
            wait_until(
                lambda path=path, status=status: (
                    business.call("GET", path).json()["status"] == status
                )
            )
        except AssertionError:
            ended.append((fault, business.call("GET", path).json()))

    assert ended == []
    spent = sum(Decimal("10") - Decimal(balance) for _, _, balance in ODD_ANSWERS)
    assert Decimal(business.balance()) == Decimal("80") - spent
    assert_proved(stack)
