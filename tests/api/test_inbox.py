"""What people answer: taken at the door in any spelling, and listed for whom it is."""

from __future__ import annotations

import json

import pytest

from core.gateways.onfon import Inbound as Received
from core.messaging import inbound, senders
from core.messaging.inbound import take_up
from core.messaging.models import SHARED_ACCOUNT, Category, Inbound
from core.settings import settings

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PHONE = "254712345678"


@pytest.fixture
def mo(store):
    return f"/sms/in/{settings().onfon.callback_secret}/mo"


def stored():
    return [(row.msisdn, row.sent_to, row.body) for row in Inbound.select()]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ('{"From": "254712345678", "To": "20880", "Message": "STOP", "ReceivedTime": "x"}', JSON),
        ('{"from": "0712345678", "to": "20880", "text": "STOP", "message_id": "m1"}', JSON),
        ('[{"sender": 254712345678, "shortcode": 20880, "body": "STOP"}]', {}),
        ("msisdn=%2B254712345678&destination=20880&Text=STOP", FORM),
        ("Mobile=254712345678&ShortCode=20880&message=STOP&id=7", JSON),
        ("SOURCE_ADDRESS=254712345678&recipient=20880&content=STOP", FORM),
    ],
)  # fmt: skip
def test_an_inbound_text_comes_as_a_form_or_as_json(web, mo, body, headers):
    answer = web.simulate_post(mo, body=body, headers=headers)

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
    assert stored() == [(PHONE, "20880", "STOP")]


def test_an_inbound_text_comes_as_a_query(web, mo):
    web.simulate_get(mo, query_string="From=254712345678&To=20880&Message=Habari%20yako")

    assert stored() == [(PHONE, "20880", "Habari yako")]


def test_a_repeated_text_is_kept_once(web, mo):
    for _ in range(3):
        web.simulate_get(mo, query_string="from=254712345678&text=Hi&messageId=m1")

    assert len(stored()) == 1


@pytest.mark.parametrize("query", ["", "from=254712345678", "text=Hi", "from=&text=", "a=b"])
def test_what_says_nothing_is_answered_and_not_kept(web, mo, query):
    assert web.simulate_get(mo, query_string=query).status_code == 200
    assert stored() == []


def test_neither_words_nor_numbers_are_logged(web, mo, caplog):
    web.simulate_get(mo, query_string="text=hush-hush&number=&foo=254712345678")

    assert "hush-hush" not in caplog.text
    assert PHONE not in caplog.text


@pytest.fixture
def came(acme):
    """Let texts come in for Acme, under a number of its own."""
    senders.register(acme.id, "22141", Category.PROMOTIONAL, actor="t", channel="t")

    def come(body, sender="0712345678", to="22141"):
        inbound.receive(SHARED_ACCOUNT, Received(sender, to, body))
        take_up()

    return come


def test_what_came_is_listed_newest_first(ask, acme, came):
    came("Habari")
    came("STOP")
    answer = ask.get(f"{acme.path}/sms/inbox")

    assert [each["message"] for each in answer.json["data"]] == ["STOP", "Habari"]
    first = answer.json["data"][0]
    assert (first["from"], first["to"], first["verdict"]) == (PHONE, "22141", "opt_out")
    assert first["answers"] is None
    assert first["received_at"].endswith("Z")


def test_the_inbox_is_read_a_page_at_a_time(ask, acme, came):
    for number in range(5):
        came(f"Text {number}")
    found, after = [], ""
    while True:
        answer = ask.get(f"{acme.path}/sms/inbox", query_string=f"limit=2{after}").json
        found += [each["message"] for each in answer["data"]]
        if not answer["has_more"]:
            break
        after = f"&after={answer['next']}"

    assert found == [f"Text {number}" for number in reversed(range(5))]


def test_the_inbox_is_filtered_by_number_and_time(ask, acme, came):
    came("One")
    came("Two", sender="0733000111")

    def listed(query):
        answer = ask.get(f"{acme.path}/sms/inbox", query_string=query)
        return [each["message"] for each in answer.json["data"]]

    assert listed("from=0733000111") == ["Two"]
    assert listed("since=2036-01-01T00:00:00Z") == []
    assert listed("until=2036-01-01T00:00:00Z") == ["Two", "One"]


def test_a_filter_that_is_no_number_is_named(ask, acme):
    answer = ask.get(f"{acme.path}/sms/inbox", query_string="from=Asha")

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_number")
    assert answer.json["errors"][0]["field"] == "from"


def test_nobody_reads_anothers_inbox(ask, rehearse, rival, acme, came, with_key):
    came("Habari")

    assert with_key(rival.live).get(f"{rival.path}/sms/inbox").json["data"] == []
    assert ask.get(f"{rival.path}/sms/inbox").json["code"] == "wrong_tenant"
    assert rehearse.get(f"{acme.path}/sms/inbox").json["data"] == []


def test_who_said_stop_is_left_out_of_the_next_advert(ask, acme, came):
    came("Stop")
    sent = {"to": ["0712345678", "0733000111"], "message": "Sale", "class": "promotional"}
    answer = ask.post(f"{acme.path}/sms/send", body=json.dumps(sent))

    assert [each["code"] for each in answer.json["errors"]] == ["opted_out"]
    assert answer.json["accepted"] == 1
