"""What Safaricom posts to us: kept as it came and answered at once."""

from __future__ import annotations

from typing import Any

import falcon
import msgspec
import structlog

from api import addresses
from core import secrets
from core.payments import c2b, news
from core.settings import settings

log = structlog.get_logger(__name__)

BODY_MAX = 64 * 1024
ACCEPTED = b'{"ResultCode":0,"ResultDesc":"Accepted"}'


def _check(secret: str) -> None:
    """Let only those in who know the secret part of the address; others find nothing there."""
    if not secrets.same(secret, settings().mpesa.callback_secret):
        raise falcon.HTTPStatus(falcon.HTTP_404)


def body(req: falcon.Request) -> bytes:
    """What was posted, up to a bound: even nonsense is kept, but not without end."""
    environ = req.env
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isascii() and length.isdigit():
        return environ["wsgi.input"].read(min(int(length), BODY_MAX))  # type: ignore[no-any-return]
    if "HTTP_TRANSFER_ENCODING" in environ:
        return environ["wsgi.input"].read(BODY_MAX)  # type: ignore[no-any-return]
    return b""


class News:
    """POST /pay/in/{secret}/... of one kind."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def on_post(
        self, req: falcon.Request, resp: falcon.Response, secret: str, token: str | None = None
    ) -> None:
        """Keep what was posted, then say so. Only then: nobody posts it a second time."""
        _check(secret)
        news.store(self._kind, token, body(req), addresses.client(req.env))
        resp.data = ACCEPTED


class Validate:
    """POST /pay/in/{secret}/c2b/validate"""

    def on_post(self, req: falcon.Request, resp: falcon.Response, secret: str) -> None:
        """Say whether the account that was typed exists."""
        _check(secret)
        answer: dict[str, Any] = dict(c2b.validate(body(req)))
        resp.data = msgspec.json.encode(answer)
