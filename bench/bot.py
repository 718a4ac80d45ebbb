"""The Telegram bot: how long fifty people who leaf through menus wait for a screen."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any
from urllib.request import Request

from bench.place import HERE, POSTGRES, Place, _open, get, place, wait_until
from bench.rows import Row, Unproved, at_most
from core import clock
from core.database import execute
from core.tenants.models import Membership, Person, Role
from tests import servers

PEOPLE = 50
SECONDS = 6.0
WARM_UP_S = 3.0
# People read a screen before they press; half to one and a half of this.
THINK_S = 1.0
# What they press: every screen behind these asks the database and ends there.
LABELS = ["Balance", "Reports", "Account", "Contacts", "Help", "Home", "Back"]
GOAL_MS = 150.0


def bench(rounds: int) -> Iterator[Row]:
    """Reply times of the bot process on PostgreSQL, long polling, nothing else running."""
    port = servers.free_port()
    base = f"http://127.0.0.1:{port}"
    with place(
        POSTGRES,
        TELEGRAM__BASE_URL=f"{base}/bot",
        TELEGRAM__BASE_FILE_URL=f"{base}/file/bot",
        TELEGRAM__OPS_CHAT_ID=0,
    ) as here:
        users = _introduce(here)
        here._start("chats", [sys.executable, str(HERE / "chats.py"), str(port)], here.environment)
        here._until_up("chats", port, "/calls")
        here._start("bot", [sys.executable, "-m", "core", "bot"], here.environment)
        wait_until(lambda: get(f"{base}/calls")["calls"] > 5)
        _run(base, users, WARM_UP_S, THINK_S)
        done = [_run(base, users, SECONDS, THINK_S) for _ in range(rounds)]
        busy = _run(base, users, SECONDS, 0.0)
        _prove(here)
    p50 = sorted(each["p50_ms"] for each in done)[len(done) // 2]
    note = f"p50 {p50:.0f} ms; flat out {busy['rate']:.0f} acts/s at p99 {busy['p99_ms']:.0f} ms"
    yield at_most(
        f"bot reply p99, {PEOPLE} people, postgresql",
        [each["p99_ms"] for each in done],
        GOAL_MS,
        GOAL_MS / 2,
        note,
    )


def _introduce(here: Place) -> list[int]:
    """Give each customer an owner with a Telegram account."""
    users = []
    for customer in here.customers(PEOPLE):
        user = 700_000_000 + customer.profile.tenant_id
        person = Person.create(
            id=f"usr_{user}",
            msisdn=f"254{user}",
            name="Asha",
            telegram_id=user,
            created_at=clock.now(),
        )
        Membership.create(
            person_id=person.id,
            tenant_id=customer.profile.tenant_id,
            role=Role.OWNER.value,
            created_at=clock.now(),
        )
        users.append(user)
    return users


def _run(base: str, users: list[int], seconds: float, think_s: float) -> dict[str, Any]:
    plan = {"users": users, "seconds": seconds, "think_s": think_s, "labels": LABELS}
    request = Request(f"{base}/run", data=json.dumps(plan).encode(), method="POST")
    with _open(request, timeout=seconds + 60) as answer:
        done: dict[str, Any] = json.loads(answer.read())
    if done["lost"] or not done["acts"]:
        raise Unproved(f"{done}")
    return done


def _prove(here: Place) -> None:
    """Every update has been handled, and what was in it is gone."""

    def is_done() -> bool:
        left = execute("SELECT COUNT(*) FROM telegram_update WHERE handled_at IS NULL").fetchone()
        return not left[0]

    wait_until(is_done)
    kept = execute("SELECT COUNT(*) FROM telegram_update WHERE body <> ''").fetchone()[0]
    if kept:
        raise Unproved(f"{kept} updates keep their text: {here.log('bot')}")
