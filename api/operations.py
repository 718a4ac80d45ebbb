"""From a plain method to a responder: who may call, what is read, what is answered.

    class Balance:
        @for_tenant("getBalance", scope="billing:read")
        def on_get(self, call: TenantCall) -> BalanceShape:
            \"\"\"What may still be spent, and for how long that lasts.\"\"\"

The annotations say it all: `asked` is the JSON body, `where` the query, the return value the
answer. The OpenAPI document is made from the same declarations, so it cannot differ from them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, get_type_hints

import falcon
import msgspec

from api import calls, forms, once, reading, uploads
from api.calls import Call
from api.once import Answer
from core.errors import Refused

Responder = Callable[..., None]


class Access(StrEnum):
    """Whose key a route asks for."""

    TENANT = "tenant"
    ADMIN = "admin"
    ANYONE = "anyone"


@dataclass(frozen=True, slots=True)
class Operation:
    """One route and method, as declared."""

    id: str
    method: str
    access: Access
    status: int
    also: tuple[int, ...]
    scope: str | None
    refuses: tuple[type[Refused], ...]
    while_suspended: bool
    is_secret: bool
    needs_key: bool
    files: tuple[str, ...]
    upload: str | None
    act: Callable[..., object]
    body: type[Any] | None
    query: type[Any] | None
    answer: Any

    @property
    def summary(self) -> str:
        """The first line of its description."""
        return (inspect.getdoc(self.act) or "").partition("\n")[0]

    @property
    def description(self) -> str:
        """The rest of it."""
        return (inspect.getdoc(self.act) or "").partition("\n")[2].strip()


@dataclass(frozen=True, slots=True)
class Download:
    """An answer that is a file, sent as it is made."""

    media_type: str
    file_name: str
    chunks: Iterator[bytes]


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An empty object."""


_encode = msgspec.json.Encoder().encode
_decode_nothing = reading.decoder(Nothing)


def for_tenant(
    name: str,
    *,
    scope: str | None = None,
    status: int = 200,
    also: tuple[int, ...] = (),
    refuses: tuple[type[Refused], ...] = (),
    while_suspended: bool = False,
    is_secret: bool = False,
    needs_key: bool = False,
    files: tuple[str, ...] = (),
    upload: str | None = None,
) -> Callable[[Callable[..., object]], Responder]:
    """Make a method answer a tenant with a key. Reading goes on while a tenant is suspended.

    `also` are other statuses of good answers, which the act sets on its call. With `files` a form
    may come instead of JSON; the act is given the `files` that stand under one of these names.
    With `upload` only a form will do, with one large file under that name: the act gets it `sent`.
    """

    def wrap(act: Callable[..., object]) -> Responder:
        operation = _declared(
            act,
            name,
            Access.TENANT,
            status,
            refuses,
            also=also,
            scope=scope,
            while_suspended=while_suspended or act.__name__ == "on_get",
            is_secret=is_secret,
            needs_key=needs_key,
            files=files,
            upload=upload,
        )

        def enter(req: falcon.Request, resp: falcon.Response, params: dict[str, Any]) -> Call:
            return calls.by_tenant(
                req,
                resp,
                params.pop("tenant"),
                scope=scope,
                while_suspended=operation.while_suspended,
            )

        return _responder(operation, enter)

    return wrap


def for_admin(
    name: str,
    *,
    status: int = 200,
    refuses: tuple[type[Refused], ...] = (),
) -> Callable[[Callable[..., object]], Responder]:
    """Make a method answer the operator."""

    def wrap(act: Callable[..., object]) -> Responder:
        operation = _declared(act, name, Access.ADMIN, status, refuses)
        return _responder(operation, lambda req, resp, _: calls.by_admin(req, resp))

    return wrap


def for_anyone(
    name: str,
    *,
    status: int = 200,
    refuses: tuple[type[Refused], ...] = (),
    is_secret: bool = False,
) -> Callable[[Callable[..., object]], Responder]:
    """Make a method answer anyone."""

    def wrap(act: Callable[..., object]) -> Responder:
        operation = _declared(act, name, Access.ANYONE, status, refuses, is_secret=is_secret)
        return _responder(operation, lambda req, resp, _: calls.by_anyone(req, resp))

    return wrap


def _declared(
    act: Callable[..., object],
    name: str,
    access: Access,
    status: int,
    refuses: tuple[type[Refused], ...],
    *,
    also: tuple[int, ...] = (),
    scope: str | None = None,
    while_suspended: bool = False,
    is_secret: bool = False,
    needs_key: bool = False,
    files: tuple[str, ...] = (),
    upload: str | None = None,
) -> Operation:
    hints = get_type_hints(act)
    answer = hints.get("return")
    return Operation(
        id=name,
        method=act.__name__.removeprefix("on_").upper(),
        access=access,
        status=204 if answer is type(None) else status,
        also=also,
        scope=scope,
        refuses=refuses,
        while_suspended=while_suspended,
        is_secret=is_secret,
        needs_key=needs_key,
        files=files,
        upload=upload,
        act=act,
        body=hints.get("asked"),
        query=hints.get("where"),
        answer=answer,
    )


def operation_of(responder: object) -> Operation | None:
    """The declaration behind a responder; None for one that is not an operation."""
    return getattr(responder, "operation", None)


def _responder(
    operation: Operation,
    enter: Callable[[falcon.Request, falcon.Response, dict[str, Any]], Call],
) -> Responder:
    """Put together what a request of this operation goes through."""
    act, is_post = operation.act, operation.method == "POST"
    read_query = reading.query_reader(operation.query) if operation.query else None
    decode = reading.decoder(operation.body) if operation.body else None
    read_form = uploads.reader(operation.body or Nothing)
    takes_body = operation.method in {"POST", "PATCH", "PUT"}

    def respond(self: object, req: falcon.Request, resp: falcon.Response, **params: Any) -> None:
        call = enter(req, resp, params)
        if read_query is not None:
            params["where"] = read_query(req)
        elif req.env.get("QUERY_STRING"):
            reading.no_query(req)
        if operation.upload is not None:
            form = uploads.read(req, resp, operation.upload)
            with form.sent.file:
                params |= {"asked": read_form(form.fields), "sent": form.sent}
                _run(self, call, form.fingerprint, params)
            return
        raw = b""
        if operation.files:
            params["files"] = []
        if operation.files and forms.is_form(req):
            small = forms.read(req, reading.body(req, resp, forms.FORM_MAX), operation.files)
            raw, params["files"] = small.fingerprint, small.files
            if decode is not None:
                params["asked"] = decode(msgspec.json.encode(small.fields))
        elif takes_body:
            raw = reading.body(req, resp)
            if raw:
                reading.check_media_type(req)
            if decode is not None:
                params["asked"] = decode(raw)
            elif raw:
                _decode_nothing(raw)
        _run(self, call, raw, params)

    def _run(self: object, call: Call, raw: bytes, params: dict[str, Any]) -> None:
        if is_post:
            key = once.key_of(call.req, required=operation.needs_key)
            if key is not None:
                _once(self, call, key, raw, params)
                return
        shown = act(self, call, **params)
        _show(call.resp, call.status or operation.status, shown)

    def _once(self: object, call: Call, key: str, raw: bytes, params: dict[str, Any]) -> None:
        def act_once(given: str) -> Answer:
            call.once = given
            body = _body(act(self, call, **params))
            return Answer(call.status or operation.status, body)

        claimed = once.claim(call.req, _scope(call), key, raw)
        answer, is_replayed = once.run(claimed, act_once, is_secret=operation.is_secret)
        if is_replayed:
            call.resp.set_header("Idempotent-Replayed", "true")
        call.resp.status = falcon.code_to_http_status(answer.status)
        call.resp.data = answer.body

    respond.__doc__ = act.__doc__
    respond.__name__ = act.__name__
    respond.operation = operation  # type: ignore[attr-defined]
    return respond


def _scope(call: Call) -> str:
    """Where an Idempotency-Key counts."""
    if isinstance(call, calls.TenantCall):
        return f"{call.tenant_id}:{'test' if call.profile.is_test else 'live'}"
    return call.actor


def _body(shown: object) -> bytes:
    return b"" if shown is None else _encode(shown)


def _show(resp: falcon.Response, status: int, shown: object) -> None:
    if isinstance(shown, Download):
        resp.content_type = shown.media_type
        resp.downloadable_as = shown.file_name
        resp.stream = shown.chunks
        return
    if status != 200:
        resp.status = falcon.code_to_http_status(status)
    if shown is not None:
        resp.data = _encode(shown)
