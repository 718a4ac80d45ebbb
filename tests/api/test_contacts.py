"""Contacts, groups, opt-outs and the rights of people, over REST."""

from __future__ import annotations

import csv
import io

import pytest

from core.messaging import suppression
from core.messaging.models import Message
from core.tenants.models import Audit
from tests.races import together

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


@pytest.fixture
def path(acme):
    return acme.path


@pytest.fixture
def juma(ask, path):
    asked = {"phone": "0712 345 678", "name": "Juma", "fields": {"Class": "4 Blue"}}
    return ask.post(f"{path}/contacts", json=asked).json


def test_a_contact_is_added_once_and_then_written_over(ask, path, juma):
    again = ask.post(f"{path}/contacts", json={"phone": "+254712345678", "language": "sw"})

    assert again.status_code == 200
    assert (again.json["id"], again.json["name"], again.json["language"]) == (
        juma["id"], "Juma", "sw",
    )  # fmt: skip
    assert again.json["fields"] == {"Class": "4 Blue"}
    assert ask.get(f"{path}/contacts/{juma['id']}").json == again.json


def test_a_contact_comes_with_its_groups_and_consent(ask, path):
    group = ask.post(f"{path}/groups", json={"name": "Wateja"}).json
    consent = {"source": "form", "wording": "Yes", "given_at": "2026-01-02T10:00:00+03:00"}
    asked = {"phone": "0712345678", "groups": [group["id"]], "consent": consent}
    made = ask.post(f"{path}/contacts", json=asked)

    assert made.status_code == 201
    assert made.json["groups"] == [{"id": group["id"], "name": "Wateja"}]
    assert made.json["consent"]["given_at"] == "2026-01-02T07:00:00Z"
    assert ask.get(f"{path}/groups/{group['id']}").json["size"] == 1


def test_a_contact_goes_into_no_group_when_one_of_them_is_unknown(ask, path):
    answer = ask.post(f"{path}/contacts", json={"phone": "0712345678", "groups": ["grp_none"]})

    assert (answer.status_code, answer.json["code"]) == (404, "group_not_found")
    assert ask.get(f"{path}/contacts").json["data"] == []


@pytest.mark.parametrize(
    ("asked", "status", "code", "field"),
    [
        ({}, 422, "missing_field", "phone"),
        ({"phone": "12"}, 422, "invalid_number", "phone"),
        ({"phone": "0712345678", "fone": "1"}, 422, "unknown_field", "fone"),
        ({"phone": "0712345678", "name": "x" * 61}, 422, "too_long", "name"),
        ({"phone": "0712345678", "name": "x" * 200}, 422, "too_long", "name"),
        ({"phone": "0712345678", "language": "fr"}, 422, "unknown_language", "language"),
        ({"phone": "0712345678", "fields": {"phone": "x"}}, 422, "field_name_wrong", "fields"),
        ({"phone": "0712345678", "fields": {"n": 5}}, 422, "wrong_type", "fields.n"),
        ({"phone": "0712345678", "consent": {"source": "x"}}, 422, "missing_field",
         "consent.wording"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_contact_is_named(ask, path, asked, status, code, field):
    answer = ask.post(f"{path}/contacts", json=asked)

    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert [each["field"] for each in answer.json["errors"]] == [field]


def test_only_what_is_named_is_changed_and_null_takes_away(ask, path, juma):
    one = f"{path}/contacts/{juma['id']}"
    assert ask.patch(one, json={}).json == juma
    changed = ask.patch(one, json={"name": None, "fields": {"class": None, "Due": "5"}}).json

    assert (changed["name"], changed["fields"]) == (None, {"Due": "5"})
    assert ask.patch(one, json={"phone": "0712000000"}).json["code"] == "unknown_field"


def test_lists_are_of_one_group_or_status_or_search_and_go_page_by_page(ask, path):
    group = ask.post(f"{path}/groups", json={"name": "Wateja"}).json
    for number in range(5):
        asked = {"phone": f"071200000{number}", "name": f"Asha {number}"}
        if number % 2:
            asked["groups"] = [group["id"]]
        ask.post(f"{path}/contacts", json=asked)

    def names(**query):
        return [each["name"] for each in ask.get(f"{path}/contacts", params=query).json["data"]]

    assert names() == [f"Asha {number}" for number in (4, 3, 2, 1, 0)]
    assert names(group=group["id"]) == ["Asha 3", "Asha 1"]
    assert names(search="0712 000 002") == ["Asha 2"]
    assert names(status="blocked") == []
    first = ask.get(f"{path}/contacts", params={"limit": 3}).json
    assert (first["has_more"], len(first["data"])) == (True, 3)
    assert names(limit=3, after=first["next"]) == ["Asha 1", "Asha 0"]
    members = ask.get(f"{path}/groups/{group['id']}/members", params={"limit": 1}).json
    assert [each["name"] for each in members["data"]] == ["Asha 3"]


def test_a_blocked_contact_can_be_sent_nothing_until_it_is_unblocked(ask, path, juma):
    one = f"{path}/contacts/{juma['id']}"
    assert ask.post(f"{one}/block").json["status"] == "blocked"
    refused = ask.post(f"{path}/sms/send", json={"to": "0712345678", "message": "Habari"})
    assert refused.status_code == 422
    assert [each["code"] for each in refused.json["errors"]] == ["blocked"]

    assert ask.post(f"{one}/unblock").json["status"] == "active"
    sent = ask.post(f"{path}/sms/send", json={"to": "0712345678", "message": "Habari"})
    assert sent.status_code == 202


def test_opt_outs_are_kept_listed_and_taken_back(ask, path, juma):
    asked = {"phones": ["0712345678", "nonsense"], "class": "all", "source": "call"}
    added = ask.post(f"{path}/optouts", json=asked).json
    assert (added["added"], added["errors"][0]["to"]) == (2, "nonsense")
    assert ask.get(f"{path}/contacts/{juma['id']}").json["status"] == "opted_out"
    rows = ask.get(f"{path}/optouts").json["data"]
    assert {(row["phone"], row["class"], row["source"]) for row in rows} == {
        ("254712345678", "promotional", "call"), ("254712345678", "transactional", "call"),
    }  # fmt: skip
    page = ask.get(f"{path}/optouts", params={"limit": 1}).json
    rest = ask.get(f"{path}/optouts", params={"limit": 1, "after": page["next"]}).json
    assert page["data"] + rest["data"] == rows

    gone = f"{path}/optouts/0712345678"
    assert ask.delete(gone, params={"class": "promotional"}).status_code == 204
    assert ask.delete(gone).status_code == 204
    assert ask.delete(gone).json["code"] == "opt_out_not_found"
    assert ask.delete(f"{path}/optouts/nonsense").json["code"] == "invalid_number"
    assert ask.get(f"{path}/contacts/{juma['id']}").json["status"] == "active"


def test_a_persons_own_opt_out_takes_evidence_to_be_taken_back(ask, path, acme):
    suppression.add(acme.id, "254712345678", "promotional", source="reply:inb_1")
    gone = f"{path}/optouts/0712345678"
    refused = ask.delete(gone, params={"consent_source": "A call"})
    assert (refused.status_code, refused.json["code"]) == (409, "opted_out_themselves")
    assert "consent_wording" in refused.json["detail"]
    given = {"consent_source": "A call", "consent_wording": "Send me offers again"}
    assert ask.delete(gone, params=given).status_code == 204

    suppression.add(acme.id, "254712345678", "promotional", source="operator")
    refused = ask.delete(gone, params=given)
    assert (refused.status_code, refused.json["code"]) == (409, "operator_blocks")


def test_groups_are_made_named_filled_and_removed(ask, path, juma):
    group = ask.post(f"{path}/groups", json={"name": "Wateja"})
    same = ask.post(f"{path}/groups", json={"name": " WATEJA "})
    assert (group.status_code, same.status_code, same.json) == (201, 200, group.json)
    one = f"{path}/groups/{group.json['id']}"
    asked = {"contacts": [juma["id"], "con_none"], "phones": ["0733000111", "12"]}
    done = ask.post(f"{one}/members", json=asked).json
    assert (done["added"], done["created"], done["size"]) == (2, 1, 2)
    assert [(each["field"], each["to"]) for each in done["errors"]] == [
        ("phones", "12"), ("contacts", "con_none"),
    ]  # fmt: skip
    out = ask.post(f"{one}/members/remove", json={"phones": ["0733000111", "0733000112"]}).json
    assert (out["removed"], out["absent"], out["size"], len(out["errors"])) == (1, 0, 1, 1)

    assert ask.patch(one, json={"name": "Wageni"}).json["name"] == "Wageni"
    ask.post(f"{path}/groups", json={"name": "Staff"})
    assert ask.patch(one, json={"name": "staff"}).json["code"] == "group_name_taken"
    assert [each["name"] for each in ask.get(f"{path}/groups").json["data"]] == ["Staff", "Wageni"]
    assert ask.delete(one).status_code == 204
    assert ask.get(one).json["code"] == "group_not_found"
    assert ask.get(f"{path}/contacts/{juma['id']}").json["groups"] == []


def test_the_file_of_all_contacts_runs_nothing_and_comes_back_as_it_was(ask, path):
    group = ask.post(f"{path}/groups", json={"name": "Wateja"}).json
    ask.post(f"{path}/contacts", json={"phone": "0712000001", "name": "=cmd('x')",
             "fields": {"Due": "-5", "Note": "+SUM(A1)"}, "groups": [group["id"]]})  # fmt: skip
    ask.post(f"{path}/contacts", json={"phone": "0712000002", "fields": {"due": "1,5"}})
    answer = ask.get(f"{path}/contacts", params={"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert answer.headers["Content-Disposition"] == 'attachment; filename="contacts.csv"'
    assert [(row["phone"], row["name"], row["groups"], row["due"]) for row in rows] == [
        ("254712000002", "", "", "1,5"), ("254712000001", "'=cmd('x')", "Wateja", "-5"),
    ]  # fmt: skip
    assert rows[1]["Note"] == "'+SUM(A1)"
    noted = ask.get(f"{path}/audit", params={"limit": 1}).json["data"][0]
    assert (noted["act"], noted["channel"]) == ("contacts.exported", "api")


def test_somebody_sees_everything_that_is_held(ask, path, juma):
    ask.post(f"{path}/sms/send", json={"to": "0712345678", "message": "Habari Juma"})
    ask.post(f"{path}/optouts", json={"phones": ["0712345678"]})
    told = ask.get(f"{path}/contacts/{juma['id']}/export").json

    assert told["contact"]["phone"] == "254712345678"
    assert [(each["message"], each["test"]) for each in told["texts"]] == [("Habari Juma", False)]
    assert [each["class"] for each in told["opt_outs"]] == ["promotional"]
    assert [each["act"] for each in told["acts"]] == ["contact.added"]


def test_a_key_that_may_read_no_texts_is_shown_none_by_another_way(ask, with_key, path, juma):
    ask.post(f"{path}/sms/send", json={"to": "0712345678", "message": "Code 4711"})
    asked = {"name": "crm", "mode": "live", "scopes": ["contacts:read"]}
    crm = with_key(ask.post(f"{path}/keys", json=asked).json["key"])
    answer = crm.get(f"{path}/contacts/{juma['id']}/export")

    assert (answer.status_code, answer.json["code"]) == (403, "missing_scope")
    assert "messages:read" in answer.json["detail"]


def test_a_test_key_is_shown_the_texts_of_test_keys(ask, rehearse, path, juma):
    for door, said in ((ask, "Code 4711"), (rehearse, "Code 1234")):
        door.post(f"{path}/sms/send", json={"to": "0712345678", "message": said})
    told = rehearse.get(f"{path}/contacts/{juma['id']}/export").json

    assert [(each["message"], each["test"]) for each in told["texts"]] == [("Code 1234", True)]
    assert told["contact"]["phone"] == "254712345678"


def test_an_erased_person_is_a_pseudonym_everywhere(ask, path, juma):
    ask.post(f"{path}/sms/send", json={"to": "0712345678", "message": "Habari Juma"})
    one = f"{path}/contacts/{juma['id']}"
    assert ask.delete(one, params={"erase": "true"}).status_code == 204
    assert ask.delete(one, params={"erase": "true"}).status_code == 204

    left = ask.get(one).json
    assert (left["status"], left["name"], left["fields"]) == ("erased", None, {})
    assert left["phone"].startswith("x712")
    assert ask.get(f"{path}/contacts").json["data"] == []
    listed = ask.get(f"{path}/contacts", params={"status": "erased"}).json["data"]
    assert [each["id"] for each in listed] == [juma["id"]]
    text = ask.get(f"{path}/sms/messages").json["data"][0]
    assert (text["to"], text["message"], text["status"]) == (left["phone"], "", "cancelled")
    assert ask.get(f"{path}/balance").json["available"] == "500.00"
    assert ask.patch(one, json={"name": "X"}).json["code"] == "contact_erased"
    assert ask.delete(one).json["code"] == "contact_erased"
    assert ask.get(f"{one}/export").json["texts"][0]["message"] == ""


def test_removing_a_contact_keeps_its_texts(ask, path, juma):
    ask.post(f"{path}/sms/send", json={"to": "0712345678", "message": "Habari"})

    assert ask.delete(f"{path}/contacts/{juma['id']}").status_code == 204
    assert ask.delete(f"{path}/contacts/{juma['id']}").json["code"] == "contact_not_found"
    assert Message.get().msisdn == "254712345678"


def test_live_and_test_keys_share_contacts(ask, rehearse, path, juma):
    assert rehearse.get(f"{path}/contacts/{juma['id']}").json == juma


def test_another_business_finds_nothing(with_key, rival, acme, juma, ask):
    theirs = with_key(rival.live)
    group = ask.post(f"{acme.path}/groups", json={"name": "Wateja"}).json
    for method, address in (
        ("GET", f"contacts/{juma['id']}"),
        ("GET", f"contacts/{juma['id']}/export"),
        ("DELETE", f"contacts/{juma['id']}"),
        ("DELETE", f"contacts/{juma['id']}?erase=true"),
        ("POST", f"contacts/{juma['id']}/block"),
        ("GET", f"groups/{group['id']}"),
        ("DELETE", f"groups/{group['id']}"),
        ("GET", f"groups/{group['id']}/members"),
        ("GET", f"contacts?group={group['id']}"),
        ("GET", f"contacts?group={group['id']}&format=csv"),
    ):
        where, _, query = address.partition("?")
        answer = theirs(method, f"{rival.path}/{where}", query_string=query)
        assert answer.status_code == 404, address
    assert ask.get(f"{acme.path}/contacts/{juma['id']}").json == juma


def test_a_key_needs_the_scope(with_key, acme):
    from tests.api.makers import make_key

    reader = with_key(make_key(acme.id, scopes=["contacts:read"]))

    assert reader.get(f"{acme.path}/contacts").status_code == 200
    answer = reader.post(f"{acme.path}/contacts", json={"phone": "0712345678"})
    assert answer.json["code"] == "missing_scope"


def test_one_number_added_twice_at_once_is_one_contact(ask, path):
    def act(number):
        return ask.post(f"{path}/contacts", json={"phone": "0712345678", "name": f"J{number}"})

    found = together(6, act)

    assert sorted(each.status_code for each in found) == [200] * 5 + [201]
    assert len({each.json["id"] for each in found}) == 1


def test_a_repeat_with_its_key_is_answered_as_the_first(ask, path):
    key = {"Idempotency-Key": "k1"}
    first = ask.post(f"{path}/contacts", json={"phone": "0712345678"}, headers=key)
    again = ask.post(f"{path}/contacts", json={"phone": "0712345678"}, headers=key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Audit.select().where(Audit.act == "contact.added").count() == 1


def test_a_business_says_how_long_words_are_kept(ask, path):
    assert ask.get(path).json["message_days"] == 90
    assert ask.patch(path, json={"message_days": 30}).json["message_days"] == 30
    assert ask.patch(path, json={"message_days": None}).json["message_days"] == 90
    for wrong in (0, 4000, "30", 1.5):
        answer = ask.patch(path, json={"message_days": wrong})
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "message_days")


def test_a_business_says_what_a_sender_may_spend_alone(ask, path):
    assert ask.get(path).json["approval_threshold"] == "5000.00"
    changed = ask.patch(path, json={"approval_threshold": "250.50"}).json
    assert changed["approval_threshold"] == "250.50"
    back = ask.patch(path, json={"approval_threshold": None}).json
    assert back["approval_threshold"] == "5000.00"
    answer = ask.patch(path, json={"approval_threshold": "-1"})
    assert (answer.status_code, answer.json["code"]) == (422, "negative_approval_threshold")
