"""The doors a tester and the handset page use: state, counts, faults, reset."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import falcon

from sandbox.faults import Unknown, Wrong
from sandbox.numbers import msisdn
from sandbox.onfon.accounts import plain
from sandbox.replies import App, Invalid, Unreadable, read_object, write
from sandbox.server import OUTAGE
from sandbox.telegram.doors import show_all
from sandbox.times import iso, nairobi_now
from sandbox.world import World


def add_routes(app: App, world: World) -> None:
    """Hang the doors into an application."""
    app.add_route("/healthz", Health())
    app.add_route("/state", State(world))
    app.add_route("/state/counts", Counts(world))
    app.add_route("/faults", FaultTable(world))
    app.add_route("/reset", Reset(world))
    app.add_route("/outage", Outage())
    app.add_error_handler(Invalid, _invalid)
    app.add_error_handler(Unreadable, _unreadable)


class Door:
    """A resource that sees the whole world."""

    def __init__(self, world: World) -> None:
        self._world = world


class Health:
    """GET /healthz"""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Alive."""
        write(resp, {"status": "ok"})


class State(Door):
    """GET /state"""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Everything held; lists are oldest first and `limit` keeps the newest of each.

        Without `messages`, chats are only named.
        """
        to = msisdn(req.get_param("to") or "")
        since = _since(req.get_param("since"))
        limit = req.get_param_as_int("limit", min_value=0)
        messages = req.get_param_as_bool("messages", default=True)
        world, daraja = self._world, self._world.daraja

        def cut(rows: list[Any]) -> list[Any]:
            return rows if limit is None else rows[len(rows) - limit :] if limit else []

        payments = [
            payment.shown()
            for payment in daraja.ledger.every()
            if (not to or payment.phone == to) and payment.at >= since
        ]
        callbacks = [made for made in world.courier.callbacks() if made.at >= since]
        accounts = world.onfon.accounts
        write(
            resp,
            {
                "texts": cut(world.onfon.network.texts(to, since)),
                "prompts": cut(daraja.stk.shown(to, since)),
                "payments": cut(payments),
                "callbacks": cut(callbacks),
                "ussd": cut(world.ussd.sessions(to, since)),
                "telegram": show_all(world.telegram, to, limit, messages=messages),
                "credits": plain(accounts.platform.credits),
                "shortcode": accounts.platform.shortcode,
                "accounts": [account.shown() for account in accounts.every()],
                "faults": world.faults.changed(),
                "registered": _registered(world),
                "totals": self._totals(),
                "now": iso(nairobi_now()),
            },
        )

    def _totals(self) -> dict[str, Any]:
        ledger = self._world.daraja.ledger
        return self._world.onfon.network.totals() | {
            "payments": ledger.count,
            "money_received": f"{ledger.received}.00",
            "money_reversed": f"{ledger.reversed}.00",
            "money_sent": f"{ledger.sent}.00",
            "tokens": self._world.daraja.tokens.issued,
            "callbacks": self._world.courier.counts(),
            "telegram_calls": sum(self._world.telegram.counts.values()),
        }


class Counts(Door):
    """GET /state/counts"""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """How often each text was accepted for each number; `over` leaves smaller counts out."""
        network = self._world.onfon.network
        to, over = msisdn(req.get_param("to") or ""), req.get_param_as_int("over") or 0
        totals = network.totals()
        write(resp, {"texts": totals["texts"], "counts": network.counts(to, over)})


class FaultTable(Door):
    """GET and POST /faults"""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """All switches, with a sentence each."""
        write(resp, self._world.faults.table())

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Merge positions into the present ones; {"reset": true} first puts all of them back."""
        faults = self._world.faults
        try:
            faults.set(read_object(req))
        except Unknown as unknown:
            answer = {
                "error": "unknown_fault",
                "detail": f"There is no fault {unknown}.",
                "known": faults.known(),
            }
            write(resp, answer, falcon.HTTP_422)
        except Wrong as wrong:
            write(resp, {"error": "wrong_value", "detail": str(wrong)}, falcon.HTTP_422)
        else:
            write(resp, faults.table())


class Reset(Door):
    """POST /reset"""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """As just started, faults included."""
        self._world.reset()
        write(resp, {"status": "ok"})


class Outage:
    """POST /outage"""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Refuse every connection for some `seconds`, this door's too."""
        seconds = read_object(req).get("seconds", 1)
        if not isinstance(seconds, int | float) or not 0 < seconds <= 600:
            raise Invalid("seconds is a number up to 600.")
        req.env[OUTAGE] = float(seconds)
        write(resp, {"refusing_for_seconds": seconds})


def _since(given: str | None) -> str:
    if not given:
        return ""
    try:
        if re.fullmatch(r"\d+(\.\d+)?", given, re.ASCII):
            return iso(datetime.fromtimestamp(float(given), UTC))
        # A plus sign that was not escaped in the query arrives as a space.
        moment = datetime.fromisoformat(given.replace(" ", "+"))
    except (ValueError, OverflowError):
        raise Invalid("since is a time like 2026-11-23T09:30:00Z, or seconds since 1970.") from None
    return iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _registered(world: World) -> dict[str, Any]:
    registration = world.daraja.c2b.registration
    return {
        "version": registration.version,
        "response_type": registration.response_type,
        "confirmation_url": world.courier.masked(registration.confirmation_url),
        "validation_url": world.courier.masked(registration.validation_url),
    }


def _invalid(
    req: falcon.Request, resp: falcon.Response, error: Invalid, params: dict[str, Any]
) -> None:
    write(resp, {"error": "invalid", "detail": str(error)}, falcon.HTTP_422)


def _unreadable(
    req: falcon.Request, resp: falcon.Response, error: Unreadable, params: dict[str, Any]
) -> None:
    write(resp, {"error": "unreadable", "detail": str(error)}, falcon.HTTP_400)
