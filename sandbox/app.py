"""The WSGI application: every stand-in under one roof."""

from __future__ import annotations

import falcon

from core.settings import Settings
from sandbox import control, customer, handset
from sandbox.daraja import resources as daraja
from sandbox.onfon import resources as onfon
from sandbox.replies import App
from sandbox.world import World, wire


def create_app(settings: Settings) -> App:
    """A sandbox of its own, empty."""
    world = World(wire(settings))
    app: App = falcon.App()
    for part in (control, customer, handset, onfon, daraja):
        part.add_routes(app, world)
    return app
