"""Doors of the phone that dials: /ussd/dial, /ussd/input and what else can happen to a session."""

from __future__ import annotations

import re

import falcon

from sandbox.numbers import is_msisdn, msisdn
from sandbox.replies import App, Invalid, read_object, write
from sandbox.ussd.gateway import NoSession, TooLong, Ussd
from sandbox.world import World

_CODE = re.compile(r"[*#][0-9*#]{1,180}#", re.ASCII)


def add_routes(app: App, world: World) -> None:
    """Hang the doors into an application."""
    app.add_route("/ussd/dial", Dial(world))
    app.add_route("/ussd/input", Input(world))
    app.add_route("/ussd/repeat", Repeat(world))
    app.add_route("/ussd/drop", Drop(world))
    app.add_route("/ussd/sessions", Sessions(world))


class Door:
    """A resource that sees the phones as they are now."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def ussd(self) -> Ussd:
        """The present life."""
        return self._world.ussd


class Dial(Door):
    """POST /ussd/dial"""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """`phone` calls `code`, like *384*1234# or, dialling ahead, *384*1234*3#."""
        body = read_object(req)
        code = re.sub(r"\s", "", str(body.get("code", "")) or self.ussd.service.code)
        if not _CODE.fullmatch(code):
            raise Invalid("code begins with * and ends with #.")
        network = str(body.get("network", "")).lower()
        write(resp, self.ussd.dial(_phone(body), code, network))


class Input(Door):
    """POST /ussd/input"""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """`phone` answers the screen with `text`."""
        body = read_object(req)
        text = body.get("text", "")
        if not isinstance(text, str | int):
            raise Invalid("text is what was typed.")
        try:
            write(resp, self.ussd.type(_phone(body), str(text)))
        except TooLong as error:
            raise Invalid(str(error)) from None
        except NoSession:
            _none(resp)


class Repeat(Door):
    """POST /ussd/repeat"""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """The gateway posts the last hop of `phone` again; `same` says whether the answer is."""
        try:
            write(resp, self.ussd.repeat(_phone(read_object(req))))
        except NoSession:
            _none(resp)


class Drop(Door):
    """POST /ussd/drop"""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """`phone` hangs up."""
        try:
            write(resp, self.ussd.drop(_phone(read_object(req))))
        except NoSession:
            _none(resp)


class Sessions(Door):
    """GET /ussd/sessions"""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Sessions of `?phone=`, or all, oldest first."""
        phone = msisdn(req.get_param("phone") or "")
        write(resp, {"code": self.ussd.service.code, "sessions": self.ussd.sessions(phone)})


def _phone(body: dict[str, object]) -> str:
    phone = msisdn(body.get("phone", ""))
    if not is_msisdn(phone):
        raise Invalid("phone is a Kenyan mobile number.")
    return phone


def _none(resp: falcon.Response) -> None:
    answer = {"error": "no_session", "detail": "No USSD session is open on that phone."}
    write(resp, answer, falcon.HTTP_404)
