"""The OpenAPI 3.1 document, made from the routes themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, get_args

import falcon
import msgspec

from api import forms, problems, refusals
from api.calls import PUBLIC_PER_MINUTE
from api.examples import EXAMPLES
from api.fields import Amount
from api.operations import Access, Download, Operation, operation_of
from api.pages import Paging
from api.problems import Problem
from core import idempotency
from core.errors import BadRequest, Busy, Invalid, NotFound, Refused, TooMany, Unauthenticated
from core.money import InvalidAmount
from core.settings import settings
from core.tenants import admin_keys, key_terms, profiles

Json = dict[str, Any]

REF = "#/components/schemas/{name}"
METHODS = ("get", "post", "put", "patch", "delete")

EVERYWHERE: tuple[type[Refused], ...] = (
    refusals.KeyInUrl,
    refusals.UnknownParameter,
    BadRequest,
    refusals.InternalError,
    TooMany,
    Busy,
)
OF_TENANTS: tuple[type[Refused], ...] = (
    Unauthenticated,
    refusals.WrongTenant,
    key_terms.AddressNotAllowed,
    profiles.TenantNotActive,
)
OF_FIELDS: tuple[type[Refused], ...] = (
    Invalid,
    refusals.UnknownField,
    refusals.MissingField,
    refusals.WrongType,
    refusals.TooLong,
    refusals.TooShort,
    refusals.TooManyItems,
    refusals.OutOfRange,
    refusals.NotOneOf,
    refusals.TextNotPlain,
    refusals.AmountNotText,
    InvalidAmount,
    refusals.TimeWithoutZone,
    refusals.InvalidTime,
    refusals.InvalidDate,
)
OF_BODIES: tuple[type[Refused], ...] = (
    refusals.BadJson,
    refusals.NotUtf8,
    refusals.NestedTooDeep,
    refusals.TooLarge,
    refusals.UnsupportedMediaType,
    *OF_FIELDS,
)
OF_KEYS: tuple[type[Refused], ...] = (
    refusals.BadIdempotencyKey,
    idempotency.KeyReused,
    idempotency.InProgress,
)


def refused_by(path: str, operation: Operation) -> list[type[Refused]]:
    """Every refusal a request of an operation can meet, in order of status and code."""
    found = {*EVERYWHERE, *operation.refuses}
    if "{" in path:
        found.add(NotFound)
    if operation.access is Access.TENANT:
        found |= {*OF_TENANTS}
        if operation.scope:
            found.add(key_terms.MissingScope)
    if operation.access is Access.ADMIN:
        found.add(admin_keys.AdminUnauthenticated)
    if operation.method in {"POST", "PATCH", "PUT"}:
        found |= {*OF_BODIES}
    if operation.files or operation.upload:
        found.add(forms.BadForm)
    if operation.method == "POST":
        found |= {*OF_KEYS}
    if operation.needs_key:
        found.add(refusals.IdempotencyKeyRequired)
    if operation.query is not None:
        found |= {*OF_FIELDS}
        if issubclass(operation.query, Paging):
            found.add(refusals.BadCursor)
    return sorted(found, key=lambda kind: (problems.status_of(kind), kind.code))


@cache
def document() -> bytes:
    """The whole document in JSON."""
    return msgspec.json.encode(build())


def build() -> Json:
    """Make the document."""
    from api.routes import ROUTES  # the routes serve this document, so they are above it

    found = list(_operations(ROUTES))
    schemas = _schemas(operation for _, operation in found)
    paths: Json = dict(_plain_paths())
    shared: Json = {}
    for path, operation in found:
        made = _operation(path, operation, shared)
        paths.setdefault(_plain(path), {})[operation.method.lower()] = made
    app = settings().app
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{app.name} API",
            "version": version("tuma"),
            "description": _ABOUT.format(docs=f"{app.public_url}/docs/errors"),
        },
        "servers": [{"url": app.public_url}],
        "tags": [{"name": name} for name in sorted({_tag(path) for path, _ in found})],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": shared,
            "securitySchemes": _SECURITY,
            "parameters": _PARAMETERS,
            "headers": _HEADERS,
        },
        "x-error-codes": {
            code: {
                "status": problems.status_of(kind),
                "title": kind.title,
                "detail": kind.sentence,
                "page": problems.page_of(code),
            }
            for code, kind in Refused.catalogue().items()
        },
    }


_ABOUT = """\
Bulk SMS for Kenya, prepaid in shillings.

Amounts of money are decimal strings beside `"currency": "KES"`. Times carry their zone (RFC 3339).
Unknown fields and parameters are refused. Lists are newest first; `next` is the cursor of the page
that follows. Every POST takes an `Idempotency-Key`: the same key and body give the same answer
again for 24 hours and act once. Errors are problem documents (RFC 9457); their `code` never
changes, and {docs} has a page about each.

Test keys (`sk_test_`) run the same code with play money and touch no network. The number decides
the outcome: one ending in 000001 is delivered, 000002 undelivered, 000003 refused, 000004 unknown,
000005 delivered late.
"""

_SECURITY: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Your key: `sk_live_…`."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "adminKey": {"type": "apiKey", "in": "header", "name": "X-Admin-Key"},
}
_SECURITY_OF: dict[Access, list[Json]] = {
    Access.TENANT: [{"bearer": []}, {"apiKey": []}],
    Access.ADMIN: [{"adminKey": []}],
    Access.ANYONE: [],
}
_KEY_SCHEMA: Json = {"type": "string", "minLength": 1, "maxLength": 255}
_PARAMETERS: Json = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Makes a repeat harmless: the act happens once, the answer comes again.",
        "schema": _KEY_SCHEMA,
        "example": "9f1c3c1e-7c62-4a53-9a3e-0c8f3f0f3b11",
    },
    "RequiredIdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "Required here, so that nobody is asked for money twice.",
        "schema": _KEY_SCHEMA,
        "example": "9f1c3c1e-7c62-4a53-9a3e-0c8f3f0f3b11",
    },
    "RequestId": {
        "name": "X-Request-Id",
        "in": "header",
        "description": "Your own name for the request; one is made when it is left out.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
}


def _header(text: str, schema: Json) -> Json:
    return {"description": text, "schema": schema}


_HEADERS: Json = {
    "RequestId": _header("The name of this request.", {"type": "string"}),
    "RateLimitLimit": _header("Requests allowed a minute.", {"type": "integer"}),
    "RateLimitRemaining": _header("Requests left in this minute.", {"type": "integer"}),
    "RateLimitReset": _header("Seconds until the next minute begins.", {"type": "integer"}),
    "RetryAfter": _header("Seconds to wait before trying again.", {"type": "integer"}),
    "IdempotentReplayed": _header(
        "`true` on an answer that was given before.", {"type": "string", "const": "true"}
    ),
}
_RATE: Json = {
    "X-Request-Id": {"$ref": "#/components/headers/RequestId"},
    "RateLimit-Limit": {"$ref": "#/components/headers/RateLimitLimit"},
    "RateLimit-Remaining": {"$ref": "#/components/headers/RateLimitRemaining"},
    "RateLimit-Reset": {"$ref": "#/components/headers/RateLimitReset"},
}
_REPLAYED: Json = {"Idempotent-Replayed": {"$ref": "#/components/headers/IdempotentReplayed"}}
_RETRY: Json = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}


def _operations(routes: Iterable[tuple[str, object]]) -> Iterator[tuple[str, Operation]]:
    for path, resource in routes:
        for method in METHODS:
            operation = operation_of(getattr(resource, f"on_{method}", None))
            if operation is not None:
                yield path, operation


def _schema_hook(kind: type) -> Json:
    if kind is Amount:
        return {
            "type": ["string", "integer"],
            "description": 'Shillings: text such as "250.50", or a whole number.',
            "examples": ["250.50", 500],
        }
    raise NotImplementedError(kind)


def _answers(operation: Operation) -> list[Any]:
    """The shapes of what an operation answers, files apart."""
    kinds = get_args(operation.answer) if _is_union(operation.answer) else (operation.answer,)
    return [kind for kind in kinds if kind not in (Download, type(None), None)]


def _is_union(kind: Any) -> bool:
    return Download in get_args(kind)


def _schemas(operations: Iterable[Operation]) -> Json:
    asked, answered = [], [Problem]
    for operation in operations:
        asked += [operation.body] if operation.body else []
        answered += _answers(operation)
    return _components(asked) | _components(answered)


def _components(kinds: Iterable[Any]) -> Json:
    _, found = msgspec.json.schema_components(
        list(dict.fromkeys(kinds)), schema_hook=_schema_hook, ref_template=REF
    )
    return found


def _ref(kind: Any) -> Json:
    (schema,), _ = msgspec.json.schema_components(
        [kind], schema_hook=_schema_hook, ref_template=REF
    )
    return schema


def _plain(path: str) -> str:
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


def _tag(path: str) -> str:
    """The noun an address is about."""
    first, *rest = [word for word in path.strip("/").split("/") if not word.startswith("{")]
    if first == "admin":
        return first
    return rest[0] if rest else "tenant"


def _operation(path: str, operation: Operation, shared: Json) -> Json:
    made: Json = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [_tag(path)],
        "security": _SECURITY_OF[operation.access],
        "parameters": list(_parameters(path, operation)),
        "responses": dict(_responses(path, operation, shared)),
    }
    if description := _description(operation):
        made["description"] = description
    if operation.upload is not None:
        made["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": _upload(operation)}},
        }
    elif operation.body is not None:
        content: Json = {"schema": _ref(operation.body)}
        if example := EXAMPLES.get(operation.id):
            content["example"] = example[0]
        made["requestBody"] = {
            "required": any(f.required for f in msgspec.structs.fields(operation.body)),
            "content": {"application/json": content},
        }
        if operation.files:
            made["requestBody"]["content"]["multipart/form-data"] = {"schema": _form(operation)}
    return made


def _form(operation: Operation) -> Json:
    """The schema of a form: the fields of the body, and the files."""
    assert operation.body is not None
    shape: Json = _components([operation.body])[operation.body.__name__]
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    files = {operation.files[0]: {"type": "array", "items": file}}
    return shape | {"properties": shape["properties"] | files}


def _upload(operation: Operation) -> Json:
    """The schema of a form with one large file."""
    shape: Json = {"type": "object", "properties": {}, "additionalProperties": False}
    if operation.body is not None:
        shape = _components([operation.body])[operation.body.__name__]
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    return shape | {
        "required": [operation.upload, *shape.get("required", ())],
        "properties": {str(operation.upload): file} | shape["properties"],
    }


def _description(operation: Operation) -> str:
    parts = [operation.description]
    if operation.scope:
        parts.append(f"Needs a key with the scope `{operation.scope}`.")
    if operation.access is Access.ANYONE:
        parts.append(f"Needs no key; {PUBLIC_PER_MINUTE} requests a minute from one address.")
    return "\n\n".join(filter(None, parts))


def _parameters(path: str, operation: Operation) -> Iterator[Json]:
    for name, kind in re.findall(r"\{(\w+):(\w+)\}", path):
        schema: Json = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
        if kind in {"tenant", "number"}:
            schema = {"type": "integer", "minimum": 0}
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    if operation.query is not None:
        shape = _components([operation.query])[operation.query.__name__]
        for name, schema in shape["properties"].items():
            yield {"name": name, "in": "query", "required": False, "schema": _inlined(schema)}
    if operation.method == "POST":
        name = "RequiredIdempotencyKey" if operation.needs_key else "IdempotencyKey"
        yield {"$ref": f"#/components/parameters/{name}"}
    yield {"$ref": "#/components/parameters/RequestId"}


def _inlined(schema: Json) -> Json:
    """A parameter's schema without null, which no query can say."""
    kinds = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return kinds[0] if len(kinds) == 1 else schema


def _responses(path: str, operation: Operation, shared: Json) -> Iterator[tuple[str, Json]]:
    headers = _RATE | (_REPLAYED if operation.method == "POST" else {})
    good: Json = {"description": HTTPStatus(operation.status).phrase, "headers": headers}
    shapes = _answers(operation)
    if shapes:
        content: Json = {"schema": _ref(shapes[0])}
        if (example := EXAMPLES.get(operation.id)) and example[1] is not None:
            content["example"] = example[1]
        good["content"] = {"application/json": content}
        if _is_union(operation.answer):
            good["content"]["text/csv"] = {"schema": {"type": "string"}}
    elif operation.answer is Download:
        files = ("text/csv", "application/octet-stream")
        good["content"] = {kind: {"schema": {"type": "string"}} for kind in files}
    yield str(operation.status), good
    for status in operation.also:
        yield str(status), good | {"description": HTTPStatus(status).phrase}
    by_status: dict[int, list[type[Refused]]] = {}
    for kind in refused_by(path, operation):
        by_status.setdefault(problems.status_of(kind), []).append(kind)
    for status, kinds in by_status.items():
        yield str(status), _shared(_refusal(status, kinds), status, shared)


def _shared(refusal: Json, status: int, shared: Json) -> Json:
    """A reference to a refusal's text; the same codes are written down once."""
    name = next((name for name, said in shared.items() if said == refusal), None)
    if name is None:
        phrase = HTTPStatus(status).phrase.replace(" ", "").replace("-", "")
        name = f"{phrase}{1 + sum(other.startswith(phrase) for other in shared)}"
        shared[name] = refusal
    return {"$ref": f"#/components/responses/{name}"}


def _refusal(status: int, kinds: list[type[Refused]]) -> Json:
    titles = {kind.code: kind.title for kind in kinds}
    listed = "\n".join(f"- `{code}`: {title}" for code, title in sorted(titles.items()))
    return {
        "description": f"{HTTPStatus(status).phrase}.\n\n{listed}",
        "headers": _RATE | (_RETRY if status in (409, 429, 503) else {}),
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        "x-error-codes": sorted(titles),
    }


def _plain_paths() -> Iterator[tuple[str, Json]]:
    """The few addresses that are no operations."""
    status: Json = {"type": "object", "properties": {"status": {"type": "string"}}}
    failing: Json = {
        "type": "object",
        "properties": {
            "status": {"const": "failing"},
            "failing": {"type": "array", "items": {"type": "string"}},
        },
    }

    def get(name: str, summary: str, responses: Json) -> Json:
        return {
            "get": {
                "operationId": name,
                "summary": summary,
                "tags": ["operations"],
                "security": [],
                "responses": responses,
            }
        }

    def answer(text: str, media_type: str, schema: Json) -> Json:
        return {"description": text, "content": {media_type: {"schema": schema}}}

    ok = answer("It is.", "application/json", status)
    yield "/healthz", get("isAlive", "Whether the server answers.", {"200": ok})
    yield (
        "/readyz",
        get(
            "isReady",
            "Whether database and queue answer.",
            {"200": ok, "503": answer("What does not answer.", "application/json", failing)},
        ),
    )
    yield (
        "/metrics",
        get(
            "getMetrics",
            "Figures for Prometheus; outside the sandbox they need an X-Admin-Key.",
            {
                "200": answer("The figures.", "text/plain", {"type": "string"}),
                "401": _refusal(401, [admin_keys.AdminUnauthenticated]),
            },
        ),
    )


class OpenApi:
    """GET /openapi.json"""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """The document for code generators and explorers."""
        resp.set_header("Cache-Control", "max-age=300")
        resp.data = document()
