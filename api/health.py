"""Whether this process is alive, and whether it can do its work."""

from __future__ import annotations

from collections.abc import Callable

import falcon
import msgspec
import structlog

from core import database, queue

log = structlog.get_logger(__name__)

PARTS: tuple[tuple[str, Callable[[], None]], ...] = (
    ("database", database.ping),
    ("queue", queue.ping),
)


class Alive:
    """GET /healthz"""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Say that the process answers."""
        resp.data = b'{"status":"ok"}'

    on_head = on_get


class Ready:
    """GET /readyz"""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Ask every part we need a small question, and name those that fail."""
        failing = []
        for name, ask in PARTS:
            try:
                ask()
            except Exception:
                log.exception("part_failing", part_asked=name)
                failing.append(name)
        if failing:
            resp.status = falcon.HTTP_503
        said = {"status": "failing", "failing": failing} if failing else {"status": "ok"}
        resp.data = msgspec.json.encode(said)

    on_head = on_get
