"""The handset page: a phone, the bot, the operators and the fault switches, in a browser."""

from __future__ import annotations

import mimetypes
from pathlib import Path

import falcon

from sandbox.replies import App
from sandbox.world import World

FOLDER = Path(__file__).parent
KINDS = (".html", ".css", ".js")
FILES = tuple(sorted(path.name for path in FOLDER.iterdir() if path.suffix in KINDS))

# Nothing but what is served here, and no script or style inside the page itself.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def add_routes(app: App, _: World) -> None:
    """Hang the page into an application."""
    app.add_route("/", Page("handset.html"))
    for name in FILES:
        app.add_route(f"/handset/{name}", Page(name))


class Page:
    """One file of the page; it may load nothing from anywhere else."""

    def __init__(self, name: str) -> None:
        self._path = FOLDER / name
        self._kind = f"{mimetypes.guess_type(name)[0]}; charset=utf-8"

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """The file as it is now."""
        resp.data = self._path.read_bytes()
        resp.content_type = self._kind
        resp.set_header("Content-Security-Policy", POLICY)
        resp.set_header("X-Content-Type-Options", "nosniff")
        resp.cache_control = ["no-cache"]
