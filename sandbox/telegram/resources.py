"""The Bot API over HTTP: /telegram/bot<token>/<method> and /telegram/file/bot<token>/<path>."""

from __future__ import annotations

import secrets
import time
from urllib.parse import quote

import falcon

from sandbox.replies import App, drop, hold, write, write_html
from sandbox.telegram.errors import Refusal, bad, too_many
from sandbox.telegram.fields import Fields, read_fields
from sandbox.telegram.methods import METHODS
from sandbox.telegram.people import Json
from sandbox.telegram.telegram import Telegram
from sandbox.world import World

PREFIX = "/telegram"
POLL = "getupdates"


def add_routes(app: App, world: World) -> None:
    """Hang the Bot API into an application."""
    app.add_route(f"{PREFIX}/bot{{token}}/{{method}}", Method(world))
    app.add_route(f"{PREFIX}/file/bot{{token}}/{{folder}}/{{name}}", Download(world))
    app.add_route(f"{PREFIX}/media/{{unique_id}}", Media(world))


def is_token(telegram: Telegram, token: str) -> bool:
    """Whether this is the token of the bot."""
    return secrets.compare_digest(token.encode(), telegram.account.token.encode())


class Method:
    """GET and POST /telegram/bot<token>/<method>"""

    def __init__(self, world: World) -> None:
        self._world = world

    def on_get(self, req: falcon.Request, resp: falcon.Response, token: str, method: str) -> None:
        """Some libraries read with GET."""
        self.on_post(req, resp, token, method)

    def on_post(self, req: falcon.Request, resp: falcon.Response, token: str, method: str) -> None:
        """Do what is called, then misbehave as asked."""
        telegram = self._world.telegram
        name = method.lower()
        begun = time.monotonic()
        hit = self._world.faults.hit
        if hit("telegram.reset"):
            drop(req)
            return
        if hit("telegram.down"):
            write_html(resp, "502 Bad Gateway", falcon.HTTP_502)
            return
        chat_id, error = 0, ""
        try:
            fields = _authorised(req, telegram, token)
            chat_id = fields.number("chat_id")
            answer: Json = {"ok": True, "result": self._call(telegram, name, fields, chat_id)}
            status = 200
        except Refusal as refusal:
            answer, status, error = refusal.shown(), refusal.code, str(refusal)
            if retry_after := refusal.parameters.get("retry_after"):
                resp.set_header("Retry-After", str(retry_after))
        write(resp, answer, str(status))
        if name != POLL:
            telegram.note(method, chat_id, error, round((time.monotonic() - begun) * 1000))
        self._spoil(req, name, telegram.phone_of(chat_id))

    def _call(self, telegram: Telegram, name: str, fields: Fields, chat_id: int) -> object:
        if name not in METHODS:
            raise Refusal(404, "Not Found: method not found")
        hit = self._world.faults.hit
        if name == POLL:
            if hit("telegram.poll_500"):
                raise Refusal(500, "Internal Server Error")
            return METHODS[name](telegram, fields)
        phone = telegram.phone_of(chat_id)
        if hit("telegram.http_429", phone):
            raise too_many(round(self._world.faults.number("telegram.retry_after_seconds")))
        if hit("telegram.http_500", phone):
            raise Refusal(500, "Internal Server Error")
        with telegram.lock:
            return METHODS[name](telegram, fields)

    def _spoil(self, req: falcon.Request, name: str, phone: str) -> None:
        """It is done; lose the answer."""
        faults = self._world.faults
        if name == POLL:
            if faults.hit("telegram.poll_drop"):
                drop(req)
            return
        if faults.hit("telegram.slow", phone):
            hold(req, faults.number("telegram.slow_seconds"))
        if faults.hit("telegram.drop", phone):
            drop(req)
        if faults.hit("telegram.hang", phone):
            hold(req, faults.number("telegram.hang_seconds"))
            drop(req)


def _authorised(req: falcon.Request, telegram: Telegram, token: str) -> Fields:
    if is_token(telegram, token):
        return read_fields(req)
    if ":" not in token or not token.partition(":")[0].isdecimal():
        raise Refusal(404, "Not Found")
    raise Refusal(401, "Unauthorized")


class Download:
    """GET /telegram/file/bot<token>/<path>"""

    def __init__(self, world: World) -> None:
        self._world = world

    def on_get(
        self, req: falcon.Request, resp: falcon.Response, token: str, folder: str, name: str
    ) -> None:
        """The bytes of a file somebody sent."""
        telegram = self._world.telegram
        raw = None
        if is_token(telegram, token) and not self._world.faults.hit("telegram.file_gone"):
            raw = telegram.files.download(f"{folder}/{name}")
        if raw is None:
            write(resp, Refusal(404, "Not Found").shown(), falcon.HTTP_404)
            return
        resp.data = raw
        resp.content_type = "application/octet-stream"


class Media:
    """GET /telegram/media/<file_unique_id>: what a person sees of a file."""

    def __init__(self, world: World) -> None:
        self._world = world

    def on_get(self, req: falcon.Request, resp: falcon.Response, unique_id: str) -> None:
        """A picture to be shown, or a file to be saved."""
        seen = self._world.telegram.files.seen(unique_id)
        if seen is None:
            write(resp, bad("no such file").shown(), falcon.HTTP_404)
            return
        kept, resp.data = seen
        is_picture = kept.kind == "photo"
        resp.content_type = "image/png" if is_picture else "application/octet-stream"
        resp.set_header("X-Content-Type-Options", "nosniff")
        if not is_picture:
            resp.set_header(
                "Content-Disposition", f"attachment; filename*=UTF-8''{quote(kept.name)}"
            )
