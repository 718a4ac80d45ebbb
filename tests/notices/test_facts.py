"""Each fact is looked at once: by many workers, after kills, and however late it was committed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from core import clock, database, settings
from core.database import transaction
from core.events import Event, record
from core.leash import leashed
from core.notices import facts, jobs, posting
from core.notices.models import Notice, OpsAlert
from tests import servers
from tests.notices.room import OPS, Room
from tests.notices.scene import happened, person, states, tell, texts
from tests.processes import apart, database_url
from tests.races import together
from tests.stack import wait_until


def approved(tenant) -> None:
    """A fact that one owner is told of, in a chat of their own."""
    happened("tenant.approved", tenant, business=tenant.name, actor="admin:key_x")


def shops(make_tenant, count: int) -> list[int]:
    """So many businesses, each with an owner on Telegram. Gives the owners' chats."""
    chats = []
    for number in range(count):
        tenant = make_tenant()
        person(tenant, telegram_id=2000 + number)
        approved(tenant)
        chats.append(2000 + number)
    return chats


def test_a_fact_is_told_once_however_often_one_looks(room: Room, make_tenant):
    (chat,) = shops(make_tenant, 1)
    for _ in range(5):
        tell(60)

    assert len(room.said(chat)) == 1
    assert Event.select().where(Event.noticed_at.is_null()).count() == 0


def test_many_threads_tell_each_fact_once(room: Room, make_tenant):
    chats = shops(make_tenant, 30)
    together(8, lambda _: (facts.look_at_new(), posting.deliver()))
    tell(60)

    assert [len(room.said(chat)) for chat in chats] == [1] * 30
    assert states() == ["sent"] * 30


def look(number: int) -> int:
    """What one of several processes does."""
    jobs.tell()
    return number


def test_many_processes_tell_each_fact_once(room: Room, make_tenant):
    chats = shops(make_tenant, 20)
    apart(4, look)
    tell(60)

    assert [len(room.said(chat)) for chat in chats] == [1] * 20


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_a_fact_committed_late_is_not_skipped(room: Room, make_tenant):
    """Its number is lower than that of a fact that was told long before it could be seen."""
    slow, quick = make_tenant(), make_tenant()
    person(slow, telegram_id=501)
    person(quick, telegram_id=502)
    has_number, may_commit = threading.Event(), threading.Event()

    def dawdle() -> None:
        with transaction():
            record("tenant.approved", slow.tenant_id, business=slow.name, actor="x")
            has_number.set()
            assert may_commit.wait(100)
        database.db.obj.close()

    thread = threading.Thread(target=dawdle)
    thread.start()
    assert has_number.wait(100)
    approved(quick)
    tell()
    assert (len(room.said(501)), len(room.said(502))) == (0, 1)

    may_commit.set()
    thread.join()
    late, early = Event.select().order_by(Event.created_at, Event.sequence)
    assert late.sequence < early.sequence
    tell(1)
    assert (len(room.said(501)), len(room.said(502))) == (1, 1)


def test_facts_that_were_rolled_back_are_told_to_nobody(room: Room, make_tenant):
    tenant = make_tenant()
    person(tenant, telegram_id=501)

    def regret() -> None:
        with transaction():
            record("tenant.approved", tenant.tenant_id, business="x", actor="x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        regret()
    tell()

    assert room.messages == []


def test_a_fact_we_make_no_sense_of_holds_up_no_other_and_is_told_to_the_operators(
    room: Room, make_tenant
):
    tenant = make_tenant()
    person(tenant, telegram_id=501)
    happened("payment.unmatched", None)  # without its receipt
    approved(tenant)
    tell()

    assert len(room.said(501)) == 1
    assert OpsAlert.get().cause == "notices"
    assert "Something was not told" in room.last(OPS).text


def test_facts_nobody_wants_to_hear_of_are_looked_at_all_the_same(room: Room):
    happened("something.new", None)
    tell()

    assert Event.get().noticed_at is not None
    assert room.calls == []


def test_a_thousand_facts_are_looked_at_in_one_go(room: Room):
    for _ in range(250):
        happened("something.new", None)

    assert facts.look_at_new() == 250
    assert facts.look_at_new() == 0


# Killed workers.


def worker(queue_url: str, folder: Path) -> subprocess.Popen[bytes]:
    """A real worker on the test's database and its Telegram."""
    environment = {
        **os.environ,
        "TUMA_DATABASE__URL": database_url(),
        "TUMA_QUEUE__URL": queue_url,
        "TUMA_TELEGRAM__BASE_URL": settings.settings().telegram.base_url,
    }
    with (folder / "worker.log").open("ab") as log:
        return subprocess.Popen(
            leashed([sys.executable, "-m", "core", "worker", "--workers", "3"]),
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_workers_killed_at_random_tell_nothing_twice_and_forget_nothing(
    room: Room, make_tenant, tmp_path: Path
):
    clock.unfreeze()
    room.fault = lambda method, body: time.sleep(0.02)  # so that some are killed while they wait
    queue_url = servers.redis() if database.is_postgres() else ""
    chance = random.Random(7)
    chats: list[int] = []
    for round_ in range(5):
        process = worker(queue_url, tmp_path)
        try:
            for number in range(20):
                tenant = make_tenant()
                chats.append(3000 + 100 * round_ + number)
                person(tenant, telegram_id=chats[-1])
                approved(tenant)
                time.sleep(0.02)
            told = len(room.calls)
            wait_until(lambda: len(room.calls) > told + 3, every=0.01)  # noqa: B023
            time.sleep(chance.uniform(0, 0.2))
        finally:
            kill(process)
    # Nobody waits a minute and a half for a lease here.
    Notice.update(lease_until=1).where(Notice.state == "posting").execute()
    process = worker(queue_url, tmp_path)
    try:
        wait_until(
            lambda: (
                Notice.select().count() == len(chats)
                and not Notice.select().where(Notice.state.in_(("new", "posting"))).exists()
            )
        )
    finally:
        kill(process)

    told = Counter(message.chat_id for message in room.messages)
    assert [chat for chat, count in told.items() if count > 1] == []
    ended = Counter(states())
    assert ended.keys() <= {"sent", "unknown"}
    assert ended["unknown"] <= 5 * 3  # at most one a thread and kill
    assert len(told) >= len(chats) - ended["unknown"]
    assert texts() == []
