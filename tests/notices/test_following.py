"""Cards are drawn anew while others go on writing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core import clock, database
from core.notices.models import OpsCard
from core.tenants import tenants
from core.tenants.profiles import Profile
from tests.notices.room import Room
from tests.notices.scene import happened, tell


def test_what_others_write_meanwhile_stops_no_card(
    room: Room, make_tenant: Callable[..., Profile]
) -> None:
    """SQLite lets nobody write who is still reading what has changed since."""
    for _ in range(3):
        tenant = make_tenant(status="pending")
        happened("tenant.pending", tenant, business=tenant.name)
    tell()
    for card in list(OpsCard.select()):
        tenants.approve(int(card.subject.split(":")[1]), actor="admin:key_x", channel="admin")
    database.execute("UPDATE ops_card SET due_at = 0")

    def meanwhile(method: str, body: dict[str, Any]) -> None:
        if method == "editMessageText":  # in the room's own thread, and on its own connection
            happened("something.else", moment=clock.ms())
            database.db.obj.close()

    room.fault = meanwhile
    tell(1)

    assert all("Approved" in said.text for said in room.said())
