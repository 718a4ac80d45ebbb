"""The servers that tests get: real, private, fresh, and gone with whoever started them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import redis

from tests import servers
from tests.stack import wait_until

ROOT = Path(__file__).parents[2]


def one(url: str, statement: str) -> str:
    with psycopg.connect(url) as connection:
        return str(connection.execute(statement).fetchone()[0])


def test_postgres_is_real_and_started_once():
    assert servers.postgres() == servers.postgres()
    assert "PostgreSQL" in one(servers.postgres(), "SELECT version()")


def test_postgres_of_our_own_does_not_wait_for_the_disk():
    if "TEST_DATABASE_URL" not in os.environ:
        assert one(servers.postgres(), "SHOW fsync") == "off"


def test_a_fresh_database_is_empty_and_another_each_time():
    first, second = servers.fresh_database(), servers.fresh_database()

    assert first != second
    assert one(first, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0"


def test_a_database_from_a_template_has_its_tables():
    template = servers.fresh_database()
    with psycopg.connect(template) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    connection.close()

    copy = servers.fresh_database(servers.database_name(template))

    assert one(copy, "SELECT n FROM kept") == "7"


def test_a_database_can_be_dropped_while_somebody_is_connected():
    url = servers.fresh_database()
    with psycopg.connect(url) as busy:
        servers.drop_database(url)
        left = one(
            servers.postgres(),
            f"SELECT count(*) FROM pg_database WHERE datname = '{servers.database_name(url)}'",
        )
        busy.close()

    assert left == "0"


def test_redis_is_real_and_each_address_is_another_empty_database():
    with redis.from_url(servers.redis()) as first, redis.from_url(servers.redis()) as second:
        first.set("a", "1")

        assert second.get("a") is None
        assert first.get("a") == b"1"


STARTER = """
import sys, time
from tests import servers
print(servers.postgres(), servers.redis(), flush=True)
if sys.argv[1] == "stay":
    time.sleep(60)
"""


def start(how: str) -> tuple[subprocess.Popen[str], list[str]]:
    env = {name: given for name, given in os.environ.items() if name != "TEST_DATABASE_URL"}
    process = subprocess.Popen(
        [sys.executable, "-c", STARTER, how], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    )
    return process, process.stdout.readline().split()


def answers(postgres: str, redis_url: str) -> list[str]:
    found = []
    try:
        psycopg.connect(postgres, connect_timeout=2).close()
        found.append("postgres")
    except psycopg.OperationalError:
        pass
    try:
        with redis.from_url(redis_url) as client:
            client.ping()
        found.append("redis")
    except redis.ConnectionError:
        pass
    return found


def gone_within(seconds: float, urls: list[str]) -> bool:
    deadline = time.monotonic() + seconds
    while left := answers(*urls):
        if time.monotonic() > deadline:
            raise AssertionError(f"still there: {left}")
        time.sleep(0.05)
    return True


def test_the_servers_end_with_the_process_that_started_them():
    process, urls = start("go")
    process.wait(timeout=100)
    process.stdout.close()

    assert gone_within(60, urls)


def test_the_servers_end_even_when_that_process_is_killed():
    process, urls = start("stay")
    assert answers(*urls) == ["postgres", "redis"]
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    assert gone_within(60, urls)


def test_what_a_killed_run_left_behind_is_swept_away():
    process, urls = start("stay")
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert gone_within(60, urls)

    def is_swept() -> bool:
        servers.sweep()
        return not list(Path("/tmp").glob(f"tuma-*-{process.pid}-*"))

    assert wait_until(is_swept)  # the dead may be writing their last line yet
