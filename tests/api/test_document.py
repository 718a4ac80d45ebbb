"""The OpenAPI document, the pages about errors, health and figures."""

from __future__ import annotations

import re

import pytest
from openapi_spec_validator import validate

from api import examples, openapi
from api.operations import operation_of
from api.routes import ROUTES
from core.errors import Refused
from tests.api import document
from tests.api.makers import make_admin_key

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

# Only people meet these, until a route offers the same.
CONVERSATIONS = (
    *("core.dialogue", "core.flows", "core.tenants.pins", "core.tenants.roles"),
    *("core.tenants.team", "core.onboarding.forgotten", "core.onboarding.inviting"),
    *("bots", "ussd", "tests"),
)
OPERATIONS = [
    operation for path in document.made()["paths"].values() for operation in path.values()
]


def test_the_document_is_valid(web):
    served = web.simulate_get("/openapi.json").json

    validate(served)
    assert served["openapi"] == "3.1.0"


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(store):
    names = [operation["operationId"] for operation in OPERATIONS]

    assert len(set(names)) == len(names)
    assert all(operation["summary"].endswith(".") for operation in OPERATIONS)


def test_every_route_of_a_tenant_or_the_operator_is_in_it(store):
    for path, resource in ROUTES:
        for method in openapi.METHODS:
            responder = getattr(resource, f"on_{method}", None)
            if responder is not None and path.startswith(("/api/", "/admin/")):
                assert operation_of(responder) is not None, path


def test_every_code_is_in_it(store):
    """Those of conversations are not the API's, and only there when a test has imported them."""
    ours = {
        code
        for code, kind in Refused.catalogue().items()
        if not kind.__module__.startswith(CONVERSATIONS)
    }

    assert set(document.made()["x-error-codes"]) >= ours


def test_every_code_an_operation_lists_is_one_that_exists(store):
    codes = {
        code
        for operation in OPERATIONS
        for response in operation["responses"].values()
        for code in document.resolve(response).get("x-error-codes", ())
    }

    assert codes <= set(Refused.catalogue())
    assert len(codes) > 60


def test_the_examples_fit_their_shapes(store):
    import jsonschema

    whole = document.made()
    by_name = {operation["operationId"]: operation for operation in OPERATIONS}
    for name, (asked, answered) in examples.EXAMPLES.items():
        operation = by_name[name]
        pairs = []
        if asked is not None:
            pairs.append((operation["requestBody"]["content"], asked))
        if answered is not None:
            good = next(each for status, each in operation["responses"].items() if status < "3")
            pairs.append((good["content"], answered))
        for content, example in pairs:
            schema = {**content["application/json"]["schema"], "components": whole["components"]}
            jsonschema.Draft202012Validator(schema).validate(example)


def test_requests_refuse_what_the_document_does_not_name(store):
    for name, schema in document.made()["components"]["schemas"].items():
        if name.endswith("Request") or name in {"Terms", "Why", "Adjustment", "Pause"}:
            assert schema["additionalProperties"] is False, name


def test_every_code_has_a_page_in_both_languages(web):
    for code in Refused.catalogue():
        page = web.simulate_get(f"/docs/errors/{code}")

        assert page.status_code == 200
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert f"<code>{code}</code>" in page.text
        assert 'lang="sw"' in page.text


def test_braces_in_a_sentence_are_shown_as_they_are_meant(web):
    page = web.simulate_get("/docs/errors/value_missing").text

    assert "No value for <i>name</i>." in page
    assert "{{name|friend}}" in page


def test_the_list_of_codes_leads_to_each(web):
    page = web.simulate_get("/docs/errors").text

    assert set(re.findall(r'href="/docs/errors/(\w+)"', page)) == set(Refused.catalogue())


def test_an_unknown_code_has_no_page(web):
    assert web.simulate_get("/docs/errors/nonsense").status_code == 404
    assert web.simulate_get("/docs/errors/<script>").status_code == 404


def test_a_process_says_that_it_is_alive_and_ready(web):
    assert web.simulate_get("/healthz").json == {"status": "ok"}
    assert web.simulate_get("/readyz").json == {"status": "ok"}
    assert web.simulate_head("/healthz").status_code == 200


def test_what_does_not_answer_is_named(web, monkeypatch):
    def broken():
        raise OSError("no such host redis.internal")

    monkeypatch.setattr("api.health.PARTS", (("database", lambda: None), ("queue", broken)))
    answer = web.simulate_get("/readyz")

    assert (answer.status_code, answer.json) == (503, {"status": "failing", "failing": ["queue"]})


def test_figures_count_requests_and_what_waits(ask, web, acme):
    ask.post(f"{acme.path}/sms/send", json={"to": "0712345678", "message": "Habari"})
    text = web.simulate_get("/metrics").text

    assert re.search(
        r'tuma_http_requests_total\{method="POST",'
        r'route="/api/\{tenant\}/sms/send",status="202"\} [1-9]',
        text,
    )
    assert 'tuma_messages_queued{lane="transactional"} 1.0' in text
    assert "tuma_held_kes 0.8" in text
    assert "tuma_submissions_unknown 0.0" in text


def test_figures_are_the_operators_outside_the_sandbox(web, change_settings):
    change_settings("app", environment="production")

    assert web.simulate_get("/metrics").status_code == 401
    key = {"X-Admin-Key": make_admin_key()}
    assert web.simulate_get("/metrics", headers=key).status_code == 200
