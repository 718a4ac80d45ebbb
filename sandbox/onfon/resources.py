"""Onfon's addresses."""

from __future__ import annotations

from sandbox.onfon.calls import refuse
from sandbox.onfon.doors import AccountDoor, InboundDoor, SenderDoor
from sandbox.onfon.gateway import Refused
from sandbox.onfon.lists import Listing, MessageStatus, SenderId, make_group, make_template
from sandbox.onfon.sending import Balance, SendBulkSMS
from sandbox.replies import App
from sandbox.world import World

PREFIX = "/onfon/v1/sms"


def add_routes(app: App, world: World) -> None:
    """Hang Onfon into an application."""
    app.add_route(f"{PREFIX}/SendBulkSMS", SendBulkSMS(world))
    app.add_route(f"{PREFIX}/Balance", Balance(world))
    app.add_route(f"{PREFIX}/Group", Listing(world, "groups", make_group))
    app.add_route(f"{PREFIX}/Template", Listing(world, "templates", make_template))
    app.add_route(f"{PREFIX}/SenderId", SenderId(world))
    app.add_route(f"{PREFIX}/MessageStatus", MessageStatus(world))
    app.add_route("/onfon/accounts", AccountDoor(world))
    app.add_route("/onfon/senders", SenderDoor(world))
    app.add_route("/onfon/inbound", InboundDoor(world))
    app.add_error_handler(Refused, refuse)
