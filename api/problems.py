"""Every no, written as an RFC 9457 problem document from the one catalogue of refusals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import falcon
import msgspec
import peewee
import structlog

from api import refusals
from core import clock, words
from core.database import recover
from core.errors import (
    BadRequest,
    Busy,
    Conflict,
    InsufficientFunds,
    Invalid,
    NotAllowed,
    NotFound,
    Refused,
    TooMany,
    Unauthenticated,
)
from core.idempotency import InProgress
from core.ledger.errors import DailyCapReached
from core.settings import settings

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

# The one table from kinds of refusals to HTTP.
STATUSES: Mapping[type[Refused], int] = {
    BadRequest: 400,
    Unauthenticated: 401,
    InsufficientFunds: 402,
    NotAllowed: 403,
    NotFound: 404,
    refusals.MethodNotAllowed: 405,
    Conflict: 409,
    refusals.TooLarge: 413,
    refusals.UnsupportedMediaType: 415,
    Invalid: 422,
    TooMany: 429,
    refusals.InternalError: 500,
    Busy: 503,
}


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a request."""

    field: str
    code: str
    detail: str
    to: str | msgspec.UnsetType = msgspec.UNSET


class Problem(msgspec.Struct, frozen=True):
    """What went wrong, and what to do about it (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[Fault] | msgspec.UnsetType = msgspec.UNSET
    # A campaign that was too dear: its id, and how many of its people the money reaches for.
    campaign: str | msgspec.UnsetType = msgspec.UNSET
    affordable: int | msgspec.UnsetType = msgspec.UNSET


class Refusals(Exception):
    """Several things wrong with one request, all told at once: (field, refusal) pairs."""

    def __init__(self, found: Iterable[tuple[str, Refused]]) -> None:
        self.found = list(found)
        super().__init__(len(self.found))

    @property
    def chief(self) -> Refused:
        """The refusal that names the whole: a misspelt field before what it left missing."""
        codes = {refusal.code for _, refusal in self.found}
        for _, refusal in self.found:
            if refusal.code == "unknown_field" or len(codes) == 1:
                return refusal
        return Invalid()


@contextmanager
def about(field: str, kind: type[Refused]) -> Iterator[None]:
    """Name the field a refusal is about, where the act could not know what we call it."""
    try:
        yield
    except kind as refusal:
        refusal.field = refusal.field or field
        raise


def status_of(kind: type[Refused]) -> int:
    """The HTTP status a kind of refusal is answered with."""
    for base in kind.__mro__:
        if found := STATUSES.get(base):
            return found
    raise KeyError(kind)


def page_of(code: str) -> str:
    """The address of the page about a code."""
    return f"{settings().app.public_url}/docs/errors/{code}"


def language_of(req: falcon.Request) -> str:
    """The language to answer in: what the client asks for, else the caller's own, else ours."""
    ours = settings().app.languages
    for part in req.env.get("HTTP_ACCEPT_LANGUAGE", "").split(","):
        wanted = part.partition(";")[0].strip().lower()[:2]
        if wanted in ours:
            return str(wanted)
    return str(req.context.get("language") or ours[0])


def install(app: falcon.App[Any, Any]) -> None:
    """Have every error of an application leave as a problem document."""
    app.add_error_handler(Exception, _unforeseen)
    app.add_error_handler((peewee.OperationalError, peewee.InterfaceError), _database)
    app.add_error_handler(falcon.HTTPError, _http)
    app.add_error_handler(Refusals, _several)
    app.add_error_handler(Refused, _refused)


def _refused(req: falcon.Request, resp: falcon.Response, error: Any, params: object) -> None:
    write(req, resp, error)


def _several(req: falcon.Request, resp: falcon.Response, error: Any, params: object) -> None:
    language = language_of(req)
    faults = [Fault(field, refusal.code, refusal.words(language)) for field, refusal in error.found]
    write(req, resp, error.chief, faults)


def _http(req: falcon.Request, resp: falcon.Response, error: Any, params: object) -> None:
    """Say Falcon's own errors in our words; what it knows beyond them is in its headers."""
    resp.set_headers(error.headers or {})
    refusal: Refused
    match error.status_code:
        case 404:
            refusal = NotFound()
        case 405:
            refusal = refusals.MethodNotAllowed(method=req.method[:10])
        case 413:
            refusal = refusals.TooLarge(limit="1 MB")
        case 415:
            refusal = refusals.UnsupportedMediaType()
        case status if status >= 500:
            refusal = refusals.InternalError(request_id=req.context.request_id)
        case _:
            refusal = BadRequest()
    write(req, resp, refusal)


def _unforeseen(req: falcon.Request, resp: falcon.Response, error: Any, params: object) -> None:
    """Tell a bug to the log alone: its text may hold anything."""
    log.error("request_failed", method=req.method, route=req.uri_template, exc_info=error)
    try:
        recover()
    except Exception:
        log.exception("database_not_recovered")
    write(req, resp, refusals.InternalError(request_id=req.context.request_id))


def _database(req: falcon.Request, resp: falcon.Response, error: Any, params: object) -> None:
    """Ask to come back when the database is away or shut us out for a moment."""
    _unforeseen(req, resp, error, params)
    write(req, resp, Busy())


def write(
    req: falcon.Request,
    resp: falcon.Response,
    refusal: Refused,
    faults: list[Fault] | None = None,
) -> None:
    """Make a response out of a refusal."""
    status = status_of(type(refusal))
    language = language_of(req)
    detail = refusal.words(language)
    problem = Problem(
        type=page_of(refusal.code),
        title=refusal.heading(language),
        status=status,
        detail=detail,
        code=refusal.code,
        request_id=req.context.request_id,
        errors=faults or _faults(refusal, detail),
        campaign=refusal.fields.get("campaign", msgspec.UNSET),
        affordable=refusal.fields.get("affordable", msgspec.UNSET),
    )
    resp.status = falcon.code_to_http_status(status)
    resp.content_type = MEDIA_TYPE
    resp.stream = None
    resp.data = msgspec.json.encode(problem)
    resp.set_header("Cache-Control", "no-store")
    resp.set_header("Content-Language", language)
    if status == 401:
        resp.set_header("WWW-Authenticate", "Bearer")
    if (seconds := _wait_s(refusal)) is not None:
        resp.set_header("Retry-After", str(seconds))


def _wait_s(refusal: Refused) -> int | None:
    """How many seconds to wait before the same request can do better; None if it never will."""
    match refusal:
        case DailyCapReached():
            return _until_tomorrow_s()
        case TooMany():
            return refusal.retry_after or 60
        case Busy():
            return max(1, int(getattr(refusal, "retry_after_s", None) or 5))
        case InProgress():
            return 1
    return None


def _until_tomorrow_s() -> int:
    """Seconds until the next day begins in Nairobi, where days of spending are counted."""
    now = clock.now().astimezone(clock.NAIROBI)
    return 86_400 - (now.hour * 3600 + now.minute * 60 + now.second)


def _faults(refusal: Refused, detail: str) -> list[Fault] | msgspec.UnsetType:
    declined = getattr(refusal, "declined", ())
    if declined:
        return [Fault("to", each.code, each.detail, each.to) for each in declined]
    if refusal.field is not None:
        return [Fault(refusal.field, refusal.code, detail)]
    return msgspec.UNSET


def swahili_of(text: str) -> str:
    """A sentence of the catalogue in Swahili, its placeholders left as they are."""
    return words.catalogue("sw").get(text, text)
