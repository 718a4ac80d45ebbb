"""Sender IDs at the door: asked for with papers, decided by the operator, seen by their owner."""

from __future__ import annotations

import json
import uuid

import pytest
from urllib3 import encode_multipart_formdata

from core.messaging.models import Sender, SenderDocument
from tests import statements

ASKED = {"name": "ZURI", "class": "transactional", "purpose": "Receipts for our customers"}
PDF = b"%PDF-1.7 " + bytes(range(256)) * 8


def form(fields=ASKED, *files, boundary=None):
    parts = [(name, value) for name, value in fields.items()]
    parts += [(name, (file_name, content)) for name, file_name, content in files]
    body, content_type = encode_multipart_formdata(parts, boundary)
    return {"body": body, "headers": {"Content-Type": content_type}}


@pytest.fixture
def own(acme):
    return f"{acme.path}/sender-ids"


def test_a_sender_id_is_asked_for_in_json(ask, own):
    answer = ask.post(own, body=json.dumps(ASKED))

    assert answer.status_code == 202
    assert answer.json["id"].startswith("snd_")
    assert (answer.json["name"], answer.json["class"]) == ("ZURI", "transactional")
    assert answer.json["status"] == "requested"
    assert answer.json["operators"] == dict.fromkeys(("safaricom", "airtel", "telkom"), "requested")
    assert ask.get(own).json["data"] == [answer.json]
    assert ask.get(f"{own}/{answer.json['id']}").json == answer.json


def test_sender_ids_are_listed_newest_first_page_by_page(ask, own):
    for number in range(3):
        assert ask.post(own, body=json.dumps(ASKED | {"name": f"ZU.RI{number}"})).status_code == 202
    first = ask.get(own, params={"limit": 2}).json
    assert first["has_more"]
    rest = ask.get(own, params={"limit": 2, "after": first["next"]}).json

    assert (rest["has_more"], rest["next"]) == (False, None)
    names = [row["name"] for row in first["data"] + rest["data"]]
    assert names == ["ZU.RI2", "ZU.RI1", "ZU.RI0"]


def test_a_long_list_asks_the_database_no_more_than_a_short_one(ask, own, admin):
    def asked(door, path):
        door.get(path)  # from here on the key is known
        with statements.noted() as said:
            assert door.get(path).status_code == 200
        return len(said)

    ask.post(own, body=json.dumps(ASKED))
    before = asked(ask, own), asked(admin, "/admin/sender-ids")
    for number in range(4):
        ask.post(own, **form(ASKED | {"name": f"ZURI{number}"}, ("document", "a.pdf", PDF)))

    assert (asked(ask, own), asked(admin, "/admin/sender-ids")) == before


def test_papers_in_json_are_told_to_come_in_a_form(ask, own):
    answer = ask.post(own, body=json.dumps(ASKED | {"documents": ["JVBERi0xLjc="]}))

    assert (answer.status_code, answer.json["title"]) == (415, "Not a form")
    assert "multipart/form-data" in answer.json["detail"]
    assert SenderDocument.select().count() == 0


def test_papers_come_with_a_form(ask, own):
    answer = ask.post(
        own, **form(ASKED, ("documents", "letter.pdf", PDF), ("documents[]", "ü.pdf", PDF))
    )

    assert answer.status_code == 202
    assert answer.json["documents"] == [
        {"name": "letter.pdf", "media_type": "application/pdf"},
        {"name": "ü.pdf", "media_type": "application/pdf"},
    ]
    assert {bytes(row.content) for row in SenderDocument.select()} == {PDF}


def test_a_form_may_come_without_papers(ask, own):
    assert ask.post(own, **form()).status_code == 202


def test_a_repeated_form_is_one_request_whatever_stands_between_its_parts(ask, own):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    answers = []
    for boundary in ("one-boundary", "another"):
        made = form(ASKED, ("documents", "letter.pdf", PDF), boundary=boundary)
        answers.append(ask.post(own, body=made["body"], headers=made["headers"] | key))

    assert answers[0].json == answers[1].json
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    other = form(ASKED | {"purpose": "Else"}, ("documents", "letter.pdf", PDF))
    reused = ask.post(own, body=other["body"], headers=other["headers"] | key)
    assert reused.json["code"] == "idempotency_key_reused"


def test_a_form_is_as_strict_as_json(ask, own):
    answer = ask.post(own, **form({"name": "ZURI", "klass": "x"}))
    assert {(each["field"], each["code"]) for each in answer.json["errors"]} == {
        ("klass", "unknown_field"),
        ("purpose", "missing_field"),
    }

    answer = ask.post(own, **form(ASKED, ("papers", "letter.pdf", PDF)))
    assert [(each["field"], each["code"]) for each in answer.json["errors"]] == [
        ("papers", "unknown_field")
    ]
    assert Sender.select().count() == 0


@pytest.mark.parametrize("body", [b"", b"--x", b"--x\r\n\r\n", b"\xff" * 100, b"--x--", b"{}"])
def test_a_broken_form_is_refused(ask, own, body):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = ask.post(own, body=body, headers=headers)

    assert answer.status_code in (400, 422)
    assert Sender.select().count() == 0


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary="])
def test_a_form_without_a_boundary_is_refused(ask, own, kind):
    answer = ask.post(own, body=b"--x--", headers={"Content-Type": kind})

    assert (answer.status_code, answer.json["code"]) == (400, "bad_form")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "M-PESA"}, "sender_protected"),
        ({"name": "TUMA"}, "sender_taken"),
        ({"name": "Zü"}, "invalid_sender_id"),
        ({"purpose": " "}, "field_missing"),
    ],
)
def test_a_refusal_is_told_in_words(ask, own, changes, code):
    answer = ask.post(own, body=json.dumps(ASKED | changes))

    assert answer.json["code"] == code
    assert answer.json["detail"].endswith((".", "?"))


def test_a_paper_that_is_none_is_refused(ask, own):
    answer = ask.post(own, **form(ASKED, ("documents", "virus.pdf", b"MZ")))

    assert (answer.status_code, answer.json["code"]) == (422, "document_refused")


def test_the_operator_decides(ask, admin, own):
    key = ask.post(own, **form(ASKED, ("documents", "letter.pdf", PDF))).json["id"]
    (waiting,) = admin.get("/admin/sender-ids").json["data"]
    assert (waiting["id"], waiting["documents"][0]["name"]) == (key, "letter.pdf")

    paper = admin.get(f"/admin/sender-ids/{key}/documents/1")
    assert paper.content == PDF
    assert paper.headers["content-disposition"].startswith("attachment")
    none = admin.get(f"/admin/sender-ids/{key}/documents/2")
    assert (none.status_code, none.json["code"]) == (404, "document_not_found")

    moved = admin.patch(
        f"/admin/sender-ids/{key}", body='{"operator": "airtel", "status": "submitted"}'
    )
    assert (moved.json["status"], moved.json["operators"]["airtel"]) == ("submitted", "submitted")
    assert moved.json["decided_at"] is None, "nothing is decided before the last of them"
    approved = admin.post(f"/admin/sender-ids/{key}/approve")
    assert approved.json["status"] == "approved"
    again = admin.post(f"/admin/sender-ids/{key}/approve")
    assert (again.status_code, again.json["code"]) == (409, "sender_decided")
    assert ask.get(f"{own}/{key}").json["operators"] == {
        "safaricom": "approved",
        "airtel": "approved",
        "telkom": "approved",
    }
    assert admin.get("/admin/sender-ids").json["data"] == []


def test_the_owner_reads_why_not(ask, admin, own):
    key = ask.post(own, body=json.dumps(ASKED)).json["id"]
    body = json.dumps({"reason": "Send a letter that names ZURI"})
    assert admin.post(f"/admin/sender-ids/{key}/reject", body=body).json["status"] == "rejected"

    assert ask.get(f"{own}/{key}").json["reason"] == "Send a letter that names ZURI"


def test_an_unknown_operator_is_refused(ask, admin, own):
    key = ask.post(own, body=json.dumps(ASKED)).json["id"]
    answer = admin.patch(
        f"/admin/sender-ids/{key}", body='{"operator": "vodacom", "status": "approved"}'
    )

    assert (answer.status_code, answer.json["code"]) == (422, "unknown_operator")


def test_nobody_sees_anothers(ask, rival, own, with_key):
    key = ask.post(own, body=json.dumps(ASKED)).json["id"]
    theirs = with_key(rival.live)

    assert theirs.get(f"{rival.path}/sender-ids").json["data"] == []
    assert theirs.get(f"{rival.path}/sender-ids/{key}").status_code == 404
    taken = theirs.post(f"{rival.path}/sender-ids", body=json.dumps(ASKED))
    assert (taken.status_code, taken.json["code"]) == (409, "sender_taken")


def test_a_name_that_is_not_approved_yet_sends_nothing(ask, acme, own):
    ask.post(own, body=json.dumps(ASKED))
    sent = {"to": "0712345678", "message": "Habari", "sender_id": "ZURI"}
    answer = ask.post(f"{acme.path}/sms/send", body=json.dumps(sent))

    assert answer.json["code"] == "sender_not_approved"


def test_where_an_operator_has_said_no_nothing_goes(ask, acme, admin, own):
    key = ask.post(own, body=json.dumps(ASKED)).json["id"]
    said_no = json.dumps({"operator": "airtel", "status": "rejected"})
    assert admin.patch(f"/admin/sender-ids/{key}", body=said_no).status_code == 200
    assert admin.post(f"/admin/sender-ids/{key}/approve").json["status"] == "approved"
    detail = "The sender ID ZURI is not approved by Airtel. Choose another one."
    sent = {"to": "0733000001", "message": "Habari", "sender_id": "ZURI"}
    for call in ("send", "estimate"):
        answer = ask.post(f"{acme.path}/sms/{call}", body=json.dumps(sent))
        assert (answer.status_code, answer.json["code"]) == (422, "sender_not_at_operator")
        assert answer.json["detail"] == detail

    both = sent | {"to": ["0733000001", "0712345678"]}
    answer = ask.post(f"{acme.path}/sms/send", body=json.dumps(both))
    assert (answer.status_code, answer.json["accepted"], answer.json["cost"]) == (202, 1, "0.80")
    declined = {"to": "0733000001", "code": "sender_not_at_operator", "detail": detail}
    assert answer.json["errors"] == [declined]

    draft = {"to": both["to"], "message": "Kesho", "sender_id": "ZURI", "draft": True}
    found = ask.post(f"{acme.path}/campaigns", body=json.dumps(draft)).json["estimate"]
    assert (found["recipients"], found["left_out"]) == (1, {"sender_not_at_operator": 1})
    assert found["closed"] == [{"operator": "airtel", "recipients": 1, "detail": detail}]
    alone = ask.post(
        f"{acme.path}/campaigns", body=json.dumps(draft | {"to": "0733000001", "draft": False})
    )
    assert (alone.status_code, alone.json["code"]) == (422, "sender_reaches_nobody")
