"""The web application that gunicorn loads: `api.app:application`."""

from __future__ import annotations

import itertools
import re
import secrets
import threading
from collections.abc import Iterable
from time import perf_counter
from typing import Any
from wsgiref.types import StartResponse

import falcon
from falcon.routing import BaseConverter

from api import metrics, problems, refusals
from api.routes import ROUTES
from core import logs, memory
from core.database import db, open_database
from core.queue import open_queue

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}").fullmatch
_KEY_NAMES = frozenset({"api_key", "apikey", "key", "token", "access_token"})
_KEY_FORM = re.compile(r"sk_(?:live|test|admin)_")
# What providers call with names and values of their own choosing.
_PROVIDERS = ("/sms/in/", "/pay/in/", "/ussd/", "/cards/in/", "/whatsapp/in", "/telegram/")


class Number(BaseConverter):
    """A number in an address: plain digits, nothing Python would also take for a number."""

    _plain = re.compile(r"[0-9]{1,9}").fullmatch

    def convert(self, value: str) -> int | None:
        """Read it, or say that this is another address."""
        return int(value) if self._plain(value) else None


class Id(BaseConverter):
    """An id in an address; anything that cannot be one is not there."""

    _plain = re.compile(r"[A-Za-z0-9_-]{1,64}").fullmatch

    def convert(self, value: str) -> str | None:
        """Read it, or say that this is another address."""
        return value if self._plain(value) else None


# A random start a process and a count: a name for every request, without asking for chance anew.
_numbers = itertools.count(secrets.randbits(64) << 24)
_next_number = _numbers.__next__


def _new_request_id() -> str:
    return f"req_{_next_number():022x}"


class Envelope:
    """What every request gets before its route is known, and every answer after it is made."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Name the request, and refuse a key in the address. Raises: KeyInUrl."""
        given = req.env.get("HTTP_X_REQUEST_ID", "")
        request_id = given if given and _REQUEST_ID(given) else _new_request_id()
        context = req.context
        context.request_id = request_id
        context.started = perf_counter()
        logs.begin(request_id=request_id)
        if req.env.get("QUERY_STRING") and not req.path.startswith(_PROVIDERS):
            _refuse_keys(req)

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: object, succeeded: bool
    ) -> None:
        """Name the request in its answer, and count it."""
        context = req.context
        resp.set_header("X-Request-Id", context.request_id)
        metrics.count(req.method, req.uri_template, resp.status, perf_counter() - context.started)


def _refuse_keys(req: falcon.Request) -> None:
    """An address is written into logs all along the way; a key in it is a key given away."""
    for name, value in req.params.items():
        if name.lower() in _KEY_NAMES or _KEY_FORM.search(str(value)):
            raise refusals.KeyInUrl


def create_app() -> falcon.App[Any, Any]:
    """Build the application; database and queue must be open before it is asked."""
    app: falcon.App[Any, Any] = falcon.App(middleware=[Envelope()])
    app.req_options.strip_url_path_trailing_slash = True
    app.router_options.converters["tenant"] = Number
    app.router_options.converters["number"] = Number
    app.router_options.converters["id"] = Id
    problems.install(app)
    for path, resource in ROUTES:
        app.add_route(path, resource)
    return app


_lock = threading.Lock()
_app: falcon.App[Any, Any] | None = None


def _opened() -> falcon.App[Any, Any]:
    global _app
    with _lock:
        if _app is None:
            if db.obj is None:
                open_database()
            open_queue()
            _app = create_app()
            memory.settle()
        return _app


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Answer a request. The first one opens database and queue: never before gunicorn forks."""
    return (_app or _opened())(environ, start_response)
