"""The WSGI application: every stand-in under one roof."""

from __future__ import annotations

import falcon

from core.settings import Settings
from sandbox import control, customer, handset
from sandbox.daraja import resources as daraja
from sandbox.onfon import resources as onfon
from sandbox.replies import App
from sandbox.telegram import doors as telegram_people
from sandbox.telegram import resources as telegram
from sandbox.ussd import resources as ussd
from sandbox.world import World, wire


def create_app(settings: Settings) -> App:
    """A sandbox of its own, empty."""
    world = World(wire(settings))
    app: App = falcon.App()
    parts = (control, customer, handset, onfon, daraja, ussd, telegram, telegram_people)
    for part in parts:
        part.add_routes(app, world)
    return app
