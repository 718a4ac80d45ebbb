"""Texts: sent, estimated, listed, downloaded, taken back."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from core import clock
from core.contacts import contacts
from core.messaging.models import Message

TEXT = "Habari Asha"
NINE = clock.now().replace(hour=6, minute=0, second=0, microsecond=0)  # 09:00 in Nairobi


@pytest.fixture(autouse=True)
def _morning():
    """Promotional texts may go, so no test depends on when it is run."""
    clock.freeze(NINE)


def send(client, acme, to="0712345678", message=TEXT, **more):
    return client.post(f"{acme.path}/sms/send", json={"to": to, "message": message, **more})


def test_one_number_written_several_ways_is_one_text(ask, acme):
    answer = send(ask, acme, ["0712345678", "+254 712 345 678", "0733000111", "12"])

    assert (answer.json["accepted"], answer.json["rejected"], answer.json["cost"]) == (2, 2, "1.60")
    assert [(each["to"], each["code"]) for each in answer.json["errors"]] == [
        ("+254 712 345 678", "duplicate"),
        ("12", "invalid_number"),
    ]


def test_many_different_texts_go_at_once(ask, acme):
    asked = {
        "messages": [
            {"to": "0712345678", "message": "Habari Asha", "reference": "a"},
            {"to": "0733000111", "message": "Habari Juma", "reference": "b"},
        ]
    }
    answer = ask.post(f"{acme.path}/sms/bulk", json=asked)

    assert answer.status_code == 202
    assert [each["reference"] for each in answer.json["messages"]] == ["a", "b"]


def test_without_enough_money_nothing_is_sent(ask, acme):
    answer = send(ask, acme, [f"07{n:08d}" for n in range(10_000_000, 10_000_626)])

    assert (answer.status_code, answer.json["code"]) == (402, "insufficient_funds")
    assert Message.select().count() == 0


def test_a_strange_sender_id_is_refused(ask, acme):
    answer = send(ask, acme, sender_id="BANK")

    assert (answer.status_code, answer.json["code"]) == (422, "sender_not_approved")
    assert answer.json["errors"][0]["field"] == "sender_id"


def test_an_estimate_tells_what_makes_a_text_dear(ask, acme):
    body = {"to": "0712345678", "message": "Karibu! We’re open " + "x" * 60}
    answer = ask.post(f"{acme.path}/sms/estimate", json=body).json

    assert answer["encoding"] == "UCS-2"
    assert answer["segments"] == {"min": 2, "max": 2, "total": 2}
    assert answer["offending"][0]["character"] == "’"
    assert answer["offending"][0]["positions"] == [11]
    assert "We're" in answer["rewrite"]["message"]
    assert (answer["rewrite"]["saves"], answer["cost"]) == ("0.80", "1.60")
    assert Message.select().count() == 0


def test_no_text_goes_with_a_hole_in_it(ask, acme):
    """The places of plain words are filled in as a template's are, or the text is refused."""
    path, by = f"{acme.path}/sms", {"actor": "test", "channel": "test"}
    contacts.put(acme.id, "0712345678", "Juma Ali", extra={"deni": "500"}, **by)
    said = {"message": "Habari {{name|mteja}}, deni {{deni}}, {{siku}}", "params": {"siku": "leo"}}
    refused = ask.post(f"{path}/send", json=said | {"to": ["0712345678", "0712000009"]})
    assert (refused.status_code, refused.json["code"]) == (422, "value_missing")
    assert "0712000009" in refused.json["detail"]
    assert Message.select().count() == 0

    assert ask.post(f"{path}/send", json=said | {"to": "0712345678"}).status_code == 202
    assert Message.get().body == "Habari Juma Ali, deni 500, leo"
    one = {"to": "0712345678", "message": f"{{{{first_name}}}}\u2026 {'x' * 70}"}
    cheaper = ask.post(f"{path}/estimate", json=one).json["rewrite"]["message"]
    assert cheaper == f"{{{{first_name}}}}... {'x' * 70}"
    sent = ask.post(f"{path}/bulk", json={"messages": [one]}).json["messages"][0]
    assert Message.get_by_id(sent["id"]).body == f"Juma\u2026 {'x' * 70}"
    broken = ask.post(f"{path}/bulk", json={"messages": [one | {"message": "Hi {{first"}]})
    assert (broken.status_code, broken.json["code"]) == (422, "placeholder_wrong")


def test_a_text_tells_its_life(ask, acme):
    sent = send(ask, acme, reference="order-7").json["messages"][0]

    found = ask.get(f"{acme.path}/sms/messages/{sent['id']}").json

    assert (found["to"], found["class"], found["reference"]) == (
        "254712345678",
        "transactional",
        "order-7",
    )
    assert [event["status"] for event in found["events"]] == ["queued"]


def test_a_scheduled_text_can_be_taken_back(ask, acme):
    later = (clock.now() + timedelta(hours=1)).isoformat()
    sent = send(ask, acme, schedule_at=later).json["messages"][0]
    assert sent["status"] == "scheduled"

    answer = ask.post(f"{acme.path}/sms/messages/{sent['id']}/cancel")
    again = ask.post(f"{acme.path}/sms/messages/{sent['id']}/cancel")

    assert (answer.status_code, answer.json["status"]) == (200, "cancelled")
    assert (again.status_code, again.json["code"]) == (409, "too_late_to_cancel")
    assert ask.get(f"{acme.path}/balance").json["available"] == "500.00"


def test_lists_go_on_where_the_page_before_ended(ask, acme):
    for n in range(5):
        send(ask, acme, f"071234567{n}")
    path, seen, cursor = f"{acme.path}/sms/messages", [], None
    while True:
        query = {"limit": 2} | ({"after": cursor} if cursor else {})
        found = ask.get(path, params=query).json
        seen += [each["to"] for each in found["data"]]
        cursor = found["next"]
        if cursor is None:
            break

    assert seen == [f"25471234567{n}" for n in (4, 3, 2, 1, 0)]
    assert found["has_more"] is False


@pytest.mark.parametrize("after", ["x", "", "bXNn", "é", "!!!!", "A" * 500])
def test_a_made_up_cursor_is_refused(ask, acme, after):
    answer = ask.get(f"{acme.path}/sms/messages", params={"after": after})

    assert (answer.status_code, answer.json["code"]) == (400, "bad_cursor")


def test_a_cursor_belongs_to_its_list_and_business(ask, rehearse, with_key, acme, rival):
    for n in range(2):
        send(ask, acme, f"071234567{n}")
    query = {"after": ask.get(f"{acme.path}/sms/messages?limit=1").json["next"]}

    others = [
        ask.get(f"{acme.path}/topups", params=query),
        rehearse.get(f"{acme.path}/sms/messages", params=query),
        with_key(rival.live).get(f"{rival.path}/sms/messages", params=query),
    ]

    assert {answer.json["code"] for answer in others} == {"bad_cursor"}


def test_a_list_can_be_narrowed(ask, acme):
    first = send(ask, acme, reference="a").json
    send(ask, acme, "0733000111", reference="b")
    path = f"{acme.path}/sms/messages"

    def found(**query):
        return [each["to"] for each in ask.get(path, params=query).json["data"]]

    assert found(to="0733 000 111") == ["254733000111"]
    assert found(reference="a") == found(batch=first["batch_id"]) == ["254712345678"]
    assert found(status="delivered") == []
    assert found(**{"from": (clock.now() + timedelta(seconds=1)).isoformat()}) == []
    assert len(found(until=(clock.now() + timedelta(seconds=1)).isoformat())) == 2


def test_texts_come_as_a_file_that_no_spreadsheet_runs(ask, acme):
    send(ask, acme, message="=HYPERLINK(1)", reference="+1")
    answer = ask.get(f"{acme.path}/sms/messages?format=csv")

    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["cost"], row["charged"]) == ("0.80", "0.00")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "messages.csv" in answer.headers["Content-Disposition"]
    assert (row["to"], row["message"], row["reference"]) == (
        "254712345678",
        "'=HYPERLINK(1)",
        "'+1",
    )
    assert row["created_at"] == clock.rfc3339(NINE)


def test_play_texts_and_real_ones_do_not_mix(ask, rehearse, acme):
    play = send(rehearse, acme).json["messages"][0]["id"]

    assert ask.get(f"{acme.path}/sms/messages").json["data"] == []
    assert ask.get(f"{acme.path}/sms/messages/{play}").status_code == 404
    assert len(rehearse.get(f"{acme.path}/sms/messages").json["data"]) == 1


def test_usage_is_empty_until_something_went(ask, acme):
    answer = ask.get(f"{acme.path}/usage", params={"by": "operator"}).json

    assert answer["data"] == []
    assert (answer["by"], answer["until"]) == ("operator", f"{clock.now():%F}")


def test_a_period_runs_forwards(ask, acme):
    answer = ask.get(f"{acme.path}/usage?from=2026-02-01&until=2026-01-01")

    assert (answer.status_code, answer.json["code"]) == (422, "period_backwards")
