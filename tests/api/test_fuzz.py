"""Whatever is sent, the answer is one of those the document tells, and never our mistake."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api import document

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

# One database serves all examples of a test: what earlier ones left behind must not matter either.
many = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
JSON = {"Content-Type": "application/json"}

texts = st.text(max_size=30) | st.sampled_from(
    ["0712345678", "254712000001", "+1 202 555 0100", "\0", "=1+1", "2026-11-23T08:00:00+03:00",
     "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "promotional", "gsm7", "TUMA", "1e9", "-5",
     "1.5", "mpesa", "card", "live", "‮", "\U0001f600", "*", "0.0.0.0/0", "000000"]
)  # fmt: skip
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)

LISTS = (
    "sms/messages", "usage", "topups", "keys", "audit",
    "contacts", "groups", "imports", "optouts",
)  # fmt: skip


def shaped(*names: str, needed: dict[str, object] | None = None):
    """Objects with the fields of one request, some right, some wrong, some missing."""
    given_fields = st.dictionaries(st.sampled_from(names), values, max_size=len(names))
    return st.builds(lambda base, extra: {**base, **extra}, st.just(needed or {}), given_fields)


def ask_it(client, method, path, body):
    headers = JSON | {"Idempotency-Key": f"f{hash(repr((path, body)))}"}
    answer = client(method, path, body=json.dumps(body), headers=headers)
    assert answer.status_code < 500, answer.text


@many
@given(
    body=values
    | shaped(
        "to", "message", "sender_id", "class", "schedule_at", "reference", "rewrite", "x",
        needed={"to": "0712345678", "message": "Habari"},
    )
)  # fmt: skip
def test_nothing_sent_breaks_sending(ask, acme, body):
    ask_it(ask, "POST", f"{acme.path}/sms/send", body)
    ask_it(ask, "POST", f"{acme.path}/sms/estimate", body)
    ask_it(ask, "POST", f"{acme.path}/sms/bulk", {"messages": [body]})


@many
@given(
    body=shaped("amount", "phone", "method", needed={"amount": "10", "phone": "0712345678"})
    | shaped("name", "mode", "scopes", "expires_at", "allowed_ips", needed={"name": "Till"})
    | shaped("name", "contact_name", "email", "language", "kra_pin", "address", "message_days")
)
def test_nothing_asked_breaks_an_account(ask, acme, body):
    ask_it(ask, "POST", f"{acme.path}/topups", body)
    ask_it(ask, "POST", f"{acme.path}/keys", body)
    ask_it(ask, "PATCH", acme.path, body)


@many
@given(
    body=shaped("price", "tier", "credit_limit")
    | shaped("amount", "reason", needed={"amount": "1", "reason": "gift"})
    | shaped("tenant_id", "code", needed={"tenant_id": 1, "code": "123456"})
    | shaped(
        "business_name", "contact_name", "phone", "email", "language", "accept_terms",
        needed={"business_name": "Salon", "contact_name": "Asha", "phone": "0722000111",
                "accept_terms": True},
    )
)  # fmt: skip
def test_nothing_asked_breaks_the_operator_or_a_sign_up(admin, anyone, acme, body):
    ask_it(admin, "PATCH", f"/admin/tenants/{acme.id}", body)
    ask_it(admin, "POST", f"/admin/tenants/{acme.id}/adjust", body)
    ask_it(admin, "POST", "/admin/suspense/UKN3A7X2QP/assign", body)
    ask_it(anyone, "POST", "/api/signup", body)
    ask_it(anyone, "POST", "/api/signup/verify", body)


@many
@given(
    body=shaped(
        "phone", "name", "language", "fields", "groups", "consent", needed={"phone": "0712345678"}
    )
    | shaped("contacts", "phones", "name", "class", "source", needed={"phones": ["0712345678"]})
    | shaped("group", "columns", "consent")
)
def test_nothing_asked_breaks_contacts(ask, acme, body):
    ask_it(ask, "POST", f"{acme.path}/contacts", body)
    ask_it(ask, "PATCH", f"{acme.path}/contacts/con_none", body)
    ask_it(ask, "POST", f"{acme.path}/groups", body)
    ask_it(ask, "POST", f"{acme.path}/groups/grp_none/members", body)
    ask_it(ask, "POST", f"{acme.path}/groups/grp_none/members/remove", body)
    ask_it(ask, "POST", f"{acme.path}/optouts", body)
    ask_it(ask, "POST", f"{acme.path}/imports/imp_none/start", body)


@many
@given(
    parts=st.lists(
        st.tuples(
            st.sampled_from(["file", "group", "dry_run", "columns", "consent_source", "x", ""]),
            st.none() | st.sampled_from(["a.csv", "a.xlsx", "", "\u202e.csv"]),
            st.binary(max_size=60) | st.sampled_from([b"Phone\n0712000001\n", b"PK\3\4", b"true"]),
        ),
        max_size=4,
    ),
    end=st.sampled_from([b"--x--\r\n", b"--x--", b"", b"--x"]),
)
def test_no_form_breaks_an_import(ask, acme, parts, end):
    body = b""
    for name, file_name, content in parts:
        file = "" if file_name is None else f'; filename="{file_name}"'
        head = f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
        body += head.encode() + content + b"\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = ask("POST", f"{acme.path}/imports", body=body + end, headers=kind)

    assert answer.status_code < 500, answer.text


@many
@given(body=st.binary(max_size=200), kind=st.sampled_from(["application/json", "text/x", ""]))
def test_no_bytes_break_a_body(ask, acme, body, kind):
    answer = ask("POST", f"{acme.path}/sms/send", body=body, headers={"Content-Type": kind})

    assert 400 <= answer.status_code < 500


@many
@given(
    query=st.dictionaries(
        st.sampled_from(
            ["limit", "after", "status", "to", "batch", "campaign", "reference", "from", "until",
             "format", "by", "search", "group", "phone", "class", "x"]
        ),
        texts | st.integers().map(str),
        max_size=4,
    )
)  # fmt: skip
def test_no_query_breaks_a_list(ask, acme, query):
    for path in LISTS:
        assert ask.get(f"{acme.path}/{path}", params=query).status_code < 500


@many
@given(path=st.text(max_size=20), method=st.sampled_from(["GET", "POST", "DELETE", "PUT"]))
def test_no_address_breaks_the_door(ask, web, path, method):
    clean = path.replace("?", "").replace("#", "")
    answer = web.simulate_request(method, f"/api/{clean}", headers=ask.headers)

    assert answer.status_code < 500


@many
@given(
    names=st.lists(st.sampled_from(["Authorization", "X-API-Key", "Idempotency-Key",
                                    "X-Request-Id", "Accept-Language", "X-Forwarded-For"])),
    value=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=255), max_size=300),
)  # fmt: skip
def test_no_header_breaks_the_door(web, acme, names, value):
    answer = web.simulate_get(acme.path, headers=dict.fromkeys(names, value))
    document.check("GET", acme.path, answer)

    assert answer.status_code in (400, 401)
