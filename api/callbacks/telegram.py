"""What Telegram posts in webhook mode: stored and answered at once; the bot process takes it."""

from __future__ import annotations

import falcon
import msgspec
import structlog

from core import secrets
from core.settings import settings
from core.telegram import inbox

log = structlog.get_logger(__name__)

BODY_MAX = 1024 * 1024
UPDATE_ID_MAX = 2**63 - 1


class _Update(msgspec.Struct):
    update_id: int


_decode = msgspec.json.Decoder(_Update).decode


class Updates:
    """POST /telegram/{secret}"""

    def on_post(self, req: falcon.Request, resp: falcon.Response, secret: str) -> None:
        """Keep an update. What is not one is refused; Telegram itself never sends that."""
        known = settings().telegram.webhook_secret
        if not known or not secrets.same(secret, known):
            raise falcon.HTTPStatus(falcon.HTTP_404)
        given = req.get_header("X-Telegram-Bot-Api-Secret-Token") or ""
        if not secrets.same(given, known):
            raise falcon.HTTPStatus(falcon.HTTP_403)
        raw = _body(req)
        try:
            number = _decode(raw).update_id
            text = raw.decode()
        except (msgspec.DecodeError, UnicodeDecodeError):
            log.warning("update_unreadable", size_bytes=len(raw))
            raise falcon.HTTPStatus(falcon.HTTP_400) from None
        if not 0 < number <= UPDATE_ID_MAX:
            raise falcon.HTTPStatus(falcon.HTTP_400)
        inbox.store([(number, text)])
        # Nothing more: a body with a "method" in it would be carried out as a call.
        resp.data = b"{}"


def _body(req: falcon.Request) -> bytes:
    length = req.content_length or 0
    if not 0 < length <= BODY_MAX:
        raise falcon.HTTPStatus(falcon.HTTP_413 if length else falcon.HTTP_400)
    return req.bounded_stream.read(length)
