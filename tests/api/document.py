"""Holding answers against the OpenAPI document."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import falcon.testing
import jsonschema

from api import openapi

Json = dict[str, Any]


@cache
def made() -> Json:
    """The document, made once for all tests."""
    return openapi.build()


def resolve(node: Json) -> Json:
    """Follow a reference within the document."""
    while reference := node.get("$ref"):
        node = made()
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
    return node


@cache
def patterns() -> list[tuple[re.Pattern[str], str]]:
    """Every path as a pattern, those without parameters first."""
    paths = sorted(made()["paths"], key=lambda path: path.count("{"))
    return [
        (re.compile(re.sub(r"\\\{(\w+)\\\}", "[^/]+", re.escape(path)) + "/?"), path)
        for path in paths
    ]


def find(method: str, path: str) -> Json | None:
    """The operation a request is for, if it is one."""
    plain = path.partition("?")[0]
    for pattern, template in patterns():
        if pattern.fullmatch(plain):
            return made()["paths"][template].get(method.lower())  # type: ignore[no-any-return]
    return None


def check(method: str, path: str, answer: falcon.testing.Result) -> None:
    """Say what an answer has that the document does not tell."""
    assert answer.headers["X-Request-Id"]
    operation = find(method, path)
    if operation is None:
        return
    status = str(answer.status_code)
    assert status in operation["responses"], f"{method} {path}: {status} {answer.text[:200]}"
    said = resolve(operation["responses"][status])
    if answer.status_code >= 400 and "x-error-codes" in said:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json["code"] in said["x-error-codes"], answer.json
    if not answer.content:
        return
    kind = answer.headers["Content-Type"].partition(";")[0]
    schema = said["content"][kind]["schema"]
    if kind.endswith("json"):
        whole = {**schema, "components": made()["components"]}
        jsonschema.Draft202012Validator(whole).validate(answer.json)
