"""Files of contacts over REST: sent as a form, followed, and what was left out."""

from __future__ import annotations

import json

import pytest

from api import uploads
from core.contacts.imports.working import run
from tests.api.makers import make_business
from tests.contacts.imports.scene import sheet, sheets

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

CSV = b"Mobile;Jina;Due\n0712000001;Asha;5\n0712000002;Juma;7\n0712000001;Asha;5\n12;Bad;1\n"
LINE = b"----line"
KIND = {"Content-Type": f"multipart/form-data; boundary={LINE.decode()}"}


def form(file=CSV, name="wateja.csv", *, order="first", **fields):
    """A form as a browser makes it; the file first or last."""
    parts = [
        b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (key.encode(), str(value).encode())
        for key, value in fields.items()
    ]
    if file is not None:
        head = b'Content-Disposition: form-data; name="file"; filename="%s"\r\n' % name.encode()
        parts.insert(0 if order == "first" else len(parts), head + b"\r\n" + file)
    body = b"".join(b"--" + LINE + b"\r\n" + part + b"\r\n" for part in parts)
    return {"body": body + b"--" + LINE + b"--\r\n", "headers": KIND}


def send(ask, acme, **options):
    return ask.post(f"{acme.path}/imports", **form(**options))


def worked(ask, acme, answer):
    """Let a worker do it."""
    assert answer.status_code == 202, answer.text
    run(answer.json["id"])
    return ask.get(f"{acme.path}/imports/{answer.json['id']}").json


def test_every_row_of_a_file_is_accounted_for(ask, acme):
    group = ask.post(f"{acme.path}/groups", json={"name": "Wateja"}).json
    begun = send(ask, acme, group=group["id"])
    assert (begun.json["status"], begun.json["file"]) == ("queued", "wateja.csv")
    assert [each["meaning"] for each in begun.json["columns"]] == ["phone", "name", "field"]
    done = worked(ask, acme, begun)

    assert (done["status"], done["progress"], done["rows"]) == ("completed", 100, 4)
    assert (done["created"], done["updated"], done["duplicate"], done["rejected"]) == (2, 0, 1, 1)
    members = ask.get(f"{acme.path}/groups/{group['id']}/members").json["data"]
    assert {each["name"]: each["fields"] for each in members} == {
        "Asha": {"Due": "5"}, "Juma": {"Due": "7"},
    }  # fmt: skip
    left_out = ask.get(f"{acme.path}/imports/{done['id']}/rejected.csv")
    assert left_out.headers["Content-Type"].startswith("text/csv")
    assert "12,Bad,1" in left_out.text
    assert [each["id"] for each in ask.get(f"{acme.path}/imports").json["data"]] == [done["id"]]


def test_left_out_rows_can_still_be_had_when_one_of_the_people_is_forgotten(ask, acme):
    file = b"Jina,Simu\n%s,0712000001\nAsha,0712000001\nJuma,12\n" % (b"x" * 200)
    done = worked(ask, acme, send(ask, acme, file=file))
    assert (done["created"], done["rejected"]) == (1, 2)
    (asha,) = ask.get(f"{acme.path}/contacts").json["data"]
    assert ask.delete(f"{acme.path}/contacts/{asha['id']}?erase=true").status_code == 204

    rows = ask.get(f"{acme.path}/imports/{done['id']}/rejected.csv").text.splitlines()
    assert rows[1].startswith(",,2,This person asked to be forgotten")
    assert rows[2].startswith("Juma,12,4,")


def test_sheets_that_are_not_read_are_named(ask, acme):
    people = sheet([("Simu",), (733000001,)])
    begun = send(ask, acme, file=sheets(Nairobi=people, Kisumu=people), name="a.xlsx").json

    assert (begun["sheet"], begun["unread_sheets"]) == ("Nairobi", ["Kisumu"])


@pytest.mark.parametrize("order", ["first", "last"])
def test_a_dry_run_stores_nothing_and_can_be_done_in_earnest(ask, acme, order):
    tried = worked(ask, acme, send(ask, acme, dry_run="true", order=order))
    assert (tried["dry_run"], tried["created"]) == (True, 2)
    assert ask.get(f"{acme.path}/contacts").json["data"] == []

    started = ask.post(f"{acme.path}/imports/{tried['id']}/start", json={})
    assert worked(ask, acme, started)["dry_run"] is False
    assert len(ask.get(f"{acme.path}/contacts").json["data"]) == 2


def test_a_consent_covers_all_of_a_file(ask, acme):
    done = worked(ask, acme, send(ask, acme, consent_source="form", consent_wording="Yes"))

    assert done["created"] == 2
    contacts = ask.get(f"{acme.path}/contacts").json["data"]
    assert {each["consent"]["source"] for each in contacts} == {"form"}


def test_columns_can_be_named(ask, acme):
    begun = send(ask, acme, columns=json.dumps({"phone": "Mobile", "name": "3"}))

    assert [each["meaning"] for each in begun.json["columns"]][2] == "name"


@pytest.mark.parametrize(
    ("options", "status", "code", "field"),
    [
        ({"file": None}, 422, "missing_field", "file"),
        ({"file": b""}, 422, "file_empty", "file"),
        ({"file": b"%PDF-1.4 hello"}, 422, "not_a_table", "file"),
        ({"group": "grp_none"}, 404, "group_not_found", "group"),
        ({"dry_run": "perhaps"}, 422, "wrong_type", "dry_run"),
        ({"consent_source": "form"}, 422, "missing_field", "consent_wording"),
        ({"columns": "Mobile"}, 422, "wrong_type", "columns"),
        ({"columns": '{"phone": "Nowhere"}'}, 422, "column_unknown", "columns"),
        ({"fiel": "x"}, 422, "unknown_field", "fiel"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(ask, acme, options, status, code, field):
    answer = send(ask, acme, **options)

    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert [each["field"] for each in answer.json["errors"]] == [field]
    assert ask.get(f"{acme.path}/imports").json["data"] == []


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{}", "application/json", 415, "unsupported_media_type"),
        (b"0712345678", "text/csv", 415, "unsupported_media_type"),
        (b"", "multipart/form-data", 400, "bad_form"),
        (b"", "multipart/form-data; boundary=x", 400, "bad_form"),
        (b"nonsense", "multipart/form-data; boundary=x", 400, "bad_form"),
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb",
         "multipart/form-data; boundary=x", 400, "bad_form"),
        (b"--x\r\n\r\nb\r\n--x--", "multipart/form-data; boundary=x", 400, "bad_form"),
    ],
)  # fmt: skip
def test_what_is_no_form_is_refused(ask, acme, body, kind, status, code):
    answer = ask.post(f"{acme.path}/imports", body=body, headers={"Content-Type": kind})

    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_too_large_a_file_is_refused_before_or_while_it_is_read(ask, acme, monkeypatch):
    monkeypatch.setattr(uploads, "FILE_MAX", 1000)
    monkeypatch.setattr(uploads, "REST_MAX", 500)

    for size in (1001, 2000):
        answer = send(ask, acme, file=b"0" * size)
        assert (answer.status_code, answer.json["code"]) == (413, "too_large")


def test_a_file_in_one_place_twice_or_in_another_is_refused(ask, acme):
    twice = form()["body"]
    twice = twice.replace(b"--" + LINE + b"--\r\n", b"") + twice
    answer = ask.post(f"{acme.path}/imports", body=twice, headers=KIND)
    assert (answer.status_code, answer.json["code"]) == (422, "wrong_type")
    other = form()["body"].replace(b'name="file"', b'name="csv"')
    answer = ask.post(f"{acme.path}/imports", body=other, headers=KIND)
    assert answer.json["code"] == "unknown_field"


def test_a_repeat_with_its_key_is_one_import_however_the_form_is_cut(ask, acme):
    key = {"Idempotency-Key": "k1"}
    first = ask.post(f"{acme.path}/imports", body=form()["body"], headers=KIND | key)
    cut = form()["body"].replace(LINE, b"other")
    kind = {"Content-Type": "multipart/form-data; boundary=other"}
    again = ask.post(f"{acme.path}/imports", body=cut, headers=kind | key)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json == first.json
    other = ask.post(
        f"{acme.path}/imports", headers=KIND | key, body=form(CSV + b"1;2;3\n")["body"]
    )
    assert other.json["code"] == "idempotency_key_reused"
    assert len(ask.get(f"{acme.path}/imports").json["data"]) == 1


def test_another_business_finds_no_import(with_key, ask, acme):
    made = send(ask, acme).json
    rival = make_business("Rival Ltd")
    theirs = with_key(rival.live)

    for tail in ("", "/rejected.csv"):
        answer = theirs.get(f"{rival.path}/imports/{made['id']}{tail}")
        assert answer.json["code"] == "import_not_found"
